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
