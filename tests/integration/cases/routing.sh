# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Packets without a way on: reverse path filter, no route, too big, neighbour
# that does not answer, lifetime over.

case_rp_filter() {
	pair
	ns_sysctl b net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.veth0.rp_filter=1
	kfree_start IP_RPFILTER
	trace_ns b
	send a frame veth0 35 eth src="$(mac a veth0)" dst="$(mac b veth0)" \
		ip src=192.0.2.77 dst=10.9.0.2 udp sport=4000 dport=53
	trace_stop
	assert_eq 35 "$sent" sent
	assert_eq 35 "$(snmp b TcpExtIPReversePathFilter)" IPReversePathFilter
	assert_counter b TcpExt.IPReversePathFilter 35
	assert_kfree 35
	assert_drops 35 reason="$(reason IP_RPFILTER)" proto=udp src=192.0.2.77 sport=4000 dst=10.9.0.2 dport=53 \
		netns="$(ns_inode b)" iface=veth0 cause=
	assert_only 35
}

case_packet_too_big_v4() {
	router
	ip -n "$(ns r)" link set out0 mtu 1000
	kfree_start PKT_TOO_BIG
	trace_ns r
	# with DF and 1,200 bytes: ICMP tells the sender, who goes on
	send c traffic udp --df --from 10.8.1.2 --sport 4000 --to 10.8.2.2 --dport 53 --size 1200 --count 20
	trace_stop
	assert_eq 20 "$sent" sent
	assert_eq 20 "$(snmp r IpFragFails)" FragFails
	assert_counter r Ip.FragFails 20
	assert_kfree 20
	assert_drops 20 reason="$(reason PKT_TOO_BIG ip_forward)" proto=udp src=10.8.1.2 sport=4000 dst=10.8.2.2 dport=53 \
		netns="$(ns_inode r)"
	assert_only 20
}

case_packet_too_big_v6() {
	router
	ns_sysctl r net.ipv6.conf.all.forwarding=1
	ip -n "$(ns r)" link set out0 mtu 1280
	ip -n "$(ns c)" -6 route add default via fd10:8:1::1
	kfree_start PKT_TOO_BIG
	trace_ns r
	send c traffic udp --df --from fd10:8:1::2 --sport 4000 --to fd10:8:2::2 --dport 53 --size 1400 \
		--count 20
	trace_stop
	assert_eq 20 "$sent" sent
	assert_eq 20 "$(snmp r Ip6InTooBigErrors)" Ip6InTooBigErrors
	assert_counter r Ip6.InTooBigErrors 20
	assert_kfree 20
	assert_drops 20 reason="$(reason PKT_TOO_BIG ip6_forward)" l3_proto=ipv6 proto=udp \
		src=fd10:8:1::2 dst=fd10:8:2::2 dport=53
	assert_only 20
}

# Nobody answers ARP: what waits longest makes room, then all that waits is given up.
case_neighbour_unresolved() {
	pair
	ns_sysctl a net.ipv4.neigh.veth0.unres_qlen_bytes=4000 \
		net.ipv4.neigh.veth0.retrans_time_ms=100 net.ipv4.neigh.veth0.mcast_solicit=1 \
		net.ipv4.neigh.veth0.ucast_solicit=0
	trace_ns a
	send a traffic udp --from 10.9.0.1 --sport 4000 --to 10.9.0.77 --dport 53 --count 50
	until_true neighbour_failed || fail "the neighbour did not fail"
	until_true all_given_up || : # the counts below tell
	trace_stop
	assert_eq 50 "$sent" sent
	assert_drops 50 proto=udp src=10.9.0.1 sport=4000 dst=10.9.0.77 dport=53 netns="$(ns_inode a)" \
		iface=veth0 reason='NEIGH_*'
	assert_at_least 1 "$(drops reason="$(reason NEIGH_QUEUEFULL)")" "dropped from the full queue"
	assert_at_least 1 "$(drops reason="$(reason NEIGH_FAILED)")" "given up"
}

neighbour_failed() {
	ip -n "$(ns a)" neigh show to 10.9.0.77 dev veth0 | grep -q FAILED
}

# The state is there before what waited is freed.
all_given_up() {
	[ "$DROPWHY" = none ] || [ "$(drops reason='NEIGH_*')" -ge 50 ]
}

case_no_route_forwarding() {
	pair
	ns_sysctl b net.ipv4.ip_forward=1
	trace_ns b
	send a frame veth0 18 eth src="$(mac a veth0)" dst="$(mac b veth0)" \
		ip src=10.9.0.1 dst=172.30.0.1 udp sport=4000 dport=53
	trace_stop
	assert_eq 18 "$(snmp b IpExtInNoRoutes)" InNoRoutes
	assert_drops 18 reason="$(reason IP_INNOROUTES)" src=10.9.0.1 dst=172.30.0.1 dport=53 netns="$(ns_inode b)"
	assert_only 18
}

case_ttl_exceeded() {
	router
	trace_ns r
	send c frame veth0 22 eth src="$(mac c veth0)" dst="$(mac r in0)" \
		ip ttl=1 src=10.8.1.2 dst=10.8.2.2 udp sport=4000 dport=53
	trace_stop
	assert_drops 22 src=10.8.1.2 dst=10.8.2.2 proto=udp dport=53 netns="$(ns_inode r)"
	assert_only 22
}
