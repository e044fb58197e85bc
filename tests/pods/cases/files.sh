# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What files tell without a runtime: real namespaces and processes, and below --root what
# containerd and CNI would have written for them.

# node_files: $ROOT, a node's / whose /proc and /run/netns are ours.
node_files() {
	ROOT=$WORK/node
	TASKS=$ROOT/run/containerd/io.containerd.runtime.v2.task/k8s.io
	RESULTS=$ROOT/var/lib/cni/results
	mkdir -p "$TASKS" "$RESULTS"
	ln -s /proc "$ROOT/proc"
	ln -s /sys "$ROOT/sys"
	ln -s /run/netns "$ROOT/run/netns"
}

lives_in() { # PID NAME
	[ "$(stat -L -c %i "/proc/$1/ns/net")" = "$(ns_inode "$2")" ]
}

# pod_files NUMBER: the pod shop/pod-NUMBER in namespace pNUMBER with 10.9.0.2, and its process.
pod_files() {
	pod_id=$(printf '%064d' "$1")
	pod_uid=$(printf '00000000-0000-0000-0000-%012d' "$1")
	pod_netns=/run/netns/$(ns "p$1")
	nsenter --net="$pod_netns" sleep 600 9>&- &
	eval "pid_pod_$1=$!"
	CHILDREN="$CHILDREN $!"
	until_true lives_in $! "p$1" || fail "pod $1 did not start"
	mkdir "$TASKS/$pod_id"
	echo "$!" >"$TASKS/$pod_id/init.pid"
	cat >"$TASKS/$pod_id/config.json" <<-END
		{"ociVersion":"1.0.2","annotations":{"io.kubernetes.cri.container-type":"sandbox",
		"io.kubernetes.cri.sandbox-name":"pod-$1","io.kubernetes.cri.sandbox-namespace":"shop",
		"io.kubernetes.cri.sandbox-uid":"$pod_uid"},"linux":{"cgroupsPath":"/kubepods/pod$pod_uid",
		"namespaces":[{"type":"network","path":"$pod_netns"}]}}
	END
	cat >"$RESULTS/net-$pod_id-eth0" <<-END
		{"kind":"cniCacheV1","containerId":"$pod_id","networkName":"net","ifName":"eth0",
		"cniArgs":[["K8S_POD_NAME","pod-$1"],["K8S_POD_NAMESPACE","shop"],["K8S_POD_UID","$pod_uid"]],
		"result":{"cniVersion":"1.0.0","interfaces":[{"name":"veth0","sandbox":"$pod_netns"}],
		"ips":[{"interface":0,"address":"10.9.0.2/24"}]}}
	END
}

# pod_new NUMBER: all of them have the same address, one after the other.
pod_new() {
	ns_new "p$1"
	ns_link a veth0 10.9.0.1 "p$1" veth0 10.9.0.2
	pod_files "$1"
}

pod_del() { # NUMBER
	eval "kill -KILL \$pid_pod_$1"
	rm -r "$TASKS/$(printf '%064d' "$1")" "$RESULTS/net-$(printf '%064d' "$1")-eth0"
	# with the namespace it would go some time later
	ip -n "$(ns a)" link del veth0
	ns_del "p$1"
}

case_files_named() {
	node_files
	ns_new a
	pod_new 1
	trace_start --root "$ROOT" --dport "$OWN_PORT"
	send a traffic udp --from 10.9.0.1 --sport 4000 --to 10.9.0.2 --dport "$OWN_PORT" --count 20
	trace_stop
	assert_drops 20 pod=pod-1 namespace=shop dst_name=shop/pod-1 dst_kind=pod netns="$(ns_inode p1)"
	assert_only 20
}

# An address and, as it happens, a namespace's number go from pod to pod within some ten
# milliseconds, and packets die all the while: a pod may be gone before its files are read, but
# none is taken for another.
case_files_never_of_another() {
	node_files
	ns_new a
	trace_start --root "$ROOT" --dport "$OWN_PORT"
	for number in 1 2 3 4 5 6; do
		pod_new "$number"
		send a traffic udp --from 10.9.0.1 --sport "400$number" --to 10.9.0.2 \
			--dport "$OWN_PORT" --count 50
		pod_del "$number"
	done
	trace_stop
	for number in 1 2 3 4 5 6; do
		assert_drops 50 sport="400$number"
		assert_drops 0 sport="400$number" pod='?*' pod!="pod-$number"
		assert_drops 0 sport="400$number" dst_name='?*' dst_name!="shop/pod-$number"
	done
	assert_only 300
}

case_files_filtered() {
	node_files
	ns_new a
	pod_new 1
	trace_start --root "$ROOT" --dport "$OWN_PORT" --pod 'pod-[2-9]'
	send a traffic udp --from 10.9.0.1 --sport 4000 --to 10.9.0.2 --dport "$OWN_PORT" --count 20
	trace_stop
	assert_only 0
}

# What a reboot leaves behind names nobody; what is torn is counted.
case_files_listed() {
	node_files
	ns_new a
	pod_new 1
	cp "$RESULTS/net-$pod_id-eth0" "$RESULTS/net-$(printf '%064d' 9)-eth0"
	sed -i -e "s/$pod_id/$(printf '%064d' 9)/g" -e "s:$pod_netns:/run/netns/gone:; s/10.9.0.2/10.9.0.9/" \
		"$RESULTS/net-$(printf '%064d' 9)-eth0"
	echo '{"kind":"cniCacheV1",' >"$RESULTS/net-torn"
	"$DROPWHY" pods --json --root "$ROOT" >"$OUT"
	grep -q '"name":"pod-1".*"addresses":\["10.9.0.2"\]' "$OUT" || fail "$(cat "$OUT")"
	grep -q '"name":"cni","files":3,"known":1,"stale":1,"torn":1' "$OUT" || fail "$(cat "$OUT")"
	! grep -q 10.9.0.9 "$OUT" || fail "a left-over is believed"
}

# A run ends with what it had to leave aside, and names the rest.
case_files_torn_and_huge() {
	node_files
	ns_new a
	pod_new 1
	echo '{"kind":"cniCacheV1",' >"$RESULTS/net-torn"
	: >"$RESULTS/net-empty"
	mkdir "$TASKS/$(printf '%064d' 2)"
	truncate -s 3M "$TASKS/$(printf '%064d' 2)/config.json"
	trace_start --root "$ROOT" --dport "$OWN_PORT"
	send a traffic udp --from 10.9.0.1 --sport 4000 --to 10.9.0.2 --dport "$OWN_PORT" --count 20
	trace_stop
	assert_drops 20 pod=pod-1
	assert_only 20
	[ "$DROPWHY" != none ] || return 0
	assert_summary "sources[name=cni].torn" 2
	assert_summary "sources[name=containerd].huge" 1
	"$DROPWHY" trace --root "$ROOT" --duration 0.1 --summary-only >"$WORK/summary"
	grep -q "^names from containerd: 1 file left aside, 1 too large: .*/$(printf '%064d' 2): too large" \
		"$WORK/summary" || fail "$(cat "$WORK/summary")"
}

# A namespace that no file speaks of, made while dropwhy runs: nothing announces it, so its first
# drops wait until a look at the processes has told whose it is.
case_files_drop_before_pod() {
	cgroups=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	[ -n "$cgroups" ] || skip "no cgroup2 is mounted"
	pod_uid=$(cat /proc/sys/kernel/random/uuid)
	kubepods=$cgroups/$PREFIX-kubepods pod=pod$pod_uid
	mkdir -p "$kubepods/$pod" "$WORK/node/run/netns" "$WORK/node/var/log/pods/shop_late_$pod_uid"
	UNDO="kubepods_del $UNDO"
	ln -s /proc "$WORK/node/proc"
	ns_new a
	trace_start --root "$WORK/node" --dport "$OWN_PORT"
	# first of all its process: seen with passing ones alone, and then with it, it might be two
	unshare --net sleep 600 9>&- &
	pid_late=$!
	CHILDREN="$CHILDREN $!"
	until_true grep -qx sleep "/proc/$pid_late/comm" || fail "the pod did not start"
	echo $pid_late >"$kubepods/$pod/cgroup.procs"
	ns_of_process late $pid_late
	ns_link a veth0 10.9.0.1 late veth0 10.9.0.2
	send a traffic udp --from 10.9.0.1 --sport 4000 --to 10.9.0.2 --dport "$OWN_PORT" --count 20
	trace_stop
	assert_drops 20 pod=late namespace=shop netns="$(ns_inode late)"
	assert_only 20
	[ "$DROPWHY" = none ] || assert_at_least 1 "$(summary held_back)" "drops held back"
}

# Its process may not be reaped yet.
kubepods_del() {
	[ -z "${pid_late:-}" ] || kill -KILL "$pid_late" 2>/dev/null
	until_true has rmdir "$kubepods/$pod"
	rmdir "$kubepods"
}
