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
	# the control plane, which would be elsewhere, is spared
	nft_rules node <<-END
		add table inet spare
		add chain inet spare out { type filter hook output priority -300; policy accept; }
		add rule inet spare out oif lo notrack
		add chain inet spare in { type filter hook prerouting priority -300; policy accept; }
		add rule inet spare in iif lo notrack
	END
	scaled_limit=$((SCALED_PER_CORE * $(nproc)))
	serve web0 "$pod_web0_ip" in_pod web0
	serve web1 "$pod_web1_ip" in_pod web1
	KUBE="--kubeconfig $KUBECONFIG_FILE"
	outage_before $SITE_SERVICE $scaled_limit "$pod_php_ip"
	proxy_end
	# shellcheck disable=SC2086 # options
	trace_start --sysctl=watch $KUBE
	doctor_begin
	proxy_on_machine --conntrack-max-per-core=$SCALED_PER_CORE --conntrack-min=1
	until_true limit_is $scaled_limit || fail "kube-proxy: $(tail -n 5 "$WORK/kube-proxy.log")"
	outage $SITE_SERVICE
	trace_stop
	assert_outage $scaled_limit shop/php "$pid_kube_proxy" shop/site
}
