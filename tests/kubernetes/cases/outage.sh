# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The outage from its first line to its last, on real parts: the table's limit was raised
# long ago; a pod holds many connections; kube-proxy is restarted and sets the limit back;
# lookups and pages fail. dropwhy alone must tell it all.

. "$(dirname "$0")/../pods/node.sh"
. "$(dirname "$0")/../kubernetes/cluster.sh"
. "$(dirname "$0")/../kubernetes/shop.sh"

SCALED_PER_CORE=128	# for kube-proxy's 32768

case_outage() {
	shop_new
	on_node
	scaled_limit=$((SCALED_PER_CORE * $(nproc)))
	serve web0 "$pod_web0_ip" in_pod web0
	serve web1 "$pod_web1_ip" in_pod web1
	set_global net/netfilter/nf_conntrack_max 2310720
	outage_before $SITE_SERVICE $scaled_limit "$pod_php_ip"
	proxy_end
	trace_start --sysctl=watch
	proxy_on_machine --conntrack-max-per-core=$SCALED_PER_CORE --conntrack-min=1
	until_true limit_is $scaled_limit || fail "kube-proxy: $(tail -n 5 "$WORK/kube-proxy.log")"
	outage $SITE_SERVICE
	trace_stop
	assert_outage $scaled_limit shop/php "$pid_kube_proxy"
}
