# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Traffic control: a qdisc that is full, and filters that drop.

# A queue of some 2,000 bytes behind 8 kbit/s: what does not fit at once is dropped.
case_qdisc_tbf_limit() {
	pair
	has tc -n "$(ns a)" qdisc add dev veth0 root tbf rate 8kbit burst 1600 limit 2000 ||
		skip "no sch_tbf"
	trace_ns a
	send a traffic udp --from 10.9.0.1 --sport 4000 --to 10.9.0.2 --dport 53 --size 500 --count 100
	trace_stop
	lost=$(qdisc_dropped a tbf)
	assert_eq 100 "$sent" sent
	assert_at_least 80 "$lost" "dropped by the qdisc"
	assert_counter a qdisc.drops "$lost" veth0
	assert_drops "$lost" proto=udp src=10.9.0.1 sport=4000 dst=10.9.0.2 dport=53 netns="$(ns_inode a)" \
		iface=veth0 side=tx reason="$(reason QDISC_DROP)"
	assert_only "$lost"
}

case_tc_ingress_drop() {
	pair
	drop_at_tc b ingress
	kfree_start TC_INGRESS
	trace_ns b
	send a traffic udp --from 10.9.0.1 --sport 4000 --to 10.9.0.2 --dport 53 --count 45
	trace_stop
	assert_eq 45 "$(qdisc_dropped b clsact)" "dropped by the filter"
	assert_kfree 45
	assert_drops 45 reason="$(reason TC_INGRESS __netif_receive_skb_core)" proto=udp \
		src=10.9.0.1 sport=4000 dst=10.9.0.2 dport=53 netns="$(ns_inode b)" iface=veth0 side=rx
	assert_only 45
}

case_tc_egress_drop() {
	pair
	drop_at_tc a egress
	kfree_start TC_EGRESS
	trace_ns a
	send a traffic udp --from 10.9.0.1 --sport 4000 --to 10.9.0.2 --dport 53 --count 45
	trace_stop
	assert_eq 45 "$(qdisc_dropped a clsact)" "dropped by the filter"
	assert_kfree 45
	assert_drops 45 reason="$(reason TC_EGRESS __dev_queue_xmit)" proto=udp src=10.9.0.1 sport=4000 dst=10.9.0.2 dport=53 \
		netns="$(ns_inode a)" iface=veth0 side=tx
	assert_only 45
}

# GRO keeps the segments that it put together in a list: one packet to the qdisc, and one drop. They
# are received at once if something held them, and through a tunnel, which does GRO everywhere.
case_qdisc_gro() {
	pair
	# the qdisc must meet nothing of b's own, as are reports to groups of IPv6
	ns_sysctl b net.ipv4.ip_forward=1 net.ipv6.conf.all.disable_ipv6=1
	has ip -n "$(ns b)" link add vx0 address 02:00:00:00:00:0b type vxlan id 5 dstport 4789 local 10.9.0.2 ||
		skip "no vxlan"
	ip -n "$(ns b)" link set vx0 up
	has tc -n "$(ns a)" qdisc add dev veth0 root tbf rate 80bit burst 1600 limit 100000 ||
		skip "no sch_tbf"
	tc -n "$(ns b)" qdisc add dev veth0 root tbf rate 8kbit burst 100000 limit 1
	b_mac=$(mac b veth0)
	trace_ns b
	on_cpu 0
	segments 21 1
	# the first found its tokens, which are back in minutes; the others go with one that finds enough for all
	tc -n "$(ns a)" qdisc change dev veth0 root tbf rate 1gbit burst 100000 limit 100000
	segments 1 21001
	trace_stop
	lost=$(qdisc_dropped b tbf)
	assert_eq 0 "$(qdisc_dropped a tbf)" "dropped by the qdisc that holds"
	assert_eq 2 "$lost" "dropped by the qdisc: one segment, and 21 in one"
	assert_counter b qdisc.drops "$lost" veth0
	assert_drops "$lost" reason="$(reason QDISC_DROP)" proto=tcp src=192.0.2.1 sport=1111 dst=10.9.0.1 dport=80 \
		netns="$(ns_inode b)" iface=veth0
	assert_drops 1 tcp_seq=1001 bytes=21054
	assert_only "$lost"
}

# segments COUNT SEQ: of 1,000 bytes each, from that sequence number on, through the tunnel to b.
segments() {
	send a frame veth0 "$1" eth src=02:00:00:00:00:0a dst="$b_mac" ip src=10.9.0.1 dst=10.9.0.2 \
		udp sport=50000 dport=4789 vxlan vni=5 eth src=02:00:00:00:00:0c dst=02:00:00:00:00:0b \
		ip src=192.0.2.1 dst=10.9.0.1 id="$(($2 / 1000))+1" tcp sport=1111 dport=80 \
		seq="$2+1000" ack=1 flags=A pad len=1000
}
