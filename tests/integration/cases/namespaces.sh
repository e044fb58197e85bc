# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Namespaces that come and go while dropwhy runs: none is known when it
# starts, so these cases select by address and port.

late_pair() { # conntrack full in b, which did not exist when tracing began
	pair
	conntrack_on b input
	fill_table b
}

case_netns_created_after_start() {
	trace_start --src 10.9.0.1 --dport "$OWN_PORT"
	pair
	send a traffic udp --from 10.9.0.1 --sport 4000 --to 10.9.0.2 --dport "$OWN_PORT" --count 70
	trace_stop
	assert_eq 70 "$(snmp b UdpNoPorts)" UdpNoPorts
	assert_drops 70 reason="$(reason NO_SOCKET)" netns="$(ns_inode b)" netns_name="$(ns b)" iface=veth0
	assert_only 70
}

# Its conntrack counters start at zero: the very first drop is explained.
case_netns_created_after_start_ct_full() {
	set_global net/netfilter/nf_conntrack_max 262144
	trace_start --src 10.9.0.1 --dport "$OWN_PORT"
	late_pair
	echo 16 >/proc/sys/net/netfilter/nf_conntrack_max
	send a traffic udp --from 10.9.0.1 --sport 4000 --sports 80 --to 10.9.0.2 --dport "$OWN_PORT"
	trace_stop
	assert_ct b 80 0 0
	assert_drops 80 cause=ct_table_full netns="$(ns_inode b)"
	assert_only 80
}

case_netns_deleted_during_run() {
	pair
	conntrack_on b input
	fill_table b
	set_global net/netfilter/nf_conntrack_max 16
	inode=$(ns_inode b)
	trace_ns a,b
	send a traffic udp --from 10.9.0.1 --sport 4000 --sports 60 --to 10.9.0.2 --dport "$OWN_PORT"
	assert_eq 60 "$(ct_stat b drop)" "conntrack -S drop"
	ns_del b
	# its end of the veth pair goes when the kernel has taken it down
	until_true gone a veth0 || fail "the namespace is still there"
	trace_stop
	assert_drops 60 cause=ct_table_full netns="$inode" dport="$OWN_PORT"
	assert_summary "conntrack[netns=$inode].gone" true
	assert_summary "conntrack[netns=$inode].drop.attributed" 60
}

gone() { # NAME IFACE
	! has ip -n "$(ns "$1")" link show "$2"
}

# The kernel gives a deleted namespace's number, and often its address, to the next one.
case_netns_number_reused() {
	set_global net/netfilter/nf_conntrack_max 262144
	trace_start --src 10.9.0.1 --dport "$OWN_PORT"
	for round in 1 2 3 4; do
		echo 262144 >/proc/sys/net/netfilter/nf_conntrack_max
		late_pair
		echo 16 >/proc/sys/net/netfilter/nf_conntrack_max
		send a traffic udp --from 10.9.0.1 --sport 4000 --sports $((round * 10)) --to 10.9.0.2 --dport "$OWN_PORT"
		assert_eq $((round * 10)) "$(ct_stat b drop)" "conntrack -S drop"
		ns_del a
		ns_del b
	done
	trace_stop
	assert_drops 100 cause=ct_table_full
	assert_only 100
}

# A namespace without a name is known by its number.
case_netns_unnamed() {
	pair
	inode=$(ns_inode b)
	spawn tenant b traffic receive --from 10.9.0.2 --sport 1
	trace_ns b
	umount "/run/netns/$(ns b)"
	rm -f "/run/netns/$(ns b)"
	send a traffic udp --from 10.9.0.1 --to 10.9.0.2 --dport "$OWN_PORT" --count 11
	trace_stop
	assert_drops 11 netns="$inode" dport="$OWN_PORT"
}

case_netns_by_name_and_path() {
	pair
	trace_start --netns "$(ns b)"
	send a traffic udp --from 10.9.0.1 --to 10.9.0.2 --dport "$OWN_PORT" --count 11
	trace_stop
	assert_drops 11 netns="$(ns_inode b)" dport="$OWN_PORT"
	assert_only 11
	trace_start --netns "/run/netns/$(ns b)"
	send a traffic udp --from 10.9.0.1 --to 10.9.0.2 --dport "$OWN_PORT" --count 12
	trace_stop
	assert_drops 12 netns="$(ns_inode b)" dport="$OWN_PORT"
	assert_only 12
}

# Where no pod or container lives: the unit and the command of those who do.
case_netns_of_unit() {
	cgroups=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	[ -n "$cgroups" ] || skip "no cgroup2 is mounted"
	slice=$cgroups/$PREFIX.slice unit=$PREFIX.service
	mkdir -p "$slice/$unit"
	UNDO="unit_del $UNDO"
	pair
	spawn tenant b traffic receive --from 10.9.0.2 --sport 1
	echo "$pid_tenant" >"$slice/$unit/cgroup.procs"
	umount "/run/netns/$(ns b)"
	rm -f "/run/netns/$(ns b)"
	trace_start --src 10.9.0.1 --dport "$OWN_PORT"
	send a traffic udp --from 10.9.0.1 --to 10.9.0.2 --dport "$OWN_PORT" --count 11
	trace_stop
	assert_drops 11 netns_name=traffic unit="$unit" pod= container=
	assert_only 11
}

# Its last process may not be reaped yet.
unit_del() {
	kill -KILL "$pid_tenant" 2>/dev/null
	until_true has rmdir "$slice/$unit"
	rmdir "$slice"
}

# kube-proxy in IPVS mode puts every ClusterIP on an interface of the node's.
case_netns_of_services() {
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
	ns_new a
	ip -n "$(ns a)" -batch - <<-END
		link add kube-ipvs0 type bridge
		link add eth0 type bridge
		addr add 10.96.0.1/32 dev kube-ipvs0
		addr add fd96::1/128 dev kube-ipvs0
		addr add 10.9.0.1/24 dev eth0
		addr add fd09::1/64 dev eth0
	END
	# its process 1 lives there, too
	nsenter --net="/run/netns/$(ns a)" unshare --pid --fork --mount-proc \
		"$DROPWHY" pods --json --api off --kubelet off >"$WORK/pods"
	assert_eq '"addresses":["fd09::1","10.9.0.1"]' \
		"$(grep '"kind":"node"' "$WORK/pods" | grep -o '"addresses":[^]]*]')" "addresses of the node"
}
