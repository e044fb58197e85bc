# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# A setting that a pod's process changes: the pod is named, and whose setting it is.

. "$(dirname "$0")/../pods/node.sh"

case_sysctl_written_by_pod() {
	node_new
	pod_new client shop
	trace_start --sysctl=watch
	in_pod client sh -c 'echo 1234 >/proc/sys/net/core/somaxconn'
	! has in_pod client sh -c 'echo -1 >/proc/sys/net/core/somaxconn' || fail "the kernel took -1"
	trace_stop
	[ "$DROPWHY" != none ] || return 0
	assert_eq 1 "$(records lines type=sysctl name=net.core.somaxconn new=1234 refused= comm=sh pod=client \
		namespace=shop netns="$(pod_inode client)")" "changes by the pod; there are: $(grep sysctl "$OUT")"
	assert_eq 1 "$(records lines type=sysctl name=net.core.somaxconn old=1234 new=-1 refused=1 pod=client)" \
		"refused writes by the pod"
}
