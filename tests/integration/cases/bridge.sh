# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# A node's bridge between two containers, whose frames pass the node's IP
# hooks (bridge-nf-call-iptables=1): the drop is the node's, on the bridge.

# node: a (10.7.0.1) - [p1 br0 p2] - b (10.7.0.2), conntrack on in the node.
bridged() {
	ns_new node a b
	# with snooping it would send IGMP of its own
	ip -n "$(ns node)" link add br0 type bridge mcast_snooping 0
	for port in "a p1 10.7.0.1" "b p2 10.7.0.2"; do
		# shellcheck disable=SC2086 # three words
		set -- $port
		ip link add name veth0 netns "$(ns "$1")" type veth peer name "$2" netns "$(ns node)"
		ip -n "$(ns node)" link set "$2" master br0
		ip -n "$(ns node)" link set "$2" up
		ns_address "$1" veth0 "$3"
	done
	know a veth0 10.7.0.2 b veth0
	know b veth0 10.7.0.1 a veth0
	ip -n "$(ns node)" addr add 10.7.0.254/24 dev br0
	ip -n "$(ns node)" link set br0 up
	until_true forwarding p1 || fail "p1 does not forward"
	until_true forwarding p2 || fail "p2 does not forward"
	has ns_sysctl node net.bridge.bridge-nf-call-iptables=1 || skip "no br_netfilter"
}

forwarding() { # PORT
	bridge -n "$(ns node)" link show dev "$1" | grep -q 'state forwarding'
}

case_bridge_nf_rule() {
	bridged
	nft_rules node <<-END
		add table ip fw
		add chain ip fw forward { type filter hook forward priority 0; policy accept; }
		add rule ip fw forward udp dport 53 counter drop
	END
	kfree_start NETFILTER_DROP
	trace_ns node
	send a traffic udp --from 10.7.0.1 --sport 4000 --to 10.7.0.2 --dport 53 --count 33
	trace_stop
	assert_eq 33 "$(nft_counter node ip fw forward)" "packets dropped by the rule"
	assert_kfree 33
	assert_drops 33 reason="$(reason NETFILTER_DROP)" cause='n*_rule' proto=udp src=10.7.0.1 sport=4000 \
		dst=10.7.0.2 dport=53 netns="$(ns_inode node)"
	assert_only 33
}

case_bridge_nf_ct_full() {
	bridged
	conntrack_on node forward
	fill_table node
	set_global net/netfilter/nf_conntrack_max 16
	kfree_start NETFILTER_DROP
	trace_ns node
	send a traffic udp --from 10.7.0.1 --sport 4000 --to 10.7.0.2 --dport 1000 --dports 150
	trace_stop
	assert_kfree 150
	assert_ct node 150 0 0
	assert_drops 150 reason="$(reason NETFILTER_DROP)" cause=ct_table_full proto=udp src=10.7.0.1 sport=4000 \
		dst=10.7.0.2 netns="$(ns_inode node)" iface=br0
	assert_only 150
}

case_bridge_nf_iptables_legacy() {
	bridged
	need_iptables node iptables-legacy
	in_ns node iptables-legacy -A FORWARD -p udp --dport 53 -j DROP
	trace_ns node
	send a traffic udp --from 10.7.0.1 --sport 4000 --to 10.7.0.2 --dport 53 --count 33
	trace_stop
	assert_eq 33 "$(iptables_count node iptables-legacy FORWARD)" "packets dropped by the rule"
	assert_drops 33 cause='*_rule' src=10.7.0.1 dst=10.7.0.2 netns="$(ns_inode node)"
	assert_drops 0 cause=nft_rule
	assert_only 33
}
