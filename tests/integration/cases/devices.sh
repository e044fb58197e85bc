# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Virtual devices: a tunnel's end that does not know the network, a macvlan
# and a tun device.

case_vxlan_unknown_vni() {
	pair
	has ip -n "$(ns b)" link add vx0 type vxlan id 5 dstport 4789 local 10.9.0.2 || skip "no vxlan"
	ip -n "$(ns b)" link set vx0 up
	kfree_start VXLAN_VNI_NOT_FOUND
	trace_ns b
	send a frame veth0 16 eth "dst=$(mac b veth0)" ip src=10.9.0.1 dst=10.9.0.2 udp sport=50000 dport=4789 \
		vxlan vni=77 eth dst=02:00:00:00:00:01 ip src=192.0.2.1 dst=192.0.2.2 udp sport=1111 dport=2222
	trace_stop
	assert_eq 16 "$sent" sent
	assert_kfree 16
	assert_drops 16 reason="$(reason VXLAN_VNI_NOT_FOUND vxlan_rcv)" src=10.9.0.1 dst=10.9.0.2 dport=4789 \
		netns="$(ns_inode b)" tunnel=vxlan vni=77 inner_src=192.0.2.1 inner_dst=192.0.2.2 inner_dport=2222
	assert_only 16
}

# The packet came in on the veth below, and dies on the macvlan of its namespace.
case_macvlan_closed_port() {
	pair
	ns_new m
	has ip -n "$(ns b)" link add mv0 netns "$(ns m)" link veth0 type macvlan mode bridge || skip "no macvlan"
	ns_address m mv0 10.9.0.3
	know a veth0 10.9.0.3 m mv0
	know m mv0 10.9.0.1 a veth0
	kfree_start NO_SOCKET
	trace_ns m
	send a traffic udp --from 10.9.0.1 --sport 4000 --to 10.9.0.3 --dport 4053 --count 28
	trace_stop
	assert_eq 28 "$(snmp m UdpNoPorts)" UdpNoPorts
	assert_kfree 28
	assert_drops 28 reason="$(reason NO_SOCKET)" src=10.9.0.1 dst=10.9.0.3 netns="$(ns_inode m)" iface=mv0
	assert_only 28
}

# A tun device whose owner does not read: what its queue of 500 does not hold is dropped.
case_tun_nobody_reads() {
	ns_new a
	has ip -n "$(ns a)" tuntap add tun0 mode tun || skip "no tun"
	ip -n "$(ns a)" link del tun0
	spawn owner a tun tun0
	ip -n "$(ns a)" link set tun0 txqueuelen 100
	ip -n "$(ns a)" addr add 10.5.0.1/24 dev tun0
	ip -n "$(ns a)" link set tun0 up
	kfree_start FULL_RING
	trace_ns a
	send a traffic udp --from 10.5.0.1 --sport 4000 --to 10.5.0.2 --dport 4053 --count 400
	trace_stop
	lost=$(ip netns exec "$(ns a)" cat /sys/class/net/tun0/statistics/tx_dropped)
	assert_at_least 250 "$lost" "dropped by the device"
	assert_kfree "$lost"
	assert_drops "$lost" reason="$(reason FULL_RING)" proto=udp src=10.5.0.1 dst=10.5.0.2 dport=4053 \
		netns="$(ns_inode a)" iface=tun0
	assert_only "$lost"
}
