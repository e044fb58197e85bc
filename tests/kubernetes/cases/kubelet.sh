# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# A kubelet without a control plane, which runs what lies in a directory.

. "$(dirname "$0")/../pods/node.sh"
. "$(dirname "$0")/../kubernetes/cluster.sh"

# Their UID is a hash, and their names end in the node's.
case_kubelet_static_pods() {
	cluster_node
	kubelet_start --pod-manifest-path=$MANIFESTS --file-check-frequency=1s
	on_node
	static_pod web
	static_pod client
	until_true pod_found web web-node1 shop || fail "no pod: $(tail -n 5 "$WORK/kubelet.log")"
	until_true pod_found client client-node1 shop || fail "no pod: $(tail -n 5 "$WORK/kubelet.log")"
	trace_start --src "$pod_client_ip" --proto udp
	pod_send client traffic udp --to "$pod_web_ip" --dport 4000 --count 30
	trace_stop
	assert_drops 30 reason="$(reason NO_SOCKET)" pod=web-node1 namespace=shop
	assert_only 30
	kubelet_of_its_own
}

# Without a cluster its certificate is its own; on this node that is as good as signed.
kubelet_of_its_own() {
	[ "$DROPWHY" != none ] || return 0
	echo "$TOKEN" >"$WORK/token"
	for url in http://127.0.0.1:10255 https://127.0.0.1:10250; do
		"$DROPWHY" pods --json --node-name node1 --kubelet $url --kubelet-token "$WORK/token" >"$WORK/pods"
		assert_eq connected "$(jq -r 'select(.type == "source" and .name == "kubelet") | .status' "$WORK/pods")" \
			"the kubelet at $url"
		assert_eq 2 "$(jq -s '[.[] | select(.sources? // [] | index("kubelet"))] | length' "$WORK/pods")" \
			"pods by the kubelet at $url"
	done
}

# static_pod NAME
static_pod() {
	cat >$MANIFESTS/.new <<-END
		{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "$1", "namespace": "shop"},
		 "spec": {"terminationGracePeriodSeconds": 0, "containers": [
		  {"name": "main", "image": "localhost/pod:1", "imagePullPolicy": "Never"}]}}
	END
	mv $MANIFESTS/.new "$MANIFESTS/$1.json"
}
