# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The DaemonSet's container, made by a real containerd from the manifest: its image, capabilities,
# filters, mounts and limits are enough, and no more. (With a kubelet: tests/kubernetes.)

. "$(dirname "$0")/../pods/node.sh"
. "$(dirname "$0")/../probe/probe.sh"

MANIFEST=$(dirname "$0")/../../tools/deploy/kubernetes/base/daemonset.yaml

case_pod_daemonset() {
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
	# containers see what is mounted later, as they do on a node; these mounts are this run's own
	mount --make-rshared /
	node_new
	pod_new client shop
	pod_new web shop
	probe_image
	probe_container
	# a pod that was there, and one that comes later
	pod_new late shop
	pod_send client traffic udp --to "$pod_web_ip" --dport 4000 --count 30
	pod_send client traffic udp --to "$pod_late_ip" --dport 4000 --count 20
	until_true pod_lost web 30 && until_true pod_lost late 20 || fail "$(probe_said | grep ^dropwhy_drops; probe_log)"
	probe_said | grep -qx 'dropwhy_conntrack_unreadable_namespaces 0' || fail "namespaces that it may not enter"
	probe_privileges
	# a bundle, where it may write
	assert_eq 202 "$(in_node curl -s -m 10 -o "$WORK/answer" -w '%{http_code}' -X POST http://127.0.0.1:9810/bundle)" bundle
	until_true bundle_written || fail "no bundle: $(probe_log)"
	# which is shown there, as by kubectl exec
	bundle=$(in_probe dropwhy bundle ls /var/lib/dropwhy | awk '{ name = $NF } END { print name }')
	in_probe dropwhy bundle show "/var/lib/dropwhy/$bundle" | grep -q '^trigger ' || fail "not shown: $bundle"
	probe_ends
}

# The image that IMAGE names, or the program alone with its libraries.
probe_image() {
	if [ -n "${IMAGE:-}" ]; then
		ctr --address $CRI_SOCKET --namespace k8s.io image import "$IMAGE" >"$WORK/ctr.log" 2>&1 ||
			fail "image import: $(cat "$WORK/ctr.log")"
		image=$(sed -n 's/^unpacking \([^ ]*\).*/\1/p' "$WORK/ctr.log")
	else
		image_new dropwhy '["/usr/local/sbin/dropwhy"]' "$DROPWHY" /usr/local/sbin/dropwhy
		image=localhost/dropwhy:1
	fi
}

# No API server is here, and the node's address is known to its kubelet alone.
probe_container() {
	mkdir "$WORK/empty" "$WORK/bundles"
	kubectl set image --local -f "$MANIFEST" "probe=$image" -o json |
		jq '.spec.template.spec.containers[0].args |= map(sub("\\$\\(NODE_IP\\)"; "127.0.0.1") | sub("--api=node"; "--api=off"))' |
		jq -r --argjson host "{\"k3s\": \"$WORK/empty\", \"crio\": \"$WORK/empty\", \"bundles\": \"$WORK/bundles\"}" \
			-f "$PODS_DIR/container.jq" >"$WORK/container"
	POD_PIDS=NODE
	pod_new probe dropwhy NODE
	{
		echo "pod_sandbox_id: \"$pod_probe_id\""
		echo 'config {'
		cat "$WORK/container"
		echo '}'
		pod_config probe dropwhy "$pod_probe_uid" NODE | sed 's/^config/sandbox_config/'
	} >"$WORK/create"
	POD_PIDS=CONTAINER
	container=$(cri CreateContainer <"$WORK/create" | field container_id)
	[ -n "$container" ] || fail "no container"
	echo "container_id: \"$container\"" | cri StartContainer >"$WORK/cri.log" 2>&1 || fail "$(cat "$WORK/cri.log")"
	until_true probe_ready || fail "not ready: $(probe_log)"
}

in_probe() { # COMMAND [ARG...]
	ctr --address $CRI_SOCKET --namespace k8s.io task exec --exec-id "$(cat /proc/sys/kernel/random/uuid)" "$container" "$@"
}

probe_log() {
	cat "/var/log/pods/dropwhy_probe_$pod_probe_uid/probe.log"
}

probe_ready() {
	in_node curl -sf -m 10 -o "$WORK/answer" http://127.0.0.1:9810/readyz
}

probe_said() {
	in_node curl -sS -m 10 http://127.0.0.1:9810/metrics
}

pod_lost() { # POD COUNT
	probe_said >"$METRICS"
	grep -q "^dropwhy_drops_total{namespace=\"shop\",pod=\"$1\",.*NO_SOCKET.* $2\$" "$METRICS"
}

probe_privileges() {
	probe_pid=$(cat "/run/containerd/io.containerd.runtime.v2.task/k8s.io/$container/init.pid")
	for set in CapBnd CapEff CapPrm; do
		assert_eq 000000c400281004 "$(awk -v set="$set:" '$1 == set { print $2 }' "/proc/$probe_pid/status")" "$set"
	done
	assert_eq 1 "$(awk '$1 == "NoNewPrivs:" { print $2 }' "/proc/$probe_pid/status")" "no new privileges"
	assert_at_least 2 "$(awk '$1 == "Seccomp_filters:" { print $2 }' "/proc/$probe_pid/status")" "filters of calls"
	# all that was asked for is read-only but the bundles' place
	assert_eq "rw /var/lib/dropwhy" "$(awk '{ sub(/,.*/, "", $6); print $6, $5 }' "/proc/$probe_pid/mountinfo" |
		grep -E ' (/|/run/netns|/run/.*v2.task|/run/containers/storage|/var/l.*|/host/sys/fs/cgroup)$' |
		grep '^rw')" "what it may write to"
}

bundle_written() {
	[ -n "$(find "$WORK/bundles" -name '*.tar.zst')" ]
}

# On SIGTERM, as the kubelet ends it: by itself, with status 0.
probe_ends() {
	echo "container_id: \"$container\" timeout: 60" | cri StopContainer >"$WORK/cri.log" 2>&1 || fail "$(cat "$WORK/cri.log")"
	echo "container_id: \"$container\"" | cri ContainerStatus >"$WORK/ended"
	! grep -q exit_code "$WORK/ended" || fail "$(cat "$WORK/ended")"
	! probe_log | grep -iE 'not permitted|permission denied|cannot' || fail "something was refused"
}
