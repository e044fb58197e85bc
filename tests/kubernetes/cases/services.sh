# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Drops on the way to Services, that kube-proxy's rules lead through the node.

. "$(dirname "$0")/../pods/node.sh"
. "$(dirname "$0")/../kubernetes/cluster.sh"
. "$(dirname "$0")/../kubernetes/shop.sh"

case_services() {
	shop_new
	on_node
	backends_refused
	no_endpoints
	closed_port
	table_full
}

# A rule drops what goes to the Service's pods, as a network policy would.
backends_refused() {
	nft_rules node <<-END
		add table inet fw
		add chain inet fw forward { type filter hook forward priority 0; policy accept; }
		add rule inet fw forward udp dport 5353 drop
	END
	trace_ns node --kubeconfig $KUBECONFIG_FILE --proto udp --src "$pod_client_ip"
	pod_send client traffic udp --to $WEB_SERVICE --dport 53 --sport 4000 --sports 40
	trace_stop
	in_node nft delete table inet fw
	assert_drops 40 cause=nft_rule iface='veth*' src_name=shop/client service=shop/web
	assert_eq 40 $(($(drops backend="shop/$WEB0") + $(drops backend="shop/$WEB1"))) "packets to backends"
	assert_only 40
}

no_endpoints() {
	trace_ns node --kubeconfig $KUBECONFIG_FILE --proto udp --src "$pod_client_ip"
	pod_send client traffic udp --to $EMPTY_SERVICE --dport 53 --sport 5000 --sports 40
	trace_stop
	assert_drops 40 reason=NETFILTER_DROP iface=cni0 dst=$EMPTY_SERVICE dport=53 \
		src_name=shop/client service=shop/empty dst_name=shop/empty dst_kind=service
	assert_only 40
	# the doctor takes it for no policy, and one to a Service with endpoints for nothing at all
	[ "$DROPWHY" != none ] || return 0
	KUBE="--kubeconfig $KUBECONFIG_FILE"
	doctor_begin
	pod_send client traffic udp --to $EMPTY_SERVICE --dport 53 --sport 5500 --sports 40
	pod_send client traffic udp --to $SITE_SERVICE --dport 53 --sport 5500 --sports 40
	doctor_end
	doctor_says no_endpoints evidence "^40 packets .* > shop/empty (40)"
	! grep -q '"id":"rule_drops"' "$WORK/doctor.json" || fail "$(cat "$WORK/doctor.json")"
}

# In the namespaces of the Service's pods, to which its address is gone.
closed_port() {
	trace_start --kubeconfig $KUBECONFIG_FILE --proto udp --src "$pod_client_ip" --reason "$(kernel_reason NO_SOCKET)"
	pod_send client traffic udp --to $WEB_SERVICE --dport 53 --sport 6000 --sports 40
	trace_stop
	assert_drops 40 dst="10.30.0.*" dport=5353 src_name=shop/client workload=deployment/web
	assert_only 40
	assert_eq 40 $(($(drops pod="$WEB0" namespace=shop) + $(drops pod="$WEB1" namespace=shop))) \
		"packets of the Service's pods"
}

table_full() {
	set_global net/netfilter/nf_conntrack_max "$(cat /proc/sys/net/netfilter/nf_conntrack_max)"
	in_node conntrack -D -p udp >"$WORK/conntrack.log" 2>&1 || :
	fill_table node
	trace_start --kubeconfig $KUBECONFIG_FILE --proto udp --src "$pod_client_ip"
	echo 16 >/proc/sys/net/netfilter/nf_conntrack_max
	pod_send client traffic udp --to $WEB_SERVICE --dport 53 --sport 7000 --sports 40
	trace_stop
	assert_drops 40 cause=ct_table_full reason="$(reason NETFILTER_DROP)" iface=cni0 \
		dst=$WEB_SERVICE dport=53 src_name=shop/client service=shop/web
	assert_only 40
}
