# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What an API server tells after its first answer.

. "$(dirname "$0")/../pods/services.sh"

# Where nothing changes a bookmark moves the version on, at which the next watch begins: no list
# is asked for again.
case_api_bookmark() {
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
	pair
	api_new
	cat >"$api_dir/pods.watch" <<-'END'
		case $QUERY_STRING in
		*'&resourceVersion=1')
			echo '{"type": "BOOKMARK", "object": {"kind": "Pod", "metadata": {"resourceVersion": "57"}}}'
			exit ;;
		*'&resourceVersion=57')
			echo '{"type": "ADDED", "object": {"metadata": {"name": "away", "namespace": "far", "uid": "3",
				"resourceVersion": "58"}, "spec": {"nodeName": "node2"},
				"status": {"podIP": "10.9.0.1"}}}' | tr -d '\n'
			echo ;;
		esac
	END
	kube_as late
	# shellcheck disable=SC2086 # options
	trace_ns b --api cluster $KUBE
	until_true named || fail "the pod is not known; asked was: $(cat "$api_dir/asked")"
	trace_stop
	assert_eq 1 "$(grep -c '^/late/.*/pods?limit=' "$api_dir/asked")" "lists of pods"
}

named() {
	send a traffic udp --from 10.9.0.1 --to 10.9.0.2 --dport "$OWN_PORT" --count 1
	grep -q '"src_name":"far/away"' "$OUT"
}
