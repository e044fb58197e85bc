# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Each drop carries the pods of both its ends and its owner: the pod of the namespace where it
# died, or of the socket's cgroup.

. "$(dirname "$0")/../pods/node.sh"

case_pod_closed_port() {
	node_new
	pod_new web shop
	pod_new client front
	trace_start --netns "$(pod_inode web),$(pod_inode client)"
	pod_send client traffic udp --to "$pod_web_ip" --dport 4000 --count 30
	pod_send client traffic udp --to "$pod_web_ip6" --dport 4000 --count 20
	pod_send web traffic udp --to "$pod_client_ip" --dport 4000 --count 10
	trace_stop
	assert_drops 30 reason="$(reason NO_SOCKET)" pod=web namespace=shop dst="$pod_web_ip" \
		src_name=front/client src_kind=pod dst_name=shop/web dst_kind=pod
	assert_drops 20 reason="$(reason NO_SOCKET)" pod=web namespace=shop dst="$pod_web_ip6" \
		src_name=front/client src_kind=pod dst_name=shop/web dst_kind=pod
	assert_drops 10 reason="$(reason NO_SOCKET)" pod=client namespace=front \
		src_name=shop/web dst_name=front/client
	assert_only 60
}

# In two networks, of two address families each.
case_pod_two_networks() {
	cni_second
	node_new
	pod_new web shop
	pod_new client front
	trace_start --netns "$(pod_inode web),$(pod_inode client)" --proto udp
	pod_send client traffic udp --to "$pod_web_ip" --dport 4000 --count 30
	pod_send client traffic udp --to "$(second_address web 4)" --dport 4000 --count 20
	pod_send client traffic udp --to "$(second_address web 6)" --dport 4000 --count 10
	pod_send web traffic udp --to "$(second_address client 4)" --dport 4000 --count 5
	trace_stop
	assert_drops 30 pod=web src="$pod_client_ip" src_name=front/client dst="$pod_web_ip" dst_name=shop/web
	assert_drops 20 pod=web namespace=shop iface=eth1 src="$(second_address client 4)" src_name=front/client \
		src_kind=pod dst="$(second_address web 4)" dst_name=shop/web dst_kind=pod
	assert_drops 10 pod=web namespace=shop iface=eth1 src="$(second_address client 6)" src_name=front/client \
		dst="$(second_address web 6)" dst_name=shop/web
	assert_drops 5 pod=client namespace=front iface=eth1 src_name=shop/web dst_name=front/client
	assert_only 65
}

second_address() { # POD FAMILY
	in_pod "$1" ip -"$2" -brief address show dev eth1 scope global | awk '{ sub("/.*", "", $3); print $3 }'
}

# A pod without a namespace of its own: its socket's cgroup tells it from the node.
case_pod_host_network() {
	node_new
	pod_new client shop
	pod_new agent system NODE
	node_address=$(in_pod client ip route show default | sed 's/.* via \([^ ]*\).*/\1/')
	pod_spawn sink agent traffic receive --from "$node_address" --sport 53 --rcvbuf 8192
	spawn other node traffic receive --from "$node_address" --sport 54 --rcvbuf 8192
	trace_ns node --reason "$(kernel_reason SOCKET_RCVBUFF)"
	pod_send client traffic udp --to "$node_address" --dport 53 --size 500 --count 100
	pod_send client traffic udp --to "$node_address" --dport 54 --size 500 --count 100
	trace_stop
	stop sink
	stop other
	lost=$((100 - $(said sink received)))
	other_lost=$((100 - $(said other received)))
	assert_at_least 50 "$lost" "packets lost"
	assert_drops "$lost" pod=agent namespace=system dport=53 src_name=shop/client
	assert_drops "$other_lost" pod= namespace= dport=54
	assert_only $((lost + other_lost))
}

# The same on the way out: what it sends is the pod's, what the node sends is not, and neither
# is the receiver's.
case_pod_host_network_sends() {
	node_new
	pod_new client shop
	pod_new agent system NODE
	nft_rules node <<-END
		add table inet fw
		add chain inet fw output { type filter hook output priority 0; policy accept; }
		add rule inet fw output udp dport $OWN_PORT drop
	END
	trace_ns node --proto udp --dport "$OWN_PORT"
	pod_send agent traffic udp --to "$pod_client_ip" --dport "$OWN_PORT" --count 30
	in_node "$TOOLS/traffic" udp --to "$pod_client_ip" --dport "$OWN_PORT" --count 20 >"$WORK/send.out"
	trace_stop
	assert_drops 30 cause=nft_rule pod=agent namespace=system src_name=system/agent dst_name=shop/client
	assert_drops 20 cause=nft_rule pod= namespace= dst_name=shop/client
	assert_only 50
}
