# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The doctor in front of real trouble, and beside it.

# doctor_start: looks until it is told to stop; the drops in other namespaces do not concern it.
doctor_start() { # NAME[,NAME]... [ARG...]
	list_inodes "$1"
	shift
	: >"$ERR"	# what an earlier run said must not be taken for this one's
	"$DROPWHY" doctor --json --duration 600 --netns "$inodes" "$@" >"$WORK/doctor.json" 2>"$ERR" 9>&- &
	pid_dropwhy=$!
	CHILDREN="$CHILDREN $!"
	wait_for "$ERR" '^dropwhy: looking for' "$pid_dropwhy" || fail "the doctor did not start"
}

doctor_stop() { # STATUS
	kill -INT "$pid_dropwhy"
	trace_ended "$1"
}

# finding RULE FIELD
finding() {
	"$TOOLS/records" "$WORK/doctor.json" get "findings[id=$1].$2"
}

# Nothing is wrong: it says so, with what there is left, and exits 0. Whatever else the machine does.
case_doctor_healthy() {
	[ "$DROPWHY" != none ] || return 0
	set_global net/netfilter/nf_conntrack_buckets 65536
	set_global net/netfilter/nf_conntrack_max 262144
	ns_new a
	in_ns a "$TOOLS/entries" 30 dns >/dev/null
	until_true doctor_healthy || fail "$(cat "$WORK/doctor.json")"
	assert_eq "doctor true" "$(doctor_value type) $(doctor_value healthy)" "type and healthy"
	assert_eq 262144 "$(doctor_value headroom.conntrack.max)" "the limit in its headroom"
	"$DROPWHY" doctor --duration 0.1 --netns "$(ns_inode a)" >"$WORK/doctor.txt" 2>"$ERR" || [ $? -eq 4 ] ||
		fail "$(cat "$ERR")"
	grep -q '^  conntrack: .* of 262,144 entries (.* free) in .*, the fullest of ' "$WORK/doctor.txt" ||
		fail "no headroom: $(cat "$WORK/doctor.txt")"
}

doctor_healthy() {
	"$DROPWHY" doctor --json --duration 0.1 --netns "$(ns_inode a)" >"$WORK/doctor.json" 2>"$ERR"
}

doctor_value() { # PATH
	"$TOOLS/records" "$WORK/doctor.json" get "$1"
}

# drop_port_80 NAME: by a rule, which counts.
drop_port_80() {
	nft_rules "$1" <<-END
		add table inet fw
		add chain inet fw in { type filter hook input priority 0; policy accept; }
		add rule inet fw in udp dport 80 counter drop
	END
}

case_doctor_rule_drops() {
	[ "$DROPWHY" != none ] || return 0
	pair
	drop_port_80 b
	doctor_start b
	send a traffic udp --from 10.9.0.1 --sport 4000 --to 10.9.0.2 --dport 80 --count 30
	doctor_stop 4
	assert_eq 30 "$(finding rule_drops lost)" "packets of the finding"
	assert_eq loss "$(finding rule_drops harm)" harm
	found rule_drops 30 ": 10.9.0.1 > 10.9.0.2 in $(ns b) (30)$"
}

# What no rule speaks of is not taken for health.
case_doctor_other_drops() {
	[ "$DROPWHY" != none ] || return 0
	pair
	doctor_start b
	send a frame veth0 30 eth "dst=$(mac b veth0)" ip src=10.9.0.1 dst=10.9.0.2 udp sport=4000 dport=80 badcsum=1
	doctor_stop 4
	assert_eq 30 "$(finding other_drops lost)" "packets of the finding"
	assert_eq possible "$(finding other_drops confidence)" confidence
	found other_drops 30 ": 10.9.0.1 > 10.9.0.2 in $(ns b) (30)$"
	silent refused
}

# Whom the kernel answers knows at once: that is noted, and costs nobody his health.
case_doctor_refused() {
	[ "$DROPWHY" != none ] || return 0
	lock_global	# the limit is everybody's
	pair
	doctor_start b
	send a traffic connect --wait --from 10.9.0.1 --sport 5000 --to 10.9.0.2 --dport 8080 --dports 7 --count 7
	assert_eq "7 ECONNREFUSED" "$failed $errno" refused
	send a traffic udp --from fd10:9::1 --sport 4000 --to fd10:9::2 --dport 53 --count 6
	assert_at_least 1 "$(snmp b Icmp6OutDestUnreachs)" "ICMP answers"
	# what needs no answer: resets, and a ping's
	send a frame veth0 10 eth "dst=$(mac b veth0)" ip src=10.9.0.1 dst=10.9.0.2 tcp sport=4000 dport=80 flags=R
	send a frame veth0 10 eth "dst=$(mac b veth0)" ip src=10.9.0.1 dst=10.9.0.2 icmp type=0
	kill -INT "$pid_dropwhy"
	status=0
	wait_exit "$pid_dropwhy" || status=$?
	found refused 0 "^13 packets refused in .*10.9.0.1 > 10.9.0.2 in $(ns b) (7)"
	assert_eq "note 0" "$(finding refused harm) $(finding refused lost)" "harm and packets lost"
	silent other_drops
	# whatever else is wrong with this machine
	[ "$(grep -o '"harm":"' "$WORK/doctor.json" | wc -l)" -ne 1 ] ||
		assert_eq "0 true" "$status $(doctor_value healthy)" "status and healthy"
}

case_doctor_conntrack_full() {
	[ "$DROPWHY" != none ] || return 0
	router
	conntrack_on r forward
	fill_table r
	set_global net/netfilter/nf_conntrack_max 16
	doctor_start r
	send c traffic udp --from 10.8.1.2 --sport 20000 --sports 20 --to 10.8.2.2 --dport 53
	doctor_stop 4
	assert_eq 20 "$(finding conntrack_full lost)" "packets of the finding"
	assert_eq certain "$(finding conntrack_full confidence)" confidence
}

# Of a storm few records tell, and each of them of many packets.
case_doctor_storm() {
	[ "$DROPWHY" != none ] || return 0
	pair
	drop_port_80 b
	doctor_start b
	send a traffic udp --from 10.9.0.1 --sport 4000 --to 10.9.0.2 --dport 80 --count 20000
	doctor_stop 4
	dropped=$(nft_counter b inet fw in)
	assert_at_least 10000 "$dropped" "packets dropped by the rule"
	assert_eq "$dropped" "$(finding rule_drops lost)" "packets of the finding"
}

case_doctor_sockets() {
	[ "$DROPWHY" != none ] || return 0
	pair
	spawn sink b traffic receive --from 10.9.0.2 --sport 53 --rcvbuf 8192
	doctor_start b
	send a traffic udp --from 10.9.0.1 --sport 4000 --to 10.9.0.2 --dport 53 --size 500 --count 300
	doctor_stop 4
	stop sink
	assert_at_least "$((sent - $(said sink received)))" "$(finding socket_buffers lost)" "packets of the finding"
}

# found RULE LEAST WHERE: with at least so many packets, and WHERE (a pattern) in the evidence.
found() {
	grep -q "\"id\":\"$1\"" "$WORK/doctor.json" || fail "$1 is silent: $(cat "$WORK/doctor.json")"
	assert_at_least "$2" "$(finding "$1" lost)" "packets of $1"
	finding "$1" evidence | grep -q -e "$3" || fail "$1 does not tell of $3: $(finding "$1" evidence)"
	[ -n "$(finding "$1" now)$(finding "$1" lasting)" ] || fail "$1 has no remedy"
}

# silent RULE...
silent() {
	for silent_rule; do
		! grep -q "\"id\":\"$silent_rule\"" "$WORK/doctor.json" ||
			fail "$silent_rule without a cause: $(cat "$WORK/doctor.json")"
	done
}

# What goes wrong on a packet's way, all in one run: a rule of the router, its MTU, a server with
# rp_filter, lost fragments, a short backlog, a full buffer and a slow qdisc.
case_doctor_way() {
	[ "$DROPWHY" != none ] || return 0
	router
	way_setup 1
	spawn sink s traffic receive --from 10.8.2.2 --sport 53 --rcvbuf 8192
	nft_rules r <<-END
		add table inet fw
		add chain inet fw way { type filter hook forward priority 0; policy accept; }
		add rule inet fw way udp dport 4000 drop
	END
	ip -n "$(ns r)" link set out0 mtu 1000
	ns_sysctl s net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.veth0.rp_filter=1 \
		net.ipv4.ipfrag_low_thresh=0 net.ipv4.ipfrag_high_thresh=0
	ip -n "$(ns s)" route add unreachable 192.0.2.0/24
	# the qdisc is of what the server sends
	has tc -n "$(ns s)" qdisc add dev veth0 root tbf rate 8kbit burst 1600 limit 2000 || skip "no sch_tbf"
	doctor_start c,r,s
	way_traffic
	doctor_stop 4
	lost=$(qdisc_dropped s tbf)
	assert_at_least 80 "$lost" "dropped by the qdisc"
	found rule_drops 20 "(20)"
	assert_eq 20 "$(finding rule_drops lost)" "packets of rule_drops"
	found mtu 10 "10 packets too large"
	found rp_filter 12 "12 packets refused"
	found reassembly 8 "reassembly failures"
	found listen_backlog 3 "TcpExt.ListenOverflows .* in $(ns s)"
	found socket_buffers 200 "Udp.RcvbufErrors .* in $(ns s)"
	found qdisc "$lost" "qdisc.drops $lost at veth0 in $(ns s)"
	silent no_endpoints dns_race snat_ports
}

# The same traffic where nothing stands in its way.
case_doctor_silent_way() {
	[ "$DROPWHY" != none ] || return 0
	lock_global	# the limit is everybody's
	router
	way_setup 100
	spawn sink s traffic receive --from 10.8.2.2 --sport 53 --rcvbuf 4000000
	doctor_start c,r,s
	way_traffic
	doctor_stop_any
	silent rule_drops mtu rp_filter reassembly listen_backlog socket_buffers qdisc no_endpoints \
		dns_race snat_ports early_drop conntrack_full conntrack_buckets
}

doctor_stop_any() {
	kill -INT "$pid_dropwhy"
	# other things may be wrong with this machine
	wait_exit "$pid_dropwhy" || [ $? -eq 4 ] || fail "the doctor failed: $(cat "$ERR")"
}

way_setup() { # BACKLOG
	spawn server s traffic listen --from 10.8.2.2 --sport 80 --count "$1"
	spawn early c traffic connect --hold --wait --from 10.8.1.2 --sport 3000 --to 10.8.2.2 --dport 80 --count 2
}

way_traffic() {
	send c traffic udp --from 10.8.1.2 --sport 4000 --to 10.8.2.2 --dport 4000 --count 20
	send c traffic udp --df --from 10.8.1.2 --sport 4000 --to 10.8.2.2 --dport 54 --size 1200 --count 10
	send r frame out0 12 eth src="$(mac r out0)" dst="$(mac s veth0)" \
		ip src=192.0.2.77 dst=10.8.2.2 udp sport=4000 dport=55
	# in fragments
	send c traffic udp --from 10.8.1.2 --sport 4000 --to 10.8.2.2 --dport 56 --size 2000 --count 8
	send c traffic connect --from 10.8.1.2 --sport 3500 --to 10.8.2.2 --dport 80 --count 3
	send c traffic udp --from 10.8.1.2 --sport 4000 --to 10.8.2.2 --dport 53 --size 500 --count 300
	send s traffic udp --from 10.8.2.2 --sport 4000 --to 10.8.1.2 --dport 57 --size 500 --count 100
}

# Translation without a free port: ports that are used up, for DNS too; a race needs no translation.
case_doctor_translation() {
	[ "$DROPWHY" != none ] || return 0
	lock_global	# the limit is everybody's
	router
	translate :5000
	doctor_start r
	translated_traffic
	doctor_stop 4
	assert_eq 28 "$(finding snat_ports lost)" "packets of snat_ports"
	# by the sender's own address, which SNAT has replaced
	found snat_ports 28 "10.8.1.2 > 10.8.2.2 in $(ns r) (28)"
	silent rule_drops conntrack_full dns_race
}

case_doctor_silent_translation() {
	[ "$DROPWHY" != none ] || return 0
	lock_global	# the limit is everybody's
	router
	translate :5000-5999
	doctor_start r
	translated_traffic
	doctor_stop_any
	assert_eq 0 "$(ct_stat r insert_failed)" insert_failed
	silent dns_race snat_ports rule_drops conntrack_full early_drop
}

translate() { # :PORTS
	nft_rules r <<-END
		add table ip nat
		add chain ip nat post { type nat hook postrouting priority 100; policy accept; }
		add rule ip nat post oifname "out0" meta l4proto { tcp, udp } masquerade to $1
	END
}

translated_traffic() {
	send c traffic udp --from 10.8.1.2 --sport 20000 --sports 20 --to 10.8.2.2 --dport 53
	send c traffic udp --from 10.8.1.2 --sport 20000 --sports 10 --to 10.8.2.2 --dport 54
}

# Entries that were never answered give way; their flows are told, beside the packets lost.
case_doctor_early_drop() {
	[ "$DROPWHY" != none ] || return 0
	router
	conntrack_on r forward
	set_global net/netfilter/nf_conntrack_buckets 512
	set_global net/netfilter/nf_conntrack_max 64
	doctor_start r
	send c traffic udp --from 10.8.1.2 --sport 20000 --sports 300 --to 10.8.2.2 --dport 53
	doctor_stop 4
	assert_at_least 1 "$(ct_stat r early_drop)" "conntrack -S early_drop"
	found early_drop 0 "early_drop evicted $(ct_stat r early_drop) entries"
}

# A chain that is too long, and what stays silent about it: the table is not full.
case_doctor_buckets() {
	[ "$DROPWHY" != none ] || return 0
	router
	conntrack_on r forward
	set_global net/netfilter/nf_conntrack_max 2000000
	set_global net/netfilter/nf_conntrack_buckets 512
	know r out0 10.8.2.9 s veth0	# nobody there
	doctor_start r
	doctor_stop 4
	found conntrack_buckets 0 "512 buckets for up to 2000000 entries"
	assert_eq risk "$(finding conntrack_buckets harm)" harm
	finding conntrack_buckets now | grep -q 'echo 500000 >' || fail "$(finding conntrack_buckets now)"
	echo 500000 >/proc/sys/net/netfilter/nf_conntrack_buckets
	doctor_start r
	doctor_stop_any
	silent conntrack_buckets conntrack_full conntrack_nearly_full
}

# The limit is lowered while the doctor looks, to where little is left; then it is raised again.
case_doctor_limit() {
	[ "$DROPWHY" != none ] || return 0
	ns_new r
	in_ns r "$TOOLS/entries" 1800 assured >/dev/null
	set_global net/netfilter/nf_conntrack_buckets 65536
	set_global net/netfilter/nf_conntrack_max 200000
	doctor_start r
	echo 2000 >/proc/sys/net/netfilter/nf_conntrack_max
	doctor_stop 4
	found conntrack_nearly_full 0 "in $(ns r) 1800 of 2000 entries"
	assert_eq near "$(finding conntrack_nearly_full harm)" harm
	found conntrack_lowered 0 "it was 200000 until .* (pid [0-9]*.*) wrote 2000"
	finding conntrack_lowered now | grep -q 'nf_conntrack_max=200000' || fail "$(finding conntrack_lowered now)"
	silent conntrack_full early_drop kube_proxy

	doctor_start r
	echo 250000 >/proc/sys/net/netfilter/nf_conntrack_max
	doctor_stop_any
	silent conntrack_nearly_full conntrack_full
	! grep -q '"id":"conntrack_lowered".*until' "$WORK/doctor.json" || fail "it was raised, not lowered"
}

# A process of that name, as it stands in /proc; with a flag that says what it would set.
case_doctor_kube_proxy() {
	[ "$DROPWHY" != none ] || return 0
	ns_new r
	set_global net/netfilter/nf_conntrack_buckets 1000000
	set_global net/netfilter/nf_conntrack_max 4000000
	for min in 3999999 4000000; do
		spawn_command proxy_$min bash -c 'exec -a kube-proxy sh -c "echo ready; read -r _" "$@"' bash \
			--conntrack-min=$min --conntrack-max-per-core=1
		doctor_start r
		doctor_stop_any
		if [ $min -eq 4000000 ]; then
			silent kube_proxy conntrack_lowered
		else
			found kube_proxy 0 "the limit is 4000000; kube-proxy (pid [0-9]*) .* sets $min"
			finding kube_proxy lasting | grep -q 'conntrack-min=4000000' || fail "$(finding kube_proxy lasting)"
		fi
		echo end >"$WORK/proxy_$min.in"
		stop_when_done proxy_$min
	done
	doctor_start r
	doctor_stop_any
	silent kube_proxy
}

# k3s and kubelite in /proc, and the files that say what they set.
case_doctor_embedded_kube_proxy() {
	[ "$DROPWHY" != none ] || return 0
	ns_new r
	set_global net/netfilter/nf_conntrack_buckets 1000000
	set_global net/netfilter/nf_conntrack_max 4000000
	export K3S_CONFIG_FILE="$WORK/k3s.yaml"
	for min in 3999999 4000000; do
		echo "kube-proxy-arg: [conntrack-min=$min, conntrack-max-per-core=1]" >"$WORK/k3s.yaml"
		embedded k3s $min 'kube-proxy-arg:.*"conntrack-min=4000000".* in /etc/rancher/k3s/config.yaml' \
			"/usr/local/bin/k3s server"
		printf '%s\n' "--conntrack-min=$min" --conntrack-max-per-core=1 >"$WORK/args"
		embedded kubelite $min '--conntrack-min=4000000 in /var/snap/microk8s/current/args/kube-proxy' \
			kubelite --proxy-args-file="$WORK/args"
	done
}

embedded() { # NAME MIN ADVICE ARGUMENT...
	embedded_name=$1 embedded_min=$2 embedded_advice=$3
	shift 3
	spawn_command "$embedded_name$embedded_min" \
		bash -c 'exec -a "$0" sh -c "echo ready; read -r _" "$@"' "$@"
	doctor_start r
	doctor_stop_any
	if [ "$embedded_min" -eq 4000000 ]; then
		silent kube_proxy conntrack_lowered
	else
		found kube_proxy 0 "the limit is 4000000; $embedded_name (pid [0-9]*) .* sets $embedded_min"
		finding kube_proxy lasting | grep -q -e "$embedded_advice" || fail "$(finding kube_proxy lasting)"
	fi
	echo end >"$WORK/$embedded_name$embedded_min.in"
	stop_when_done "$embedded_name$embedded_min"
}

# No room for another neighbour: the limit is the whole node's.
case_doctor_neighbours() {
	[ "$DROPWHY" != none ] || return 0
	pair
	gc=net/ipv4/neigh/default/gc_thresh
	doctor_start a
	doctor_stop_any
	silent neighbour_table
	for number in 1 2 3; do
		set_global $gc$number 4
	done
	doctor_start a
	for last in 11 12 13 14 15 16 17 18 19 20; do
		send a traffic udp --from 10.9.0.1 --sport 4000 --to 10.9.0.$last --dport 53
	done
	doctor_stop 4
	found neighbour_table 1 "4 ipv4 neighbours"
	assert_eq loss "$(finding neighbour_table harm)" harm
}

# A router in whose backlog all fragments of a large packet come at once.
case_doctor_softnet() {
	[ "$DROPWHY" != none ] || return 0
	router_that_fragments
	set_global net/core/netdev_max_backlog 100
	# however slow the machine, a softirq never runs out of time
	set_global net/core/netdev_budget 1000000
	set_global net/core/netdev_budget_usecs 60000000
	doctor_start r
	send c traffic udp --from 10.8.1.2 --sport 4000 --to 10.8.2.2 --dport 56 --size 8000 --count 5
	doctor_stop_any
	silent softnet_backlog nic_ring
	echo 1 >/proc/sys/net/core/netdev_max_backlog
	doctor_start r,s
	send c traffic udp --from 10.8.1.2 --sport 4000 --to 10.8.2.2 --dport 56 --size 8000 --count 5
	doctor_stop 4
	found softnet_backlog 1 "netdev_max_backlog is 1"
	assert_eq loss "$(finding softnet_backlog harm)" harm
}

# Whoever was to be asked and could not is told of, and is among what is unknown.
case_doctor_without_names() {
	[ "$DROPWHY" != none ] || return 0
	ns_new a
	while read -r source arguments; do
		status=0
		# shellcheck disable=SC2086 # several arguments
		KUBECONFIG="" "$DROPWHY" doctor --json --duration 0.1 --netns "$(ns_inode a)" $arguments \
			>"$WORK/doctor.json" 2>"$ERR" || status=$?
		grep -q "\"unknown\":\[.*\"$source\"" "$WORK/doctor.json" ||
			fail "$arguments: nothing of it: $(cat "$WORK/doctor.json")"
		! grep -q '"healthy":true' "$WORK/doctor.json" || fail "$arguments: healthy"
		grep -q '^dropwhy: .*\(kubelet\|kubeconfig\)' "$ERR" || fail "$arguments: not told: $(cat "$ERR")"
		[ "$status" -eq 1 ] || [ "$status" -eq 4 ] || fail "$arguments: status $status"
	done <<-END
		api --kubelet off --kubeconfig $WORK/no-such-file
		api --kubelet off --api cluster
		kubelet --api off --kubelet http://127.0.0.1:1
	END
	"$DROPWHY" trace --duration 0.1 --netns "$(ns_inode a)" --kubeconfig "$WORK/no-such-file" \
		>"$WORK/stdout" 2>"$ERR" || fail "status $?: $(cat "$ERR")"
	grep -q '^dropwhy: cannot read kubeconfig' "$ERR" || fail "a short run does not tell: $(cat "$ERR")"
}

# In its own namespace it needs no CAP_SYS_ADMIN to look; that others stay unseen is said, and is
# not taken for health.
case_doctor_without_sys_admin() {
	[ "$DROPWHY" != none ] || return 0
	ns_new a
	status=0
	in_ns a setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin "$DROPWHY" doctor --json --duration 0.1 \
		--netns "$(ns_inode a)" >"$WORK/doctor.json" 2>"$ERR" || status=$?
	grep -q '"unknown":\["conntrack_tables","counters"\]' "$WORK/doctor.json" ||
		fail "it says nothing of what it could not look at: $(cat "$WORK/doctor.json" "$ERR")"
	! grep -q '"healthy":true' "$WORK/doctor.json" || fail "healthy without a look"
	[ "$status" -eq 1 ] || [ "$status" -eq 4 ] || fail "status $status"
	in_ns a setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin "$DROPWHY" conntrack --json --interval 0 \
		>"$WORK/tables.json" 2>"$ERR" || fail "status $?: $(cat "$ERR")"
	grep -q "\"netns\":$(ns_inode a)," "$WORK/tables.json" || fail "not even its own: $(cat "$WORK/tables.json")"
}

# looks_from SCRIPT: runs it, which finds the command in $@, as process 1 of a pid namespace of its
# own, in a's network, without the names of other namespaces.
looks_from() {
	status=0
	in_ns a unshare --mount --pid --fork --mount-proc sh -c "mount -t tmpfs none /run/netns && $1" \
		sh "$DROPWHY" doctor --json --duration 0.1 >"$WORK/doctor.json" 2>"$ERR" || status=$?
}

# A pod without hostPID sees only itself: that is said, with what helps, and is not health.
case_doctor_in_container() {
	[ "$DROPWHY" != none ] || return 0
	[ "$(readlink /proc/2/ns/pid)" = 'pid:[4026531836]' ] || skip "this is a container"
	ns_new a
	in_ns a "$TOOLS/entries" 3 dns >/dev/null
	looks_from '"$@"'
	grep -q '"unknown":\["namespaces"' "$WORK/doctor.json" || fail "nothing of it: $(cat "$WORK/doctor.json")"
	! grep -q '"healthy":true' "$WORK/doctor.json" || fail "healthy by a look at itself"
	[ "$status" -eq 1 ] || [ "$status" -eq 4 ] || fail "status $status"
	for command in doctor 'trace --duration 0.1' 'conntrack --interval 0'; do
		# shellcheck disable=SC2086 # a command and its options
		[ "$command" = doctor ] || in_ns a unshare --mount --pid --fork --mount-proc "$DROPWHY" $command \
			>"$WORK/stdout" 2>"$ERR" || fail "$command: status $?: $(cat "$ERR")"
		assert_eq 1 "$(grep -c '^dropwhy: only this container.* hostPID: true .*--root' "$ERR")" \
			"$command: lines that say so"
	done

	# the node's own /proc shows all
	mkdir "$WORK/root"
	in_ns a unshare --mount sh -c "mount --rbind / '$WORK/root' && exec unshare --pid --fork --mount-proc \"\$@\"" \
		sh "$DROPWHY" doctor --json --duration 0.1 --root "$WORK/root" >"$WORK/doctor.json" 2>"$ERR" || :
	grep -q '"type":"doctor"' "$WORK/doctor.json" || fail "no report: $(cat "$ERR")"
	! grep -q 'only this container' "$ERR" || fail "the node's /proc is taken for a container's"
	! grep -q '"namespaces"' "$WORK/doctor.json" || fail "all were seen: $(cat "$WORK/doctor.json")"
}

# A node may be a container: then it has its pods in it.
case_doctor_in_node_in_container() {
	[ "$DROPWHY" != none ] || return 0
	[ "$(readlink /proc/2/ns/pid)" = 'pid:[4026531836]' ] || skip "this is a container"
	ns_new a
	# the pod's process 1 says when it is there
	looks_from "mkfifo '$WORK/pod' && { unshare --pid --fork sh -c \"echo >'$WORK/pod'; exec sleep 600\" &
		read -r _ <'$WORK/pod'; \"\$@\"; }"
	grep -q '"type":"doctor"' "$WORK/doctor.json" || fail "no report: $(cat "$ERR")"
	! grep -q '"namespaces"' "$WORK/doctor.json" || fail "its own are all seen: $(cat "$WORK/doctor.json")"
	grep -q '^dropwhy: this node is a container: ' "$ERR" || fail "it is not said: $(cat "$ERR")"
}
