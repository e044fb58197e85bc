# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# No room in the conntrack table: when forwarding, on input, on local output;
# with victims for early_drop and without.

case_ct_full_forward() {
	router
	conntrack_on r forward
	spawn sink s traffic receive --from 10.8.2.2 --sport 53 --rcvbuf 1000000
	set_global net/netfilter/nf_conntrack_max 16
	kfree_start NETFILTER_DROP
	trace_ns r
	send c traffic udp --from 10.8.1.2 --sport 20000 --sports 500 --to 10.8.2.2 --dport 53
	trace_stop
	stop sink
	lost=$((sent - $(said sink received)))
	assert_eq 500 "$sent" sent
	# early_drop saves a few
	assert_at_least 400 "$lost" "packets lost"
	assert_eq "$lost" "$(ct_stat r drop)" "conntrack -S drop"
	assert_kfree "$lost"
	assert_ct r "$lost" 0 0
	assert_drops "$lost" reason="$(reason NETFILTER_DROP)" cause=ct_table_full ct_state= ct_status= \
		proto=udp src=10.8.1.2 dst=10.8.2.2 dport=53 netns="$(ns_inode r)" iface=in0 \
		location='nf_hook_slow+*'
	assert_only "$lost"
}

case_ct_full_assured() {
	router
	conntrack_on r forward
	fill_table r
	set_global net/netfilter/nf_conntrack_max 16
	kfree_start NETFILTER_DROP
	trace_ns r
	send c traffic udp --from 10.8.1.2 --sport 20000 --to 10.8.2.2 --dport 1000 --dports 500
	trace_stop
	assert_eq 500 "$sent" sent
	assert_kfree 500
	assert_ct r 500 0 0
	assert_drops 500 reason="$(reason NETFILTER_DROP)" cause=ct_table_full src=10.8.1.2 sport=20000 \
		dst=10.8.2.2 netns="$(ns_inode r)"
	assert_drops 1 cause=ct_table_full dport=1499
}

# Filtered out by what is known before the packet is read: its share of conntrack's counter is taken.
case_ct_full_filtered_out() {
	router
	conntrack_on r forward
	fill_table r
	set_global net/netfilter/nf_conntrack_max 16
	died=0
	for wanted in "--netns $(ns_inode s)" "--dport 1" "--reason NO_SOCKET"; do
		# before 5.17 there are none
		[ -n "$(kernel_reason NO_SOCKET)" ] || [ "$wanted" != "--reason NO_SOCKET" ] || continue
		# shellcheck disable=SC2086 # an option and its value
		trace_start $wanted
		send c traffic udp --from 10.8.1.2 --sport 20000 --to 10.8.2.2 --dport 1000 --dports 20
		trace_stop
		died=$((died + 20))
		assert_eq "$died" "$(ct_stat r drop)" "conntrack -S drop"
		assert_drops 0 netns="$(ns_inode r)"
		assert_summary "conntrack[netns=$(ns_inode r)].drop.attributed" 20
	done
}

# All flows may be evicted; with 512 buckets early_drop finds them.
case_ct_full_early_drop() {
	router
	conntrack_on r forward
	spawn sink s traffic receive --from 10.8.2.2 --sport 53 --rcvbuf 1000000
	set_global net/netfilter/nf_conntrack_buckets 512
	set_global net/netfilter/nf_conntrack_max 64
	trace_ns r
	send c traffic udp --from 10.8.1.2 --sport 20000 --sports 300 --to 10.8.2.2 --dport 53
	trace_stop
	stop sink
	victims=$(ct_stat r early_drop)
	lost=$((sent - $(said sink received)))
	assert_at_least 1 "$victims" "entries evicted by early_drop"
	assert_ct r "$lost" 0 0
	# an evicted entry is no packet lost
	assert_eq 300 $((lost + victims + $(in_ns r conntrack -C))) "packets lost, entries evicted and left"
	assert_drops "$lost" cause=ct_table_full
	assert_only "$lost"
}

case_ct_full_input() {
	pair
	conntrack_on b input
	fill_table b
	set_global net/netfilter/nf_conntrack_max 16
	kfree_start NETFILTER_DROP
	trace_ns b
	send a traffic udp --from 10.9.0.1 --sport 20000 --to 10.9.0.2 --dport 1000 --dports 200
	send a traffic connect --from 10.9.0.1 --sport 30000 --to 10.9.0.2 --dport 80 --count 50
	trace_stop
	assert_kfree 250
	assert_ct b 250 0 0
	assert_drops 200 cause=ct_table_full proto=udp src=10.9.0.1 dst=10.9.0.2 netns="$(ns_inode b)" iface=veth0
	assert_drops 50 cause=ct_table_full proto=tcp tcp_flags=SYN dport=80
	assert_only 250
}

# The sender is told, and there is no device yet: the namespace is the socket's.
case_ct_full_output() {
	pair
	conntrack_on a output
	fill_table a
	set_global net/netfilter/nf_conntrack_max 16
	kfree_start NETFILTER_DROP
	trace_ns a
	send a traffic udp --from 10.9.0.1 --sport 20000 --to 10.9.0.2 --dport 1000 --dports 200
	trace_stop
	assert_eq "0 200 EPERM" "$sent $failed $errno" "what the sender was told"
	assert_kfree 200
	assert_ct a 200 0 0
	assert_drops 200 cause=ct_table_full proto=udp src=10.9.0.1 sport=20000 dst=10.9.0.2 \
		netns="$(ns_inode a)" netns_name="$(ns a)" side=tx
}

# Moved between conntrack's count and the end of the packet, as preemptible kernels do, the sender
# finds the count on the CPU that it came from.
case_ct_full_output_moved() {
	pair
	conntrack_on a output
	fill_table a
	set_global net/netfilter/nf_conntrack_max 16
	trace_ns a
	! can_hook || spawn slow a slow_free
	send a traffic udp --from 10.9.0.1 --sport 20000 --to 10.9.0.2 --dport 1000 --dports 20 --hop
	trace_stop
	assert_ct a 20 0 0
	assert_drops 20 cause=ct_table_full netns="$(ns_inode a)"
}

# What a CPU that is offline counted long ago is nobody's: not a rule's victim's, sent without an
# entry while the table is full.
case_ct_full_cpu_offline() {
	[ "${THROWAWAY:-0}" = 1 ] || skip "somebody may need the CPU here"
	pair
	need_iptables a iptables-legacy -t raw
	in_ns a iptables-legacy -t raw -A OUTPUT -p udp --dport 99 -j DROP
	conntrack_on a output
	fill_table a
	set_global net/netfilter/nf_conntrack_max 16
	on_cpu 1
	send a traffic udp --from 10.9.0.1 --sport 20000 --to 10.9.0.2 --dport 1000 --dports 20
	on_cpu 0
	assert_eq 20 "$(ct_stat a drop)" "conntrack -S drop"
	offline_cpu 1
	trace_ns a
	send a traffic udp --from 10.9.0.1 --sport 20000 --to 10.9.0.2 --dport 99 --count 10
	trace_stop
	assert_drops 10 dport=99 reason="$(reason NETFILTER_DROP)"
	assert_drops 0 cause='ct_*'
}

case_ct_full_v6() {
	pair
	nft_rules b <<-END
		add table ip6 watch
		add chain ip6 watch input { type filter hook input priority 0; policy accept; }
		add rule ip6 watch input ct state new counter
	END
	fill_table b
	set_global net/netfilter/nf_conntrack_max 16
	trace_ns b
	send a traffic udp --from fd10:9::1 --sport 20000 --to fd10:9::2 --dport 1000 --dports 100
	trace_stop
	assert_ct b 100 0 0
	assert_drops 100 cause=ct_table_full l3_proto=ipv6 src=fd10:9::1 dst=fd10:9::2
}
