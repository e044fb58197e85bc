# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What runs in the cluster of the cases: in namespace shop a deployment "web" of two pods
# behind two Services, the pods "client" and "php", and a Service without endpoints. Sourced
# by cases after cluster.sh. Services have ports 80 of TCP and 53 of UDP.

WEB_SERVICE=10.96.1.1	# 8080 and 5353 of its pods, where nobody listens
SITE_SERVICE=10.96.1.2	# 80 and 53 of its pods
EMPTY_SERVICE=10.96.1.3

# shop_new: the whole cluster, with all of that running.
shop_new() {
	cluster_node
	control_plane_start
	# as clusters have it: only at 10250, with a certificate of theirs, and only for those whom
	# the API server knows and lets
	kubelet_start --kubeconfig=$KUBECONFIG_FILE --anonymous-auth=false --read-only-port=0 \
		--authentication-token-webhook=true --authorization-mode=Webhook \
		--tls-cert-file=$PKI/kubelet.crt --tls-private-key-file=$PKI/kubelet.key
	proxy_start
	shop_objects
	until_true shop_runs || fail "the pods do not run: $(tail -n 5 "$WORK/kubelet.log")"
	until_true proxied $SITE_SERVICE nat || fail "kube-proxy: $(tail -n 5 "$WORK/kube-proxy.log")"
	until_true proxied $EMPTY_SERVICE filter || fail "kube-proxy: $(tail -n 5 "$WORK/kube-proxy.log")"
}

shop_objects() {
	echo '{"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": "shop"}}' |
		api POST /api/v1/namespaces
	service web $WEB_SERVICE web 8080 5353
	service site $SITE_SERVICE web 80 53
	service empty $EMPTY_SERVICE nobody 80 53
	for name in client php; do
		api POST /api/v1/namespaces/shop/pods <<-END
			{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "$name"}, "spec": $(pod_spec)}
		END
	done
	api POST /apis/apps/v1/namespaces/shop/deployments <<-END
		{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
		 "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}},
		  "template": {"metadata": {"labels": {"app": "web"}}, "spec": $(pod_spec)}}}
	END
}

pod_spec() {
	cat <<-END
		{"nodeName": "node1", "terminationGracePeriodSeconds": 0, "containers": [
		 {"name": "main", "image": "localhost/pod:1", "imagePullPolicy": "Never"}]}
	END
}

service() { # NAME ADDRESS APP TCP-PORT UDP-PORT
	api POST /api/v1/namespaces/shop/services <<-END
		{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "$1"},
		 "spec": {"clusterIP": "$2", "selector": {"app": "$3"}, "ports": [
		  {"name": "http", "protocol": "TCP", "port": 80, "targetPort": $4},
		  {"name": "dns", "protocol": "UDP", "port": 53, "targetPort": $5}]}}
	END
}

# The pods are there and have addresses: sets pod_client_*, pod_php_*, and pod_web0_* and pod_web1_* for
# the two of the deployment, whose names are $WEB0 and $WEB1.
shop_runs() {
	api GET /api/v1/namespaces/shop/pods >"$WORK/pods.json" 2>"$WORK/api.log" || return 1
	[ "$(jq '[.items[] | select(.status.phase == "Running" and .status.podIP)] | length' \
		"$WORK/pods.json")" = 4 ] || return 1
	pods_known "$(jq -r '.items[] | "\(.metadata.name) \(.metadata.uid) \(.status.podIP)"' "$WORK/pods.json" | sort)"
}

# pods_known LINES: of "NAME UID ADDRESS".
pods_known() {
	web_number=0
	while read -r known_name known_uid known_ip; do
		known_var=$known_name
		case $known_name in
		web-*)
			eval "WEB$web_number=$known_name"
			known_var=web$web_number
			web_number=$((web_number + 1)) ;;
		esac
		pod_found "$known_var" "$known_name" shop || return 1
		assert_eq "$known_uid $known_ip" "$(pod "$known_var" uid) $(pod "$known_var" ip)" \
			"what containerd and the API server say of $known_name"
	done <<-END
		$1
	END
}

# proxied ADDRESS TABLE: kube-proxy has a rule for it there.
proxied() {
	in_node iptables-save -t "$2" 2>/dev/null | grep -q -- "-d $1/32.*-p udp"
}
