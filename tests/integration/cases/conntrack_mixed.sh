# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Conntrack's drops beside those of rules, told apart packet by packet; and
# what conntrack refuses to classify, which a rule then drops.

nft_drops_odd_ports() {
	nft_rules r <<-END
		add table ip early
		add chain ip early pre { type filter hook prerouting priority -300; policy accept; }
		add rule ip early pre udp dport { 1001, 1003, 1005, 1007, 1009 } counter drop
	END
}

xtables_drops_odd_ports() {
	need_iptables r iptables-legacy -t raw
	for port in 1001 1003 1005 1007 1009; do
		in_ns r iptables-legacy -t raw -A PREROUTING -p udp --dport $port -j DROP
	done
}

# full_and_rule RULE: a router where a flow says by its port what must become of it: odd ones fall to
# a rule (nft's or xtables'), even ones find the table full.
full_and_rule() {
	rule=$1 ruled_out=0
	router
	"${rule}_drops_odd_ports"
	conntrack_on r forward
	fill_table r
	set_global net/netfilter/nf_conntrack_max 16
}

# ten_flows COUNT OPTION...: so many packets of each of ten, which alternate, traced with the options.
ten_flows() {
	each=$1
	shift
	kfree_start NETFILTER_DROP
	trace_ns r "$@"
	send c traffic udp --from 10.8.1.2 --sport 20000 --to 10.8.2.2 --dport 1000 --dports 10 --count "$each"
	trace_stop
	assert_eq $((10 * each)) "$sent" sent
	ruled_before=$ruled_out
	if [ "$rule" = nft ]; then
		ruled_out=$(nft_counter r ip early pre) rule_cause=$(expected nft_cause)
	else
		ruled_out=$(iptables_count r iptables-legacy PREROUTING -t raw)
		rule_cause=nf_rule # the chain that turns conntrack on is a suspect, too
	fi
	assert_eq $((5 * each)) $((ruled_out - ruled_before)) "packets dropped by the rule"
	assert_kfree $((10 * each))
}

# assert_alternating COUNT: all ten flows are told.
assert_alternating() {
	for port in 1000 1002 1004 1006 1008; do
		assert_drops "$1" reason="$(reason NETFILTER_DROP)" cause=ct_table_full dport=$port
		assert_drops "$1" reason="$(reason NETFILTER_DROP)" cause="$rule_cause" dport=$((port + 1))
	done
	assert_only $((10 * $1))
}

case_ct_full_and_rule_mixed() {
	full_and_rule nft
	ten_flows 40
	assert_ct r 200 0 0
	assert_alternating 40
}

# Most of them by the short way, which must come to the same.
full_and_rule_folded() {
	on_cpu 0
	full_and_rule "$1"
	ten_flows 200 --fold 60000
	assert_ct r 1000 0 0
	assert_alternating 200
	assert_folded 20 2000 # the first and the rest of ten flows
}

case_ct_full_and_rule_folded() {
	full_and_rule_folded nft
}

# Both kinds end in nf_hook_slow(): only conntrack's counter tells them apart.
case_ct_full_and_xtables_folded() {
	full_and_rule_folded xtables
}

# ten_flows_filtered FULL RULED OPTION...: of 40 packets of each flow, what the options leave. What
# is rejected, by cause or port, has taken its share of conntrack's counter all the same.
ten_flows_filtered() {
	full=$1
	ruled=$2
	shift 2
	dropped_before=$(ct_stat r drop)
	ten_flows 40 "$@"
	assert_eq "$((dropped_before + 200)) 0 0" "$(ct_stat r drop insert_failed chaintoolong)" \
		"conntrack -S drop, insert_failed, chaintoolong"
	assert_summary "conntrack[netns=$(ns_inode r)].drop.attributed" 200
	assert_drops "$full" cause=ct_table_full
	assert_drops "$ruled" cause="$rule_cause"
}

case_ct_full_and_rule_filtered() {
	full_and_rule nft
	ten_flows_filtered 200 0 --cause ct_table_full
	ten_flows_filtered 200 0 --dport 1000,1002,1004,1006,1008
	ten_flows_filtered 40 40 --dport 1000-1001 --proto udp --fold 60000
}

# Established flows go on while new ones find no room, and a rule drops some of them.
case_ct_full_and_rule_established() {
	router
	conntrack_on r forward
	set_global net/netfilter/nf_conntrack_max 16
	nft_rules r <<-END
		add chain ip watch late { type filter hook forward priority 10; policy accept; }
		add rule ip watch late ct state established udp length 108 counter drop
	END
	spawn sink s traffic receive --from 10.8.2.2 --sport 53
	in_ns r conntrack -I -s 10.8.1.2 -d 10.8.2.2 -p udp --sport 4000 --dport 53 -t 600 \
		-u ASSURED,SEEN_REPLY >"$WORK/insert.log" 2>&1 || fail "$(cat "$WORK/insert.log")"
	fill_table r 15
	trace_ns r
	send c traffic udp --from 10.8.1.2 --sport 4000 --to 10.8.2.2 --dport 53 --size 100 --count 30
	send c traffic udp --from 10.8.1.2 --sport 5000 --sports 20 --to 10.8.2.2 --dport 53
	trace_stop
	stop sink
	assert_eq 30 "$(nft_counter r ip watch late)" "packets dropped by the rule"
	assert_ct r 20 0 0
	assert_drops 30 cause="$(expected nft_cause)" ct_state=established sport=4000 ct_sport=4000
	assert_drops 20 cause=ct_table_full ct_state= dport=53 sport='50*'
	assert_only 50
}

# Insert failures and rules, by turns, in one run.
case_ct_insert_and_rule_mixed() {
	router
	nft_rules r <<-END
		add table ip nat
		add chain ip nat post { type nat hook postrouting priority 100; policy accept; }
		add rule ip nat post oifname "out0" meta l4proto udp masquerade to :5000
		add table ip watch
		add chain ip watch forward { type filter hook forward priority 0; policy accept; }
		add rule ip watch forward ct state new udp dport 54 counter drop
	END
	trace_ns r
	send c traffic udp --from 10.8.1.2 --sport 20000 --to 10.8.2.2 --dport 53
	for port in 1 2 3 4 5 6 7 8; do
		send c traffic udp --from 10.8.1.2 --sport 2100$port --to 10.8.2.2 --dport 53
		send c traffic udp --from 10.8.1.2 --sport 2200$port --to 10.8.2.2 --dport 54
	done
	trace_stop
	assert_eq 8 "$(nft_counter r ip watch forward)" "packets dropped by the rule"
	assert_ct r 8 8 0
	assert_drops 8 cause=ct_insert_failed dport=53 sport=5000 ct_sport='2100?'
	assert_drops 8 cause="$(expected nft_cause)" ct_state=new dport=54 sport='2200?'
	assert_only 16
}

# ACKs of no known connection: INVALID when conntrack may not pick flows up midway.
invalid_acks() { # COUNT SPORT OPTION...
	acks=$1
	acks_from=$2
	shift 2
	router
	ns_sysctl r net.netfilter.nf_conntrack_tcp_loose=0
	nft_rules r <<-END
		add table ip watch
		add chain ip watch forward { type filter hook forward priority 0; policy accept; }
		add rule ip watch forward ct state invalid counter drop
	END
	kfree_start NETFILTER_DROP
	trace_ns r "$@"
	send c frame veth0 "$acks" eth src="$(mac c veth0)" dst="$(mac r in0)" \
		ip src=10.8.1.2 dst=10.8.2.2 tcp sport="$acks_from" dport=80 flags=A seq=77 ack=88
	trace_stop
	assert_eq "$acks" "$sent" sent
	assert_eq "$acks" "$(nft_counter r ip watch forward)" "packets dropped by the rule"
	assert_eq "$acks" "$(ct_stat r invalid)" "conntrack -S invalid"
	assert_kfree "$acks"
	assert_ct r 0 0 0
	assert_drops "$acks" reason="$(reason NETFILTER_DROP)" cause="$(expected nft_cause)" ct_state=invalid \
		proto=tcp tcp_flags=ACK src=10.8.1.2 dst=10.8.2.2 dport=80 netns="$(ns_inode r)"
	assert_only "$acks"
}

case_ct_state_invalid() {
	invalid_acks 60 4000+1
	assert_drops 60 tcp_seq=77
}

case_ct_state_invalid_folded() {
	on_cpu 0
	invalid_acks 500 4000 --fold 60000
	assert_folded 2 500
}

# Others' invalid packets say nothing of one that conntrack has not seen: dropped before it, as it
# came or on its way out.
case_ct_state_of_the_unseen() {
	pair
	ns_sysctl b net.netfilter.nf_conntrack_tcp_loose=0
	nft_rules b <<-END
		add table ip early
		add chain ip early pre { type filter hook prerouting priority -300; policy accept; }
		add rule ip early pre udp dport 54 counter drop
		add chain ip early output { type filter hook output priority -300; policy accept; }
		add rule ip early output udp dport 53 counter drop
		add chain ip early input { type filter hook input priority 0; policy accept; }
		add rule ip early input ct state invalid accept
	END
	on_cpu 0
	trace_ns b
	for round in 1 2 3; do
		for way in "a --from 10.9.0.1 --to 10.9.0.2 --dport 54" "b --from 10.9.0.2 --to 10.9.0.1 --dport 53"; do
			send a frame veth0 1 eth src="$(mac a veth0)" dst="$(mac b veth0)" \
				ip src=10.9.0.1 dst=10.9.0.2 tcp sport=400$round dport=80 flags=A seq=77 ack=88
			# shellcheck disable=SC2086 # options and their values
			send "${way%% *}" traffic udp ${way#* } --sport 4000
		done
	done
	trace_stop
	assert_at_least 6 "$(ct_stat b invalid)" "conntrack -S invalid"
	for way in "src=10.9.0.1 dport=54" "src=10.9.0.2 dport=53"; do
		# shellcheck disable=SC2086
		assert_drops 3 $way cause="$(expected nft_cause)" ct_state=
	done
}

# b with a full table, in which what has no ports is invalid. At another CPU nothing can move.
full_with_invalid() {
	nft_rules b <<-END
		add table ip early
		add chain ip early pre { type filter hook prerouting priority -300; policy accept; }
		add rule ip early pre udp dport 54 counter drop
		add rule ip early pre udp dport 4789 notrack
		add chain ip early input { type filter hook input priority 0; policy accept; }
		add rule ip early input ct state invalid accept
	END
	fill_table b
	set_global net/netfilter/nf_conntrack_max 16
	on_cpu 0
}

send_invalid() { # NAME B'S-IFACE ADDRESS: from there to b
	send "$1" frame veth0 1 eth "src=$(mac "$1" veth0)" "dst=$(mac b "$2")" \
		ip "src=$3" dst=10.9.0.2 type=17 pad len=2
}

# What a tunnel that leaves the choice to others has unpacked carries where it came from in place of
# a route: conntrack has not seen it before, either.
case_ct_state_unpacked() {
	pair
	has ip -n "$(ns b)" link add vx0 address 02:00:00:00:00:77 type vxlan external dstport 4789 ||
		skip "no vxlan"
	ns_address b vx0 10.7.0.1
	full_with_invalid
	trace_ns b
	for round in 1 2 3; do
		for dport in 53 54; do
			send_invalid a veth0 10.9.0.1
			send a frame veth0 1 eth "src=$(mac a veth0)" "dst=$(mac b veth0)" \
				ip src=10.9.0.1 dst=10.9.0.2 udp sport=5000 dport=4789 vxlan vni=7 \
				eth dst=02:00:00:00:00:77 ip src=10.7.0.2 dst=10.7.0.1 udp sport=4000 dport=$dport
		done
	done
	trace_stop
	assert_at_least 6 "$(ct_stat b invalid)" "conntrack -S invalid"
	assert_ct b 3 0 0
	assert_drops 3 cause=ct_table_full ct_state= src=10.7.0.2 dport=53 iface=vx0
	assert_drops 3 cause="$(expected nft_cause)" ct_state= src=10.7.0.2 dport=54 iface=vx0
}

# L2TP forgets the entry of what it packs, but not that it came: what found no room was not refused.
case_ct_state_packed() {
	ns_new a b s
	ns_link a veth0 10.8.0.1 b in0 10.8.0.2
	ns_link b out0 10.9.0.2 s veth0 10.9.0.1
	know b out0 10.9.0.1,fd10:9::1 s veth0
	has ip -n "$(ns b)" l2tp add tunnel tunnel_id 1 peer_tunnel_id 1 encap udp local 10.9.0.2 \
		remote 10.9.0.1 udp_sport 1701 udp_dport 1701 || skip "no L2TP"
	ip -n "$(ns b)" l2tp add session name l2tp0 tunnel_id 1 session_id 1 peer_session_id 1
	ip -n "$(ns b)" -batch - <<-END
		link add br0 type bridge mcast_snooping 0
		link set in0 master br0
		link set l2tp0 master br0
		link set l2tp0 up
		link set br0 up
	END
	# what is bridged is not to meet conntrack before
	[ ! -e /proc/sys/net/bridge ] || ns_sysctl b net.bridge.bridge-nf-call-iptables=0
	full_with_invalid
	trace_ns b
	for round in 1 2 3; do
		send_invalid s out0 10.9.0.1
		send a frame veth0 1 eth "src=$(mac a veth0)" dst=02:00:00:00:00:99 \
			ip src=10.8.0.1 dst=10.8.0.99 udp sport=4000 dport=53
	done
	trace_stop
	assert_at_least 3 "$(ct_stat b invalid)" "conntrack -S invalid"
	assert_at_least 3 "$(ct_stat b drop)" "conntrack -S drop"
	assert_drops 3 cause=ct_table_full ct_state= src=10.9.0.2 sport=1701 dst=10.9.0.1 dport=1701
}

case_ct_state_untracked() {
	router
	nft_rules r <<-END
		add table ip watch
		add chain ip watch pre { type filter hook prerouting priority -300; policy accept; }
		add rule ip watch pre udp dport 53 notrack
		add chain ip watch forward { type filter hook forward priority 0; policy accept; }
		add rule ip watch forward ct state untracked counter drop
	END
	trace_ns r
	send c traffic udp --from 10.8.1.2 --sport 4000 --to 10.8.2.2 --dport 53 --count 15
	trace_stop
	assert_eq 15 "$(nft_counter r ip watch forward)" "packets dropped by the rule"
	assert_drops 15 cause="$(expected nft_cause)" ct_state=untracked src=10.8.1.2 dport=53
	assert_only 15
}

# What conntrack makes of a packet tells it apart, too.
case_ct_states_folded() {
	router
	nft_rules r <<-END
		add table ip watch
		add chain ip watch pre { type filter hook prerouting priority -300; policy accept; }
		add rule ip watch pre udp length 108 notrack
		add chain ip watch forward { type filter hook forward priority 0; policy accept; }
		add rule ip watch forward ct state new,untracked counter drop
	END
	trace_ns r --fold 60000
	on_cpu 0
	for size in 100 10; do
		send c traffic udp --from 10.8.1.2 --sport 4000 --to 10.8.2.2 --dport 53 --size $size --count 40
	done
	trace_stop
	assert_eq 80 "$(nft_counter r ip watch forward)" "packets dropped by the rule"
	assert_drops 40 ct_state=untracked
	assert_drops 40 ct_state=new
	assert_only 80
}

case_ct_state_reply() {
	router
	nft_rules r <<-END
		add table ip watch
		add chain ip watch forward { type filter hook forward priority 0; policy accept; }
		add rule ip watch forward ct direction reply counter drop
	END
	trace_ns r
	send c traffic udp --from 10.8.1.2 --sport 4000 --to 10.8.2.2 --dport 53
	send s frame veth0 12 eth src="$(mac s veth0)" dst="$(mac r out0)" \
		ip src=10.8.2.2 dst=10.8.1.2 udp sport=53 dport=4000
	trace_stop
	# s has no listener: its ICMP error is of the reply direction too
	assert_eq 13 "$(nft_counter r ip watch forward)" "packets dropped by the rule"
	assert_drops 12 cause="$(expected nft_cause)" ct_state=reply src=10.8.2.2 sport=53 dst=10.8.1.2 dport=4000 \
		ct_src=10.8.1.2 ct_sport=4000 iface=out0
	assert_drops 1 cause="$(expected nft_cause)" ct_state=related proto=icmp icmp_type=3 icmp_code=3
	assert_only 13
}
