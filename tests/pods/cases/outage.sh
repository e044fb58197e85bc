# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The outage from its first line to its last: the table's limit was raised long ago; a pod
# holds many connections; something called kube-proxy sets the limit back; lookups and pages
# fail. dropwhy alone must tell it all. tests/kubernetes has the same with the real kube-proxy.

. "$(dirname "$0")/../pods/node.sh"

case_outage_of_pods() {
	node_new
	beyond
	pod_new client shop
	pod_new php shop
	pod_new leaky team
	conntrack_on node forward
	scaled_limit=$((128 * $(nproc)))	# for kube-proxy's 32768
	serve server 10.40.0.2 ip netns exec "$(ns beyond)"
	set_global net/netfilter/nf_conntrack_max 2310720
	outage_before 10.40.0.2 $scaled_limit "$pod_leaky_ip"
	trace_start --sysctl=watch
	printf '#!/bin/sh\necho %s >/proc/sys/net/netfilter/nf_conntrack_max\n' $scaled_limit >"$WORK/kube-proxy"
	chmod +x "$WORK/kube-proxy"
	"$WORK/kube-proxy" &
	pid_kube_proxy=$!
	wait $pid_kube_proxy
	outage 10.40.0.2
	trace_stop
	assert_outage $scaled_limit team/leaky $pid_kube_proxy
}
