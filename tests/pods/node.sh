# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# A node with a real containerd, in a network namespace of its own, and pods made
# through the interface that the kubelet uses. Sourced by cases after harness.sh.

PODS_DIR=$(cd "$(dirname "$0")/../pods" && pwd)
CRI_SOCKET=/run/containerd/containerd.sock
POD_CGROUPS=/kubepods/besteffort
POD_PIDS=CONTAINER		# the namespace of their processes: or NODE
NODE_CGROUPS=shared		# ours: all below is to go in the end
# All of it is deleted in the end: never a real node's.
grep -q '^dropwhy-test /run/containerd ' /proc/mounts ||
	fail "/run/containerd is this machine's own: cases on pods are run by tests/pods/run"
UNDO="$UNDO node_undo"

# --- the node --------------------------------------------------------------

# node_new [SUBNET...]: namespace "node" with a containerd whose pods get an address of each
# subnet, "10.30.0.0/24" and "fd30::/64" unless told; "SUBNET:FIRST:LAST" limits which.
node_new() {
	ns_new node
	ns_sysctl node net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	# a bridge reports its own group when it likes, and each report is an entry of conntrack's
	ns_sysctl node net.ipv4.igmp_link_local_mcast_reports=0
	cni_config "${@:-10.30.0.0/24 fd30::/64}"
	containerd_config
	nsenter --net="/run/netns/$(ns node)" containerd --config /run/containerd/config.toml \
		>"$WORK/containerd.log" 2>&1 9>&- &
	pid_containerd=$!
	CHILDREN="$CHILDREN $!"
	until_true cri_ready || fail "containerd did not start: $(tail -n 5 "$WORK/containerd.log")"
	pod_image
}

cri_ready() {
	[ -S $CRI_SOCKET ] && echo | "$PODS_DIR/cri" $CRI_SOCKET Version >"$WORK/cri.log" 2>&1
}

# in_node COMMAND...: in the node's network namespace; mounts stay as they are.
in_node() {
	nsenter --net="/run/netns/$(ns node)" "$@"
}

containerd_config() {
	cat >/run/containerd/config.toml <<-END
		version = 2
		[grpc]
		  address = "$CRI_SOCKET"
		[plugins."io.containerd.grpc.v1.cri"]
		  sandbox_image = "localhost/pod:1"
		  restrict_oom_score_adj = true
		  disable_apparmor = true
		[plugins."io.containerd.grpc.v1.cri".cni]
		  bin_dir = "$(cni_plugins)"
		  conf_dir = "/etc/cni/net.d"
		  max_conf_num = 0
		[plugins."io.containerd.grpc.v1.cri".containerd]
		  snapshotter = "native"
		[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
		  runtime_type = "io.containerd.runc.v2"
		[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
		  SystemdCgroup = false
	END
}

cni_plugins() {
	for plugins in /usr/lib/cni /opt/cni/bin /usr/libexec/cni; do
		if [ -x $plugins/bridge ]; then
			echo $plugins
			return
		fi
	done
	fail "no CNI plugins: tools/install-dependencies pods"
}

cni_config() { # "SUBNET[:FIRST:LAST]..."; of IPv6 only a whole subnet
	ranges=
	for subnet in $*; do
		case $subnet in
		*.*:*:*) range=$(echo "$subnet" | sed 's/\(.*\):\(.*\):\(.*\)/"subnet":"\1","rangeStart":"\2","rangeEnd":"\3"/') ;;
		*) range="\"subnet\":\"$subnet\"" ;;
		esac
		ranges="$ranges${ranges:+,}[{$range}]"
	done
	cat >/etc/cni/net.d/10-pods.conflist <<-END
		{"cniVersion": "0.4.0", "name": "pods", "plugins": [{"type": "bridge", "bridge": "cni0",
		 "isGateway": true, "isDefaultGateway": true, "hairpinMode": true,
		 "ipam": {"type": "host-local", "dataDir": "/var/lib/cni/addresses", "ranges": [$ranges]}}]}
	END
}

# cni_second: each pod is in a second network, too, by its interface eth1. Before node_new.
cni_second() {
	cat >/etc/cni/net.d/20-storage.conflist <<-END
		{"cniVersion": "0.4.0", "name": "storage", "plugins": [{"type": "bridge", "bridge": "cni1",
		 "ipam": {"type": "host-local", "dataDir": "/var/lib/cni/addresses",
		  "ranges": [[{"subnet": "10.31.0.0/24"}], [{"subnet": "fd31::/64"}]]}}]}
	END
}

# One image, which is busybox alone, of pods and their containers.
pod_image() {
	image_new pod '["/bin/busybox", "sleep", "86400"]' "$(command -v busybox)" /bin/busybox
}

# image_new NAME ENTRYPOINT PROGRAM PATH: the image localhost/NAME:1 with a program of this
# machine at PATH, and what it is linked with, unless it is static.
image_new() {
	image=$WORK/image-$1
	mkdir -p "$image/root${4%/*}"
	cp "$3" "$image/root$4"
	ldd "$3" 2>/dev/null | grep -o '/[^ ]*' | xargs -r cp -L --parents -t "$image/root"
	tar -C "$image/root" -cf "$image/layer.tar" .
	layer=$(sha256sum "$image/layer.tar")
	cat >"$image/config.json" <<-END
		{"architecture": "$(image_architecture)", "os": "linux",
		 "config": {"Entrypoint": $2},
		 "rootfs": {"type": "layers", "diff_ids": ["sha256:${layer%% *}"]}}
	END
	echo '[{"Config": "config.json", "RepoTags": ["localhost/'"$1"':1"], "Layers": ["layer.tar"]}]' \
		>"$image/manifest.json"
	tar -C "$image" -cf "$WORK/image.tar" manifest.json config.json layer.tar
	ctr --address $CRI_SOCKET --namespace k8s.io image import "$WORK/image.tar" \
		>"$WORK/ctr.log" 2>&1 || fail "image import: $(cat "$WORK/ctr.log")"
}

# The architecture by the name that images use.
image_architecture() {
	case $(uname -m) in
	x86_64) echo amd64 ;;
	aarch64) echo arm64 ;;
	*) uname -m ;;
	esac
}

# beyond: a host at 10.40.0.2 that the node reaches through its interface up0.
beyond() {
	ns_new beyond
	ns_link node up0 10.40.0.1 beyond veth0 10.40.0.2
	ip -n "$(ns beyond)" route add default via 10.40.0.1
}

# --- pods ------------------------------------------------------------------

# cri METHOD: the request from standard input.
cri() {
	"$PODS_DIR/cri" $CRI_SOCKET "$1"
}

# field NAME: the first value of that name in a response.
field() {
	sed -n "s/^ *$1: \"\(.*\)\"/\1/p" | head -n 1
}

# pod_config NAME NAMESPACE UID POD|NODE
pod_config() {
	cat <<-END
		config {
		  metadata { name: "$1" namespace: "$2" uid: "$3" }
		  log_directory: "/var/log/pods/$2_$1_$3"
		  $([ "$4" = NODE ] || echo "hostname: \"$1\"")
		  linux {
		    cgroup_parent: "$POD_CGROUPS/pod$3"
		    security_context { namespace_options { network: $4 pid: $POD_PIDS } }
		  }
		}
	END
}

# pod_new NAME NAMESPACE [POD|NODE]: sets $pod_NAME_id, _uid, _ip, _ip6 ("-" is "_" there).
# Only the sandbox, which is all that a namespace needs.
pod_new() {
	pod_uid=$(cat /proc/sys/kernel/random/uuid)
	echo "$pod_uid" >>"$WORK/uids"
	mkdir -p "/var/log/pods/$2_$1_$pod_uid"
	pod_id=$(pod_config "$1" "$2" "$pod_uid" "${3:-POD}" | cri RunPodSandbox | field pod_sandbox_id)
	[ -n "$pod_id" ] || fail "no pod $1: $(grep level=error "$WORK/containerd.log" | tail -n 3)"
	pod_set "$1" "$2"
}

# pod_set NAME NAMESPACE: the variables of pod $pod_id with UID $pod_uid.
pod_set() {
	pod_addresses=$(echo "pod_sandbox_id: \"$pod_id\"" | cri PodSandboxStatus |
		sed -n 's/^ *ip: "\(.*\)"/\1/p')
	var=pod_$(echo "$1" | tr - _)
	eval "${var}_id=$pod_id ${var}_uid=$pod_uid ${var}_namespace=$2"
	eval "${var}_ip=$(echo "$pod_addresses" | grep -v : | head -n 1)"
	eval "${var}_ip6=$(echo "$pod_addresses" | grep : | head -n 1)"
}

# pod_found VARIABLE NAME NAMESPACE: sets $pod_VARIABLE_* of one that somebody else made, as
# soon as it has an address.
pod_found() {
	echo | cri ListPodSandbox >"$WORK/sandboxes"
	pod_id=$(awk -v name="\"$2\"" '$1 == "id:" { id = $2 } $1 == "name:" && $2 == name { print id; exit }' \
		"$WORK/sandboxes" | tr -d '"')
	pod_uid=$(awk -v name="\"$2\"" '$1 == "name:" { found = $2 == name }
		$1 == "uid:" && found { print $2; exit }' "$WORK/sandboxes" | tr -d '"')
	[ -n "$pod_id" ] || return 1
	pod_set "$1" "$3"
	[ -n "$(pod "$1" ip)" ]
}

# pod NAME id|uid|ip|ip6|namespace
pod() {
	eval "echo \"\$pod_$(echo "$1" | tr - _)_$2\""
}

# pod_del NAME
pod_del() {
	pod_sandbox_del "$(pod "$1" id)"
	# the kubelet does this much later, or never
	rmdir "/var/log/pods/$(pod "$1" namespace)_$1_$(pod "$1" uid)" 2>/dev/null || :
}

pod_sandbox_del() { # ID
	for method in StopPodSandbox RemovePodSandbox; do
		echo "pod_sandbox_id: \"$1\"" | cri $method >>"$WORK/cri.log" 2>&1 || fail "$method: $(cat "$WORK/cri.log")"
	done
}

# pod_pid NAME: the process that holds its namespaces.
pod_pid() {
	cat "/run/containerd/io.containerd.runtime.v2.task/k8s.io/$(pod "$1" id)/init.pid"
}

# pod_inode NAME: the number of its network namespace.
pod_inode() {
	stat -L -c %i "/proc/$(pod_pid "$1")/ns/net"
}

# in_pod NAME COMMAND...: in its network namespace and its cgroup, as its processes are.
in_pod() {
	in_pod_pid=$(pod_pid "$1")
	shift
	"$PODS_DIR/enter" "$in_pod_pid" "$@"
}

# pod_spawn LABEL NAME TOOL ARG...: like spawn.
pod_spawn() {
	spawn_label=$1 spawn_pid=$(pod_pid "$2") spawn_tool=$3
	shift 3
	spawn_command "$spawn_label" "$PODS_DIR/enter" "$spawn_pid" "$TOOLS/$spawn_tool" "$@"
}

# pod_send NAME TOOL ARG...: like send.
pod_send() {
	send_pod=$1 send_tool=$2
	shift 2
	in_pod "$send_pod" "$TOOLS/$send_tool" "$@" >"$WORK/send.out"
	read -r _ sent _ failed _ errno <"$WORK/send.out"
}

# storm PORT: pod client floods a closed port of pod web until $WORK/storm.stop is there; then
# $WORK/storm.sent says how many it sent.
storm() {
	in_pod client sh -c '
		sent=0
		while [ ! -e "$2/storm.stop" ]; do
			"$1/traffic" udp --to "$3" --sport 4000 --dport "$4" --count 1000 >"$2/storm.out"
			sent=$((sent + 1000))
			sleep 0.02
		done
		echo $sent >"$2/storm.sent"' sh "$TOOLS" "$WORK" "$pod_web_ip" "$1"
}

# --- the outage ------------------------------------------------------------

DEMO=$(dirname "$TOOLS")/../tools/demo-traffic

# serve LABEL ADDRESS COMMAND...: a DNS and web server there, by a COMMAND that enters its namespace.
serve() {
	[ -x "$DEMO" ] || fail "$DEMO is not built"
	serve_label=$1 serve_address=$2
	shift 2
	"$@" "$DEMO" serve "$serve_address" >"$WORK/$serve_label.out" 2>&1 9>&- &
	CHILDREN="$CHILDREN $!"
}

# outage_before SERVER LIMIT ADDRESS: the limit is raised, as a file read at boot says; lookups and
# pages of the pods client and php work; then the pod with that address holds as many connections
# as LIMIT allows.
outage_before() {
	echo "net.netfilter.nf_conntrack_max = 2310720" >/etc/sysctl.d/90-conntrack.conf
	set_global net/netfilter/nf_conntrack_max 2310720
	until_true has in_pod client "$DEMO" lookup "$1" warm.up || fail "lookups fail before the outage"
	in_pod php "$DEMO" fetch "$1" 1 >"$WORK/fetch" || fail "pages fail before the outage"
	in_node "$DEMO" forget
	in_node "$DEMO" leak "$3" 203.0.113.9 "$2" >"$WORK/leak"
}

# outage SERVER: now they fail; and what dropwhy says of it.
outage() {
	! in_pod client "$DEMO" lookup "$1" orders.shop.example payments.shop.example >"$WORK/lookup" 2>&1 ||
		fail "the lookups did not fail"
	! in_pod php "$DEMO" fetch "$1" 1 >"$WORK/fetch" 2>&1 || fail "the page did not fail"
	doctor_end
	# shellcheck disable=SC2086 # options
	[ "$DROPWHY" = none ] ||
		"$DROPWHY" conntrack --by pod,service,state --json ${KUBE:-} >"$WORK/occupants.json"
}

# shellcheck disable=SC2086 # options
doctor_begin() {
	[ "$DROPWHY" != none ] || return 0
	"$DROPWHY" doctor --json --duration 600 ${KUBE:-} >"$WORK/doctor.json" 2>"$WORK/doctor.err" 9>&- &
	pid_doctor=$!
	CHILDREN="$CHILDREN $!"
	wait_for "$WORK/doctor.err" '^dropwhy: looking for' $! || fail "the doctor did not start"
	[ -z "${STORY:-}" ] || story_begin
}

# With STORY=DIR a directory gets the same in words, as the README has it.
story_begin() {
	"$DROPWHY" trace --sysctl=watch --cause ct_table_full $KUBE >"$STORY/trace" 2>"$WORK/story.err" 9>&- &
	story_trace=$!
	"$DROPWHY" doctor --duration 600 $KUBE >"$STORY/doctor" 2>"$WORK/story2.err" 9>&- &
	story_doctor=$!
	CHILDREN="$CHILDREN $story_trace $story_doctor"
	wait_for "$WORK/story.err" '^dropwhy: tracing' && wait_for "$WORK/story2.err" '^dropwhy: looking for'
}

story_end() {
	kill -INT $story_trace $story_doctor
	wait $story_trace $story_doctor || :
	"$DROPWHY" conntrack --by pod,service,state ${KUBE:-} >"$STORY/conntrack" 2>/dev/null
}

# It must have found something.
doctor_end() {
	[ "$DROPWHY" != none ] || return 0
	kill -INT "$pid_doctor"
	doctor_status=0
	wait_exit "$pid_doctor" || doctor_status=$?
	assert_eq 4 "$doctor_status" "the doctor's status"
	[ -z "${STORY:-}" ] || story_end
}

# doctor_says RULE FIELD PATTERN
doctor_says() {
	"$TOOLS/records" "$WORK/doctor.json" get "findings[id=$1].$2" | grep -q -e "$3" ||
		fail "$2 of $1 does not say '$3': $(cat "$WORK/doctor.json")"
}

# assert_outage LIMIT HOLDER PID SERVICE: what dropwhy, traced and asked, said of all this.
assert_outage() {
	assert_drops 2 cause=ct_table_full dns=orders.shop.example dns_type=A dport=53 \
		src_name=shop/client service="$4"
	assert_drops 2 cause=ct_table_full dns=payments.shop.example dns_type=A dport=53 \
		src_name=shop/client service="$4"
	# the SYN and the first that was sent again
	assert_drops 2 cause=ct_table_full proto=tcp tcp_flags=SYN dport=80 src_name=shop/php service="$4"
	[ "$DROPWHY" != none ] || return 0
	assert_eq 1 "$(records lines type=sysctl name=net.netfilter.nf_conntrack_max old=2310720 new="$1" \
		seen_by=write comm=kube-proxy pid="$3")" "changes of the limit"
	assert_eq 1 "$("$TOOLS/records" "$WORK/occupants.json" lines type=occupant pod="$2" \
		state=ESTABLISHED entries="$1" unreplied_entries=0)" "$2 among the occupants"
	assert_eq 1 "$("$TOOLS/records" "$WORK/occupants.json" lines type=finding name=one_source \
		who="*($2)")" "findings about $2"
	# what is wrong, what to do at once, and how to make it last
	assert_at_least 6 "$("$TOOLS/records" "$WORK/doctor.json" get 'findings[id=conntrack_full].lost')" \
		"packets that the doctor tells of"
	doctor_says conntrack_full evidence "shop/client > $4 (4)"
	doctor_says conntrack_full evidence "$1 of $1 entries"
	doctor_says conntrack_full now 'sysctl -w net.netfilter.nf_conntrack_max=2310720'
	doctor_says conntrack_full lasting 'conntrack.min: 2310720 .*--conntrack-min.*/etc/sysctl.d/90-conntrack.conf'
	doctor_says conntrack_lowered evidence "/etc/sysctl.d/90-conntrack.conf says 2310720"
	doctor_says conntrack_lowered evidence "it was 2310720 until kube-proxy (pid $3.*) wrote $1"
	doctor_says conntrack_lowered evidence "$1 is what kube-proxy (pid $3) sets on $(nproc) CPUs"
	doctor_says conntrack_lowered confidence certain
}

# --- undoing ---------------------------------------------------------------

# Whatever state the case left: pods by containerd if it still answers, then all that lives in
# this mount namespace, then the pods' cgroups.
node_undo() {
	for pod_id in $(echo | CRI_SECONDS=10 cri ListPodSandbox 2>/dev/null | sed -n 's/^  id: "\(.*\)"/\1/p'); do
		(pod_sandbox_del "$pod_id") >/dev/null 2>&1
	done
	[ -z "${pid_containerd:-}" ] || { kill "$pid_containerd"; wait "$pid_containerd"; } 2>/dev/null
	for shim in $(pgrep -f "^[^ ]*containerd-shim-runc-v2 .*-address $CRI_SOCKET"); do
		[ "$(readlink "/proc/$shim/ns/mnt")" != "$(readlink /proc/$$/ns/mnt)" ] || kill -KILL "$shim"
	done
	for cgroup in /sys/fs/cgroup /sys/fs/cgroup/*; do
		for uid in $(cat "$WORK/uids" 2>/dev/null); do
			cgroup_del "$cgroup$POD_CGROUPS/pod$uid"
		done
		[ $NODE_CGROUPS = shared ] || cgroup_del "$cgroup${POD_CGROUPS%/*}"
		rmdir "$cgroup$POD_CGROUPS" "$cgroup${POD_CGROUPS%/*}" 2>/dev/null
	done
	for netns in /run/netns/cni-*; do
		[ ! -e "$netns" ] || umount "$netns"
	done
	for directory in /run/containerd /var/lib/containerd /var/lib/cni /var/log/pods /etc/cni/net.d; do
		find "$directory" -mindepth 1 -delete 2>/dev/null
	done
}

# cgroup_del DIR: and those below, after their processes.
cgroup_del() {
	[ -d "$1" ] || return 0
	find "$1" -name cgroup.procs -exec cat {} + 2>/dev/null | xargs -r kill -KILL 2>/dev/null
	find "$1" -depth -type d -exec rmdir {} + 2>/dev/null
}
