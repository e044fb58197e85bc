# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Conntrack entries that could not be inserted because another one has their
# tuple: NAT without a free port, and packets of one flow that were held and
# released together.

masquerade_to() { # PORT[-PORT]
	nft_rules r <<-END
		add table ip nat
		add chain ip nat post { type nat hook postrouting priority 100; policy accept; }
		add rule ip nat post oifname "out0" meta l4proto { tcp, udp } masquerade to :$1
	END
}

case_ct_insert_snat_exhausted() {
	router
	masquerade_to 5000
	spawn sink s traffic receive --from 10.8.2.2 --sport 53
	kfree_start NETFILTER_DROP
	trace_ns r
	send c traffic udp --from 10.8.1.2 --sport 20000 --sports 20 --to 10.8.2.2 --dport 53
	trace_stop
	stop sink
	assert_eq "20 1" "$sent $(said sink received)" "sent and received"
	assert_kfree 19
	assert_ct r 19 19 0
	assert_drops 19 reason="$(reason NETFILTER_DROP)" cause=ct_insert_failed ct_state=new proto=udp \
		src=10.8.2.1 sport=5000 dst=10.8.2.2 dport=53 netns="$(ns_inode r)" location='nf_hook_slow+*'
	# the packet is rewritten already; its entry knows who sent it
	assert_drops 19 ct_src=10.8.1.2 ct_dport=53 ct_reply_dst=10.8.2.1 ct_reply_dport=5000
	assert_drops 0 ct_status='*,confirmed*'
	assert_drops 0 ct_status='confirmed*'
	assert_only 19
}

case_ct_insert_snat_exhausted_tcp() {
	router
	masquerade_to 5000
	spawn server s traffic listen --from 10.8.2.2 --sport 80 --count 100
	trace_ns r
	send c traffic connect --from 10.8.1.2 --sport 20000 --to 10.8.2.2 --dport 80 --count 1 --wait
	for port in 20001 20002 20003 20004 20005; do
		send c traffic connect --from 10.8.1.2 --sport $port --to 10.8.2.2 --dport 80
	done
	trace_stop
	assert_ct r 5 5 0
	assert_drops 5 cause=ct_insert_failed proto=tcp tcp_flags=SYN dport=80
	assert_only 5
}

# Found on re-injection from NFQUEUE the packet is freed elsewhere, with another reason.
case_ct_insert_reinjected() {
	router
	masquerade_to 5000-5009
	hold_packets r 1 postrouting 200 udp dport 53
	spawn sink s traffic receive --from 10.8.2.2 --sport 53
	spawn holder r nfqueue 1 20
	trace_ns r
	send c traffic udp --from 10.8.1.2 --sport 20000 --sports 20 --to 10.8.2.2 --dport 53
	wait_for "$WORK/holder.out" '^held 20' || fail "not all packets came to the queue"
	echo go >"$WORK/holder.in"
	stop_when_done holder
	trace_stop
	stop sink
	lost=$((20 - $(said sink received)))
	assert_at_least 10 "$lost" "packets lost"
	assert_ct r "$lost" "$lost" 0
	assert_drops "$lost" reason="$(reason NOT_SPECIFIED nf_reinject)" cause=ct_insert_failed proto=udp \
		src=10.8.2.1 sport='500?' dst=10.8.2.2 dport=53 ct_src=10.8.1.2 netns="$(ns_inode r)" location='*nf*_reinject+*'
	assert_only "$lost"
}

# A SYN and its retransmission, both on their way before either was confirmed.
case_ct_insert_held_syn() {
	router
	conntrack_on r forward
	know r out0 10.8.2.9 s veth0	# nobody there: an answer could end the entry
	hold_packets r 1 forward 10 tcp dport 80
	spawn holder r nfqueue 1 2
	trace_ns r
	send c frame veth0 2 eth src="$(mac c veth0)" dst="$(mac r in0)" \
		ip src=10.8.1.2 dst=10.8.2.9 tcp sport=4321 dport=80 flags=S seq=7
	wait_for "$WORK/holder.out" '^held 2' || fail "not all packets came to the queue"
	echo go >"$WORK/holder.in"
	stop_when_done holder
	trace_stop
	[ "$(ct_stat r insert_failed)" -gt 0 ] || skip "re-injection looks the entry up again"
	assert_ct r 1 1 0
	assert_drops 1 cause=ct_insert_failed proto=tcp src=10.8.1.2 sport=4321 dst=10.8.2.9 dport=80 \
		tcp_flags=SYN tcp_seq=7 netns="$(ns_inode r)"
	assert_drops 1 netns="$(ns_inode r)" cause='ct_*'
}

# The same with UDP is no loss: the second packet joins the first one's entry.
case_ct_clash_resolved_udp() {
	router
	conntrack_on r forward
	hold_packets r 1 forward 10 udp dport 53
	spawn sink s traffic receive --from 10.8.2.2 --sport 53
	spawn holder r nfqueue 1 2
	trace_ns r
	send c traffic udp --from 10.8.1.2 --sport 4321 --to 10.8.2.2 --dport 53 --count 2
	wait_for "$WORK/holder.out" '^held 2' || fail "not all packets came to the queue"
	echo go >"$WORK/holder.in"
	stop_when_done holder
	trace_stop
	stop sink
	assert_eq 2 "$(said sink received)" received
	assert_ct r 0 "$(ct_stat r insert_failed)" 0
	assert_only 0
}

# Two packets of one flow, sent to two backends before either was confirmed. The
# backends do not answer: a RST would end the entry.
two_backends() { # PROTOCOL
	router
	know r out0 10.8.2.8 s veth0
	know r out0 10.8.2.9 s veth0
	nft_rules r <<-END
		add table ip nat
		add chain ip nat pre { type nat hook prerouting priority -100; policy accept; }
		add rule ip nat pre ip daddr 10.96.0.10 dnat to numgen inc mod 2 map { 0 : 10.8.2.8, 1 : 10.8.2.9 }
	END
	nft_rules s <<-END
		add table ip arrived
		add chain ip arrived pre { type filter hook prerouting priority -300; policy accept; }
		add rule ip arrived pre ip daddr { 10.8.2.8, 10.8.2.9 } counter
	END
	hold_packets r 1 forward 10 meta l4proto "$1"
	spawn holder r nfqueue 1 2
	trace_ns r
	send c frame veth0 2 eth src="$(mac c veth0)" dst="$(mac r in0)" \
		ip src=10.8.1.2 dst=10.96.0.10 "$1" sport=4321 dport=53
	wait_for "$WORK/holder.out" '^held 2' || fail "not all packets came to the queue"
	echo go >"$WORK/holder.in"
	stop_when_done holder
	trace_stop
	lost=$((2 - $(nft_counter s ip arrived pre)))
}

# UDP may have both: newer kernels keep the second one's reply tuple for a second.
case_ct_clash_two_backends_udp() {
	two_backends udp
	assert_eq "$lost" "$(ct_stat r drop)" "conntrack -S drop"
	assert_ct r "$lost" "$(ct_stat r insert_failed)" 0
	assert_drops "$lost" cause=ct_insert_failed src=10.8.1.2 sport=4321 ct_dst=10.96.0.10 ct_dport=53
	assert_only "$lost"
}

case_ct_clash_two_backends_tcp() {
	two_backends tcp
	[ "$(ct_stat r insert_failed)" -gt 0 ] || skip "re-injection looks the entry up again"
	assert_eq 1 "$lost" "packets lost"
	assert_ct r 1 1 0
	assert_drops 1 cause=ct_insert_failed proto=tcp src=10.8.1.2 sport=4321 dst=10.8.2.9 dport=53 \
		ct_dst=10.96.0.10 ct_reply_src=10.8.2.9 netns="$(ns_inode r)"
	assert_only 1
}
