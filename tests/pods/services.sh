# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# An API server of a few lines where there is no control plane: it tells what a case wants it to.
# And a Service of the node's pods with a rule that does for its address what kube-proxy's would.
# Sourced by cases, after node.sh for the latter.

SITE=10.96.1.2			# ports 80 of TCP and 53 of UDP

# service_new BACKEND [POD...]: Service shop/site with one endpoint, wherever that is, and what the
# API server is to tell of pods. Sets $KUBE, the options with which dropwhy gets to know.
service_new() {
	nft_rules node <<-END
		add table ip services
		add chain ip services pre { type nat hook prerouting priority -100; policy accept; }
		add rule ip services pre ip daddr $SITE dnat to $1
	END
	service_backend=$1
	shift
	api_new
	api_list pods "$@"
	api_list services '{"metadata": {"name": "site", "namespace": "shop", "uid": "1"},
		"spec": {"clusterIP": "'$SITE'", "clusterIPs": ["'$SITE'"], "ports": [
		 {"name": "http", "protocol": "TCP", "port": 80}, {"name": "dns", "protocol": "UDP", "port": 53}]}}'
	api_list endpointslices '{"metadata": {"name": "site-1", "namespace": "shop", "uid": "2",
		"labels": {"kubernetes.io/service-name": "site"}}, "addressType": "IPv4",
		"endpoints": [{"addresses": ["'"$service_backend"'"], "conditions": {"ready": true}}],
		"ports": [{"name": "http", "protocol": "TCP", "port": 80}, {"name": "dns", "protocol": "UDP", "port": 53}]}'
	kube_as anybody
	until_true service_known || fail "no Service: $(cat "$WORK/known" "$WORK/httpd.log")"
}

# api_new: a server that knows nothing yet. What it is asked is in $api_dir/asked; what follows a
# list of KIND is what the script $api_dir/KIND.watch says, if there is one.
api_new() {
	api_dir=$WORK/api
	mkdir -p "$api_dir/cgi-bin"
	for api_kind in pods nodes services endpointslices; do
		api_list $api_kind
	done
	cat >"$api_dir/cgi-bin/server" <<-END
		#!/bin/sh
		kind=\${PATH_INFO##*/}
		echo "\$PATH_INFO?\$QUERY_STRING" >>"$api_dir/asked"
		printf 'Content-Type: application/json\r\n\r\n'
		case \$QUERY_STRING in
		*watch=*)
			[ ! -e "$api_dir/\$kind.watch" ] || . "$api_dir/\$kind.watch"
			exec sleep 10 ;;	# nothing changes
		*) exec cat "$api_dir/\$kind" ;;
		esac
	END
	chmod +x "$api_dir/cgi-bin/server"
	busybox httpd -f -p "127.0.0.1:$OWN_PORT" -h "$api_dir" >"$WORK/httpd.log" 2>&1 9>&- &
	CHILDREN="$CHILDREN $!"
}

api_list() { # WHAT [ITEM...]
	api_what=$1 api_items=
	shift
	for item; do
		api_items="$api_items${api_items:+, }$item"
	done
	echo '{"metadata": {"resourceVersion": "1"}, "items": ['"$api_items"']}' >"$api_dir/$api_what"
}

# kube_as LABEL: sets $KUBE, the options to ask that server, so that the API server can tell who asks.
kube_as() {
	cat >"$api_dir/kubeconfig-$1" <<-END
		apiVersion: v1
		kind: Config
		current-context: test
		contexts: [{name: test, context: {cluster: test, user: test}}]
		clusters: [{name: test, cluster: {server: "http://127.0.0.1:$OWN_PORT/cgi-bin/server/$1"}}]
		users: [{name: test, user: {}}]
	END
	KUBE="--kubeconfig $api_dir/kubeconfig-$1"
}

# kube_knows LABEL: it has all four lists, and watches for more.
kube_knows() {
	[ "$(sed -n "s:^/$1/\([^?]*\)?watch=.*:\1:p" "$api_dir/asked" | sort -u | wc -l)" -eq 4 ]
}

# shellcheck disable=SC2086 # options
service_known() {
	[ "$DROPWHY" != none ] || return 0
	"$DROPWHY" pods $KUBE >"$WORK/known" 2>&1
	grep -q "^service *shop *site " "$WORK/known"
}
