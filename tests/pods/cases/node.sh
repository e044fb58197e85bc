# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Drops in the node's own namespace, through which the pods' packets pass. It is none of this
# machine's own: whose node it is cannot be told, so the packets' ends are named, but no owner.

. "$(dirname "$0")/../pods/node.sh"

# drop_forwarded PORT: a rule of the node's against UDP to that port.
drop_forwarded() {
	nft_rules node <<-END
		add table inet fw
		add chain inet fw forward { type filter hook forward priority 0; policy accept; }
		add rule inet fw forward udp dport $1 drop
	END
}

case_pod_forward_rule() {
	node_new
	beyond
	pod_new client shop
	pod_new other shop
	drop_forwarded 4000
	trace_ns node --proto udp
	pod_send client traffic udp --to 10.40.0.2 --dport 4000 --count 30
	pod_send other traffic udp --to 10.40.0.2 --dport 4000 --count 10
	pod_send other traffic udp --to fd10:40::2 --dport 4000 --count 5
	trace_stop
	assert_drops 30 cause=nft_rule iface=cni0 src="$pod_client_ip" \
		src_name=shop/client pod= namespace=
	assert_drops 10 cause=nft_rule iface=cni0 src="$pod_other_ip" \
		src_name=shop/other
	assert_drops 5 cause=nft_rule iface=cni0 src="$pod_other_ip6" src_name=shop/other
	assert_only 45
}

case_pod_table_full() {
	set_global net/netfilter/nf_conntrack_max 262144
	node_new
	beyond
	pod_new client shop
	pod_new other shop
	conntrack_on node forward
	fill_table node
	trace_ns node --proto udp
	echo 16 >/proc/sys/net/netfilter/nf_conntrack_max
	pod_send client traffic udp --to 10.40.0.2 --dport 53 --sport 4000 --sports 30
	pod_send other traffic udp --to 10.40.0.2 --dport 53 --sport 4000 --sports 20
	trace_stop
	assert_ct node 50 0 0
	assert_drops 30 cause=ct_table_full iface=cni0 src="$pod_client_ip" \
		src_name=shop/client pod= namespace=
	assert_drops 20 cause=ct_table_full iface=cni0 src="$pod_other_ip" \
		src_name=shop/other
	assert_only 50
}

# From pod to pod: the node's bridge hands their frames to its IP hooks.
case_pod_bridge() {
	node_new
	has ns_sysctl node net.bridge.bridge-nf-call-iptables=1 || skip "no br_netfilter"
	pod_new client shop
	pod_new web shop
	drop_forwarded 4000
	trace_ns node --proto udp
	pod_send client traffic udp --to "$pod_web_ip" --dport 4000 --count 30
	trace_stop
	assert_drops 30 cause=nft_rule src_name=shop/client dst_name=shop/web
	assert_only 30
}
