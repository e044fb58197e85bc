# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Pods of a Service that come and go while packets to it die by the thousand: each of these
# carries the Service and the very pod that it was for.

. "$(dirname "$0")/../pods/node.sh"
. "$(dirname "$0")/../kubernetes/cluster.sh"
. "$(dirname "$0")/../kubernetes/shop.sh"

CHURNED=16

case_churn() {
	shop_new
	on_node
	nft_rules node <<-END
		add table inet fw
		add chain inet fw forward { type filter hook forward priority 0; policy accept; }
		add rule inet fw forward udp sport 4000-4099 udp dport 5353 drop
	END
	trace_start --kubeconfig $USER_CONFIG --proto udp --src "$pod_client_ip"
	storm &
	storm_pid=$!
	CHILDREN="$CHILDREN $storm_pid"
	churn
	: >"$WORK/storm.stop"
	wait_exit "$storm_pid" || fail "the storm failed"
	trace_stop
	# in the node's namespace, on the way from the Service to a pod; the bridge, which does not
	# know yet where a new one is, sends copies to several
	assert_at_least "$(cat "$WORK/storm.sent")" "$(drops cause=nft_rule src_name=shop/client service=shop/web)" \
		"packets dropped by the rule"
	assert_drops 0 cause=nft_rule service!=shop/web
	# in each pod's own
	for i in $(seq $CHURNED); do
		assert_drops $((20 + i)) pod="churn-$i" namespace=shop dport="$OWN_PORT" dst_name="shop/churn-$i"
	done
	assert_drops $((CHURNED * 20 + CHURNED * (CHURNED + 1) / 2)) dport="$OWN_PORT"
	assert_truth
}

# storm: from some ports for the rule, which lets conntrack forget them, so that each packet has
# a pod chosen anew; from others to the pods themselves, where nobody listens.
storm() {
	in_pod client sh -c '
		sent=0
		while [ ! -e "$2/storm.stop" ]; do
			"$1/traffic" udp --to "$3" --dport 53 --sport 4000 --sports 100 >"$2/storm.out"
			"$1/traffic" udp --to "$3" --dport 53 --sport 5000 --sports 20 >"$2/storm.out"
			sent=$((sent + 100))
			sleep 0.02
		done
		echo $sent >"$2/storm.sent"' sh "$TOOLS" "$WORK" $WEB_SERVICE
}

# churn: pods of the Service, one after another twice a second, if the kubelet is that fast; each
# is sent 20 packets and its number, and deleted, as soon as it runs.
churn() {
	churn_made=0 churn_gone=0
	while [ $churn_gone -lt $CHURNED ]; do
		[ $churn_made -ge $CHURNED ] || churn_pod $((churn_made += 1))
		api GET /api/v1/namespaces/shop/pods >"$WORK/pods.json"
		jq -r '.items[] | select(.status.phase == "Running" and .status.podIP) |
			"\(.status.podIP) shop/\(.metadata.name)"' "$WORK/pods.json" >"$WORK/running"
		cat "$WORK/running" >>"$WORK/truth"
		while read -r churn_ip churn_name; do
			case $churn_name in shop/churn-*) churn_end "${churn_name#shop/churn-}" "$churn_ip" ;; esac
		done <"$WORK/running"
		sleep 0.3
	done
}

churn_pod() { # NUMBER
	api POST /api/v1/namespaces/shop/pods <<-END
		{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "churn-$1", "labels": {"app": "web"}},
		 "spec": $(pod_spec)}
	END
}

churn_end() { # NUMBER ADDRESS
	pod_send client traffic udp --to "$2" --dport "$OWN_PORT" --count $((20 + $1))
	echo "$2 $(date -u +%Y-%m-%dT%H:%M:%S.%NZ)" >>"$WORK/gone"
	api DELETE "/api/v1/namespaces/shop/pods/churn-$1" >"$WORK/api.log"
	churn_gone=$((churn_gone + 1))
}

# assert_truth: no drop names another pod than the one whose address its destination was; nobody
# only where that had gone already.
assert_truth() {
	[ "$DROPWHY" != none ] || return 0
	sort -u "$WORK/truth" >"$WORK/addresses"
	assert_eq "" "$(cut -d ' ' -f 1 "$WORK/addresses" | uniq -d)" "addresses of two pods"
	records values time,dst,dst_name,backend,pod,cause type=drop >"$WORK/values"
	awk 'FILENAME == ARGV[1] { name[$1] = $2; next }
		FILENAME == ARGV[2] { gone[$1] = $2; next }
		{ late = gone[$3] != "" && $2 >= gone[$3] }
		$4 == name[$3] && ($5 == "-" || $5 == name[$3]) && ($7 == "nft_rule" || "shop/" $6 == name[$3]) { next }
		late && $4 == "-" && ($5 == "-" || $5 == $3) && $6 == "-" { next }
		{ print }' "$WORK/addresses" "$WORK/gone" "$WORK/values" >"$WORK/wrong"
	[ ! -s "$WORK/wrong" ] || fail "$(wc -l <"$WORK/wrong") kinds of drops with another pod, or none:
		$(head -n 20 "$WORK/wrong")"
}
