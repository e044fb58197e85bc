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

# Six pods one after another, twice, side by side: each lives for a fraction of a second, is sent
# to and sends as soon as it is there, and the addresses go round. Twelve take two seconds on two idle
# CPUs: six are made and six deleted in each.
CHURNED=6

case_pod_churn_in_storm() {
	node_new 10.30.0.0/24:10.30.0.2:10.30.0.7
	pod_new web shop
	pod_new client shop
	trace_start --proto udp --dport "$OWN_PORT"
	storm "$OWN_PORT" &
	storm_pid=$!
	CHILDREN="$CHILDREN $storm_pid"
	churn a &
	churn_pid=$!
	churn b
	wait_exit "$churn_pid" || fail "the other churn failed"
	: >"$WORK/storm.stop"
	wait_exit "$storm_pid" || fail "the storm failed"
	trace_stop
	for worker in a b; do
		for i in $(seq $CHURNED); do
			assert_drops $((20 + i)) pod="churn-$worker-$i" namespace="team-$worker"
			assert_drops 0 pod="churn-$worker-$i" dst_name='?*' dst_name!="team-$worker/churn-$worker-$i"
		done
	done
	stormed=$(cat "$WORK/storm.sent")
	assert_drops $((stormed + 2 * CHURNED * 5)) pod=web namespace=shop
	assert_only $((stormed + 2 * CHURNED * (5 + 20) + CHURNED * (CHURNED + 1)))
}

# churn WORKER: its pods are sent 20 packets and their number, and send 5, all to a closed port.
churn() {
	mkdir "$WORK/churn-$1"
	for i in $(seq $CHURNED); do
		pod_new "churn-$1-$i" "team-$1"
		address=$(pod "churn-$1-$i" ip)
		# for a second after it learned one it believes no other
		in_pod client ip neigh flush to "$address"
		in_pod client "$TOOLS/traffic" udp --to "$address" --dport "$OWN_PORT" \
			--count $((20 + i)) >"$WORK/churn-$1/$i.in"
		in_pod "churn-$1-$i" "$TOOLS/traffic" udp --to "$pod_web_ip" --dport "$OWN_PORT" \
			--count 5 >"$WORK/churn-$1/$i.out"
		pod_del "churn-$1-$i"
	done
}
