# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# CPUs that go and come back while dropwhy runs.

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
