# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Settings that are changed while dropwhy runs: who did it, and whatever
# happens to dropwhy, the write goes through.

# write_in NAME SYSCTL-PATH VALUE: by a shell in that namespace, whose comm is "sh".
write_in() {
	in_ns "$1" sh -c "echo '$3' >/proc/sys/$2"
}

# changes N FIELD=GLOB...: so many rows.
changes() {
	[ "$DROPWHY" != none ] || return 0
	wanted_rows=$1
	shift
	assert_eq "$wanted_rows" "$(records lines type=sysctl "$@")" "changes with $*; there are: $(grep '"type":"sysctl"' "$OUT" | head -n 9)"
}

case_sysctl_watch() {
	ns_new a
	trace_ns a --sysctl=watch
	old=$(in_ns a cat /proc/sys/net/core/somaxconn)
	write_in a net/core/somaxconn 1234
	write_in a net/ipv4/conf/lo/rp_filter 2
	# a setting that nobody watches, and one that is only read
	write_in a net/ipv4/ip_default_ttl 63
	in_ns a cat /proc/sys/net/ipv4/ip_forward >/dev/null
	# longer than a record has room for
	write_in a net/ipv4/ip_local_reserved_ports 1001,1003,1005,1007,1009,1011,1013,1015,1017,1019,1021,1023,1025
	write_in a net/ipv4/ip_local_reserved_ports 7
	trace_stop
	assert_eq 1234 "$(in_ns a cat /proc/sys/net/core/somaxconn)" "what was written"
	inode=$(ns_inode a)
	changes 1 name=net.core.somaxconn old="$old" new=1234 seen_by=write comm=sh 'pid=[1-9]*' \
		command='sh -c echo ?1234? >/proc/sys/net/core/somaxconn' netns="$inode" netns_name="$(ns a)"
	changes 1 name=net.ipv4.conf.lo.rp_filter old=0 new=2 comm=sh truncated=
	changes 1 name=net.ipv4.ip_local_reserved_ports old= new='1001,*' truncated=1
	changes 1 name=net.ipv4.ip_local_reserved_ports old='1001,*' new=7 truncated=1
	changes 4 netns="$inode"
	assert_summary 'changes[name=net.core.somaxconn].new' 1234
}

# Of the chosen namespaces and of the whole node, told and summed up; others' settings are not asked for.
case_sysctl_of_chosen_netns() {
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
	lock_global
	ns_new a
	ns_new b
	trace_ns a --sysctl=watch
	write_in b net/core/somaxconn 1111
	write_in a net/core/somaxconn 2222
	for limit in netfilter/nf_conntrack_max core/rmem_max ipv4/neigh/default/gc_thresh3; do
		set_global net/$limit $(($(cat /proc/sys/net/$limit) + 1))
	done
	trace_stop
	changes 1 name=net.core.somaxconn
	changes 1 name=net.core.somaxconn new=2222 netns="$(ns_inode a)"
	changes 1 name=net.netfilter.nf_conntrack_max
	changes 1 name=net.core.rmem_max
	changes 1 name=net.ipv4.neigh.default.gc_thresh3
	assert_summary 'changes[name=net.core.somaxconn].new' 2222
	assert_eq 0 "$(grep -c '"new":"1111"' "$WORK/summary.json")" "changes of others in the summary"
}

# Rows come in the order of their times, whatever tells first what became of which write.
case_sysctl_in_order() {
	ns_new a
	trace_ns a --sysctl=watch
	# shellcheck disable=SC2016 # of the inner shell
	in_ns a sh -c 'cd /proc/sys/net
		for i in $(seq 11 40); do
			echo $i >ipv4/ipfrag_max_dist
			echo $((1000 + i)) >core/somaxconn; echo $((2000 + i)) >core/somaxconn
		done'
	! has write_in a net/core/somaxconn -1 || fail "the kernel took -1"
	write_in a net/ipv4/ipfrag_max_dist 50
	trace_stop
	changes 92 netns="$(ns_inode a)"
	[ "$DROPWHY" != none ] || return 0
	grep '"type":"sysctl"' "$OUT" | sed 's/.*"time":"\([^"]*\)".*/\1/' >"$WORK/times"
	sort -C "$WORK/times" || fail "out of order: $(sort "$WORK/times" | diff "$WORK/times" - | head -n 9)"
}

# Every write is told or counted.
case_sysctl_storm() {
	ns_new a
	trace_ns a --sysctl=watch
	# shellcheck disable=SC2016 # of the inner shell
	in_ns a sh -c 'i=0; while [ $i -lt 1000 ]; do i=$((i + 1)); echo $i >/proc/sys/net/core/somaxconn; done'
	trace_stop
	[ "$DROPWHY" != none ] || return 0
	told=$(records lines type=sysctl netns="$(ns_inode a)")
	assert_eq 1000 "$((told + $(summary changes_lost 2>/dev/null || echo 0)))" "writes told and counted"
	# kept for the summary are at most 256, the first one of all among them
	assert_summary "changes[netns=$(ns_inode a)].new" 1
	kept=$((told < 256 ? told : 256))
	assert_eq "$kept" "$((told - $(summary changes_beyond 2>/dev/null || echo 0)))" "changes in the summary"
}

# The kernel takes no negative backlog, and no words: what it refuses is no change.
case_sysctl_refused() {
	ns_new a
	trace_ns a --sysctl=watch
	old=$(in_ns a cat /proc/sys/net/core/somaxconn)
	! has write_in a net/core/somaxconn -1 || fail "the kernel took -1"
	! has write_in a net/core/somaxconn many || fail "the kernel took a word"
	write_in a net/core/somaxconn 1234
	! has write_in a net/core/somaxconn -2 || fail "the kernel took -2"
	trace_stop
	assert_eq 1234 "$(in_ns a cat /proc/sys/net/core/somaxconn)" "the value"
	changes 1 name=net.core.somaxconn old="$old" new=-1 refused=1 comm=sh netns="$(ns_inode a)"
	changes 1 name=net.core.somaxconn old="$old" new=many refused=1
	changes 1 name=net.core.somaxconn old="$old" new=1234 refused=
	changes 1 name=net.core.somaxconn old=1234 new=-2 refused=1
	changes 4 netns="$(ns_inode a)"
	[ "$DROPWHY" != none ] || return 0
	assert_summary 'changes[name=net.core.somaxconn].new' 1234
	assert_eq 1 "$(grep -o '"name":"net.core.somaxconn"' "$WORK/summary.json" | grep -c .)" "changes in the summary"
}

# A refused write is told while the run goes on, and in words.
case_sysctl_refused_text() {
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
	ns_new a
	trace_spawn --sysctl=watch --netns "$(ns_inode a)"
	wait_for "$ERR" '^dropwhy: tracing' "$pid_dropwhy" || fail "dropwhy did not start"
	! has write_in a net/core/somaxconn -1 || fail "the kernel took -1"
	wait_for "$WORK/stdout" 'somaxconn: .* > -1 refused by the kernel.* by sh ' "$pid_dropwhy" ||
		fail "not told: $(cat "$WORK/stdout")"
	kill -INT "$pid_dropwhy"
	trace_ended 0
}

# unit_cgroup: an own service below the root of the node's cgroups of v2, and nothing of systemd's.
unit_cgroup() {
	unit_root=$(sed -n 's/^[^ ]* \([^ ]*\) cgroup2 .*/\1/p' /proc/mounts | head -n 1)
	unit_slice=$unit_root/$PREFIX.slice
	[ -n "$unit_root" ] && mkdir -p "$unit_slice/$PREFIX.service" || skip "no cgroup v2 to make groups in"
	UNDO="unit_cgroup_removed $UNDO"
}

unit_cgroup_removed() {
	rmdir "$unit_slice/$PREFIX.service" "$unit_slice"
}

# Who writes is told by the unit, too, in whose cgroup the process was.
case_sysctl_written_by_unit() {
	ns_new a
	unit_cgroup
	trace_ns a --sysctl=watch
	for form in --csv --color=never; do
		trace_beside $form --sysctl=watch --netns "$(ns_inode a)"
	done
	in_ns a sh -c "echo \$\$ >$unit_slice/$PREFIX.service/cgroup.procs && echo 1234 >/proc/sys/net/core/somaxconn"
	write_in a net/core/somaxconn 4321
	trace_stop
	beside_stop
	changes 1 name=net.core.somaxconn new=1234 comm=sh unit="$PREFIX.service" pod=
	changes 1 name=net.core.somaxconn new=4321 comm=sh unit!="$PREFIX.service"
	[ "$DROPWHY" != none ] || return 0
	[ -n "${BESIDE-}" ] || return 0
	assert_eq 1 "$("$TOOLS/records" --csv "$WORK/beside--csv" lines type=sysctl new=1234 unit="$PREFIX.service")" \
		"changes by the unit, as CSV"
	grep -q "somaxconn: [0-9]* > 1234 in $(ns a) by sh (pid [0-9]*, $PREFIX.service): " "$WORK/beside--color=never" ||
		fail "not told as text: $(cat "$WORK/beside--color=never")"
}

# Killed, dropwhy leaves nothing behind that could stop a write.
case_sysctl_killed() {
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
	ns_new a
	trace_ns a --sysctl=watch
	write_in a net/core/somaxconn 1234
	kill -KILL "$pid_dropwhy"
	wait_exit "$pid_dropwhy" || :
	write_in a net/core/somaxconn 4321
	assert_eq 4321 "$(in_ns a cat /proc/sys/net/core/somaxconn)" "what was written"
}

# Stopped, it takes nothing from the ring, which is soon full: all writes go through all the same,
# and those for which there was no room are counted.
case_sysctl_stopped() {
	ns_new a
	trace_ns a --sysctl=watch
	[ "$DROPWHY" = none ] || kill -STOP "$pid_dropwhy"
	# shellcheck disable=SC2016 # of the inner shell
	in_ns a sh -euc 'for i in $(seq 300); do
		echo $i >/proc/sys/net/core/somaxconn
		[ "$(cat /proc/sys/net/core/somaxconn)" = "$i" ]
	done' || fail "a write did not go through"
	[ "$DROPWHY" = none ] || kill -CONT "$pid_dropwhy"
	trace_stop
	[ "$DROPWHY" != none ] || return 0
	told=$(records lines type=sysctl netns="$(ns_inode a)")
	assert_at_least 1 "$told" "writes told"
	assert_at_least 1 "$(summary changes_lost)" "writes that found no room"
	assert_eq 300 "$((told + $(summary changes_lost)))" "writes told and counted"
	changes 1 name=net.core.somaxconn new=1 seen_by=write
}

# Two of them see the same: neither takes the place of the other.
case_sysctl_beside_others() {
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
	ns_new a
	trace_ns a --sysctl=watch
	"$DROPWHY" trace --json -o "$WORK/other.json" --sysctl=watch --netns "$(ns_inode a)" \
		>/dev/null 2>"$WORK/other.err" 9>&- &
	other=$!
	CHILDREN="$CHILDREN $other"
	wait_for "$WORK/other.err" '^dropwhy: tracing' "$other" || fail "the second one did not start"
	write_in a net/core/somaxconn 1234
	kill -INT "$other"
	wait_exit "$other" || fail "the second one ended with status $?"
	write_in a net/core/somaxconn 4321
	trace_stop
	changes 2 name=net.core.somaxconn netns="$(ns_inode a)"
	assert_eq 1 "$("$TOOLS/records" "$WORK/other.json" lines type=sysctl new=1234 old='?*')" \
		"changes that the second one saw"
}

case_sysctl_off() {
	ns_new a
	trace_ns a --sysctl=off
	write_in a net/core/somaxconn 1234
	trace_stop
	changes 0
}

# By values alone: what, but not who; said once.
case_sysctl_compare() {
	set_global net/ipv4/icmp_msgs_per_sec 999
	ns_new a
	trace_ns a --sysctl=compare
	set_global net/ipv4/icmp_msgs_per_sec 1001
	trace_stop
	changes 1 name=net.ipv4.icmp_msgs_per_sec old=999 new=1001 seen_by=value pid= comm= command=
	[ "$DROPWHY" != none ] || return 0
	assert_eq 1 "$(records lines type=notice source=sysctl text='*comparing*')" notices
	assert_eq 1 "$(grep -c "once a second" "$ERR")" "words on stderr"
}

# A module's parameter is no sysctl, and the watch sees no write.
case_sysctl_bypass() {
	parameter=/sys/module/nf_conntrack/parameters/hashsize
	buckets=$(cat /proc/sys/net/netfilter/nf_conntrack_buckets)
	set_global net/netfilter/nf_conntrack_buckets "$buckets"
	ns_new a
	trace_ns a
	echo 1024 >$parameter || skip "$parameter cannot be written"
	trace_stop
	changes 1 name=net.netfilter.nf_conntrack_buckets old="$buckets" new=1024 seen_by=value comm=
}

# Neighbour tables are set by netlink, too: no write of a sysctl either.
case_sysctl_bypass_netlink() {
	gc=net/ipv4/neigh/default/gc_thresh3
	old=$(cat /proc/sys/$gc)
	set_global $gc "$old"
	ns_new a
	trace_ns a
	ip ntable change name arp_cache thresh3 $((old + 1))
	trace_stop
	assert_eq $((old + 1)) "$(cat /proc/sys/$gc)" "what netlink set"
	changes 1 name=net.ipv4.neigh.default.gc_thresh3 old="$old" new=$((old + 1)) seen_by=value comm=
	changes 1 name=net.ipv4.neigh.default.gc_thresh3
}

# What went past the watch while nothing was dropped is told as soon as something is.
case_sysctl_bypass_in_peace() {
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
	gc=net/ipv4/neigh/default/gc_thresh3
	old=$(cat /proc/sys/$gc)
	set_global $gc "$old"
	pair
	trace_ns b --sysctl=watch
	sleep 2 # a second of peace
	ip ntable change name arp_cache thresh3 $((old + 1))
	send a traffic udp --from 10.9.0.1 --sport 4000 --to 10.9.0.2 --dport 53 --count 1
	until_true grep -q '"name":"net.ipv4.neigh.default.gc_thresh3"' "$OUT" || fail "not told while it runs"
	trace_stop
	changes 1 name=net.ipv4.neigh.default.gc_thresh3 old="$old" new=$((old + 1)) seen_by=value comm=
}

# Each of the limits by which nodes are lost, written as it is: where it exists, the write is told.
case_sysctl_each() {
	lock_global
	ns_new a
	trace_ns a --sysctl=watch
	cat >"$WORK/write" <<-'END'
		cd /proc/sys/net
		for limit in $*; do
			value=$(cat $limit)
			echo "$value" >$limit
			echo "net/$limit $value $value"
		done
	END
	sh -eu "$WORK/write" netfilter/nf_conntrack_max netfilter/nf_conntrack_buckets \
		'ipv[46]/neigh/default/gc_thresh[123]' core/netdev_max_backlog >"$WORK/written"
	in_ns a sh -eu "$WORK/write" 'netfilter/*timeout*' ipv4/tcp_max_syn_backlog core/somaxconn ipv4/ip_forward \
		'ipv4/conf/*/rp_filter' >>"$WORK/written"
	trace_stop
	assert_at_least 30 "$(grep -c . "$WORK/written")" "settings written"
	[ "$DROPWHY" != none ] || return 0
	sed -n '/"type":"sysctl"/s/.*"name":"\([^"]*\)","old":"\([^"]*\)","new":"\([^"]*\)".*/\1 \2 \3/p' "$OUT" >"$WORK/told"
	assert_eq "$(tr / . <"$WORK/written" | sort)" "$(sort "$WORK/told")" "what was written"
	changes "$(grep -c . "$WORK/written")" seen_by=write 'time=20*' comm=sh 'pid=[1-9]*' 'command=sh -eu */write *'
}

# A watched write is not found a second time by comparing.
case_sysctl_told_once() {
	set_global net/ipv4/icmp_msgs_per_sec 999
	ns_new a
	trace_ns a --sysctl=watch
	set_global net/ipv4/icmp_msgs_per_sec 1001
	trace_stop
	changes 1 name=net.ipv4.icmp_msgs_per_sec old=999 new=1001 seen_by=write
	changes 1 name=net.ipv4.icmp_msgs_per_sec
}

# What all namespaces share is written elsewhere than where dropwhy runs and compares.
case_sysctl_told_once_in_a_namespace() {
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
	set_global net/netfilter/nf_conntrack_max "$(cat /proc/sys/net/netfilter/nf_conntrack_max)"
	ns_new node
	enter_with "nsenter --net=/run/netns/$(ns node)"
	trace_ns node --sysctl=watch
	old=$(cat /proc/sys/net/netfilter/nf_conntrack_max)
	echo $((old + 1000)) >/proc/sys/net/netfilter/nf_conntrack_max
	until_true grep -q '"name":"net.netfilter.nf_conntrack_max"' "$OUT" || fail "not told"
	# which compares once more
	trace_stop
	changes 1 name='*nf_conntrack_max' old="$old" new=$((old + 1000)) seen_by=write
	changes 1 name='*nf_conntrack_max'
}

# Writes in another namespace do not stand for the one here that found no room in the ring.
case_sysctl_told_beside_another_namespace() {
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
	ns_new node a
	enter_with "nsenter --net=/run/netns/$(ns node)"
	trace_ns node,a --sysctl=watch
	old=$(in_ns node cat /proc/sys/net/core/somaxconn)
	kill -STOP "$pid_dropwhy"
	# shellcheck disable=SC2016 # of the inner shell
	in_ns a sh -euc 'for i in $(seq 300); do echo $i >/proc/sys/net/core/somaxconn; done'
	write_in node net/core/somaxconn 1234
	kill -CONT "$pid_dropwhy"
	trace_stop
	assert_at_least 1 "$(summary changes_lost)" "writes that found no room"
	changes 1 name=net.core.somaxconn netns="$(ns_inode a)" new=1 seen_by=write
	changes 1 name=net.core.somaxconn netns="$(ns_inode node)" old="$old" new=1234 seen_by=value comm=
	changes 1 netns="$(ns_inode node)"
}

# Where no cgroup v2 is mounted the watch mounts one of its own; where it may not, values are
# compared, and that is said.
case_sysctl_no_cgroup_mounted() {
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
	set_global net/ipv4/icmp_msgs_per_sec 999
	ns_new a
	cat >"$WORK/without" <<-'END'
		#!/bin/sh
		# without CAP_SYS_ADMIN if so called
		for mount in $(sed -n 's/^[^ ]* \([^ ]*\) cgroup2 .*/\1/p' /proc/mounts | sort -r); do
			umount -l "$mount" || exit 9
		done
		! grep -q ' cgroup2 ' /proc/mounts || exit 9
		exec $WITHOUT "$@"
	END
	chmod +x "$WORK/without"
	enter_with "unshare --mount --propagation private $WORK/without"
	trace_ns a --sysctl=auto
	write_in a net/core/somaxconn 1234
	trace_stop
	changes 1 name=net.core.somaxconn new=1234 seen_by=write comm=sh netns="$(ns_inode a)"
	changes 0 seen_by=value name=net.core.somaxconn

	export WITHOUT="setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin"
	trace_start --sysctl=auto --netns "$(ns_inode a)"
	set_global net/ipv4/icmp_msgs_per_sec 1001
	write_in a net/core/somaxconn 4321
	trace_stop
	changes 1 name=net.ipv4.icmp_msgs_per_sec old=999 new=1001 seen_by=value pid= comm=
	changes 0 name=net.core.somaxconn
	assert_eq 1 "$(records lines type=notice source=sysctl text='no cgroup v2*comparing*stays unknown')" notices
	grep -q 'no cgroup v2 .*CAP_SYS_ADMIN.*comparing values' "$ERR" || fail "not said: $(cat "$ERR")"
	assert_eq "false compare" "$(feature settings.watch) $(feature settings.sysctl_auto)" "by dropwhy features"
	assert_eq "no cgroup v2 is mounted, and mounting it needs CAP_SYS_ADMIN" \
		"$(feature settings.why_not)" settings.why_not
}
