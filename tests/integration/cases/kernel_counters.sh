# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The kernel's own counters of losses: each is moved for real, and told with by how much, as a
# record and in the summary. Others are in the cases of what they count: sockets, routing, qdisc_tc.

# A router between links of 9,000 and 576 bytes: its fragments come to the server's CPU at once.
case_counters_move() {
	router_that_fragments
	ns_sysctl s net.ipv4.ipfrag_low_thresh=0 net.ipv4.ipfrag_high_thresh=0
	set_global net/core/netdev_max_backlog 1
	for number in 1 2 3; do
		set_global net/ipv4/neigh/default/gc_thresh$number 4
	done
	softnet=$(softnet_dropped)
	trace_ns c,r,s
	send c traffic udp --from 10.8.1.2 --sport 4000 --to 10.8.2.2 --dport 56 --size 8000 --count 5
	for last in 11 12 13 14 15 16 17 18 19 20; do
		send c traffic udp --from 10.8.1.2 --sport 4000 --to 10.8.1.$last --dport 53
	done
	# of a protocol that nobody handles
	send r frame out0 7 eth src="$(mac r out0)" dst="$(mac s veth0)" type=0x1234 hex 00000000
	trace_stop
	softnet=$(($(softnet_dropped) - softnet))
	assert_at_least 1 "$softnet" "dropped by a CPU's backlog"
	assert_counter s Ip.ReasmFails "$(snmp s IpReasmFails)"
	assert_at_least 1 "$(snmp s IpReasmFails)" ReasmFails
	# what the backlog refused is among them
	refused=$(ip netns exec "$(ns s)" cat /sys/class/net/veth0/statistics/rx_dropped)
	assert_at_least 7 "$refused" "the interface's rx_dropped"
	assert_counter s link.rx_dropped "$refused" veth0
	[ "$DROPWHY" != none ] || return 0
	for name in softnet.dropped arp_cache.table_fulls; do
		moved=$(summary "counters[name=$name].value")
		assert_at_least 1 "$moved" $name
		assert_eq 1 "$(records lines type=counter name=$name value="$moved" netns=)" "records of $name"
	done
}

# Of all CPUs; numbers of /proc/net/softnet_stat are hexadecimal.
softnet_dropped() {
	softnet_sum=0
	while read -r _ softnet_column _; do
		softnet_sum=$((softnet_sum + 0x$softnet_column))
	done </proc/net/softnet_stat
	echo $softnet_sum
}

# What drivers count by names of their own (ethtool -S): here what an XDP program takes.
case_counters_of_driver() {
	pair
	spawn driver b xdp_drop veth0 0x1234
	trace_ns b
	send a frame veth0 9 eth src="$(mac a veth0)" dst="$(mac b veth0)" type=0x1234 hex 00000000
	trace_stop
	[ "$DROPWHY" != none ] || return 0
	# of each of its queues
	told=$(grep -o '"name":"ethtool.rx_queue_[0-9]*_xdp_drops","value":[0-9]*' "$OUT" | sort -u | sed 's/.*://' |
		awk '{ sum += $1 } END { print sum }')
	assert_eq 9 "$told" "frames that the driver counts; records: $(grep '"type":"counter"' "$OUT")"
	assert_at_least 1 "$(records lines type=counter iface=veth0 netns="$(ns_inode b)" name='ethtool.rx_queue_*')" \
		"records of it"
}
