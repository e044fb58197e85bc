# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Packets to ports where nobody listens: the plainest drop there is.

closed_udp() { # SOURCE DESTINATION COUNTER
	pair
	kfree_start NO_SOCKET
	trace_ns b
	send a traffic udp --from "$1" --sport 4000 --to "$2" --dport 53 --count 250 --size 100
	trace_stop
	assert_eq 250 "$sent" sent
	assert_eq 250 "$(snmp b "$3")" "$3"
	assert_kfree 250
	assert_drops 250 reason="$(reason NO_SOCKET)" proto=udp src="$1" sport=4000 dst="$2" dport=53 \
		netns="$(ns_inode b)" netns_name="$(ns b)" iface=veth0 side=rx cause= ct_state=
	assert_only 250
	[ -z "$(kernel_reason NO_SOCKET)" ] || assert_summary 'reasons[reason=NO_SOCKET].seen' 250
}

case_udp_closed_port_v4() {
	closed_udp 10.9.0.1 10.9.0.2 UdpNoPorts
}

case_udp_closed_port_v6() {
	closed_udp fd10:9::1 fd10:9::2 Udp6NoPorts
}

closed_tcp() { # SOURCE DESTINATION
	pair
	kfree_start NO_SOCKET
	trace_ns b
	send a traffic connect --wait --from "$1" --sport 5000 --to "$2" --dport 8080 --dports 40 \
		--count 40
	trace_stop
	assert_eq "40 ECONNREFUSED" "$failed $errno" "refused"
	assert_eq 40 "$(snmp b TcpOutRsts)" TcpOutRsts
	assert_kfree 40
	assert_drops 40 reason="$(reason NO_SOCKET)" proto=tcp src="$1" dst="$2" tcp_flags=SYN \
		netns="$(ns_inode b)" iface=veth0
	assert_drops 1 sport=5039 dport=8119
	assert_only 40
}

case_tcp_closed_port_v4() {
	closed_tcp 10.9.0.1 10.9.0.2
}

case_tcp_closed_port_v6() {
	closed_tcp fd10:9::1 fd10:9::2
}

# Over loopback the SYN is dropped on the way back into the sender's own namespace.
case_tcp_closed_port_loopback() {
	ns_new a
	kfree_start NO_SOCKET
	trace_ns a
	send a traffic connect --wait --to 127.0.0.1 --dport 81 --count 25
	trace_stop
	assert_eq 25 "$failed" refused
	assert_kfree 25
	assert_drops 25 reason="$(reason NO_SOCKET)" proto=tcp dst=127.0.0.1 dport=81 tcp_flags=SYN \
		netns="$(ns_inode a)"
}

# Datagrams of five fragments each: of those that nobody wants each is one drop, and those that are
# delivered are none, though the kernel frees the later fragments as if they were dropped: with
# every datagram before 6.3 (511a3eda2f8d), later with those that are drops. They have no
# namespace to select by.
case_udp_closed_port_fragments() {
	pair
	fragments_from=198.18.$((OWN_PORT / 256)).$((OWN_PORT % 256))
	ip -n "$(ns a)" addr add $fragments_from/32 dev veth0
	ip -n "$(ns b)" route add $fragments_from via 10.9.0.1
	spawn sink b traffic receive --from 10.9.0.2 --sport 53
	trace_start --src $fragments_from
	send a traffic udp --from $fragments_from --sport 4000 --to 10.9.0.2 --dport 53 --count 10 --size 6000
	send a traffic udp --from $fragments_from --sport 4000 --to 10.9.0.2 --dport 54 --count 20 --size 6000
	stop sink
	trace_stop
	assert_eq "10 10 20" "$(said sink received) $(snmp b UdpInDatagrams) $(snmp b UdpNoPorts)" "received and refused"
	assert_drops 20 reason="$(reason NO_SOCKET)" proto=udp src=$fragments_from sport=4000 dst=10.9.0.2 dport=54 \
		netns="$(ns_inode b)"
	assert_only 20
}
