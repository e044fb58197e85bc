# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# nf_conntrack comes while dropwhy runs, and goes again under it.

is_loaded() { # MODULE
	grep -q "^$1 " /proc/modules
}

# Takes MODULE out of the kernel after all that uses it. Namespaces of earlier cases may
# still be on their way out and hold some.
unload() { # MODULE
	for unload_user in $(awk -v module="$1" '$1 == module && $4 != "-" { gsub(",", " ", $4); print $4 }' \
		/proc/modules); do
		unload "$unload_user" || return 1
	done
	! is_loaded "$1" || rmmod "$1" 2>/dev/null
}

conntrack_gone() {
	for users in ip_vs xt_conntrack nft_ct; do
		unload $users || return 1
	done
	unload nf_conntrack
}

need_module() {
	is_loaded nf_conntrack || skip "nf_conntrack is built in"
	[ "${THROWAWAY:-0}" = 1 ] || skip "somebody may need nf_conntrack here"
}

noticed() { # TEXT TIMES
	[ "$DROPWHY" = none ] || until_true has_noticed "$@" ||
		fail "dropwhy did not notice that nf_conntrack was $1"
}

has_noticed() { # TEXT TIMES
	[ "$(grep -c "^dropwhy: nf_conntrack was $1" "$ERR")" -eq "$2" ]
}

lose_20() { # PORT: that a full table refuses
	send c traffic udp --from 10.8.1.2 --sport 20000 --sports 20 --to 10.8.2.2 --dport "$1"
}

# The programs that dropwhy holds, among them its hooks.
programs() {
	sed -n 's/^prog_id:[^0-9]*//p' "/proc/$pid_dropwhy/fdinfo/"* 2>/dev/null | sort
}

bytes_read() {
	sed -n 's/^rchar: //p' "/proc/$pid_dropwhy/io"
}

has_read() { # LEAST
	[ "$(bytes_read)" -ge "$1" ]
}

# Conntrack's hooks stay where they are when another module goes. (One that is back where it was
# before dropwhy looks is no news.)
hooks_stay() {
	[ "$DROPWHY" != none ] || return 0
	hooks=$(programs)
	already=$(bytes_read)
	unload act_bpf || fail "act_bpf cannot be unloaded"
	# all functions anew; it may not be through with the last of them; what it reads next
	for more in $(wc -c </proc/kallsyms) 1 1; do
		until_true has_read $((already + more)) || fail "dropwhy does not look at the modules"
		already=$(bytes_read)
	done
	assert_eq "$hooks" "$(programs)" "programs of dropwhy after act_bpf was unloaded"
	modprobe act_bpf
}

# What only looks at the tables does not make the node track.
looking_loads_nothing() {
	[ "$DROPWHY" != none ] || return 0
	for by in "" "--by state"; do
		status=0
		# shellcheck disable=SC2086 # an option and its value
		"$DROPWHY" conntrack --interval 0 $by >"$WORK/tables" 2>"$WORK/tables.err" || status=$?
		assert_eq 3 "$status" "status of conntrack $by without nf_conntrack"
		! is_loaded nf_conntrack || fail "conntrack $by has loaded it"
	done
}

case_ct_module_comes_and_goes() {
	need_module
	last_cpu=$(($(grep -c "^processor" /proc/cpuinfo) - 1))
	router
	lock_global
	until_true conntrack_gone || fail "nf_conntrack stays: $(grep conntrack /proc/modules)"
	looking_loads_nothing
	kfree_start NETFILTER_DROP
	trace_ns r
	nft_rules r <<-END
		add table ip fw
		add chain ip fw pre { type filter hook prerouting priority -300; policy accept; }
		add rule ip fw pre udp dport 99 counter drop
	END
	send c traffic udp --from 10.8.1.2 --sport 20000 --sports 30 --to 10.8.2.2 --dport 99
	conntrack_on r forward
	noticed loaded 1
	set_global net/netfilter/nf_conntrack_max 1
	fill_table r 1
	# what is known of conntrack is known by each CPU for itself
	on_cpu "$last_cpu"
	hooks_stay
	lose_20 53
	assert_eq 20 "$(ct_stat r drop)" "conntrack -S drop"
	nft_rules r <<-END
		delete table ip watch
	END
	# the value goes with the module
	SAVED=
	until_true conntrack_gone || fail "nf_conntrack stays: $(grep conntrack /proc/modules)"
	noticed unloaded 1
	# the other CPU sees nothing until the next one is there
	on_cpu 0
	send c traffic udp --from 10.8.1.2 --sport 20000 --sports 30 --to 10.8.2.2 --dport 99
	conntrack_on r forward
	modprobe nf_conntrack_netlink
	noticed loaded 2
	set_global net/netfilter/nf_conntrack_max 1
	fill_table r 1
	on_cpu "$last_cpu"
	lose_20 54
	trace_stop
	assert_kfree 100
	assert_drops 60 cause="$(expected nft_cause)" dport=99
	assert_drops 20 cause=ct_table_full dport=53
	assert_drops 20 cause=ct_table_full dport=54
	assert_only 100
	assert_summary "conntrack[netns=$(ns_inode r)].drop.attributed" 40
}

# A mode that cannot do without hooks does not begin where they cannot be had.
needs_addresses() {
	[ "$DROPWHY" != none ] || return 0
	restricted=$(cat /proc/sys/kernel/kptr_restrict)
	set_global kernel/kptr_restrict 2
	trace_spawn --summary-only --duration 0.2 --conntrack-hooks=direct
	trace_ended 1
	grep -q 'does not show.*kptr_restrict' "$ERR" || fail "what helps is not said: $(cat "$ERR")"
	echo "$restricted" >/proc/sys/kernel/kptr_restrict
}

# What conntrack drops while its hooks see nothing is no rule's for that.
unseen_20() { # PORT
	unseen=0
	# 5.10's kprobes run all the same
	kernel_at_least 6 1 || return 0
	echo 0 >/sys/kernel/debug/kprobes/enabled
	lose_20 "$1"
	echo 1 >/sys/kernel/debug/kprobes/enabled
	unseen=20
}

# Gone and back between two looks, with another table and counters that begin anew; by hooks alone,
# of a process that may not have the descriptor of the module's types.
case_ct_module_loaded_again() {
	need_module
	router
	lock_global
	conntrack_on r forward
	needs_addresses
	# shellcheck disable=SC2034 # trace_start reads it
	CONNTRACK_HOOKS=--conntrack-hooks=direct
	# Debian's 3 asks for CAP_SYS_ADMIN
	set_global kernel/perf_event_paranoid 2
	enter_with "setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin"
	kfree_start NETFILTER_DROP
	trace_ns r
	set_global net/netfilter/nf_conntrack_max 1
	fill_table r 1
	lose_20 53
	nft_rules r <<-END
		delete table ip watch
	END
	SAVED=
	[ "$DROPWHY" = none ] || kill -STOP "$pid_dropwhy"
	until_true conntrack_gone || fail "nf_conntrack stays: $(grep conntrack /proc/modules)"
	modprobe nf_conntrack_netlink
	conntrack_on r forward
	set_global net/netfilter/nf_conntrack_max 1
	fill_table r 1
	[ "$DROPWHY" = none ] || kill -CONT "$pid_dropwhy"
	noticed "unloaded and loaded again" 1
	lose_20 54
	unseen_20 55
	trace_stop
	assert_kfree $((40 + unseen))
	assert_drops 20 cause=ct_table_full dport=53
	assert_drops 20 cause=ct_table_full dport=54
	assert_drops $unseen cause= dport=55
	assert_only $((40 + unseen))
	assert_summary "conntrack[netns=$(ns_inode r)].drop.attributed" $((40 + unseen))
}
