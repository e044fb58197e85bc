# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Drops as fast as one CPU can cause them: records may be lost, but
# not one packet goes unaccounted.

storm() { # PACKETS ARG...
	storm_packets=$1
	shift
	ns_new a
	kfree_start NO_SOCKET
	trace_ns a "$@"
	send a traffic udp --from 127.0.0.1 --sport 4000 --to 127.0.0.1 --dport 4053 --count "$storm_packets"
	trace_stop
	assert_eq "$storm_packets" "$sent" sent
	# a slow machine lets the backlog of loopback overflow: that is another reason
	died=$(snmp a UdpNoPorts)
	assert_at_least $((storm_packets / 10)) "$died" UdpNoPorts
	assert_kfree "$died"
	[ "$DROPWHY" != none ] || return 0
	if [ -z "$(kernel_reason NO_SOCKET)" ]; then
		assert_eq "$storm_packets" "$(fate NO_SOCKET)" "delivered, folded and lost"
	else
		assert_eq "$died" "$(fate NO_SOCKET)" "delivered, folded and lost"
	fi
}

case_storm_ring_too_small() {
	storm 50000 --ring-size 4096 --summary-only --fold 0
	[ "$DROPWHY" != none ] || return 0
	assert_at_least 1 "$(summary lost)" "lost with a ring of one page"
}

# The same folded: what the ring has no room for waits in the fold table.
case_storm_ring_small_folded() {
	storm 1000000 --ring-size 4096 --summary-only
	assert_summary lost 0
}

# Every record that was delivered is a row.
case_storm_rows() {
	storm 100000 --ring-size 4096 --fold 0
	[ "$DROPWHY" != none ] || return 0
	assert_drops "$(summary delivered)" reason="$(reason NO_SOCKET)" src=127.0.0.1 dport=4053
}

# It ends when told to, though records come faster than it reads them: on the one CPU it shares
# with a sender. The senders end by force, so that nobody knows how much they sent.
case_storm_outruns_the_reader() {
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
	ns_new a
	enter_with "taskset -c 0"
	trace_ns a --fold 0
	for sender in first second; do
		spawn $sender a traffic udp --from 127.0.0.1 --sports 100 --sport 4000 \
			--to 127.0.0.1 --dport 4053 --count 100000000 --announce
	done
	taskset -pc 0 "$pid_first" >/dev/null
	sleep 1
	trace_stop
	assert_at_least 1 "$(summary lost)" lost
	for pid in "$pid_first" "$pid_second"; do
		kill -KILL "$pid" || fail "it ended after its senders"
	done
}

# Never a wake-up for each record: the scheduler's own count of how often the process slept.
case_storm_wakes_seldom() {
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
	ns_new a
	trace_ns a --fold 0 --ring-size 16m
	slept=$(times_slept)
	send a traffic udp --from 127.0.0.1 --sport 4000 --to 127.0.0.1 --dport 4053 --count 100000
	slept=$(($(times_slept) - slept))
	trace_stop
	assert_at_least 50000 "$(summary delivered)" delivered
	[ "$slept" -lt 2000 ] || fail "it slept $slept times for $(summary delivered) records"
}

times_slept() {
	sed -n 's/^voluntary_ctxt_switches:[^0-9]*//p' "/proc/$pid_dropwhy/status"
}

case_storm_summary_only() {
	storm 1000000 --summary-only
}

# Two senders on two CPUs, two reasons, each accounted for by itself.
case_storm_two_reasons() {
	pair
	drop_at_tc b ingress
	ns_new c
	trace_ns b,c --summary-only
	spawn first a traffic udp --from 10.9.0.1 --sport 4000 --to 10.9.0.2 --dport 4053 --count 200000 --announce
	send c traffic udp --from 127.0.0.1 --sport 4000 --to 127.0.0.1 --dport 4053 --count 300000
	stop_when_done first
	trace_stop
	assert_eq 200000 "$(said first sent)" sent
	assert_eq 200000 "$(qdisc_dropped b clsact)" "dropped by the filter"
	died=$(snmp c UdpNoPorts) # see storm()
	assert_at_least 30000 "$died" UdpNoPorts
	[ "$DROPWHY" != none ] || return 0
	if [ -z "$(kernel_reason NO_SOCKET)" ]; then
		assert_eq 500000 "$(fate NO_SOCKET)" "accounted for"
		return
	fi
	assert_eq 200000 "$(fate TC_INGRESS)" "TC_INGRESS accounted for"
	assert_eq "$died" "$(fate NO_SOCKET)" "NO_SOCKET accounted for"
}
