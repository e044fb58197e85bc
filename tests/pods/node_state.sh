# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Where a Kubernetes node keeps its state, as directories of one's own. Sourced;
# POSIX sh.

NODE_STATE='/run/netns /run/containerd /var/lib/containerd /var/lib/cni /etc/cni/net.d
	/var/log/pods /var/log/containers /var/lib/kubelet /var/run/kubernetes /etc/sysctl.d
	/run/containers /run/libpod /var/lib/containers'

# need PARTS TOOL...: root and tools, which these parts of tools/install-dependencies bring.
need() {
	parts=$1
	shift
	[ "$(id -u)" -eq 0 ] || { echo "${0##*/}: needs root" >&2; exit 1; }
	for tool; do
		command -v "$tool" >/dev/null ||
			{ echo "${0##*/}: no $tool: tools/install-dependencies $parts" >&2; exit 1; }
	done
}

# private_state COMMAND...: runs it where those are empty, and what it does to them stays there.
# Directories that this machine had none of are there meanwhile, as mount points.
private_state() {
	made=
	for directory in $NODE_STATE; do
		while [ ! -d "$directory" ]; do
			parent=$directory
			while [ ! -d "${parent%/*}" ]; do
				parent=${parent%/*}
			done
			mkdir "$parent"
			made="$parent $made"
		done
	done
	status=0
	# shellcheck disable=SC2016 # the inner shell's
	unshare --mount --propagation private sh -c '
		for directory in $NODE_STATE; do
			mount -t tmpfs -o mode=0755 dropwhy-test "$directory" || exit 1
			# a namespace in one of them must not be kept by the other
			mount --make-private "$directory"
		done
		exec "$@"' sh "$@" || status=$?
	for directory in $made; do
		rmdir "$directory" 2>/dev/null || :
	done
	return $status
}
export NODE_STATE
