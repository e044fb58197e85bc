# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# CPUs that go and come back while dropwhy runs.

need_spare_cpu() {
	[ "${THROWAWAY:-0}" = 1 ] || skip "somebody may need the CPU here"
	on_cpu 0
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
