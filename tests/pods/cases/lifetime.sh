# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Pods that come and go while dropwhy runs: never the old pod's name; the owner never none. An
# end that was only just born or has only just gone may stay without a name, but has no wrong one.

. "$(dirname "$0")/../pods/node.sh"

# Two addresses for three pods: the third gets the second's.
case_pod_address_reused() {
	node_new 10.30.0.0/24:10.30.0.2:10.30.0.3
	pod_new client shop
	pod_new old shop
	trace_start --dst "$pod_old_ip" --proto udp --dport "$OWN_PORT"
	pod_send client traffic udp --to "$pod_old_ip" --dport "$OWN_PORT" --count 30
	pod_del old
	pod_new young shop
	assert_eq "$pod_old_ip" "$pod_young_ip" "the third pod's address"
	# for a second after it learned one it believes no other
	in_pod client ip neigh flush all
	pod_send client traffic udp --to "$pod_young_ip" --dport "$OWN_PORT" --count 40
	trace_stop
	assert_drops 30 pod=old
	assert_drops 40 pod=young
	assert_drops 0 pod=old dst_name='?*' dst_name!=shop/old
	assert_drops 0 pod=young dst_name='?*' dst_name!=shop/young
	assert_only 70
}
