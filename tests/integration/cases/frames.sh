# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Every kind of header that dropwhy reads, spelt byte by byte and dropped at
# ingress, before the kernel has looked into it.

# dropped COUNT LAYER...: so many frames from a are dropped at b's ingress.
dropped() {
	frames=$1
	shift
	pair
	drop_at_tc b ingress
	kfree_start TC_INGRESS
	trace_ns b
	send a frame veth0 "$frames" eth src=02:00:00:00:00:0a "dst=$(mac b veth0)" "$@"
	trace_stop
	assert_eq "$frames" "$sent" sent
	assert_eq "$frames" "$(qdisc_dropped b clsact)" "dropped by the filter"
	assert_kfree "$frames"
	assert_drops "$frames" reason="$(reason TC_INGRESS)" netns="$(ns_inode b)" iface=veth0 side=rx \
		src_mac=02:00:00:00:00:0a dst_mac="$(mac b veth0)"
	assert_only "$frames"
}

UDP4="ip src=192.0.2.1 dst=192.0.2.2 udp sport=1111 dport=2222"
UDP6="ip6 src=2001:db8::1 dst=2001:db8::2 udp sport=1111 dport=2222"
IS_UDP4="l3_proto=ipv4 proto=udp src=192.0.2.1 sport=1111 dst=192.0.2.2 dport=2222 truncated= fragment="
IS_UDP6="l3_proto=ipv6 proto=udp src=2001:db8::1 sport=1111 dst=2001:db8::2 dport=2222 truncated= fragment="

# shellcheck disable=SC2086 # the lists above are meant to be split
case_frame_vlan() {
	dropped 9 vlan id=100 $UDP4 pad len=20
	assert_drops 9 vlan=100 $IS_UDP4
}

# shellcheck disable=SC2086
case_frame_qinq() {
	dropped 9 type=0x88a8 vlan id=100 vlan id=200 $UDP6 pad len=20
	assert_drops 9 vlan=100.200 $IS_UDP6
}

# shellcheck disable=SC2086
case_frame_udp_untagged() {
	dropped 9 $UDP4 pad len=20
	assert_drops 9 vlan= bytes=48 $IS_UDP4
}

# shellcheck disable=SC2086
case_frame_extension_headers() {
	dropped 9 ip6 src=2001:db8::1 dst=2001:db8::2 hopopts dstopts udp sport=1111 dport=2222
	assert_drops 9 $IS_UDP6
}

case_frame_fragment_first() {
	dropped 9 ip src=192.0.2.1 dst=192.0.2.2 id=7 more=1 udp sport=1111 dport=2222 pad len=24
	assert_drops 9 fragment=first proto=udp src=192.0.2.1 sport=1111 dst=192.0.2.2 dport=2222
}

# What would be its ports is data.
case_frame_fragment_later() {
	dropped 9 ip src=192.0.2.1 dst=192.0.2.2 id=7 frag=1480 type=17 hex 0457048d00200000
	assert_drops 9 fragment=later frag_offset=1480 proto=udp src=192.0.2.1 dst=192.0.2.2 sport= dport= truncated=
}

case_frame_fragment_first_v6() {
	dropped 9 ip6 src=2001:db8::1 dst=2001:db8::2 frag6 more=1 id=9 udp sport=1111 dport=2222 pad len=24
	assert_drops 9 fragment=first proto=udp src=2001:db8::1 sport=1111 dst=2001:db8::2 dport=2222
}

case_frame_fragment_later_v6() {
	dropped 9 ip6 src=2001:db8::1 dst=2001:db8::2 frag6 frag=1448 id=9 type=17 hex 0457048d00200000
	assert_drops 9 fragment=later frag_offset=1448 proto=udp src=2001:db8::1 dst=2001:db8::2 sport= dport=
}

case_frame_icmp() {
	dropped 9 ip src=192.0.2.1 dst=192.0.2.2 icmp type=8 code=0 id=3 seq=1+1 pad len=16
	assert_drops 9 proto=icmp icmp_type=8 icmp_code=0 src=192.0.2.1 dst=192.0.2.2 sport= dport=
}

case_frame_icmp_unreachable() {
	dropped 9 ip src=192.0.2.1 dst=192.0.2.2 icmp type=3 code=13 pad len=28
	assert_drops 9 proto=icmp icmp_type=3 icmp_code=13
}

case_frame_icmp6() {
	dropped 9 ip6 src=2001:db8::1 dst=2001:db8::2 icmp6 type=128 code=0 pad len=16
	assert_drops 9 proto=icmpv6 icmp_type=128 icmp_code=0 src=2001:db8::1 dst=2001:db8::2
}

case_frame_arp() {
	dropped 9 arp op=2 sha=02:00:00:00:00:0a spa=192.0.2.1 tha=02:00:00:00:00:0b tpa=192.0.2.2
	assert_drops 9 proto=arp l3_proto=arp arp_op=2 src=192.0.2.1 dst=192.0.2.2
}

case_frame_sctp() {
	dropped 9 ip src=192.0.2.1 dst=192.0.2.2 sctp sport=1111 dport=2222 vtag=1
	assert_drops 9 proto=sctp src=192.0.2.1 sport=1111 dst=192.0.2.2 dport=2222
}

case_frame_tcp_flags() {
	dropped 9 ip src=192.0.2.1 dst=192.0.2.2 tcp sport=1111 dport=2222 flags=FPU seq=4000000000 ack=1
	assert_drops 9 proto=tcp tcp_seq=4000000000 tcp_flags='*FIN*' sport=1111 dport=2222
	assert_drops 9 tcp_flags='*PSH*'
	assert_drops 9 tcp_flags='*URG*'
	assert_drops 0 tcp_flags='*SYN*'
}

case_frame_unknown_protocol() {
	dropped 9 ip src=192.0.2.1 dst=192.0.2.2 type=253 pad len=30
	assert_drops 9 proto=253 src=192.0.2.1 dst=192.0.2.2 sport= dport=
}

case_frame_unknown_ethertype() {
	dropped 9 type=0x88cc hex 02070402000000000a04
	assert_drops 9 l3_proto=0x88cc src= dst= proto= sport=
}

# shellcheck disable=SC2086
case_frame_vxlan() {
	dropped 9 ip src=198.51.100.1 dst=198.51.100.2 udp sport=50000 dport=4789 \
		vxlan vni=77 eth dst=02:00:00:00:00:01 $UDP4
	assert_drops 9 proto=udp src=198.51.100.1 dst=198.51.100.2 dport=4789 tunnel=vxlan vni=77 \
		inner_src=192.0.2.1 inner_sport=1111 inner_dst=192.0.2.2 inner_dport=2222 inner_proto=udp
}

# shellcheck disable=SC2086
case_frame_geneve() {
	dropped 9 ip src=198.51.100.1 dst=198.51.100.2 udp sport=50000 dport=6081 \
		geneve vni=78 eth dst=02:00:00:00:00:01 $UDP6
	assert_drops 9 proto=udp dport=6081 tunnel=geneve vni=78 inner_src=2001:db8::1 inner_sport=1111 \
		inner_dst=2001:db8::2 inner_dport=2222 inner_proto=udp
}

# shellcheck disable=SC2086
case_frame_ipip() {
	dropped 9 ip src=198.51.100.1 dst=198.51.100.2 $UDP4
	assert_drops 9 src=198.51.100.1 dst=198.51.100.2 sport= tunnel=ipip \
		inner_src=192.0.2.1 inner_sport=1111 inner_dst=192.0.2.2 inner_dport=2222 inner_proto=udp
}

# shellcheck disable=SC2086
case_frame_6in4() {
	dropped 9 ip src=198.51.100.1 dst=198.51.100.2 $UDP6
	assert_drops 9 src=198.51.100.1 tunnel=ipip inner_src=2001:db8::1 inner_dport=2222
}

# The header ends in the middle: what is there is told, nothing is made up.
case_frame_udp_cut_off() {
	dropped 9 ip src=192.0.2.1 dst=192.0.2.2 udp sport=1111 dport=2222 +cut=36
	assert_drops 9 truncated=1 src=192.0.2.1 dst=192.0.2.2 sport= dport=
}

case_frame_ip_cut_off() {
	dropped 9 ip src=192.0.2.1 dst=192.0.2.2 udp +cut=24
	assert_drops 9 truncated=1 src= dst= sport= dport=
}

# A header length beyond the packet, version 0, all ones.
case_frame_hostile() {
	dropped 9 type=0x0800 hex 4f000014000000004011000001020304050607080102030405060708
	assert_drops 9 truncated=1 sport= dport=
}

case_frame_ones() {
	dropped 9 type=0x86dd \
		hex ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
	assert_drops 9 sport= dport=
}

case_ip_checksum() {
	pair
	kfree_start IP_CSUM
	trace_ns b
	send a frame veth0 13 eth "dst=$(mac b veth0)" ip src=10.9.0.1 dst=10.9.0.2 badcsum=1 udp dport=53
	trace_stop
	assert_eq 13 "$(snmp b IpExtInCsumErrors)" IpExtInCsumErrors
	assert_kfree 13
	assert_drops 13 reason="$(reason IP_CSUM)" src=10.9.0.1 dst=10.9.0.2 dport=53 netns="$(ns_inode b)"
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
	assert_drops 13 reason="$(reason $csum_reason)" src=10.9.0.1 sport=4000 dst=10.9.0.2 dport="$OWN_PORT"
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
