# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Containers without Kubernetes, made by a real Podman: each drop carries the names that they
# were given.

# shellcheck source=../node.sh
. "$(dirname "$0")/../pods/node.sh"

case_podman_containers() {
	ns_new node
	cni_config 10.30.0.0/24 fd30::/64
	UNDO="podman_undo $UNDO"
	podman_image
	container web
	# one that was there before, one that comes later and is to leave nothing behind
	trace_start --proto udp --dport "$OWN_PORT"
	container client --rm
	container_send client web 4 30
	container_send client web 6 20
	container_send web client 4 10
	trace_stop
	assert_drops 30 reason="$(reason NO_SOCKET)" container=web pod= namespace= netns="$(container_inode web)" \
		src_name=client src_kind=container dst_name=web dst_kind=container dst="10.30.0.*"
	assert_drops 20 container=web src_name=client dst_name=web dst="fd30::*"
	assert_drops 10 container=client src_name=web dst_name=client
	assert_only 60
}

in_podman() {
	in_node podman --cgroup-manager cgroupfs --events-backend none --runtime runc "$@"
}

podman_image() {
	mkdir -p "$WORK/image/bin"
	cp "$(command -v busybox)" "$WORK/image/bin/"
	tar -C "$WORK/image" -cf "$WORK/image.tar" .
	in_podman import "$WORK/image.tar" localhost/pod:1 >"$WORK/podman.log" 2>&1 || fail "$(cat "$WORK/podman.log")"
}

# container NAME [OPTION...]: limits are those of this shell, which need no rights.
container() {
	container_name=$1
	shift
	in_podman run --detach --name "$container_name" --network pods --ulimit nofile=1024:1024 \
		--ulimit nproc=1024:1024 "$@" localhost/pod:1 /bin/busybox sleep 600 >"$WORK/podman.log" 2>&1 ||
		fail "no container $container_name: $(cat "$WORK/podman.log")"
}

container_pid() {
	in_podman inspect --format '{{.State.Pid}}' "$1"
}

container_inode() {
	stat -L -c %i "/proc/$(container_pid "$1")/ns/net"
}

container_send() { # FROM TO FAMILY COUNT
	to=$(nsenter --net="/proc/$(container_pid "$2")/ns/net" ip -"$3" -brief address show dev eth0 scope global |
		awk '{ sub("/.*", "", $3); print $3 }')
	nsenter --net="/proc/$(container_pid "$1")/ns/net" "$TOOLS/traffic" udp --to "$to" --dport "$OWN_PORT" \
		--count "$4" >"$WORK/send.out"
}

podman_undo() {
	in_podman rm --all --force --time 0 >"$WORK/podman.log" 2>&1
	for cgroup in /sys/fs/cgroup /sys/fs/cgroup/*; do
		cgroup_del "$cgroup/libpod_parent"
	done
}
