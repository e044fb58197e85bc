# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Who holds the conntrack table's entries, by names: the pods of this node, and the Service that
# they were sent to, though conntrack's reply comes from its backend.

. "$(dirname "$0")/../pods/node.sh"
. "$(dirname "$0")/../pods/services.sh"

case_conntrack_by_pod_and_service() {
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
	node_new
	beyond
	pod_new client shop
	pod_new other team
	service_new 10.40.0.2
	serve server 10.40.0.2 ip netns exec "$(ns beyond)"
	until_true has in_pod client "$DEMO" lookup $SITE warm.up || fail "lookups fail"
	in_node "$DEMO" forget
	pod_send client traffic udp --to $SITE --dport 53 --sport 4000 --sports 30
	pod_send other traffic udp --to $SITE --dport 53 --sport 4000 --sports 20
	# past the Service, and to none
	pod_send other traffic udp --to 10.40.0.2 --dport 53 --sport 5000 --sports 4
	pod_send other traffic udp --to 10.40.0.2 --dport 9 --sport 6000 --sports 6
	in_node conntrack -L >"$WORK/list" 2>/dev/null
	occupants --by pod,service
	occupied 30 pod=shop/client service=shop/site
	occupied 20 pod=team/other service=shop/site
	occupied 10 pod=team/other service=
	assert_eq 1 "$("$TOOLS/records" "$OUT" lines type=occupants entries="$(grep -c . "$WORK/list")")" \
		"totals that agree with conntrack -L"
	occupants --by namespace,proto,dst-port
	occupied 30 namespace=shop proto=udp dst_port=53
	occupied 24 namespace=team proto=udp dst_port=53
	occupied 6 namespace=team proto=udp dst_port=9
}

occupants() {
	# shellcheck disable=SC2086 # options
	"$DROPWHY" conntrack --json --netns "$(ns node)" $KUBE "$@" >"$OUT" 2>"$ERR" || fail "$(cat "$ERR")"
}

occupied() { # ENTRIES FIELD=GLOB...
	occupied_entries=$1
	shift
	assert_eq 1 "$("$TOOLS/records" "$OUT" lines type=occupant entries="$occupied_entries" "$@")" \
		"rows of $occupied_entries entries with $*; there are: $(cat "$OUT")"
}
