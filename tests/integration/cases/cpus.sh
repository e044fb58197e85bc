# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# CPUs that go and come back while dropwhy starts, counts and sends out what it folded: each drop
# is counted once, and what a CPU counted before it went is nothing new.

need_spare_cpu() {
	[ "${THROWAWAY:-0}" = 1 ] || skip "somebody may need the CPU here"
	on_cpu 0
}

# die_on CPU SPORT DPORTS COUNT: so many of each flow in a to closed ports.
die_on() {
	on_cpu "$1"
	send a traffic udp --from 127.0.0.1 --sport "$2" --to 127.0.0.1 --dport 10000 --dports "$3" --count "$4"
	on_cpu 0
}

# full_on CPU COUNT: so many flows of a that find no room in its table.
full_on() {
	on_cpu "$1"
	send a traffic udp --from 10.9.0.1 --sport 20000 --to 10.9.0.2 --dport 1000 --dports "$2"
	on_cpu 0
}

# A table that is full: conntrack's counters are compared with their baselines.
full_table() {
	pair
	conntrack_on a output
	fill_table a
	set_global net/netfilter/nf_conntrack_max 16
}

# It goes when its baselines are taken but counting has not begun.
case_cpu_leaves_at_start() {
	need_spare_cpu
	full_table
	full_on 1 20
	gate_at walk_namespaces 1
	list_inodes a
	# shellcheck disable=SC2086 # no option where there is none
	[ "$DROPWHY" = none ] || trace_spawn --json -o "$OUT" $CONNTRACK_HOOKS --netns "$inodes"
	gate_await
	offline_cpu 1
	gate_open
	[ "$DROPWHY" = none ] || wait_for "$ERR" '^dropwhy: tracing' "$pid_dropwhy" || fail "dropwhy did not start tracing"
	online_cpu 1
	full_on 1 30
	trace_stop
	assert_drops 30 cause=ct_table_full
	assert_only 30
	assert_eq 50 "$(ct_stat a drop)" "conntrack -S drop"
	assert_summary "conntrack[netns=$(ns_inode a)].drop.attributed" 30
}

# Its baselines are taken when it is noticed, within a second.
case_cpu_comes_later() {
	need_spare_cpu
	full_table
	full_on 1 20
	offline_cpu 1
	trace_ns a
	online_cpu 1
	sleep 3
	full_on 1 30
	trace_stop
	assert_only 30
	assert_drops 30 cause=ct_table_full
	assert_summary "conntrack[netns=$(ns_inode a)].drop.attributed" 30
}

# Nobody had the time to: the first drop that looks at a table only learns, what follows is known.
case_cpu_comes_and_drops() {
	need_spare_cpu
	full_table
	need_iptables a iptables-legacy -t raw
	in_ns a iptables-legacy -t raw -A OUTPUT -p udp --dport 99 -j DROP
	full_on 1 20
	offline_cpu 1
	trace_ns a
	online_cpu 1
	on_cpu 1
	send a traffic udp --from 10.9.0.1 --sport 20000 --to 10.9.0.2 --dport 99 --count 10
	on_cpu 0
	full_on 1 30
	trace_stop
	assert_only 40
	assert_drops 0 cause='ct_*' dport=99
	assert_drops 30 cause=ct_table_full
}

# The same where it was there when dropwhy started, and goes and comes while that counts.
case_cpu_goes_and_comes() {
	need_spare_cpu
	full_table
	trace_ns a
	full_on 1 20
	offline_cpu 1
	full_on 0 20
	online_cpu 1
	full_on 1 30
	trace_stop
	assert_drops 70 cause=ct_table_full
	assert_only 70
	assert_summary "conntrack[netns=$(ns_inode a)].drop.attributed" 70
}

# It is back while another one sends out what it has folded: what it counts now is apart from that.
case_cpu_returns_in_flush() {
	need_spare_cpu
	ns_new a
	gate_at flush_held -1
	trace_ns a --fold 3000
	die_on 1 4000 1 500
	offline_cpu 1
	gate_await
	online_cpu 1
	die_on 1 4000 1 100
	gate_open
	trace_stop
	assert_only 600
	assert_summary lost 0
	[ "$DROPWHY" != none ] || return 0
	assert_eq 2 "$(records lines type=drop count=1)" "rows of a first packet"
}

# It is back before all that it has folded is out of its reach: it sends that out itself.
case_cpu_returns_before_flush() {
	need_spare_cpu
	ns_new a
	gate_at hold_folds -1
	trace_ns a --fold 3000
	die_on 1 4000 1000 2
	offline_cpu 1
	gate_await
	online_cpu 1
	die_on 1 4000 1000 2
	gate_open
	trace_stop
	assert_only 4000
	assert_summary lost 0
}

# It goes in the middle of its own flush: another one does all of it, and the next begins anew.
case_cpu_leaves_in_flush() {
	need_spare_cpu
	ns_new a
	gate_at flush_folds 1
	trace_ns a --fold 3000
	die_on 1 4000 1000 2
	gate_await
	offline_cpu 1
	gate_open
	sleep 1 # until that is done; the next window is three
	online_cpu 1
	die_on 1 4000 1000 2
	trace_stop
	assert_only 4000
	assert_summary lost 0
}

# softnet_stat has no line of a CPU that is offline.
case_counters_cpu_returns() {
	need_spare_cpu
	router_that_fragments
	backlog=$(cat /proc/sys/net/core/netdev_max_backlog)
	set_global net/core/netdev_max_backlog 1
	on_cpu 1
	send c traffic udp --from 10.8.1.2 --sport 4000 --to 10.8.2.2 --dport 56 --size 8000 --count 50
	on_cpu 0
	set_global net/core/netdev_max_backlog "$backlog"
	dropped=$(awk 'NR == 2 { print $2 }' /proc/net/softnet_stat)
	[ "$dropped" != 00000000 ] || fail "the backlog of CPU 1 was never full"
	offline_cpu 1
	trace_ns c,r,s
	online_cpu 1
	trace_stop
	[ "$DROPWHY" != none ] || return 0
	assert_eq 0 "$(records lines type=counter name=softnet.dropped)" "records of softnet.dropped"
}
