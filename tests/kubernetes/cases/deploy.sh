# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The manifests of tools/deploy, taken by a real API server, run by a real kubelet: what they
# allow is enough, and no more.

. "$(dirname "$0")/../pods/node.sh"
. "$(dirname "$0")/../kubernetes/cluster.sh"
. "$(dirname "$0")/../kubernetes/shop.sh"
. "$(dirname "$0")/../probe/probe.sh"

BASE=$KUBERNETES_CASES/../../tools/deploy/kubernetes/base

case_deploy() {
	# containers see what is mounted later, as they do on a node; these mounts are this run's own
	mount --make-rshared /
	cluster_node
	control_plane_start
	kubelet_start --kubeconfig=$KUBECONFIG_FILE
	kubectl_node apply -k "$BASE" >"$WORK/apply" 2>&1 || fail "apply: $(cat "$WORK/apply")"
	assert_eq 5 "$(grep -c created "$WORK/apply")" "objects made"
	shop_objects
	until_true shop_runs || fail "the pods do not run: $(tail -n 5 "$WORK/kubelet.log")"
	role_is_enough
	role_is_no_more
	pod_runs
}

kubectl_node() {
	in_node kubectl --kubeconfig $KUBECONFIG_FILE "$@"
}

# With the service account's token the probe knows Services and workloads.
role_is_enough() {
	write_kubeconfig "$WORK/probe.kubeconfig" $PROBE_TOKEN
	ran=$DROPWHY
	on_node
	probe_start --api node --node-name node1 --kubelet off --kubeconfig "$WORK/probe.kubeconfig" --json-log "$WORK" \
		--proto udp --src "$pod_client_ip" --fold 0
	pod_send client traffic udp --to "$pod_web0_ip" --dport 4000 --count 30
	until_true eval 'in_node curl -s "http://$url/metrics" | grep -q "workload=\"deployment/web\".* 30$"' ||
		fail "$(cat "$ERR"; in_node curl -s "http://$url/metrics" | grep ^dropwhy_drops)"
	# nothing is listed that it may not
	! grep -i 'forbidden\|refused\|unauthorized' "$ERR" || fail "the role is too small"
	probe_stop
	DROPWHY=$ran
}

role_is_no_more() {
	for path in /api/v1/secrets /api/v1/configmaps /apis/discovery.k8s.io/v1beta1/endpointslices \
			/api/v1/nodes/node1/proxy/pods "/api/v1/namespaces/shop/pods/client"; do
		assert_eq 403 "$(in_node curl --silent --insecure --output "$WORK/answer" --write-out '%{http_code}' \
			--header "Authorization: Bearer $PROBE_TOKEN" "$API$path")" "$path"
	done
	assert_eq 200 "$(in_node curl --silent --insecure --output "$WORK/answer" --write-out '%{http_code}' \
		--header "Authorization: Bearer $PROBE_TOKEN" "$API/api/v1/pods?fieldSelector=spec.nodeName%3Dnode1")" pods
}

# The DaemonSet's pod, by the kubelet and containerd. No scheduler runs here, so it is put on
# its node; it has no token, which only another controller would make, so it asks nobody.
pod_runs() {
	[ "$DROPWHY" != none ] || return 0
	image_new dropwhy '["/usr/local/sbin/dropwhy"]' "$DROPWHY" /usr/local/sbin/dropwhy
	kubectl_node get daemonset -n dropwhy dropwhy -o json | jq '{apiVersion: "v1", kind: "Pod",
		metadata: (.spec.template.metadata + {name: "dropwhy-1", namespace: "dropwhy"}),
		spec: (.spec.template.spec + {nodeName: "node1"})}
		| .spec.containers[0].image = "localhost/dropwhy:1"
		| .spec.containers[0].imagePullPolicy = "Never"
		| .spec.containers[0].args |= map(sub("--api=node"; "--api=off"))' >"$WORK/pod.json"
	kubectl_node create -f - <"$WORK/pod.json" >"$WORK/create" 2>&1 || fail "$(cat "$WORK/create")"
	until_true pod_is_ready || fail "not ready: $(kubectl_node describe pod -n dropwhy | tail -n 20
		tail -n 20 /var/log/pods/dropwhy_*/probe/*.log)"
	pod_counts
	pod_privileges
}

pod_is_ready() {
	api GET /api/v1/namespaces/dropwhy/pods/dropwhy-1 |
		jq '[.status.conditions[]? | select(.type == "Ready" and .status == "True")] | length' | grep -qx 1
}

pod_metrics() {
	in_node curl -sS -m 10 "http://$NODE_ADDRESS:9810/metrics"
}

# It names a pod that was there before it, and one that came later, by the node's files alone.
pod_counts() {
	api POST /api/v1/namespaces/shop/pods <<-END
		{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "late"}, "spec": $(pod_spec)}
	END
	until_true pod_found late late shop || fail "no pod: $(tail -n 5 "$WORK/kubelet.log")"
	pod_send client traffic udp --to "$pod_web0_ip" --dport 4000 --count 30
	pod_send client traffic udp --to "$pod_late_ip" --dport 4000 --count 20
	for expected in "$WEB0 30" "late 20"; do
		until_true eval "pod_metrics | grep -q '^dropwhy_drops_total{namespace=\"shop\",pod=\"${expected% *}\",.*NO_SOCKET.* ${expected#* }\$'" ||
			fail "$expected: $(pod_metrics | grep ^dropwhy_drops)"
	done
	pod_metrics | grep -qx 'dropwhy_conntrack_unreadable_namespaces 0' || fail "namespaces that it may not enter"
	# a setting that another cgroup changes
	in_node sh -c 'echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter; echo 1 >/proc/sys/net/ipv4/conf/all/rp_filter'
	until_true eval "pod_metrics | grep -q '^dropwhy_sysctl_changes_total{name=\"net.ipv4.conf.[*].rp_filter\"} [1-9]'" ||
		fail "the change is not seen"
}

pod_privileges() {
	probe_pid=$(in_node pgrep -f '^/usr/local/sbin/dropwhy probe --listen')
	assert_eq 000000c400281004 "$(awk '$1 == "CapBnd:" { print $2 }' "/proc/$probe_pid/status")" "bounding set"
	assert_eq 000000c400281004 "$(awk '$1 == "CapEff:" { print $2 }' "/proc/$probe_pid/status")" "capabilities"
	assert_eq 1 "$(awk '$1 == "NoNewPrivs:" { print $2 }' "/proc/$probe_pid/status")" "no new privileges"
	# a bundle, where it may write
	kill -USR1 "$probe_pid"
	until_true bundle_written || fail "no bundle: $(cat /var/log/pods/dropwhy_*/probe/*.log)"
}

bundle_written() {
	[ -n "$(find /var/lib/dropwhy -name '*.tar.zst')" ]
}
