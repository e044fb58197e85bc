# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What is asked for by pods, namespaces, Services and labels, and what is grouped by them, of the
# same drops: each keeps some and counts all others as filtered.

. "$(dirname "$0")/../pods/node.sh"
. "$(dirname "$0")/../pods/services.sh"

# Nothing else than these cases drops by a rule.
DROPPED=68

case_pod_filters() {
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
	filtered_pods
	filter pod --pod web
	filter pods --pod 'cl*,other'
	filter namespace --namespace shop
	filter same_one --namespace front --pod web
	filter service --service shop/site
	filter pod_of_service --service site --pod other
	filter selector --selector 'app=web,tier!=db'
	drop_packets
	filtered pod 58
	filtered pods 68
	filtered namespace 58
	filtered same_one 0
	filtered service 30
	assert_drops 30 service=shop/site
	filtered pod_of_service 0
	filtered selector 58
	assert_drops 30 service=shop/site src_name=front/client dst_name=shop/web backend=shop/web pod=
	assert_drops 20 pod=web namespace=shop workload=deployment/web src_name=front/client service=
	assert_drops 3 pod=client src_name=front/client dst_name=shop/web service=
	assert_drops 5 pod=other namespace=front workload=job/nightly src_name=shop/web
}

case_pod_grouped() {
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
	filtered_pods
	OUT=$WORK/text ERR=$WORK/text.err
	kube_as text
	# shellcheck disable=SC2086 # options
	trace_spawn --by pod,service,workload --cause nft_rule --summary-only -o "$OUT" $KUBE
	pid_text=$pid_dropwhy
	wait_for "$ERR" '^dropwhy: tracing' "$pid_text" || fail "dropwhy did not start tracing"
	until_true kube_knows text || fail "the API server is not asked"
	OUT=$WORK/csv ERR=$WORK/csv.err
	kube_as csv
	# shellcheck disable=SC2086 # options
	trace_spawn --by pod,service,workload --cause nft_rule --csv -o "$OUT" $KUBE
	wait_for "$ERR" '^dropwhy: tracing' "$pid_dropwhy" || fail "dropwhy did not start tracing"
	until_true kube_knows csv || fail "the API server is not asked"
	drop_packets
	kill -INT "$pid_dropwhy"
	trace_ended 0
	csv_drops 30 pod= namespace= service=shop/site workload=
	csv_drops 20 pod=web namespace=shop service= workload=deployment/web
	csv_drops 13 pod=client namespace=front service= workload=
	csv_drops 5 pod=other namespace=front service= workload=job/nightly
	csv_drops $DROPPED
	# rows have one meaning, so the groups stand beside
	grouped "$ERR"
	pid_dropwhy=$pid_text ERR=$WORK/text.err
	kill -INT "$pid_dropwhy"
	trace_ended 0
	grouped "$WORK/text"
}

csv_drops() { # N FIELD=GLOB...
	csv_expected=$1
	shift
	assert_eq "$csv_expected" "$("$TOOLS/records" --csv "$WORK/csv" count type=drop "$@")" "packets with $*"
}

# grouped FILE: its table of groups; columns of times and bytes aside.
grouped() {
	sed -n '/^PACKETS/,/^$/p' "$1" | awk '$1 != "PACKETS" && NF { print $1, $(NF - 2), $(NF - 1), $NF }' \
		>"$WORK/groups"
	assert_eq "30 - shop/site -
20 shop/web - shop/deployment/web
13 front/client - front/client
5 front/other - front/job/nightly" "$(cat "$WORK/groups")" "the groups"
}

# filter LABEL OPTION...: traces by it, too.
filter() {
	OUT=$WORK/filter-$1.json ERR=$WORK/filter-$1.err
	filter_label=$1
	shift
	kube_as "$filter_label"
	# shellcheck disable=SC2086 # options
	trace_start $KUBE "$@"
	eval "pid_filter_$filter_label=$pid_dropwhy"
	until_true kube_knows "$filter_label" || fail "the API server is not asked"
}

# filtered LABEL N: so many were shown and are $OUT, the rest was counted.
filtered() {
	OUT=$WORK/filter-$1.json ERR=$WORK/filter-$1.err
	eval "pid_dropwhy=\$pid_filter_$1"
	trace_stop
	assert_drops "$2" cause=nft_rule
	assert_summary "reasons[reason=NETFILTER_DROP].seen" $DROPPED
	assert_summary "reasons[reason=NETFILTER_DROP].filtered" $((DROPPED - $2))
	assert_eq "$2" "$(fate NETFILTER_DROP)" "packets that passed $1"
}

# The pods shop/web, front/client and front/other, the Service shop/site of the first, and rules.
filtered_pods() {
	node_new
	pod_new web shop
	pod_new client front
	pod_new other front
	service_new "$pod_web_ip" \
		"$(api_pod web "ReplicaSet web-5f" '"app": "web", "pod-template-hash": "5f"')" \
		"$(api_pod client '' '"app": "client"')" "$(api_pod other "Job nightly" '"app": "job"')"
	reject forward 53 in_node
	reject output 54 in_pod client
	for pod in web client other; do
		reject input "$OWN_PORT" in_pod $pod
	done
}

api_pod() { # NAME "OWNER-KIND OWNER"|"" LABELS
	cat <<-END
		{"metadata": {"name": "$1", "namespace": "$(pod "$1" namespace)", "uid": "$(pod "$1" uid)",
		  "labels": {$3}, "ownerReferences": [{"kind": "${2% *}", "name": "${2#* }", "controller": true}]},
		 "spec": {"nodeName": "node1"}, "status": {"podIP": "$(pod "$1" ip)"}}
	END
}

reject() { # HOOK PORT COMMAND...: a rule against UDP to that port where COMMAND enters
	reject_hook=$1 reject_port=$2
	shift 2
	"$@" nft -f - <<-END
		add table inet $reject_hook
		add chain inet $reject_hook $reject_hook { type filter hook $reject_hook priority 0; policy accept; }
		add rule inet $reject_hook $reject_hook udp dport $reject_port drop
	END
}

# By the node, on the way from the Service to its pod, and in each pod's own namespace.
drop_packets() {
	pod_send client traffic udp --to $SITE --dport 53 --count 30
	pod_send client traffic udp --to "$pod_web_ip" --dport "$OWN_PORT" --count 20
	pod_send client traffic udp --to "$pod_web_ip" --dport 54 --count 3
	pod_send other traffic udp --to "$pod_client_ip" --dport "$OWN_PORT" --count 10
	pod_send web traffic udp --to "$pod_other_ip" --dport "$OWN_PORT" --count 5
}
