# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Drops on the way to Services, that kube-proxy's rules lead through the node.

. "$(dirname "$0")/../pods/node.sh"
. "$(dirname "$0")/../kubernetes/cluster.sh"
. "$(dirname "$0")/../kubernetes/shop.sh"
. "$(dirname "$0")/../probe/probe.sh"

# of load balancers, and ports of the node
DOOR_ADDRESS=10.60.0.1
DOOR_PORT=30053
SHUT_ADDRESS=10.60.0.2
SHUT_PORT=30054

case_services() {
	shop_new
	on_node
	backends_refused
	no_endpoints
	closed_port
	by_service_account
	probe_confined
	from_outside
	table_full
	set_global net/netfilter/nf_conntrack_max 262144
	api_server_gone
}

# A rule drops what goes to the Service's pods, as a network policy would.
backends_refused() {
	nft_rules node <<-END
		add table inet fw
		add chain inet fw forward { type filter hook forward priority 0; policy accept; }
		add rule inet fw forward udp dport 5353 drop
	END
	trace_ns node --kubeconfig $USER_CONFIG --proto udp --src "$pod_client_ip"
	pod_send client traffic udp --to $WEB_SERVICE --dport 53 --sport 4000 --sports 40
	trace_stop
	in_node nft delete table inet fw
	assert_drops 40 cause=nft_rule iface='veth*' src_name=shop/client service=shop/web
	assert_eq 40 $(($(drops backend="shop/$WEB0") + $(drops backend="shop/$WEB1"))) "packets to backends"
	assert_only 40
}

no_endpoints() {
	trace_ns node --kubeconfig $USER_CONFIG --proto udp --src "$pod_client_ip"
	pod_send client traffic udp --to $EMPTY_SERVICE --dport 53 --sport 5000 --sports 40
	trace_stop
	assert_drops 40 reason=NETFILTER_DROP iface=cni0 dst=$EMPTY_SERVICE dport=53 \
		src_name=shop/client service=shop/empty dst_name=shop/empty dst_kind=service
	assert_only 40
	# the doctor takes it for no policy, and one to a Service with endpoints for nothing at all
	[ "$DROPWHY" != none ] || return 0
	KUBE="--kubeconfig $KUBECONFIG_FILE"
	doctor_begin
	pod_send client traffic udp --to $EMPTY_SERVICE --dport 53 --sport 5500 --sports 40
	pod_send client traffic udp --to $SITE_SERVICE --dport 53 --sport 5500 --sports 40
	doctor_end
	doctor_says no_endpoints evidence "^40 packets .* > shop/empty (40)"
	! grep -q '"id":"rule_drops"' "$WORK/doctor.json" || fail "$(cat "$WORK/doctor.json")"
}

# In the namespaces of the Service's pods, to which its address is gone.
closed_port() {
	trace_start --kubeconfig $USER_CONFIG --proto udp --src "$pod_client_ip" --reason "$(kernel_reason NO_SOCKET)"
	pod_send client traffic udp --to $WEB_SERVICE --dport 53 --sport 6000 --sports 40
	trace_stop
	assert_drops 40 dst="10.30.0.*" dport=5353 src_name=shop/client workload=deployment/web
	assert_only 40
	assert_eq 40 $(($(drops pod="$WEB0" namespace=shop) + $(drops pod="$WEB1" namespace=shop))) \
		"packets of the Service's pods"
}

# By a port of the node and by a load balancer's address: before their translation, with nothing but
# what the packet has, and after it.
from_outside() {
	outside_service door $DOOR_ADDRESS $DOOR_PORT web 5353
	outside_service shut $SHUT_ADDRESS $SHUT_PORT nobody 53
	until_true outside_proxied || fail "kube-proxy: $(tail -n 5 "$WORK/kube-proxy.log")"
	nft_rules node <<-END
		add table inet fw
		add chain inet fw first { type filter hook prerouting priority -300; policy accept; }
		add rule inet fw first ip daddr $SHUT_ADDRESS udp dport 53 drop
		add chain inet fw forward { type filter hook forward priority 0; policy accept; }
		add rule inet fw forward udp dport 5353 drop
	END
	trace_ns node --kubeconfig $USER_CONFIG --proto udp --src "$pod_client_ip"
	pod_send client traffic udp --to $NODE_ADDRESS --dport $SHUT_PORT --sport 10000 --sports 30
	pod_send client traffic udp --to $SHUT_ADDRESS --dport 53 --sport 10100 --sports 40
	pod_send client traffic udp --to $NODE_ADDRESS --dport $DOOR_PORT --sport 10200 --sports 50
	pod_send client traffic udp --to $DOOR_ADDRESS --dport 53 --sport 10300 --sports 60
	trace_stop
	in_node nft delete table inet fw
	assert_drops 30 reason=NETFILTER_DROP dst=$NODE_ADDRESS dport=$SHUT_PORT src_name=shop/client \
		dst_name=shop/shut dst_kind=service service=shop/shut backend=
	assert_drops 40 cause=nft_rule dst=$SHUT_ADDRESS dport=53 src_name=shop/client \
		dst_name=shop/shut dst_kind=service service=shop/shut backend=
	outside_backends 50 $NODE_ADDRESS $DOOR_PORT
	outside_backends 60 $DOOR_ADDRESS 53
	assert_only 180
}

outside_service() { # NAME ADDRESS NODE-PORT APP UDP-PORT
	api POST /api/v1/namespaces/shop/services <<-END
		{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "$1"},
		 "spec": {"type": "LoadBalancer", "selector": {"app": "$4"}, "ports": [
		  {"name": "dns", "protocol": "UDP", "port": 53, "targetPort": $5, "nodePort": $3}]}}
	END
	# as the load balancer's controller does
	api GET "/api/v1/namespaces/shop/services/$1" |
		jq --arg ip "$2" '.status = {loadBalancer: {ingress: [{ip: $ip}]}}' |
		api PUT "/api/v1/namespaces/shop/services/$1/status"
}

outside_proxied() {
	proxied $DOOR_ADDRESS nat || return 1
	in_node iptables-save -t nat 2>/dev/null | grep -q -- "--dport $DOOR_PORT " || return 1
	in_node iptables-save -t filter 2>/dev/null | grep -q -- "--dport $SHUT_PORT "
}

# outside_backends PACKETS ADDRESS PORT: so many that were sent there died at the Service's pods.
outside_backends() {
	assert_drops "$1" cause=nft_rule dst="10.30.0.*" dport=5353 ct_dst="$2" ct_dport="$3" \
		src_name=shop/client service=shop/door
	assert_eq "$1" $(($(drops ct_dst="$2" backend="shop/$WEB0" dst_name="shop/$WEB0") +
		$(drops ct_dst="$2" backend="shop/$WEB1" dst_name="shop/$WEB1"))) "packets to backends by $2"
}

table_full() {
	set_global net/netfilter/nf_conntrack_max "$(cat /proc/sys/net/netfilter/nf_conntrack_max)"
	in_node conntrack -D -p udp >"$WORK/conntrack.log" 2>&1 || :
	fill_table node
	trace_start --kubeconfig $USER_CONFIG --proto udp --src "$pod_client_ip"
	echo 16 >/proc/sys/net/netfilter/nf_conntrack_max
	until_true none_may_give_way || fail "entries that are not assured come all the time: $(cat "$WORK/unassured")"
	pod_send client traffic udp --to $WEB_SERVICE --dport 53 --sport 7000 --sports 40
	trace_stop
	assert_drops 40 cause=ct_table_full reason="$(reason NETFILTER_DROP)" iface=cni0 \
		dst=$WEB_SERVICE dport=53 src_name=shop/client service=shop/web
	assert_only 40
}

# Deletes what early_drop() may evict for a packet that is to find no room, such as the control
# plane's connections that conntrack met midway. In the full table no more of it can begin.
none_may_give_way() {
	unassured || return 0
	awk '{
		split("", is)
		for (i = 2; i <= NF; i++)
			if (split($i, part, "=") == 2 && !(part[1] in is))
				is[part[1]] = part[2]
		printf "-D -p %s -s %s -d %s", $1, is["src"], is["dst"]
		if ("sport" in is)
			printf " --sport %s --dport %s", is["sport"], is["dport"]
		print ""
	}' "$WORK/unassured" | while read -r options; do
		# shellcheck disable=SC2086 # options and their values
		in_node conntrack $options >"$WORK/conntrack.log" 2>&1 </dev/null || :
	done
	! unassured
}

unassured() { # false if there are none
	for family in ipv4 ipv6; do
		in_node conntrack -L -f $family 2>/dev/null
	done | grep -v '\[ASSURED\]' >"$WORK/unassured"
}

# As from a pod: the kubelet at port 10250, and the API server, by what lies where a service
# account does.
by_service_account() {
	[ "$DROPWHY" != none ] || return 0
	cp $PKI/ca.crt $SERVICE_ACCOUNT/ca.crt
	ask_kubelet "$TOKEN"
	assert_eq connected "$(status_of kubelet)" "the kubelet, by token"
	assert_eq 4 "$(known_from kubelet)" "pods by the kubelet"
	# what it writes
	assert_eq 4 "$(known_from pod-logs)" "pods by /var/log/pods"
	assert_eq 4 "$(known_from container-logs)" "pods by /var/log/containers"
	KUBERNETES_SERVICE_HOST=127.0.0.1 KUBERNETES_SERVICE_PORT=6443 \
		"$DROPWHY" pods --json --node-name node1 --kubelet off >"$WORK/by_token"
	assert_eq connected "$(status_of api)" "the API server, by token"
	# the pods, four Services with the API's own, and the node
	assert_eq 9 "$(known_from api)" "what the API server tells of"
	# whom the API server does not know, and whom it knows but does not let
	ask_kubelet of-nobody
	status_of kubelet | grep -q 401 || fail "a wrong token: $(status_of kubelet)"
	ask_kubelet $PROBE_TOKEN
	status_of kubelet | grep -q 403 || fail "a token without rights: $(status_of kubelet)"
	# whom nobody vouches for gets no token
	cp $PKI/other.crt $SERVICE_ACCOUNT/ca.crt
	ask_kubelet "$TOKEN"
	status_of kubelet | grep -qi certificate || fail "another CA: $(status_of kubelet)"
	rm $SERVICE_ACCOUNT/*
}

ask_kubelet() { # TOKEN
	echo "$1" >$SERVICE_ACCOUNT/token
	"$DROPWHY" pods --json --node-name node1 >"$WORK/by_token"
}

status_of() { # SOURCE
	jq -r --arg source "$1" 'select(.type == "source" and .name == $source) | .status' "$WORK/by_token"
}

known_from() { # SOURCE
	jq -s --arg source "$1" '[.[] | select(.sources? // [] | index($source))] | length' "$WORK/by_token"
}

# The daemon, which keeps few privileges and few system calls, asks all the same.
probe_confined() {
	[ "$DROPWHY" != none ] || return 0
	probe_start --kubeconfig $USER_CONFIG --node-name node1 --proto udp --src "$pod_client_ip" \
		--json-log=-
	# what enters the node's namespace becomes the probe
	# shellcheck disable=SC2154 # set by probe_start
	assert_eq 2 "$(sed -n 's/^Seccomp:[^0-9]*//p' "/proc/$pid_dropwhy/status")" "seccomp of the probe"
	until_true probe_names_service || fail "no Service: $(tail -n 2 "$WORK/stdout") $(cat "$ERR")"
	probe_stop
}

probe_names_service() {
	pod_send client traffic udp --to $EMPTY_SERVICE --dport 53 --sport 8000 --sports 10
	grep -q '"service":"shop/empty"' "$WORK/stdout"
}

# What it told stays known; and one that starts without it names what is of this node.
api_server_gone() {
	trace_ns node --kubeconfig $USER_CONFIG --proto udp --src "$pod_client_ip"
	pod_send client traffic udp --to $EMPTY_SERVICE --dport 53 --sport 9000 --sports 20
	# shellcheck disable=SC2154 # set by daemon
	kill -KILL "$pid_kube_apiserver"
	wait_exit "$pid_kube_apiserver" || :
	pod_send client traffic udp --to $EMPTY_SERVICE --dport 53 --sport 9100 --sports 20
	trace_stop
	assert_drops 40 src_name=shop/client service=shop/empty
	assert_only 40
	trace_start --kubeconfig $USER_CONFIG --proto udp --src "$pod_client_ip" --dport "$OWN_PORT"
	pod_send client traffic udp --to "$pod_php_ip" --dport "$OWN_PORT" --count 30
	trace_stop
	assert_drops 30 pod=php namespace=shop src_name=shop/client dst_name=shop/php
	assert_only 30
	[ "$DROPWHY" = none ] || grep -qi 'connect' "$ERR" || fail "nothing said of the API server: $(cat "$ERR")"
}
