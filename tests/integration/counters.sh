# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Counts of drops that owe nothing to dropwhy: each part of the kernel's own
# counters, and perf's count of skb:kfree_skb. Sourced by harness.sh.

# nft_counter NAME FAMILY TABLE CHAIN: packets counted by the chain's rules with a counter.
nft_counter() {
	in_ns "$1" nft list chain "$2" "$3" "$4" | sed -n 's/.*counter packets \([0-9]*\).*/\1/p' |
		awk '{ n += $1 } END { print n + 0 }'
}

# iptables_count NAME IPTABLES CHAIN: packets that its rules counted.
iptables_count() {
	count_ns=$1 count_by=$2 count_chain=$3
	shift 3
	in_ns "$count_ns" "$count_by" "$@" -nvxL "$count_chain" | awk 'NR > 2 { n += $1 } END { print n + 0 }'
}

# qdisc_dropped NAME KIND: packets that veth0's qdisc of this kind counts as dropped.
qdisc_dropped() {
	tc -n "$(ns "$1")" -s qdisc show dev veth0 | awk -v kind="$2" '
		$1 == "qdisc" { ours = $2 == kind }
		ours && /dropped/ { sub(/.*dropped /, ""); print $1 + 0 }'
}

# snmp NAME COUNTER: a counter of /proc/net/snmp, netstat or snmp6, named as by nstat: UdpNoPorts.
snmp() {
	in_ns "$1" cat /proc/net/snmp /proc/net/netstat /proc/net/snmp6 | awk -v want="$2" '
		/^[A-Za-z]+: / && $1 == last {
			for (i = 2; i <= NF; i++)
				if (substr(last, 1, length(last) - 1) names[i] == want) value = $i
			last = ""
			next
		}
		/^[A-Za-z]+: / { last = $1; for (i = 2; i <= NF; i++) names[i] = $i; next }
		$1 == want { value = $2 }
		END { print value + 0 }'
}

# ct_stat NAME COUNTER...: conntrack's counters in that namespace, over all CPUs.
ct_stat() {
	ct_stat_ns=$1
	shift
	in_ns "$ct_stat_ns" conntrack -S | awk -v wanted="$*" '
		{ for (i = 1; i <= NF; i++) if (split($i, pair, "=") == 2) n[pair[1]] += pair[2] }
		END {
			count = split(wanted, names, " ")
			for (i = 1; i <= count; i++) printf "%d%s", n[names[i]], i < count ? " " : "\n"
		}'
}

# kfree_start REASON: an independent count by reason, of the whole machine.
kfree_start() {
	kfree_reason=$(kernel_reason "$1")
	# shellcheck disable=SC2086 # no argument where there are no reasons
	"$TOOLS/kfree_count" $kfree_reason >"$WORK/kfree.out" 9>&- &
	pid_kfree=$!
	CHILDREN="$CHILDREN $!"
	wait_for "$WORK/kfree.out" '^ready' $! || fail "kfree_count did not start"
}

# assert_kfree N: what it counted. With DROPWHY_BUSY=1 other traffic on this
# machine may have added to it, and so may all frees where there is no reason to count by.
assert_kfree() {
	kill -TERM "$pid_kfree"
	wait_exit "$pid_kfree" || fail "kfree_count failed"
	read -r _ counted <<-END
		$(tail -n 1 "$WORK/kfree.out")
	END
	if [ "${DROPWHY_BUSY:-0}" = 1 ] || [ "${kfree_reason:-NOT_SPECIFIED}" = NOT_SPECIFIED ]; then
		assert_at_least "$1" "$counted" "skb:kfree_skb"
	else
		assert_eq "$1" "$counted" "skb:kfree_skb $kfree_reason (of the whole machine; if it is busy, DROPWHY_BUSY=1)"
	fi
}
