# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Each drop carries the right pod: that of the namespace where it died, whatever family.

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
	assert_drops 30 reason="$(reason NO_SOCKET)" pod=web namespace=shop dst="$pod_web_ip"
	assert_drops 20 reason="$(reason NO_SOCKET)" pod=web namespace=shop dst="$pod_web_ip6"
	assert_drops 10 reason="$(reason NO_SOCKET)" pod=client namespace=front
	assert_only 60
}
