# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Drops by firewall rules and policies: nftables and both back ends of iptables.

# 30 UDP packets and 10 SYNs from a to b, of which the UDP to port 53 is to be dropped.
mixed_traffic() {
	send a traffic udp --from 10.9.0.1 --sport 4000 --to 10.9.0.2 --dport 53 --count 30
	send a traffic connect --wait --from 10.9.0.1 --to 10.9.0.2 --dport 80 --count 10
}

nft_chain_drops() { # HOOK
	pair
	nft_rules b <<-END
		add table inet fw
		add chain inet fw rules { type filter hook $1 priority 0; policy accept; }
		add rule inet fw rules udp dport 53 counter drop
	END
	kfree_start NETFILTER_DROP
	trace_ns b
	mixed_traffic
	trace_stop
	assert_eq 30 "$(nft_counter b inet fw rules)" "packets dropped by the rule"
	assert_kfree 30
	assert_drops 30 reason="$(reason NETFILTER_DROP)" cause="$(expected nft_cause)" proto=udp src=10.9.0.1 \
		sport=4000 dst=10.9.0.2 dport=53 netns="$(ns_inode b)" iface=veth0 side=rx
	assert_drops 30 cause='*_rule'
}

case_nft_rule_input() {
	nft_chain_drops input
}

case_nft_rule_prerouting() {
	nft_chain_drops prerouting
}

case_nft_rule_output() {
	pair
	nft_rules a <<-END
		add table ip fw
		add chain ip fw output { type filter hook output priority 0; policy accept; }
		add rule ip fw output udp dport 53 counter drop
	END
	kfree_start NETFILTER_DROP
	trace_ns a
	send a traffic udp --from 10.9.0.1 --sport 4000 --to 10.9.0.2 --dport 53 --count 30
	trace_stop
	assert_eq "0 30 EPERM" "$sent $failed $errno" "what the sender was told"
	assert_eq 30 "$(nft_counter a ip fw output)" "packets dropped by the rule"
	assert_kfree 30
	assert_drops 30 reason="$(reason NETFILTER_DROP)" cause="$(expected nft_cause)" src=10.9.0.1 \
		netns="$(ns_inode a)" side=tx
	assert_only 30
}

case_nft_rule_forward_policy() {
	router
	nft_rules r <<-END
		add table ip fw
		add chain ip fw forward { type filter hook forward priority 0; policy drop; }
		add rule ip fw forward udp dport != 53 accept
		add rule ip fw forward ip protocol icmp accept
	END
	kfree_start NETFILTER_DROP
	trace_ns r
	send c traffic udp --from 10.8.1.2 --sport 4000 --to 10.8.2.2 --dport 50 --dports 6 --count 20
	trace_stop
	assert_kfree 20
	assert_drops 20 reason="$(reason NETFILTER_DROP)" cause="$(expected nft_cause)" src=10.8.1.2 dst=10.8.2.2 \
		dport=53 netns="$(ns_inode r)"
	assert_only 20
}

case_nft_rule_v6() {
	pair
	nft_rules b <<-END
		add table ip6 fw
		add chain ip6 fw input { type filter hook input priority 0; policy accept; }
		add rule ip6 fw input udp dport 53 counter drop
	END
	trace_ns b
	send a traffic udp --from fd10:9::1 --sport 4000 --to fd10:9::2 --dport 53 --count 30
	trace_stop
	assert_eq 30 "$(nft_counter b ip6 fw input)" "packets dropped by the rule"
	assert_drops 30 cause="$(expected nft_cause)" l3_proto=ipv6 src=fd10:9::1 sport=4000 dst=fd10:9::2 dport=53
	assert_only 30
}

# nft_at_ingress NAME: a rule on its device veth0.
nft_at_ingress() {
	nft_rules "$1" <<-END
		add table netdev fw
		add chain netdev fw ingress { type filter hook ingress device "veth0" priority 0; policy accept; }
		add rule netdev fw ingress udp dport 53 counter drop
	END
}

case_nft_netdev_ingress() {
	pair
	nft_at_ingress b
	trace_ns b
	mixed_traffic
	trace_stop
	assert_eq 30 "$(nft_counter b netdev fw ingress)" "packets dropped by the rule"
	assert_drops 30 reason="$(reason NETFILTER_DROP)" cause=nft_rule src=10.9.0.1 \
		dport=53 netns="$(ns_inode b)" iface=veth0
}

# iptables IPTABLES CAUSE: the same traffic against its rule, with conntrack beside it.
iptables_input() {
	pair
	need_iptables b "$1"
	in_ns b "$1" -A INPUT -p udp --dport 53 -m conntrack --ctstate NEW -j DROP
	kfree_start NETFILTER_DROP
	trace_ns b
	mixed_traffic
	trace_stop
	assert_eq 30 "$(iptables_count b "$1" INPUT)" "packets dropped by the rule"
	assert_kfree 30
	assert_ct b 0 0 0
	assert_drops 30 reason="$(reason NETFILTER_DROP)" cause="$2" ct_state=new proto=udp src=10.9.0.1 \
		sport=4000 dst=10.9.0.2 dport=53 netns="$(ns_inode b)" iface=veth0
	assert_drops 30 cause='*_rule'
}

case_iptables_legacy_input() {
	iptables_input iptables-legacy xtables_rule
}

case_iptables_nft_input() {
	iptables_input iptables-nft "$(expected nft_cause)"
}

case_iptables_legacy_output() {
	pair
	need_iptables a iptables-legacy
	in_ns a iptables-legacy -A OUTPUT -p udp --dport 53 -j DROP
	trace_ns a
	send a traffic udp --from 10.9.0.1 --to 10.9.0.2 --dport 53 --count 30
	trace_stop
	assert_eq "30 EPERM" "$failed $errno" "what the sender was told"
	assert_drops 30 cause=xtables_rule dst=10.9.0.2 dport=53 netns="$(ns_inode a)" side=tx
	assert_only 30
}

case_ip6tables_legacy_input() {
	pair
	need_iptables b ip6tables-legacy
	in_ns b ip6tables-legacy -A INPUT -p udp --dport 53 -j DROP
	trace_ns b
	send a traffic udp --from fd10:9::1 --to fd10:9::2 --dport 53 --count 30
	trace_stop
	assert_eq 30 "$(iptables_count b ip6tables-legacy INPUT)" "packets dropped by the rule"
	assert_drops 30 cause=xtables_rule src=fd10:9::1 dport=53
	assert_only 30
}

case_iptables_legacy_policy() {
	router
	need_iptables r iptables-legacy
	in_ns r iptables-legacy -P FORWARD DROP
	trace_ns r
	send c traffic udp --from 10.8.1.2 --to 10.8.2.2 --dport 53 --count 30
	trace_stop
	assert_drops 30 cause=xtables_rule src=10.8.1.2 dst=10.8.2.2 netns="$(ns_inode r)"
	assert_only 30
}

# The first rule brings the module. What is dropped before that was noticed may be any rule's;
# what is dropped afterwards is known.
case_iptables_legacy_comes() {
	[ "${THROWAWAY:-0}" = 1 ] || skip "somebody may need ip_tables here"
	# shellcheck disable=SC1091,SC2154 # for unload; here is set in run
	. "$here/cases/conntrack_module.sh"
	until_true unload ip_tables || fail "ip_tables stays: $(grep ip_table /proc/modules)"
	pair
	trace_ns b
	need_iptables b iptables-legacy
	in_ns b iptables-legacy -A INPUT -p udp --dport 53 -j DROP
	send a traffic udp --from 10.9.0.1 --sport 4000 --to 10.9.0.2 --dport 53 --count 20
	sleep 2.5 # dropwhy looks once a second
	send a traffic udp --from 10.9.0.1 --sport 4001 --to 10.9.0.2 --dport 53 --count 20
	trace_stop
	assert_eq 40 "$(iptables_count b iptables-legacy INPUT)" "packets dropped by the rule"
	assert_drops 20 cause='*_rule' sport=4000
	assert_drops 20 cause=xtables_rule sport=4001
	assert_only 40
}

# With nftables in the same namespace nf_hook_slow does not prove whose rule it was.
case_iptables_legacy_beside_nft() {
	pair
	need_iptables b iptables-legacy
	in_ns b iptables-legacy -A INPUT -p udp --dport 53 -j DROP
	nft_rules b <<-END
		add table ip fw
		add chain ip fw input { type filter hook input priority 10; policy accept; }
		add rule ip fw input udp dport 54 counter drop
	END
	trace_ns b
	send a traffic udp --from 10.9.0.1 --to 10.9.0.2 --dport 53 --dports 2 --count 15
	trace_stop
	assert_eq 15 "$(iptables_count b iptables-legacy INPUT)" "packets dropped by the iptables rule"
	assert_eq 15 "$(nft_counter b ip fw input)" "packets dropped by the nft rule"
	assert_drops 15 cause=nf_rule dport=53
	assert_drops 15 cause="$(expected nft_cause_beside_xtables)" dport=54
	assert_only 30
}

# Masqueraded by another interface's address it may not go out: NAT drops it, as no rule does.
case_iptables_legacy_masquerade_moved() {
	router
	ns_link r out1 10.8.3.1 s veth1 10.8.3.2
	need_iptables r iptables-legacy
	in_ns r iptables-legacy -A FORWARD -p udp --dport 54 -j DROP
	in_ns r iptables-legacy -t nat -A POSTROUTING -p udp -j MASQUERADE
	trace_ns r
	send c traffic udp --from 10.8.1.2 --sport 4000 --to 10.8.2.2 --dport 53
	ip -n "$(ns r)" route add 10.8.2.2/32 via 10.8.3.2 dev out1
	send c traffic udp --from 10.8.1.2 --sport 4000 --to 10.8.2.2 --dport 53
	trace_stop
	assert_drops 1 reason="$(reason NETFILTER_DROP)" cause=nf_rule netns="$(ns_inode r)" src=10.8.1.2 dport=53
	assert_drops 0 cause=xtables_rule
}

# Whose rules there are is looked at again when some come, also on the short way of what is folded.
case_iptables_legacy_then_nft() {
	pair
	need_iptables b iptables-legacy
	in_ns b iptables-legacy -A INPUT -p udp --dport 99 -j DROP
	on_cpu 0
	trace_ns b --fold 60000
	send a traffic udp --from 10.9.0.1 --sport 4000 --to 10.9.0.2 --dport 99 --count 20
	nft_rules b <<-END
		add table ip fw
		add chain ip fw input { type filter hook input priority 10; policy accept; }
		add rule ip fw input udp dport 54 counter drop
	END
	send a traffic udp --from 10.9.0.1 --sport 4000 --to 10.9.0.2 --dport 99 --count 20
	trace_stop
	assert_eq 40 "$(iptables_count b iptables-legacy INPUT)" "packets dropped by the iptables rule"
	assert_drops 20 cause=xtables_rule dport=99
	assert_drops 20 cause=nf_rule dport=99
}

# A filter of nftables on the device, and one of iptables in the namespace: its hooks tell nothing
# of the device's.
case_nft_netdev_beside_iptables_legacy() {
	pair
	need_iptables b iptables-legacy
	in_ns b iptables-legacy -A INPUT -p udp --dport 54 -j DROP
	nft_at_ingress b
	trace_ns b
	send a traffic udp --from 10.9.0.1 --sport 4000 --to 10.9.0.2 --dport 53 --dports 2 --count 30
	trace_stop
	assert_eq 30 "$(nft_counter b netdev fw ingress)" "packets dropped by nftables"
	assert_eq 30 "$(iptables_count b iptables-legacy INPUT)" "packets dropped by iptables"
	assert_drops 30 dport=53 cause="$(expected nft_cause_beside_xtables)"
	assert_drops 30 dport=54 cause=xtables_rule
	assert_only 60
}

# A hook that nobody knows may drop, too: here that of the SYN proxy.
case_iptables_legacy_beside_unknown() {
	pair
	need_iptables b iptables-legacy
	in_ns b iptables-legacy -A INPUT -p udp --dport 53 -j DROP
	in_ns b iptables-legacy -t raw -A PREROUTING -p tcp --dport 81 --syn -j CT --notrack
	has in_ns b iptables-legacy -A INPUT -p tcp --dport 81 -m conntrack --ctstate INVALID,UNTRACKED \
		-j SYNPROXY --mss 1460 || skip "no SYNPROXY"
	trace_ns b
	send a traffic udp --from 10.9.0.1 --sport 4000 --to 10.9.0.2 --dport 53 --count 30
	trace_stop
	assert_eq 30 "$(iptables_count b iptables-legacy INPUT)" "packets dropped by the rule"
	assert_drops 30 cause=nf_rule src=10.9.0.1 dport=53
	assert_only 30
}

# Nor is it known what sits behind more hooks than are looked at.
case_iptables_legacy_behind_many() {
	pair
	need_iptables b iptables-legacy -t raw
	in_ns b iptables-legacy -t raw -A PREROUTING -p udp --dport 53 -j DROP
	{
		echo "add table ip many"
		for i in $(seq 301 320); do
			for hook in prerouting output; do
				echo "add chain ip many $hook$i { type filter hook $hook priority -$i; policy accept; }"
			done
		done
	} | nft_rules b
	trace_ns b
	send a traffic udp --from 10.9.0.1 --sport 4000 --to 10.9.0.2 --dport 53 --count 30
	trace_stop
	assert_drops 30 cause=nf_rule src=10.9.0.1 dport=53
	assert_only 30
}

# Whoever reads a queue may refuse packets, in the place of a rule.
case_nfqueue_refuses() {
	router
	hold_packets r 1 forward 10 udp dport 53
	spawn holder r nfqueue 1 20
	trace_ns r
	send c traffic udp --from 10.8.1.2 --sport 4000 --to 10.8.2.2 --dport 53 --count 20
	wait_for "$WORK/holder.out" '^held 20' || fail "not all packets came to the queue"
	echo drop >"$WORK/holder.in"
	stop_when_done holder
	trace_stop
	assert_drops 20 reason="$(reason NOT_SPECIFIED nf_reinject)" cause=nf_rule src=10.8.1.2 sport=4000 \
		dst=10.8.2.2 dport=53 netns="$(ns_inode r)" location='*nf*_reinject+*'
	assert_only 20
}

# A fragment that belongs into no packet is dropped before any rule, where they are put together.
case_nft_rule_not_of_fragments() {
	pair
	nft_rules b <<-END
		add table ip6 fw
		add chain ip6 fw input { type filter hook input priority 0; policy accept; }
		add rule ip6 fw input ct state invalid counter drop
	END
	trace_ns b
	# it would end beyond the largest packet
	send a frame veth0 5 eth src="$(mac a veth0)" dst="$(mac b veth0)" \
		ip6 src=fd10:9::1 dst=fd10:9::2 frag6 frag=65528 id=9+1 type=17 pad len=64
	trace_stop
	assert_eq 0 "$(nft_counter b ip6 fw input)" "packets dropped by the rule"
	assert_drops 5 fragment=later src=fd10:9::1 dst=fd10:9::2 cause=nf_rule netns="$(ns_inode b)"
	assert_only 5
}
