# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What kube-proxy does to the conntrack table's limit when it starts.

. "$(dirname "$0")/../pods/node.sh"
. "$(dirname "$0")/../kubernetes/cluster.sh"
. "$(dirname "$0")/../kubernetes/shop.sh"

case_kube_proxy_default_limit() {
	cluster_node
	write_kubeconfig $KUBECONFIG_FILE $TOKEN
	proxy_start
	set_global net/netfilter/nf_conntrack_max 2310720
	expected_limit=$((32768 * $(nproc)))
	[ "$expected_limit" -ge 131072 ] || expected_limit=131072
	proxy_end
	trace_ns node --sysctl=watch
	proxy_on_machine
	until_true limit_is $expected_limit || fail "kube-proxy: $(tail -n 5 "$WORK/kube-proxy.log")"
	trace_stop
	assert_eq 1 "$(records lines type=sysctl name=net.netfilter.nf_conntrack_max old=2310720 \
		new=$expected_limit seen_by=write comm=kube-proxy pid="$pid_kube_proxy")" \
		"changes of the limit"
}
