# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What a trace is told by a real API server after its first answer, and by the next one.

. "$(dirname "$0")/../pods/node.sh"
. "$(dirname "$0")/../kubernetes/cluster.sh"

SHOP_SERVICE=10.96.1.3
FEEDS=3				# pods, Services, nodes

# The next server knows nothing of before it began, so that watches are too old for it and lists
# follow. An address that went to another Service meanwhile is that one's.
case_api_server_restarts() {
	shop_of_two
	trace_start --netns "$(ns_inode b)" --kubeconfig $USER_CONFIG --api node --node-name node1 --kubelet off
	until_true asked $FEEDS "^watch " || fail "asked was: $(asked_all)"
	send a traffic udp --from 10.8.0.1 --sport 4000 --to $SHOP_SERVICE --dport "$OWN_PORT" --count 20
	server_restarts
	# by the list, and by the watch after it
	send a traffic udp --from 10.9.0.1 --sport 4001 --to $SHOP_SERVICE --dport "$OWN_PORT" --count 30
	pod_at third 10.8.0.3 node1
	until_true seen third || fail "no pod: $(cat "$ERR")"
	trace_stop
	# the second network's address, of which the pod's annotation tells
	assert_drops 20 sport=4000 src_name=shop/first dst_name=shop/old service=shop/old
	assert_drops 30 sport=4001 src_name=shop/first dst_name=shop/new service=shop/new
	assert_drops 0 sport=4002 src_name='?*' src_name!=shop/third
}

# A pod of another node is no news for this one, but for the version at which the next watch goes on.
# This server sends a bookmark shortly before a watch ends, so something in between has it end soon.
case_api_server_bookmarks() {
	shop_of_two
	relay_new
	trace_start --netns "$(ns_inode b)" --kubeconfig "$WORK/kubeconfig" --api node --node-name node1 --kubelet off
	until_true asked $FEEDS "^watch " || fail "asked was: $(asked_all)"
	pod_at second 10.9.9.9 node2
	version=$(api GET /api/v1/namespaces/shop/pods/second | jq -r .metadata.resourceVersion)
	until_true goes_on_at "$version" || fail "no watch from $version on; asked was: $(asked_all)"
	pod_at third 10.8.0.3 node1
	until_true seen third || fail "no pod: $(cat "$ERR")"
	trace_stop
	assert_eq $FEEDS "$(asked_all | grep -c '^list ')" "lists"
}

# shop_of_two: a and b, of which the API server tells that a is pod "first" and that b has the
# address of a Service; and the server, which nobody else asks.
shop_of_two() {
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
	pair
	ip -n "$(ns a)" -batch - <<-END
		addr add 10.8.0.1/32 dev veth0
		addr add 10.8.0.3/32 dev veth0
		route add 10.96.0.0/16 via 10.9.0.2
	END
	ip -n "$(ns b)" -batch - <<-END
		addr add $SHOP_SERVICE/32 dev lo
		route add 10.8.0.0/24 via 10.9.0.1
	END
	ns_new node
	control_plane_start
	# nobody else is to ask the server
	# shellcheck disable=SC2154 # set by daemon
	kill "$pid_kube_controller_manager"
	wait_exit "$pid_kube_controller_manager" || :
	objects
	on_node
}

objects() {
	echo '{"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": "shop"}}' | api POST /api/v1/namespaces
	echo '{"kind": "Node", "apiVersion": "v1", "metadata": {"name": "node1"}}' | api POST /api/v1/nodes
	pod_at first 10.9.0.1 node1 10.8.0.1
	service_at old
}

# pod_at NAME ADDRESS NODE [ADDRESS]: the latter in a network beside the cluster's own.
pod_at() {
	pod_metadata='"metadata": {"name": "'$1'", "namespace": "shop", "annotations": {
		"k8s.v1.cni.cncf.io/network-status": "[{\"ips\": [\"'$2'\"]}, {\"ips\": [\"'${4:-$2}'\"]}]"}}'
	api POST /api/v1/namespaces/shop/pods <<-END
		{"apiVersion": "v1", "kind": "Pod", $pod_metadata,
		 "spec": {"nodeName": "$3", "containers": [{"name": "main", "image": "none"}]}}
	END
	api PUT "/api/v1/namespaces/shop/pods/$1/status" <<-END
		{"apiVersion": "v1", "kind": "Pod", $pod_metadata,
		 "status": {"phase": "Running", "podIP": "$2", "podIPs": [{"ip": "$2"}]}}
	END
}

service_at() { # NAME
	api POST /api/v1/namespaces/shop/services <<-END
		{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "$1"},
		 "spec": {"clusterIP": "$SHOP_SERVICE", "ports": [{"protocol": "UDP", "port": $OWN_PORT}]}}
	END
}

# relay_new: a server that asks the real one in dropwhy's name, for watches of four seconds.
relay_new() {
	mkdir -p "$WORK/relay/cgi-bin"
	cat >"$WORK/relay/cgi-bin/server" <<-END
		#!/bin/sh
		printf 'Content-Type: application/json\\r\\n\\r\\n'
		exec curl --silent --no-buffer --cacert $PKI/ca.crt --cert $PKI/user.crt --key $PKI/user.key \
			"$API\$PATH_INFO?\$(echo "\$QUERY_STRING" | sed 's/timeoutSeconds=[0-9]*/timeoutSeconds=4/')"
	END
	chmod +x "$WORK/relay/cgi-bin/server"
	daemon relay busybox httpd -f -p "127.0.0.1:$OWN_PORT" -h "$WORK/relay"
	cat >"$WORK/kubeconfig" <<-END
		apiVersion: v1
		kind: Config
		current-context: test
		contexts: [{name: test, context: {cluster: test, user: test}}]
		clusters: [{name: test, cluster: {server: "http://127.0.0.1:$OWN_PORT/cgi-bin/server"}}]
		users: [{name: test, user: {}}]
	END
}

# goes_on_at VERSION: of pods, or later.
goes_on_at() {
	[ "$(asked_all | sed -n 's:^watch .*/pods?.*&resourceVersion=\([0-9]*\).*:\1:p' | tail -n 1)" -ge "$1" ]
}

# The first server goes, and is asked in vain, less and less often.
server_restarts() {
	echo '{"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "newer"}}' |
		api POST /api/v1/namespaces/shop/configmaps
	nft_rules node <<-END
		add table inet tries
		add chain inet tries in { type filter hook input priority 0; policy accept; }
		add rule inet tries in tcp dport 6443 tcp flags & (syn | ack) == syn counter
	END
	began=$(date +%s%N)
	# shellcheck disable=SC2154 # set by daemon
	kill -KILL "$pid_kube_apiserver"
	wait_exit "$pid_kube_apiserver" || :
	until_true tried $((2 * FEEDS)) || fail "it is not asked again"
	# each feed's second try comes 1.5 s after the end of its watch at the soonest
	assert_at_least 1500 $((($(date +%s%N) - began) / 1000000)) "milliseconds until all have asked twice"
	kill -STOP "$pid_dropwhy"
	mv "$WORK/audit" "$WORK/audit.before"
	api_server_start
	api DELETE "/api/v1/namespaces/shop/services/old" >"$WORK/api.log"
	service_at new
	kill -CONT "$pid_dropwhy"
	until_true listed_anew || fail "asked was: $(asked_all)"
}

tried() { # N
	[ "$(in_node nft list table inet tries | sed -n 's/.* counter packets \([0-9]*\) .*/\1/p')" -ge "$1" ]
}

# Watches were in vain (410), lists followed, from the server's memory but no older than what was
# known, and watches again.
listed_anew() {
	asked $((2 * FEEDS)) "^watch " &&
		asked $FEEDS '^list [^?]*?resourceVersionMatch=NotOlderThan&resourceVersion=[0-9]*\(&fieldSelector=.*\)\{0,1\}$'
}

# asked N PATTERN: so many requests were like that.
asked() {
	[ "$(asked_all | grep -c -e "$2")" -ge "$1" ]
}

asked_all() {
	[ ! -e "$WORK/audit" ] || jq -r '"\(.verb) \(.requestURI)"' "$WORK/audit"
}

seen() { # POD
	send a traffic udp --from 10.8.0.3 --sport 4002 --to $SHOP_SERVICE --dport "$OWN_PORT" --count 1
	grep -q "\"src_name\":\"shop/$1\"" "$OUT"
}
