# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What a large cluster costs a daemon that is told all of it.

. "$here/../probe/probe.sh"

# The process's whole memory, as the kernel counts it. The bound is far above what was measured
# and far below what keeping whole objects, 3 KiB each and more, would take.
case_cluster_memory() {
	cluster_start 10000 2000
	probe_start --api off --kubelet off
	alone=$(status_kb VmRSS)
	probe_stop
	probe_start --api cluster --kubelet off --kubeconfig "$WORK/kubeconfig"
	cluster_watched
	until_true at_rest
	told=$(status_kb VmRSS)
	echo "resident: $alone kB alone, $told kB with 10,000 pods and 2,000 Services, peak $(status_kb VmHWM) kB" |
		tee "${MEMORY_REPORT:-/dev/null}"
	probe_stop
	[ "$told" -lt $((alone + 40960)) ] || fail "$told kB, alone $alone kB"
}

# An API server that goes away in the middle of things is said once, and nothing stops.
case_cluster_gone() {
	ns_new a
	cluster_start 10 2
	probe_ns a --api cluster --kubelet off --kubeconfig "$WORK/kubeconfig"
	cluster_watched
	udp a 10
	assert_metric 10 dropwhy_drops_total
	kill -KILL "$pid_cluster"
	wait_exit "$pid_cluster" || :
	until_true grep -q "from the API server: .*tried again" "$ERR" || fail "it does not say so: $(cat "$ERR")"
	udp a 20
	assert_metric 30 dropwhy_drops_total
	assert_eq ready "$(curl -sS "http://$url/readyz")" readyz
	assert_balanced
	probe_stop
}

# Whether its memory stayed as it was for a moment: what was listed is taken in after it was sent.
at_rest() {
	at_rest_before=$(status_kb VmRSS)
	sleep 0.5
	[ "$(status_kb VmRSS)" = "$at_rest_before" ]
}
