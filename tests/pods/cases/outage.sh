# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The outage from its first line to its last: the table's limit was raised long ago; a pod
# holds many connections; something called kube-proxy sets the limit back; lookups and pages
# fail. dropwhy alone must tell it all. tests/kubernetes has the same with the real kube-proxy.

. "$(dirname "$0")/../pods/node.sh"
. "$(dirname "$0")/../pods/services.sh"

case_outage_of_pods() {
	node_new
	beyond
	pod_new client shop
	pod_new php shop
	pod_new leaky team
	service_new 10.40.0.2
	scaled_limit=$((128 * $(nproc)))	# for kube-proxy's 32768
	serve server 10.40.0.2 ip netns exec "$(ns beyond)"
	outage_before $SITE $scaled_limit "$pod_leaky_ip"
	trace_start --sysctl=watch $KUBE
	doctor_begin
	cp "$(command -v sh)" "$WORK/kube-proxy"
	spawn_command kube_proxy "$WORK/kube-proxy" -c \
		"echo $scaled_limit >/proc/sys/net/netfilter/nf_conntrack_max; echo ready; read -r _" \
		--conntrack-max-per-core=128 --conntrack-min=1
	outage $SITE
	trace_stop
	assert_outage $scaled_limit team/leaky "$pid_kube_proxy" shop/site
}
