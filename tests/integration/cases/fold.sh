# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Drops of one kind counted together: fewer rows, every packet in one of them.

# flows SPORTS DPORTS COUNT: so many of each flow to closed ports of a, counted by the kernel, too.
flows() {
	send a traffic udp --from 127.0.0.1 --sport 4000 --sports "$1" --to 127.0.0.1 --dport 10000 \
		--dports "$2" --count "$3"
	assert_eq $(($1 * $2 * $3)) "$(snmp a UdpNoPorts)" UdpNoPorts
}

# Nothing is due before the end: what waits is flushed on exit.
case_fold_exit() {
	ns_new a
	trace_ns a --fold 60000
	on_cpu 0
	flows 1 1 5000
	trace_stop
	assert_folded 2 5000 # the first and the rest
	[ "$DROPWHY" != none ] || return 0
	assert_eq 5000 "$(records count type=drop src=127.0.0.1 sport=4000 dst=127.0.0.1 dport=10000 \
		proto=udp iface=lo netns="$(ns_inode a)" reason="$(reason NO_SOCKET)")" "packets of the flow"
	assert_eq "$(summary "groups[reason=$(reason NO_SOCKET)].bytes")" \
		"$(sed -n 's/.*"type":"drop".*"bytes":\([0-9]*\).*/\1/p' "$OUT" | awk '{ sum += $1 } END { print sum }')" bytes
}

# A CPU that is gone at the end keeps nothing that it counted.
case_fold_cpu_offline() {
	[ "${THROWAWAY:-0}" = 1 ] || skip "somebody may need the CPU here"
	ns_new a
	trace_ns a --fold 60000
	on_cpu 1
	flows 1 1 5000
	on_cpu 0
	offline_cpu 1
	trace_stop
	assert_folded 2 5000
	[ "$DROPWHY" = none ] || ! grep 'could not be fetched' "$ERR" || fail "something was not fetched"
}

# One namespace after another, which may get the number of the one before: what is folded of each
# stays its own.
case_fold_number_reused() {
	trace_start --dport "$OWN_PORT" --fold 60000
	on_cpu 0
	for name in a b c d e; do
		ns_new "$name"
		send "$name" traffic udp --from 127.0.0.1 --sport 4000 --to 127.0.0.1 --dport "$OWN_PORT" --count 50
		ns_inode "$name" >>"$WORK/numbers"
		ns_del "$name"
	done
	trace_stop
	assert_only 250
	assert_summary lost 0
	[ "$DROPWHY" != none ] || return 0
	echo "$(sort -u "$WORK/numbers" | wc -l) numbers"
	# the first and the rest of each; all in one would be two
	assert_at_least 10 "$(records lines type=drop)" rows
}

# Windows end in the middle of the storm, on both CPUs at once.
case_fold_storm() {
	ns_new a
	ns_new b
	trace_ns a,b --fold 10
	spawn other b traffic udp --from 127.0.0.1 --sport 4000 --to 127.0.0.1 --dport 10000 --count 300000 --announce
	send a traffic udp --from 127.0.0.1 --sport 4000 --sports 3 --to 127.0.0.1 --dport 10000 --count 100000
	stop_when_done other
	trace_stop
	# a slow machine lets the backlog of loopback overflow: that is another reason
	for name in a b; do
		died=$(snmp "$name" UdpNoPorts)
		assert_at_least 30000 "$died" UdpNoPorts
		assert_drops "$died" netns="$(ns_inode "$name")" reason="$(reason NO_SOCKET)"
		assert_drops 300000 netns="$(ns_inode "$name")" proto=udp
	done
	assert_summary lost 0
}

# More flows than the table holds: ports are given up, counts are not.
case_fold_flood() {
	ns_new a
	trace_ns a --fold 60000
	flows 100 500 2
	trace_stop
	assert_only 100000
	assert_drops 100000 src=127.0.0.1 dst=127.0.0.1
	assert_summary lost 0
	[ "$DROPWHY" != none ] || return 0
	assert_at_least 50000 "$(summary coarse)" "packets counted without ports"
	grep -q 'more flows at once' "$ERR" || fail "nothing said of a full fold table"
}

# Alone for a whole window a drop is shown by itself.
case_fold_slow() {
	ns_new a
	trace_ns a --fold 10
	flows 5 5 1
	trace_stop
	assert_folded 25 25
}

# Folding starts with the storm, and says so.
case_fold_begins() {
	ns_new a
	trace_ns a
	flows 1 1 20000
	trace_stop
	assert_only 20000
	[ "$DROPWHY" != none ] || return 0
	rows=$(records lines type=drop)
	[ "$rows" -lt 20000 ] || fail "folding did not begin"
	grep -q 'a storm of drops' "$ERR" || fail "nothing said of the storm"
	grep -q '"type":"notice".*a storm of drops' "$OUT" || fail "no notice among the records"
}

# dropped_at FIELD FIELD=GLOB...: the only such row's time.
dropped_at() {
	field=$1
	shift
	records values "$field" type=drop "$@" | sed 's/^[0-9]* //'
}

# A row that stands for several packets says when the first of these was dropped and when the last.
case_fold_times() {
	ns_new a
	trace_ns a --fold 60000
	on_cpu 0
	for port in 10000 1 10000 2 10000 3; do
		send a traffic udp --from 127.0.0.1 --sport 4000 --to 127.0.0.1 --dport $port
		sleep 0.1
	done
	trace_stop
	assert_folded 5 6
	[ "$DROPWHY" != none ] || return 0
	{
		dropped_at time dport=10000 count=1
		dropped_at time dport=1
		dropped_at time dport=10000 count=2
		dropped_at time dport=2
		dropped_at last_time dport=10000 count=2
		dropped_at time dport=3
	} >"$WORK/times"
	assert_eq 6 "$(grep -c . "$WORK/times")" times
	LC_ALL=C sort -c "$WORK/times" || fail "not in this order: $(cat "$WORK/times")"
}

# What is told of one packet is not told of all that were counted with it.
case_fold_flood_tells_no_details() {
	ns_new a
	nft_rules a <<-END
		add table ip fw
		add chain ip fw output { type filter hook output priority 0; policy accept; }
		add rule ip fw output ct state new meta mark set 7
		add rule ip fw output udp dport 10000-11000 counter drop
	END
	trace_ns a --fold 60000
	send a traffic udp --from 127.0.0.1 --sport 4000 --sports 100 --to 127.0.0.1 --dport 10000 --dports 500 --count 2
	trace_stop
	assert_eq 100000 "$(nft_counter a ip fw output)" "packets dropped by the rule"
	assert_drops 100000 src=127.0.0.1 dst=127.0.0.1 cause="$(expected nft_cause)"
	[ "$DROPWHY" != none ] || return 0
	assert_at_least 1 "$(records lines type=drop sport=400? mark=7 ct_sport=400? cgroup!=)" "rows with details"
	assert_at_least 50000 "$(records count type=drop sport=)" "packets counted without ports"
	for detail in mark cgroup ct_sport ct_status src_mac; do
		assert_eq 0 "$(records lines type=drop sport= $detail!=)" "rows without ports, but with $detail"
	done
}

# The same flow by two interfaces is two.
case_fold_interfaces() {
	pair
	ns_link a veth1 10.9.1.1 b veth1 10.9.1.2
	nft_rules b <<-END
		add table ip fw
		add chain ip fw pre { type filter hook prerouting priority -300; policy accept; }
		add rule ip fw pre ip saddr 192.0.2.1 counter drop
	END
	trace_ns b --fold 60000
	for iface in veth0 veth1; do
		send a frame $iface 50 eth src=02:00:00:00:00:0a dst="$(mac b $iface)" \
			ip src=192.0.2.1 dst=192.0.2.2 udp sport=1111 dport=2222
	done
	trace_stop
	assert_eq 100 "$(nft_counter b ip fw pre)" "packets dropped by the rule"
	assert_drops 50 iface=veth0
	assert_drops 50 iface=veth1
	assert_folded 8 100
}

# VLANs of one link may share addresses: the same flow in two is two.
case_fold_vlans() {
	pair
	drop_at_tc b ingress
	trace_ns b --fold 60000
	on_cpu 0
	for id in 100 200; do
		send a frame veth0 50 eth src=02:00:00:00:00:0a dst="$(mac b veth0)" vlan id=$id \
			ip src=192.0.2.1 dst=192.0.2.2 udp sport=1111 dport=2222 pad len=20
	done
	trace_stop
	assert_drops 50 vlan=100
	assert_drops 50 vlan=200
	assert_only 100
}

# Pods that share the node's namespace may ping the same address: no port tells whose it is.
case_fold_cgroups() {
	cgroups=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	[ -n "$cgroups" ] || skip "no cgroup2 is mounted"
	pods="$cgroups/$PREFIX-1.scope $cgroups/$PREFIX-2.scope"
	UNDO="pods_del $UNDO"
	pair
	drop_at_tc a egress
	trace_ns a --fold 60000
	on_cpu 0
	for pod in $pods; do
		mkdir "$pod"
		(
			echo 0 >"$pod/cgroup.procs"
			send a frame veth0 50 eth dst="$(mac b veth0)" ip src=10.9.0.1 dst=10.9.0.2 icmp type=8
		)
	done
	trace_stop
	assert_folded 4 100
	for pod in $pods; do
		assert_drops 50 cgroup="$(stat -c %i "$pod")" proto=icmp icmp_type=8 dst=10.9.0.2
	done
}

# Their last processes may not be reaped yet.
pods_del() {
	for pod in $pods; do
		[ ! -d "$pod" ] || until_true has rmdir "$pod"
	done
}

# So many at once, and not in all.
case_fold_begins_not() {
	ns_new a
	trace_ns a
	on_cpu 0
	for _ in 1 2 3 4 5; do
		send a traffic udp --from 127.0.0.1 --sport 4000 --to 127.0.0.1 --dport 10000 --count 300
		sleep 0.2
	done
	trace_stop
	assert_only 1500
	[ "$DROPWHY" = none ] || assert_eq 1500 "$(records lines type=drop dport=10000)" rows
}

# It ends with the storm.
case_fold_ends() {
	ns_new a
	trace_ns a
	on_cpu 0
	flows 1 1 20000
	sleep 2.5	# two windows without drops
	send a traffic udp --from 127.0.0.1 --sport 4000 --to 127.0.0.1 --dport 10001 --count 5
	trace_stop
	assert_only 20005
	[ "$DROPWHY" = none ] || assert_eq 5 "$(records lines type=drop dport=10001)" "rows after the storm"
}

# Told while it lasts, not only at the end.
case_fold_flood_is_noticed() {
	ns_new a
	trace_ns a --fold 50
	flows 100 500 2
	[ "$DROPWHY" = none ] || wait_for "$ERR" 'more flows at once' "$pid_dropwhy" || fail "nothing said of a full fold table"
	trace_stop
	assert_only 100000
}

# A filter by port never meets a packet that was counted without ports.
case_fold_filtered_flood() {
	ns_new a
	trace_ns a --fold 60000 --dport 10000-10099
	flows 100 500 1
	trace_stop
	assert_only 10000
	[ "$DROPWHY" = none ] || assert_at_least 40000 "$(summary filtered)" "rejected by port" # and other namespaces'
}

# Who a packet concerns is told by its own addresses and ports: never counted without them.
case_fold_flood_of_whom() {
	ns_new a
	trace_ns a --fold 60000 --namespace '*'
	flows 100 500 1
	trace_stop
	assert_only 0
	[ "$DROPWHY" != none ] || return 0
	! grep -q '"coarse":' "$OUT" || fail "flows were counted together"
}

# What user space rejects is rejected with all that was folded into it.
case_fold_of_others() {
	ns_new a
	trace_ns a --fold 60000 --namespace '*'
	flows 1 1 5000
	trace_stop
	assert_only 0
	assert_summary delivered 0
	assert_summary folded 0
	[ "$DROPWHY" = none ] || assert_at_least 5000 "$(summary filtered)" filtered # and other namespaces'
}

# ICMP, TCP and IPv6 take the same short way.
case_fold_kinds() {
	pair
	drop_at_tc b ingress
	b_mac=$(mac b veth0)
	trace_ns b --fold 60000
	for layers in "ip src=192.0.2.1 dst=192.0.2.2 icmp type=8 code=0" \
		"ip src=192.0.2.1 dst=192.0.2.2 tcp sport=1 dport=2 flags=S seq=77" \
		"ip src=192.0.2.1 dst=192.0.2.2 tcp sport=1 dport=2 flags=A" \
		"ip6 src=2001:db8::1 dst=2001:db8::2 udp sport=1 dport=2" \
		"arp op=1 spa=192.0.2.1 tpa=192.0.2.2"; do
		# shellcheck disable=SC2086 # layers are meant to be split
		send a frame veth0 50 eth src=02:00:00:00:00:0a dst="$b_mac" $layers
	done
	trace_stop
	assert_folded 20 250
	assert_drops 50 proto=icmp icmp_type=8
	assert_drops 50 proto=tcp tcp_flags=SYN
	[ "$DROPWHY" = none ] || assert_eq 0 "$(records lines type=drop tcp_seq=77 count!=1)" "rows of many with the number of one"
	assert_drops 50 proto=tcp tcp_flags=ACK
	assert_drops 50 l3_proto=ipv6
	assert_drops 50 l3_proto=arp
}

# No name is folded away.
case_fold_dns() {
	pair
	drop_at_tc b ingress
	b_mac=$(mac b veth0)
	trace_ns b --fold 60000
	for name in 0377656204736f6d65 0377656204736f6d66; do
		send a frame veth0 20 eth src=02:00:00:00:00:0a dst="$b_mac" ip src=192.0.2.1 dst=192.0.2.2 \
			udp sport=1111 dport=53 hex 1a2b01000001000000000000${name}0000010001
	done
	trace_stop
	assert_folded 8 40
	assert_drops 20 dns=web.some
	assert_drops 20 dns=web.somf
}
