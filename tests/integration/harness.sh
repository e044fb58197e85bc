# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What every case stands on: fresh network namespaces, the tracer started and
# ended, independent counters, assertions, and all of it undone again. Sourced
# by run, once for each case, in a shell of its own with -eu; POSIX sh.
#
# DROPWHY=none runs the cases without the tracer: their drops are caused and
# counted independently, and what concerns dropwhy's output is not asserted.

WAIT_SECONDS=${WAIT_SECONDS:-30}	# the longest that any one event is waited for
GLOBAL_LOCK=/run/lock/dropwhy-tests.lock

PREFIX=dwt$$
OWN_PORT=$((10000 + $$ % 50000))	# for what must be selected without naming the namespace
WORK=$(mktemp -d "${TMPDIR:-/tmp}/dropwhy-test.XXXXXX")
NAMESPACES=
CHILDREN=
SAVED=
MOUNTED=

# --- undoing ---------------------------------------------------------------

restore() {
	status=$?
	trap '' INT TERM
	trap - EXIT
	set +e
	for child in $CHILDREN; do
		kill -KILL "$child" 2>/dev/null
	done
	for name in $NAMESPACES; do
		ip netns del "$name" 2>/dev/null
	done
	# what was set last is restored first
	for saved in $SAVED; do
		echo "${saved#*=}" >"${saved%%=*}"
	done
	[ -z "$MOUNTED" ] || umount "$MOUNTED"
	rm -rf "$WORK"
	exit "$status"
}
trap restore EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# --- verdicts --------------------------------------------------------------

# fail TEXT...: the case is wrong.
fail() {
	echo "FAIL: $*"
	exit 1
}

# skip TEXT...: this kernel cannot produce the case.
skip() {
	echo "$*" >"$SKIP_REASON"
	exit 77
}

assert_eq() { # EXPECTED ACTUAL WHAT
	[ "$1" = "$2" ] || fail "$3: expected $1, got $2"
}

assert_at_least() { # LEAST ACTUAL WHAT
	[ "$2" -ge "$1" ] || fail "$3: expected at least $1, got $2"
}

# --- waiting ---------------------------------------------------------------

# until_true COMMAND...: runs it until it succeeds; fails after WAIT_SECONDS.
until_true() {
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ "$tries" -lt $((WAIT_SECONDS * 50)) ] || return 1
		sleep 0.02
	done
}

# wait_for FILE PATTERN [PID]: until FILE has a matching line, or PID is gone.
wait_for() {
	tries=0
	until grep -q "$2" "$1" 2>/dev/null; do
		tries=$((tries + 1))
		if [ "$tries" -ge $((WAIT_SECONDS * 50)) ] ||
		   { [ -n "${3:-}" ] && ! kill -0 "$3" 2>/dev/null && ! grep -q "$2" "$1"; }; then
			cat "$1" >&2
			return 1
		fi
		sleep 0.02
	done
}

# wait_exit PID: until it has ended; its exit status. Kills it after WAIT_SECONDS.
wait_exit() {
	tries=0
	while kill -0 "$1" 2>/dev/null; do
		# a zombie has ended and only waits to be reaped
		case $(cat "/proc/$1/stat" 2>/dev/null) in
		*') Z '*) break ;;
		esac
		tries=$((tries + 1))
		if [ "$tries" -ge $((WAIT_SECONDS * 50)) ]; then
			kill -KILL "$1"
			fail "process $1 did not end"
		fi
		sleep 0.02
	done
	wait "$1"
}

# --- namespaces ------------------------------------------------------------

# ns NAME: what `ip netns` calls the case's namespace NAME.
ns() {
	echo "$PREFIX-$1"
}

in_ns() { # NAME COMMAND...
	in_ns_name=$PREFIX-$1
	shift
	ip netns exec "$in_ns_name" "$@"
}

# ns_sysctl NAME SYSCTL=VALUE...
ns_sysctl() {
	ns_sysctl_name=$1
	shift
	for assignment; do
		in_ns "$ns_sysctl_name" sh -c "echo '${assignment#*=}' >/proc/sys/$(
			echo "${assignment%%=*}" | tr . /)"
	done
}

# ns_new NAME...: fresh namespaces that send nothing of their own accord.
ns_new() {
	for new_name; do
		ip netns add "$(ns "$new_name")"
		NAMESPACES="$(ns "$new_name") $NAMESPACES"
		ns_sysctl "$new_name" net.ipv6.conf.default.accept_dad=0 \
			net.ipv6.conf.default.router_solicitations=0 \
			net.ipv6.conf.default.addr_gen_mode=1 \
			net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
		ip -n "$(ns "$new_name")" link set lo up
	done
}

ns_del() { # NAME
	ip netns del "$(ns "$1")"
}

ns_inode() { # NAME
	stat -L -c %i "/run/netns/$(ns "$1")"
}

# ns_link A IFACE ADDRESS4 B IFACE ADDRESS4: a veth pair; 10.x.y.z/24 is also fd10:x:y::z/64.
ns_link() {
	ip link add name "$2" netns "$(ns "$1")" type veth peer name "$5" netns "$(ns "$4")"
	ns_address "$1" "$2" "$3"
	ns_address "$4" "$5" "$6"
}

ns_address() { # NAME IFACE 10.X.Y.Z
	v6=$(echo "$3" | sed 's/^10\.\([0-9]*\)\.\([0-9]*\)\.\([0-9]*\)$/fd10:\1:\2::\3/')
	ip -n "$(ns "$1")" addr add "$3/24" dev "$2"
	ip -n "$(ns "$1")" addr add "$v6/64" dev "$2" nodad
	ip -n "$(ns "$1")" link set "$2" up
}

mac() { # NAME IFACE
	in_ns "$1" cat "/sys/class/net/$2/address"
}

# know NAME IFACE ADDRESS PEER PEER_IFACE: a permanent neighbour, so that no packet waits for ARP.
know() {
	ip -n "$(ns "$1")" neigh replace "$3" lladdr "$(mac "$4" "$5")" dev "$2" nud permanent
}

# pair: a (10.9.0.1, veth0) and b (10.9.0.2, veth0), which know each other.
pair() {
	ns_new a b
	ns_link a veth0 10.9.0.1 b veth0 10.9.0.2
	know a veth0 10.9.0.2 b veth0
	know a veth0 fd10:9::2 b veth0
	know b veth0 10.9.0.1 a veth0
	know b veth0 fd10:9::1 a veth0
}

# router: c (10.8.1.2) - r (10.8.1.1, in0; 10.8.2.1, out0) - s (10.8.2.2); r forwards.
router() {
	ns_new c r s
	ns_link c veth0 10.8.1.2 r in0 10.8.1.1
	ns_link r out0 10.8.2.1 s veth0 10.8.2.2
	know c veth0 10.8.1.1 r in0
	know r in0 10.8.1.2 c veth0
	know r out0 10.8.2.2 s veth0
	know s veth0 10.8.2.1 r out0
	ip -n "$(ns c)" route add default via 10.8.1.1
	ip -n "$(ns s)" route add default via 10.8.2.1
	ns_sysctl r net.ipv4.ip_forward=1
}

# --- what the kernel has ---------------------------------------------------

# has COMMAND...: quietly.
has() {
	"$@" >/dev/null 2>&1
}

# nft_rules NAME: nftables commands from standard input, one rule a line.
nft_rules() { # NAME, rules on standard input, one a line
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

# fill_table NAME [N]: N entries, 16 unless told, that early_drop must not evict.
fill_table() {
	fill_ns=$1
	for fill_port in $(seq 1 "${2:-16}"); do
		in_ns "$fill_ns" conntrack -I -s 10.77.0.1 -d 10.77.0.2 -p udp --sport "$fill_port" \
			--dport 1 -t 600 -u ASSURED,SEEN_REPLY >"$WORK/fill.log" 2>&1 ||
			fail "conntrack -I: $(cat "$WORK/fill.log")"
	done
}

# nft_counter NAME FAMILY TABLE CHAIN: packets counted by the chain's rules with a counter.
nft_counter() {
	in_ns "$1" nft list chain "$2" "$3" "$4" | sed -n 's/.*counter packets \([0-9]*\).*/\1/p' |
		awk '{ n += $1 } END { print n + 0 }'
}

# iptables_count NAME IPTABLES CHAIN: packets that its rules counted.
iptables_count() {
	in_ns "$1" "$2" -nvxL "$3" | awk 'NR > 2 { n += $1 } END { print n + 0 }'
}

need_iptables() { # NAME IPTABLES
	has command -v "$2" || skip "no $2"
	has in_ns "$1" "$2" -L -n || skip "the kernel cannot do $2"
}

# drop_at_tc NAME ingress|egress: a filter that drops every unicast frame of veth0 there.
drop_at_tc() {
	tc -n "$(ns "$1")" qdisc add dev veth0 clsact || skip "no clsact"
	# classic BPF: TC_ACT_SHOT unless it is a multicast frame, TC_ACT_UNSPEC then
	tc -n "$(ns "$1")" filter add dev veth0 "$2" bpf da bytecode \
		"4,48 0 0 0,69 1 0 1,6 0 0 2,6 0 0 4294967295" || skip "no cls_bpf"
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
		END { print value + 0 }' | sed 's/^$/0/'
}

# ct_stat NAME COUNTER: conntrack's counter in that namespace, over all CPUs.
ct_stat() {
	in_ns "$1" conntrack -S | tr ' ' '\n' | awk -F= -v want="$2" '
		$1 == want { n += $2 } END { print n + 0 }'
}

# set_global PATH VALUE: below /proc/sys; one case of the machine at a time, restored at its end.
set_global() {
	lock_global
	SAVED="/proc/sys/$1=$(cat "/proc/sys/$1") $SAVED"
	echo "$2" >"/proc/sys/$1"
}

lock_global() {
	[ -z "${LOCKED:-}" ] || return 0
	LOCKED=yes
	has command -v flock || return 0	# a busybox without it: a test VM, nobody else is there
	mkdir -p "${GLOBAL_LOCK%/*}"
	exec 9>"$GLOBAL_LOCK"
	until_true flock -n 9 || fail "$GLOBAL_LOCK is held by somebody else"
}

# The one place for what differs between kernels.
kernel_at_least() { # MAJOR MINOR
	release=$(uname -r)
	major=${release%%.*}
	minor=${release#*.}
	minor=${minor%%[!0-9]*}
	[ "$major" -gt "$1" ] || { [ "$major" -eq "$1" ] && [ "$minor" -ge "$2" ]; }
}

# reason NAME: the name by which dropwhy must call it here: nothing before 5.17, where
# the kernel gives no reason, and NOT_SPECIFIED where it does not know this one yet.
reason() {
	[ -f "$WORK/reasons" ] || "$TOOLS/kfree_count" --list >"$WORK/reasons"
	if [ ! -s "$WORK/reasons" ]; then
		echo
	elif grep -qx "$1" "$WORK/reasons"; then
		echo "$1"
	else
		echo NOT_SPECIFIED
	fi
}

# expected WHAT: the value that this kernel's dropwhy must print.
expected() {
	case $1 in
	nft_cause)
		# where nothing but nftables and conntrack sits in the hooks
		echo nft_rule ;;
	nft_cause_beside_xtables)
		# 6.7 (e0d4593140b0) frees in nft_do_chain; before, in nf_hook_slow like all of netfilter
		if kernel_at_least 6 7; then echo nft_rule; else echo nf_rule; fi ;;
	*)
		fail "expected: $1?" ;;
	esac
}

# --- background processes --------------------------------------------------

# spawn LABEL NAME TOOL ARG...: in namespace NAME; returns once it has printed "ready".
# Its standard input is $WORK/LABEL.in, its output $WORK/LABEL.out.
spawn() {
	spawn_label=$1 spawn_ns=$(ns "$2") spawn_tool=$3
	shift 3
	mkfifo "$WORK/$spawn_label.in"
	ip netns exec "$spawn_ns" "$TOOLS/$spawn_tool" "$@" \
		<>"$WORK/$spawn_label.in" >"$WORK/$spawn_label.out" 9>&- &
	eval "pid_$spawn_label=$!"
	CHILDREN="$CHILDREN $!"
	wait_for "$WORK/$spawn_label.out" '^ready' $! || fail "$spawn_tool did not start"
}

# stop LABEL: ends it with SIGTERM.
stop() {
	eval "stop_pid=\$pid_$1"
	kill -TERM "$stop_pid" 2>/dev/null || :
	wait_exit "$stop_pid" || fail "$1 ended with status $?: $(cat "$WORK/$1.out")"
}

# stop_when_done LABEL: it ends by itself.
stop_when_done() {
	eval "stop_pid=\$pid_$1"
	wait_exit "$stop_pid" || fail "$1 ended with status $?: $(cat "$WORK/$1.out")"
}

# said LABEL WORD: the number that follows WORD in its output.
said() {
	sed -n "s/.*\\b$2 \\([0-9]*\\).*/\\1/p" "$WORK/$1.out" | tail -n 1
}

# --- traffic ---------------------------------------------------------------

# send NAME TOOL ARG...: sets $sent, $failed and $errno from what it reports.
send() {
	send_ns=$1 send_tool=$2
	shift 2
	in_ns "$send_ns" "$TOOLS/$send_tool" "$@" >"$WORK/send.out"
	read -r _ sent _ failed _ errno <"$WORK/send.out"
}

# kfree_start REASON: an independent count by reason, of the whole machine.
kfree_start() {
	kfree_reason=$(reason "$1")
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

# --- dropwhy ---------------------------------------------------------------

OUT=$WORK/drops.json
ERR=$WORK/dropwhy.err

# trace_ns NAME[,NAME]... [ARG...]: traces these namespaces only.
trace_ns() {
	inodes=
	for traced in $(echo "$1" | tr , ' '); do
		inodes=$inodes,$(ns_inode "$traced")
	done
	shift
	trace_start --netns "${inodes#,}" "$@"
}

# trace_start ARG...: returns once dropwhy says that it traces.
trace_start() {
	[ "$DROPWHY" != none ] || return 0
	trace_spawn --json -o "$OUT" "$@"
	wait_for "$ERR" '^dropwhy: tracing' "$pid_dropwhy" || fail "dropwhy did not start tracing"
}

# trace_spawn ARG...: dropwhy with its output in $WORK/stdout.
trace_spawn() {
	: >"$ERR"	# what an earlier run said must not be taken for this one's
	"$DROPWHY" trace "$@" >"$WORK/stdout" 2>"$ERR" 9>&- &
	pid_dropwhy=$!
	CHILDREN="$CHILDREN $!"
}

# trace_stop: ends it with SIGINT; its status must be 0 and its accounting hold.
trace_stop() {
	[ "$DROPWHY" != none ] || return 0
	kill -INT "$pid_dropwhy"
	trace_ended 0
	assert_accounted
}

# assert_accounted: the accounting equation holds, and the rows agree with the summary.
assert_accounted() {
	records check || fail "the summary contradicts itself"
}

# summary PATH: a value of the summary, such as reasons[reason=NO_SOCKET].lost
summary() {
	tail -n 1 "$OUT" >"$WORK/summary.json"
	"$TOOLS/records" "$WORK/summary.json" get "$1"
}

# trace_ended STATUS: dropwhy ends by itself, with that exit status.
trace_ended() {
	trace_status=0
	wait_exit "$pid_dropwhy" || trace_status=$?
	[ "$trace_status" -eq "$1" ] || {
		cat "$ERR"
		fail "dropwhy ended with status $trace_status, not $1"
	}
}

records() {
	"$TOOLS/records" "$OUT" "$@"
}

# drops FIELD=GLOB...: packets in drop records that match all; what was expected without dropwhy.
drops() {
	if [ "$DROPWHY" = none ]; then
		echo 1
	else
		records count type=drop "$@"
	fi
}

# assert_drops N FIELD=GLOB...: so many packets in drop records that match all.
assert_drops() {
	[ "$DROPWHY" != none ] || return 0
	expected_count=$1
	shift
	counted=$(records count type=drop "$@") || fail "unreadable output"
	[ "$counted" = "$expected_count" ] || {
		echo "what dropwhy recorded:"
		records values netns_name,reason,cause,ct_state,location,proto,src,sport,dst,dport type=drop |
			sort -rn | head -n 40
		fail "expected $expected_count packets with $*, got $counted"
	}
}

# assert_only N: so many in all; IPv6's own reports to its multicast groups do not count.
assert_only() {
	assert_drops "$1" dst!='ff02:*'
}

# assert_summary PATH N
assert_summary() {
	[ "$DROPWHY" != none ] || return 0
	assert_eq "$2" "$(summary "$1")" "summary $1"
}

# assert_ct NAME DROP INSERT_FAILED CHAINTOOLONG: conntrack's counters in that
# fresh namespace, and every one of them attributed.
assert_ct() {
	ct_ns=$1
	shift
	for counter in drop insert_failed chaintoolong; do
		assert_eq "$1" "$(ct_stat "$ct_ns" $counter)" "conntrack -S $counter"
		if [ "$1" -gt 0 ] && [ "$DROPWHY" != none ]; then
			assert_summary "conntrack[netns=$(ns_inode "$ct_ns")].$counter.attributed" "$1"
		fi
		shift
	done
}
