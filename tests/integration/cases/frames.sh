# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Every kind of header that dropwhy reads, spelt byte by byte and dropped at
# ingress, before the kernel has looked into it.

# Several kinds in one run, each nine times and from a MAC address of its own.
frames_start() {
	frame_kinds=0
	pair
	drop_at_tc b ingress
	frames_to=$(mac b veth0)
	kfree_start TC_INGRESS
	trace_ns b
}

frame_mac() { # KIND
	printf '02:00:00:00:01:%02x\n' "$1"
}

# nine LAYER...: of the next kind, counted from 1.
nine() {
	frame_kinds=$((frame_kinds + 1))
	send a frame veth0 9 eth "src=$(frame_mac $frame_kinds)" "dst=$frames_to" "$@"
	assert_eq 9 "$sent" sent
}

frames_stop() {
	trace_stop
	frames_sent=$((9 * frame_kinds))
	assert_eq $frames_sent "$(qdisc_dropped b clsact)" "dropped by the filter"
	assert_kfree $frames_sent
	assert_drops $frames_sent reason="$(reason TC_INGRESS __netif_receive_skb_core)" \
		netns="$(ns_inode b)" iface=veth0 side=rx src_mac='02:00:00:00:01:??' dst_mac="$frames_to"
	assert_only $frames_sent
}

# assert_nine KIND FIELD=GLOB...: all of that kind were read so.
assert_nine() {
	nine_mac=$(frame_mac "$1")
	shift
	assert_drops 9 src_mac="$nine_mac" "$@"
}

UDP4="ip src=192.0.2.1 dst=192.0.2.2 udp sport=1111 dport=2222"
UDP6="ip6 src=2001:db8::1 dst=2001:db8::2 udp sport=1111 dport=2222"
IS_UDP4="l3_proto=ipv4 proto=udp src=192.0.2.1 sport=1111 dst=192.0.2.2 dport=2222 truncated= fragment="
IS_UDP6="l3_proto=ipv6 proto=udp src=2001:db8::1 sport=1111 dst=2001:db8::2 dport=2222 truncated= fragment="

# shellcheck disable=SC2086 # the lists above are meant to be split
case_frames_vlan() {
	frames_start
	nine vlan id=100 $UDP4 pad len=20
	nine type=0x88a8 vlan id=100 vlan id=200 $UDP6 pad len=20
	nine $UDP4 pad len=20
	frames_stop
	assert_nine 1 vlan=100 $IS_UDP4
	assert_nine 2 vlan=100.200 $IS_UDP6
	assert_nine 3 vlan= bytes=48 $IS_UDP4
}

# Of a later fragment what would be its ports is data.
case_frames_fragments() {
	frames_start
	nine ip src=192.0.2.1 dst=192.0.2.2 id=7 more=1 udp sport=1111 dport=2222 pad len=24
	nine ip src=192.0.2.1 dst=192.0.2.2 id=7 frag=1480 type=17 hex 0457048d00200000
	nine ip6 src=2001:db8::1 dst=2001:db8::2 frag6 more=1 id=9 udp sport=1111 dport=2222 pad len=24
	nine ip6 src=2001:db8::1 dst=2001:db8::2 frag6 frag=1448 id=9 type=17 hex 0457048d00200000
	frames_stop
	assert_nine 1 fragment=first proto=udp src=192.0.2.1 sport=1111 dst=192.0.2.2 dport=2222
	assert_nine 2 fragment=later frag_offset=1480 proto=udp src=192.0.2.1 dst=192.0.2.2 sport= dport= truncated=
	assert_nine 3 fragment=first proto=udp src=2001:db8::1 sport=1111 dst=2001:db8::2 dport=2222
	assert_nine 4 fragment=later frag_offset=1448 proto=udp src=2001:db8::1 dst=2001:db8::2 sport= dport=
}

# shellcheck disable=SC2086
case_frames_protocols() {
	frames_start
	nine ip6 src=2001:db8::1 dst=2001:db8::2 hopopts dstopts udp sport=1111 dport=2222
	nine ip src=192.0.2.1 dst=192.0.2.2 icmp type=8 code=0 id=3 seq=1+1 pad len=16
	nine ip src=192.0.2.1 dst=192.0.2.2 icmp type=3 code=13 pad len=28
	nine ip6 src=2001:db8::1 dst=2001:db8::2 icmp6 type=128 code=0 pad len=16
	nine arp op=2 sha=02:00:00:00:00:0a spa=192.0.2.1 tha=02:00:00:00:00:0b tpa=192.0.2.2
	nine ip src=192.0.2.1 dst=192.0.2.2 sctp sport=1111 dport=2222 vtag=1
	nine ip src=192.0.2.1 dst=192.0.2.2 tcp sport=1111 dport=2222 flags=FPU seq=4000000000 ack=1
	nine ip src=192.0.2.1 dst=192.0.2.2 type=253 pad len=30
	nine type=0x88cc hex 02070402000000000a04
	frames_stop
	assert_nine 1 $IS_UDP6
	assert_nine 2 proto=icmp icmp_type=8 icmp_code=0 src=192.0.2.1 dst=192.0.2.2 sport= dport=
	assert_nine 3 proto=icmp icmp_type=3 icmp_code=13
	assert_nine 4 proto=icmpv6 icmp_type=128 icmp_code=0 src=2001:db8::1 dst=2001:db8::2
	assert_nine 5 proto=arp l3_proto=arp arp_op=2 src=192.0.2.1 dst=192.0.2.2
	assert_nine 6 proto=sctp src=192.0.2.1 sport=1111 dst=192.0.2.2 dport=2222
	assert_nine 7 proto=tcp tcp_seq=4000000000 tcp_flags='*FIN*' sport=1111 dport=2222
	assert_nine 7 tcp_flags='*PSH*'
	assert_nine 7 tcp_flags='*URG*'
	assert_drops 0 tcp_flags='*SYN*'
	assert_nine 8 proto=253 src=192.0.2.1 dst=192.0.2.2 sport= dport=
	assert_nine 9 l3_proto=0x88cc src= dst= proto= sport=
}

# shellcheck disable=SC2086
case_frames_tunnels() {
	outer='ip src=198.51.100.1 dst=198.51.100.2'
	frames_start
	nine $outer udp sport=50000 dport=4789 vxlan vni=77 eth dst=02:00:00:00:00:01 $UDP4
	nine $outer udp sport=50000 dport=6081 geneve vni=78 eth dst=02:00:00:00:00:01 $UDP6
	nine $outer $UDP4
	nine $outer $UDP6
	frames_stop
	assert_nine 1 proto=udp src=198.51.100.1 dst=198.51.100.2 dport=4789 tunnel=vxlan vni=77 \
		inner_src=192.0.2.1 inner_sport=1111 inner_dst=192.0.2.2 inner_dport=2222 inner_proto=udp
	assert_nine 2 proto=udp dport=6081 tunnel=geneve vni=78 inner_src=2001:db8::1 inner_sport=1111 \
		inner_dst=2001:db8::2 inner_dport=2222 inner_proto=udp
	assert_nine 3 src=198.51.100.1 dst=198.51.100.2 sport= tunnel=ipip \
		inner_src=192.0.2.1 inner_sport=1111 inner_dst=192.0.2.2 inner_dport=2222 inner_proto=udp
	assert_nine 4 src=198.51.100.1 tunnel=ipip inner_src=2001:db8::1 inner_dport=2222
}

# The header ends in the middle: what is there is told, nothing is made up. Then a header
# length beyond the packet, version 0, all ones; and more extension headers than anybody sends.
case_frames_broken() {
	frames_start
	nine ip src=192.0.2.1 dst=192.0.2.2 udp sport=1111 dport=2222 +cut=36
	nine ip src=192.0.2.1 dst=192.0.2.2 udp +cut=24
	nine type=0x0800 hex 4f000014000000004011000001020304050607080102030405060708
	nine type=0x86dd \
		hex ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
	nine ip6 src=2001:db8::1 dst=2001:db8::2 hopopts dstopts dstopts dstopts dstopts dstopts \
		dstopts dstopts udp sport=1111 dport=2222
	frames_stop
	assert_nine 1 truncated=1 src=192.0.2.1 dst=192.0.2.2 sport= dport=
	assert_nine 2 truncated=1 src= dst= sport= dport=
	assert_nine 3 truncated=1 sport= dport=
	assert_nine 4 sport= dport=
	assert_nine 5 truncated=1 src=2001:db8::1 dst=2001:db8::2 sport= dport=
}

case_ip_checksum() {
	pair
	kfree_start IP_CSUM
	trace_ns b
	send a frame veth0 13 eth "dst=$(mac b veth0)" ip src=10.9.0.1 dst=10.9.0.2 badcsum=1 udp dport=53
	trace_stop
	assert_eq 13 "$(snmp b IpExtInCsumErrors)" IpExtInCsumErrors
	assert_kfree 13
	assert_drops 13 reason="$(reason IP_CSUM ip_rcv_core)" src=10.9.0.1 dst=10.9.0.2 dport=53 netns="$(ns_inode b)"
	assert_only 13
}

# The checksum is looked at when the packet is read: in the reader's context,
# where the packet has neither device nor socket, and so no namespace.
case_udp_checksum() {
	pair
	spawn sink b traffic receive --from 10.9.0.2 --sport "$OWN_PORT"
	csum_reason=UDP_CSUM
	# found by recvmsg(), which gave no reason yet
	kernel_at_least 6 13 || csum_reason=NOT_SPECIFIED
	kfree_start $csum_reason
	trace_start --src 10.9.0.1 --dport "$OWN_PORT"
	send a frame veth0 13 eth "dst=$(mac b veth0)" ip src=10.9.0.1 dst=10.9.0.2 \
		udp sport=4000 "dport=$OWN_PORT" badcsum=1 pad len=100
	stop sink
	trace_stop
	assert_eq "13 0" "$sent $(said sink received)" "sent and received"
	assert_eq 13 "$(snmp b UdpInCsumErrors)" UdpInCsumErrors
	assert_kfree 13
	assert_drops 13 reason="$(reason $csum_reason udp_recvmsg)" src=10.9.0.1 sport=4000 dst=10.9.0.2 dport="$OWN_PORT"
	# where skb->dev would be, UDP keeps numbers of its own: nothing of them may be followed
	assert_drops 13 side=rx ifindex="$(in_ns b ip -o link show veth0 | cut -d : -f 1)"
	assert_only 13
}

case_icmp_echo_dropped_by_rule() {
	pair
	nft_rules b <<-END
		add table inet fw
		add chain inet fw input { type filter hook input priority 0; policy accept; }
		add rule inet fw input icmp type echo-request meta mark set 0x2a counter drop
	END
	trace_ns b
	send a frame veth0 17 eth "dst=$(mac b veth0)" ip src=10.9.0.1 dst=10.9.0.2 icmp type=8 seq=1+1
	trace_stop
	assert_eq 17 "$(nft_counter b inet fw input)" "packets dropped by the rule"
	assert_drops 17 cause="$(expected nft_cause)" proto=icmp icmp_type=8 icmp_code=0 mark=42 \
		src=10.9.0.1 dst=10.9.0.2
	assert_only 17
}
