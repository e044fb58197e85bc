# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Fresh network namespaces, what connects and filters them, and the traffic
# between them. Sourced by harness.sh.

# ns NAME: what `ip netns` calls the case's namespace NAME. Here written out: it costs a process.
ns() {
	echo "$PREFIX-$1"
}

# Not by `ip netns exec`, which makes mounts of its own for every command: /sys stays the host's.
in_ns() { # NAME COMMAND...
	in_ns_name=$PREFIX-$1
	shift
	nsenter --net="/run/netns/$in_ns_name" "$@"
}

# ns_sysctl NAME SYSCTL=VALUE...
ns_sysctl() {
	ns_sysctl_name=$1
	shift
	# shellcheck disable=SC2016 # the other shell expands it
	in_ns "$ns_sysctl_name" sh -euc 'for assignment; do
		path=${assignment%%=*}
		while [ "$path" != "${path%.*}" ]; do
			path=${path%%.*}/${path#*.}
		done
		echo "${assignment#*=}" >"/proc/sys/$path"
	done' sh "$@"
}

# ns_new NAME...: fresh namespaces that send nothing of their own accord.
ns_new() {
	for new_name; do
		NAMESPACES="$PREFIX-$new_name $NAMESPACES"
		echo "netns add $PREFIX-$new_name"
	done >"$WORK/netns"
	ip -batch "$WORK/netns"
	for new_name; do
		ns_quiet "$new_name"
	done
}

# ns_of_process NAME PID: the namespace in which a process lives, as ns_new would make it.
ns_of_process() {
	NAMESPACES="$PREFIX-$1 $NAMESPACES"
	ip netns attach "$PREFIX-$1" "$2"
	ns_quiet "$1"
}

ns_quiet() { # NAME
	in_ns "$1" sh -euc 'cd /proc/sys/net/ipv6/conf/default
		echo 0 >accept_dad
		echo 0 >router_solicitations
		echo 1 >addr_gen_mode
		echo 1 >mldv2_unsolicited_report_interval
		echo 1 >mldv1_unsolicited_report_interval
		echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter
		echo 0 >/proc/sys/net/ipv4/conf/default/rp_filter
		exec ip link set lo up'
}

ns_del() { # NAME
	ip netns del "$PREFIX-$1"
}

ns_inode() { # NAME
	stat -L -c %i "/run/netns/$PREFIX-$1"
}

# Sets $inodes, of several with commas between.
list_inodes() { # NAME[,NAME]...
	inodes= inodes_rest=$1,
	while [ -n "$inodes_rest" ]; do
		inodes=${inodes:+$inodes,}$(ns_inode "${inodes_rest%%,*}")
		inodes_rest=${inodes_rest#*,}
	done
}

# Sets $v6: 10.x.y.z is also fd10:x:y::z.
address6() { # 10.X.Y.Z
	address6_rest=${1#10.}
	v6=fd10:${address6_rest%%.*}:
	address6_rest=${address6_rest#*.}
	v6=$v6${address6_rest%.*}::${address6_rest#*.}
}

# Sets $mac_made for an address: 10.9.0.1 has 02:00:10:09:00:01.
make_mac() { # 10.X.Y.Z, none above 99
	mac_made=02:00 mac_rest=$1.
	while [ -n "$mac_rest" ]; do
		mac_octet=0${mac_rest%%.*}
		mac_rest=${mac_rest#*.}
		mac_made=$mac_made:${mac_octet#"${mac_octet%??}"}
	done
}

# ns_link A IFACE ADDRESS4 B IFACE ADDRESS4: a veth pair; 10.x.y.z/24 is also fd10:x:y::z/64. Its
# ends know each other.
ns_link() {
	make_mac "$3"
	link_mac=$mac_made
	make_mac "$6"
	eval "mac_$1_$2=$link_mac mac_$4_$5=$mac_made"
	ip link add name "$2" address "$link_mac" netns "$PREFIX-$1" type veth \
		peer name "$5" address "$mac_made" netns "$PREFIX-$4"
	ns_address "$1" "$2" "$3" "$6" "$mac_made"
	ns_address "$4" "$5" "$6" "$3" "$link_mac"
}

# ns_address NAME IFACE 10.X.Y.Z [PEER MAC]: the peer becomes a permanent neighbour.
ns_address() {
	neighbours=
	if [ $# -gt 3 ]; then
		address6 "$4"
		neighbours="neigh replace $4 lladdr $5 dev $2 nud permanent
			neigh replace $v6 lladdr $5 dev $2 nud permanent"
	fi
	address6 "$3"
	ip -n "$PREFIX-$1" -batch - <<-END
		addr add $3/24 dev $2
		addr add $v6/64 dev $2 nodad
		link set $2 up
		$neighbours
	END
}

mac() { # NAME IFACE
	eval "mac_address=\${mac_$1_$2-}"
	[ -z "$mac_address" ] || { echo "$mac_address"; return; }
	ip -n "$PREFIX-$1" -br link show dev "$2" >"$WORK/mac"
	read -r _ _ mac_address _ <"$WORK/mac"
	echo "$mac_address"
}

# know NAME IFACE ADDRESS[,ADDRESS] PEER PEER_IFACE: permanent neighbours, so that no packet waits for ARP.
know() {
	know_mac=$(mac "$4" "$5")
	ip -n "$PREFIX-$1" -batch - <<-END
		neigh replace ${3%,*} lladdr $know_mac dev $2 nud permanent
		neigh replace ${3#*,} lladdr $know_mac dev $2 nud permanent
	END
}

# pair: a (10.9.0.1, veth0) and b (10.9.0.2, veth0).
pair() {
	ns_new a b
	ns_link a veth0 10.9.0.1 b veth0 10.9.0.2
}

# router: c (10.8.1.2) - r (10.8.1.1, in0; 10.8.2.1, out0) - s (10.8.2.2); r forwards.
router() {
	ns_new c r s
	ns_link c veth0 10.8.1.2 r in0 10.8.1.1
	ns_link r out0 10.8.2.1 s veth0 10.8.2.2
	ip -n "$(ns c)" route add default via 10.8.1.1
	ip -n "$(ns s)" route add default via 10.8.2.1
	ns_sysctl r net.ipv4.ip_forward=1
}

# router_that_fragments: the same between links of 9,000 and of 576 bytes.
router_that_fragments() {
	router
	for end in "c veth0" "r in0"; do
		ip -n "$(ns "${end% *}")" link set "${end#* }" mtu 9000
	done
	ip -n "$(ns r)" link set out0 mtu 576
	ns_sysctl c net.ipv4.ip_no_pmtu_disc=1	# or it would forbid fragments
}

# --- rules -----------------------------------------------------------------

# nft_rules NAME: nftables commands from standard input, one rule a line.
nft_rules() {
	in_ns "$1" nft -f -
}

# hold_packets NAME QUEUE HOOK PRIORITY MATCH...: sends matching packets to an NFQUEUE.
hold_packets() {
	hold_ns=$1 hold_queue=$2 hold_hook=$3 hold_priority=$4
	shift 4
	nft_rules "$hold_ns" <<-END
		add table ip hold
		add chain ip hold hold { type filter hook $hold_hook priority $hold_priority; policy accept; }
	END
	if has in_ns "$hold_ns" nft add rule ip hold hold "$@" queue num "$hold_queue"; then
		return
	fi
	# no nft_queue: an iptables rule does it, in a chain that hangs where nft wants it
	has in_ns "$hold_ns" iptables-nft -t mangle -N HELD &&
		has in_ns "$hold_ns" iptables-nft -t mangle -A HELD -j NFQUEUE --queue-num "$hold_queue" ||
		skip "no NFQUEUE, neither by nftables nor by iptables-nft"
	nft_rules "$hold_ns" <<-END
		add chain ip mangle late { type filter hook $hold_hook priority $hold_priority; policy accept; }
		add rule ip mangle late $* jump HELD
	END
}

# conntrack_on NAME CHAIN: an nftables chain that makes conntrack look at what passes CHAIN's hook.
conntrack_on() {
	nft_rules "$1" <<-END
		add table ip watch
		add chain ip watch $2 { type filter hook $2 priority 0; policy accept; }
		add rule ip watch $2 ct state new counter
	END
}

# fill_table NAME [N [KIND]]: N entries, 16 unless told, that neither early_drop may evict nor the
# kernel's sweep after it, which begins at 95 %.
fill_table() {
	in_ns "$1" "$TOOLS/entries" "${2:-16}" "${3:-assured}" >"$WORK/fill.log" 2>&1 ||
		fail "$(cat "$WORK/fill.log")"
}

need_iptables() { # NAME IPTABLES OPTION...
	need_ns=$1
	shift
	has command -v "$1" || skip "no $1"
	has in_ns "$need_ns" "$@" -L -n || skip "the kernel cannot do $*"
}

# drop_at_tc NAME ingress|egress: a filter that drops every unicast frame of veth0 there.
drop_at_tc() {
	tc -n "$PREFIX-$1" qdisc add dev veth0 clsact || skip "no clsact"
	# classic BPF: TC_ACT_SHOT unless it is a multicast frame, TC_ACT_UNSPEC then
	tc -n "$PREFIX-$1" filter add dev veth0 "$2" bpf da bytecode \
		"4,48 0 0 0,69 1 0 1,6 0 0 2,6 0 0 4294967295" || skip "no cls_bpf"
}

# --- traffic ---------------------------------------------------------------

# send NAME TOOL ARG...: sets $sent, $failed and $errno from what it reports.
send() {
	send_ns=$1 send_tool=$2
	shift 2
	in_ns "$send_ns" "$TOOLS/$send_tool" "$@" >"$WORK/send.out"
	read -r _ sent _ failed _ errno <"$WORK/send.out"
}
