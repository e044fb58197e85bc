# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# A Kubernetes node in a network namespace of its own, and a control plane beside it: the
# real programs. Sourced by cases after pods/node.sh.

KUBERNETES_CASES=$(cd "$(dirname "$0")/../kubernetes" && pwd)
NODE_ADDRESS=10.50.0.1
API=https://127.0.0.1:6443
TOKEN=dropwhy-test
PROBE_TOKEN=dropwhy-probe	# of the service account in tools/deploy, which may what its role says
KUBECONFIG_FILE=/run/containerd/kubeconfig	# on a file system of this run's own
PKI=/run/containerd/pki
SERVICE_ACCOUNT=/var/run/secrets/kubernetes.io/serviceaccount
USER_CONFIG=$PKI/kubeconfig	# dropwhy's: by a client certificate
MANIFESTS=/var/lib/kubelet/manifests
DAEMONS=
PATH=$KUBERNETES:$PATH
UNDO="cluster_undo $UNDO"

# daemon NAME COMMAND...: in the node's network namespace, its log in $WORK/NAME.log; sets $pid_NAME.
daemon() {
	daemon_name=$1
	shift
	nsenter --net="/run/netns/$(ns node)" "$@" >"$WORK/$daemon_name.log" 2>&1 9>&- &
	eval "pid_$(echo "$daemon_name" | tr - _)=$!"
	DAEMONS="$! $DAEMONS"
}

# until_up NAME COMMAND...: until it succeeds.
until_up() {
	up_name=$1
	shift
	until_true has "$@" || fail "$up_name: not up after $WAIT_SECONDS s: $(tail -n 5 "$WORK/$up_name.log")"
}

# --- the node --------------------------------------------------------------

# cluster_node: a node with containerd, an address and a default route.
cluster_node() {
	node_new 10.30.0.0/24
	# a dummy device would do where the kernel has one
	ip -n "$(ns node)" link add name eth0 type bridge
	ip -n "$(ns node)" addr add $NODE_ADDRESS/24 dev eth0
	ip -n "$(ns node)" link set eth0 up
	ip -n "$(ns node)" route add default via 10.50.0.254 dev eth0
	# conntrack must see what the bridge forwards, as kube-proxy wants it
	ns_sysctl node net.bridge.bridge-nf-call-iptables=1
	# no other kubelet runs here, see run
	NODE_CGROUPS=ours
}

# kubelet_start [ARG...]
kubelet_start() {
	for setting in vm/overcommit_memory kernel/panic kernel/panic_on_oops; do
		set_global $setting "$(cat /proc/sys/$setting)"
	done
	mkdir -p $MANIFESTS
	daemon kubelet kubelet --container-runtime=remote \
		--container-runtime-endpoint=unix://$CRI_SOCKET --pod-infra-container-image=localhost/pod:1 \
		--cgroup-driver=cgroupfs --oom-score-adj=0 --enforce-node-allocatable= \
		--fail-swap-on=false --make-iptables-util-chains=false --cert-dir=/var/lib/kubelet/pki \
		--hostname-override=node1 --node-ip=$NODE_ADDRESS --address=127.0.0.1 --read-only-port=10255 \
		--authentication-token-webhook=false --anonymous-auth=true --authorization-mode=AlwaysAllow \
		--healthz-port=0 "$@"
	until_up kubelet kubelet_answers
}

kubelet_answers() {
	in_node curl --silent --fail --insecure --header "Authorization: Bearer $TOKEN" https://127.0.0.1:10250/pods
}

# --- the control plane -----------------------------------------------------

control_plane_start() {
	control_dir=$WORK/control
	mkdir -p "$control_dir"
	openssl genrsa -out "$control_dir/key" 2048 2>"$WORK/openssl.log"
	certificates
	cat >"$control_dir/tokens" <<-END
		$TOKEN,test,test,system:masters
		$PROBE_TOKEN,system:serviceaccount:dropwhy:dropwhy,probe,"system:serviceaccounts,system:authenticated"
	END
	write_kubeconfig $KUBECONFIG_FILE $TOKEN
	daemon etcd etcd --data-dir "$control_dir/etcd" --unsafe-no-fsync \
		--listen-peer-urls http://127.0.0.1:2380
	api_server_start
	daemon kube-controller-manager kube-controller-manager --kubeconfig=$KUBECONFIG_FILE \
		--controllers=endpoint,endpointslice,podgc,deployment,replicaset --leader-elect=false
}

# api_server_start: on what etcd has. What dropwhy asks by $USER_CONFIG is in $WORK/audit, a JSON
# object a line.
api_server_start() {
	cat >$PKI/audit <<-END
		{"apiVersion": "audit.k8s.io/v1", "kind": "Policy",
		 "omitStages": ["ResponseStarted", "ResponseComplete", "Panic"],
		 "rules": [{"level": "Metadata", "users": ["dropwhy"]}, {"level": "None"}]}
	END
	daemon kube-apiserver kube-apiserver --etcd-servers=http://127.0.0.1:2379 \
		--bind-address=127.0.0.1 --secure-port=6443 --client-ca-file=$PKI/ca.crt \
		--tls-cert-file=$PKI/server.crt --tls-private-key-file=$PKI/server.key \
		--advertise-address=$NODE_ADDRESS --service-cluster-ip-range=10.96.0.0/16 \
		--token-auth-file="$control_dir/tokens" --authorization-mode=RBAC \
		--disable-admission-plugins=ServiceAccount --service-account-issuer=https://test \
		--service-account-signing-key-file="$control_dir/key" \
		--service-account-key-file="$control_dir/key" \
		--audit-policy-file=$PKI/audit --audit-log-path="$WORK/audit"
	until_up kube-apiserver api GET /readyz
}

# certificates: in $PKI an authority, another of its name, those of the API server, the kubelet and a user; $USER_CONFIG.
certificates() {
	mkdir -p $PKI
	cat >$PKI/config <<-END
		[req]
		distinguished_name = name
		prompt = no
		[name]
		CN = test
		[ca]
		basicConstraints = critical,CA:TRUE
		[server]
		subjectAltName = IP:127.0.0.1
		[kubelet]
		subjectAltName = DNS:node1,IP:$NODE_ADDRESS
		[user]
		extendedKeyUsage = clientAuth
	END
	for authority in ca other; do
		openssl req -config $PKI/config -extensions ca -x509 -newkey rsa:2048 -nodes -days 2 \
			-subj /CN=authority -keyout $PKI/$authority.key -out $PKI/$authority.crt 2>>"$WORK/openssl.log"
	done
	certificate server /CN=kube-apiserver
	certificate kubelet /O=system:nodes/CN=system:node:node1
	certificate user /O=system:masters/CN=dropwhy
	cat >$USER_CONFIG <<-END
		apiVersion: v1
		kind: Config
		current-context: test
		contexts: [{name: test, context: {cluster: test, user: test}}]
		clusters: [{name: test, cluster: {server: "$API", certificate-authority: ca.crt}}]
		users: [{name: test, user: {client-certificate: user.crt, client-key: user.key}}]
	END
}

certificate() { # NAME SUBJECT
	openssl req -config $PKI/config -newkey rsa:2048 -nodes -subj "$2" \
		-keyout "$PKI/$1.key" -out "$PKI/$1.csr" 2>>"$WORK/openssl.log"
	openssl x509 -req -in "$PKI/$1.csr" -CA $PKI/ca.crt -CAkey $PKI/ca.key -CAcreateserial -days 2 \
		-extfile $PKI/config -extensions "$1" -out "$PKI/$1.crt" 2>>"$WORK/openssl.log"
}

write_kubeconfig() { # FILE TOKEN
	cat >"$1" <<-END
		apiVersion: v1
		kind: Config
		current-context: test
		contexts: [{name: test, context: {cluster: test, user: test}}]
		clusters: [{name: test, cluster: {server: "$API", insecure-skip-tls-verify: true}}]
		users: [{name: test, user: {token: $2}}]
	END
}

# api METHOD PATH: its body, if it wants one, from standard input.
api() {
	case $1 in
	GET | DELETE) in_node curl --silent --show-error --fail --insecure --request "$1" \
		--header "Authorization: Bearer $TOKEN" "$API$2" ;;
	*) in_node curl --silent --show-error --fail --insecure --request "$1" \
		--header "Authorization: Bearer $TOKEN" --header 'Content-Type: application/yaml' \
		--data-binary @- "$API$2" >"$WORK/api.log" ;;
	esac
}

# proxy_start [ARG...]: leaves conntrack's limit alone unless told.
proxy_start() {
	daemon kube-proxy kube-proxy --kubeconfig=$KUBECONFIG_FILE --hostname-override=node1 \
		--bind-address=$NODE_ADDRESS --cluster-cidr=10.30.0.0/24 --proxy-mode=iptables \
		"${@:---conntrack-max-per-core=0}"
}

# proxy_end: also notes what the next one will write beside the table's limit.
proxy_end() {
	# shellcheck disable=SC2154 # set by daemon
	kill "$pid_kube_proxy"
	wait_exit "$pid_kube_proxy" || :
	for setting in net/netfilter/nf_conntrack_max net/netfilter/nf_conntrack_buckets \
			net/netfilter/nf_conntrack_tcp_timeout_established \
			net/netfilter/nf_conntrack_tcp_timeout_close_wait net/ipv4/conf/all/route_localnet; do
		set_global $setting "$(cat /proc/sys/$setting)"
	done
}

# proxy_on_machine [ARG...]: one that sets the limits of this machine, as only a process of the
# machine's own namespace can; its rules still go to the node's. It does not reach the API
# server from there.
proxy_on_machine() {
	mkdir -p "$WORK/for_node"
	for tool in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore \
			conntrack ipset; do
		printf '#!/bin/sh\nexec nsenter --net=%s %s "$@"\n' "/run/netns/$(ns node)" \
			"$(command -v $tool)" >"$WORK/for_node/$tool"
		chmod +x "$WORK/for_node/$tool"
	done
	PATH=$WORK/for_node:$PATH kube-proxy --kubeconfig=$KUBECONFIG_FILE --hostname-override=node1 \
		--bind-address=$NODE_ADDRESS --cluster-cidr=10.30.0.0/24 --proxy-mode=iptables \
		--healthz-bind-address= --metrics-bind-address="127.0.0.1:$OWN_PORT" "$@" >"$WORK/kube-proxy.log" 2>&1 9>&- &
	pid_kube_proxy=$!
	DAEMONS="$! $DAEMONS"
}

# limit_is N: of the conntrack table.
limit_is() {
	[ "$(cat /proc/sys/net/netfilter/nf_conntrack_max)" -eq "$1" ]
}

# --- dropwhy ---------------------------------------------------------------

# on_node: dropwhy is started in the node's network namespace from now on, where the kubelet
# and the API server are.
on_node() {
	[ "$DROPWHY" != none ] || return 0
	printf '#!/bin/sh\nexec nsenter --net=%s %s "$@"\n' "/run/netns/$(ns node)" "$DROPWHY" >"$WORK/dropwhy"
	chmod +x "$WORK/dropwhy"
	DROPWHY=$WORK/dropwhy
}

# --- undoing ---------------------------------------------------------------

cluster_undo() {
	[ -z "${KEEP_LOGS:-}" ] || cp "$WORK"/*.log "$KEEP_LOGS"
	for daemon in $DAEMONS; do
		kill "$daemon" 2>/dev/null
	done
	for daemon in $DAEMONS; do
		(WAIT_SECONDS=10 wait_exit "$daemon") >/dev/null 2>&1
	done
}
