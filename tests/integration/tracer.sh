# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# dropwhy started, ended and questioned, and what it must say on the kernel
# at hand. Sourced by harness.sh.

OUT=$WORK/drops.json
ERR=$WORK/dropwhy.err

# trace_ns NAME[,NAME]... [ARG...]: traces these namespaces only.
trace_ns() {
	list_inodes "$1"
	shift
	trace_start --netns "$inodes" "$@"
}

# trace_start ARG...: returns once dropwhy says that it traces.
trace_start() {
	[ "$DROPWHY" != none ] || return 0
	# shellcheck disable=SC2086 # no option where there is none
	trace_spawn --json -o "$OUT" $CONNTRACK_HOOKS "$@"
	wait_for "$ERR" '^dropwhy: tracing' "$pid_dropwhy" || fail "dropwhy did not start tracing"
}

# trace_spawn ARG...: dropwhy with its output in $WORK/stdout.
trace_spawn() {
	: >"$ERR"	# what an earlier run said must not be taken for this one's
	"$DROPWHY" trace "$@" >"$WORK/stdout" 2>"$ERR" 9>&- &
	pid_dropwhy=$!
	CHILDREN="$CHILDREN $!"
}

# enter_with COMMAND: dropwhy is started by it from now on.
enter_with() {
	[ "$DROPWHY" != none ] || return 0
	printf '#!/bin/sh\nexec %s %s "$@"\n' "$1" "$DROPWHY" >"$WORK/dropwhy"
	chmod +x "$WORK/dropwhy"
	DROPWHY=$WORK/dropwhy
}

# gate_at PROGRAM CPU: dropwhy, started from now on, is held up after its first test run of that BPF
# program on that CPU (-1: on whichever), until gate_open.
gate_at() {
	rm -f "$WORK/gate.reached" "$WORK/gate.open"
	enter_with "env ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0 LD_PRELOAD=$TOOLS/gate.so \
		GATE=$WORK/gate GATE_PROGRAM=$1 GATE_CPU=$2"
}

# gate_await: until it is.
gate_await() {
	[ "$DROPWHY" != none ] || return 0
	until_true test -e "$WORK/gate.reached" || fail "dropwhy did not come to the gate"
}

gate_open() {
	: >"$WORK/gate.open"
}

# trace_beside OPTION ARG...: a second dropwhy, that writes $WORK/beside$OPTION in another form.
# Not in a guest, where each takes seconds to start, and forms are the same on every kernel.
trace_beside() {
	[ "$DROPWHY" != none ] && [ -z "${THROWAWAY:-}" ] || return 0
	beside=$WORK/beside$1
	"$DROPWHY" trace -o "$beside" "$@" >/dev/null 2>"$beside.err" 9>&- &
	BESIDE="${BESIDE-} $!"
	CHILDREN="$CHILDREN $!"
	wait_for "$beside.err" '^dropwhy: tracing' $! || fail "dropwhy trace $1 did not start"
}

# beside_stop: ends all of these.
beside_stop() {
	for beside in ${BESIDE-}; do
		kill -INT "$beside"
		wait_exit "$beside" || fail "the dropwhy beside ended with status $?"
	done
}

# trace_stop: ends it with SIGINT; its status must be 0 and its accounting hold.
trace_stop() {
	[ "$DROPWHY" != none ] || return 0
	kill -INT "$pid_dropwhy"
	trace_ended 0
	assert_accounted
	assert_agreed
}

# assert_agreed: where both ways of finding conntrack's drops were used, they never differed.
assert_agreed() {
	grep -q '"cause_direct"\|"disagreed"' "$OUT" || return 0
	! grep -m 5 '"cause_direct"' "$OUT" || fail "counters and direct hooks disagree"
	assert_summary disagreed 0
}

# assert_accounted: the accounting equation holds, and the rows agree with the summary.
assert_accounted() {
	records check || fail "the summary contradicts itself"
}

# summary PATH: a value of the summary, such as reasons[reason=NO_SOCKET].lost
summary() {
	[ "$WORK/summary.json" -nt "$OUT" ] || tail -n 1 "$OUT" >"$WORK/summary.json"
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

# assert_drops N FIELD=GLOB...: so many packets in drop records that match all; IPv6's own
# reports to its multicast groups, which come when they come, do not count.
assert_drops() {
	[ "$DROPWHY" != none ] || return 0
	expected_count=$1
	shift
	counted=$(records count type=drop dst!='ff02:*' "$@") || fail "unreadable output"
	[ "$counted" = "$expected_count" ] || {
		echo "what dropwhy recorded:"
		records values netns_name,pod,src_name,dst_name,reason,cause,ct_state,location,proto,src,sport,dst,dport type=drop |
			sort -rn | head -n 40
		fail "expected $expected_count packets with $*, got $counted"
	}
}

# assert_only N: so many in all.
assert_only() {
	assert_drops "$1"
}

# assert_summary PATH N
assert_summary() {
	[ "$DROPWHY" != none ] || return 0
	assert_eq "$2" "$(summary "$1")" "summary $1"
}

# assert_counter NAME COUNTER N [IFACE]: one of the kernel's own counters moved by so much there.
assert_counter() {
	[ "$DROPWHY" != none ] || return 0
	assert_eq 1 "$(records lines type=counter "netns=$(ns_inode "$1")" "name=$2" "iface=${4-}" "value=$3")" \
		"records that say: $2 moved by $3"
}

# assert_ct NAME DROP INSERT_FAILED CHAINTOOLONG: conntrack's counters in that
# fresh namespace, and every one of them attributed.
assert_ct() {
	ct_ns=$1
	shift
	assert_eq "$*" "$(ct_stat "$ct_ns" drop insert_failed chaintoolong)" \
		"conntrack -S drop, insert_failed, chaintoolong"
	for counter in drop insert_failed chaintoolong; do
		if [ "$1" -gt 0 ] && [ "$DROPWHY" != none ]; then
			assert_summary "conntrack[netns=$(ns_inode "$ct_ns")].$counter.attributed" "$1"
		fi
		shift
	done
}

# assert_folded ROWS PACKETS: at most so many rows stand for all packets.
assert_folded() {
	assert_only "$2"
	[ "$DROPWHY" != none ] || return 0
	rows=$(records lines type=drop)
	[ "$rows" -le "$1" ] || fail "$rows rows, expected at most $1"
	assert_summary lost 0
}

# feature PATH: a value of `dropwhy features --json`, such as conntrack_hooks[mode=both].possible
feature() {
	[ -f "$WORK/features.json" ] || "$DROPWHY" features --json >"$WORK/features.json" 2>"$WORK/features.err" ||
		fail "dropwhy features: $(cat "$WORK/features.err")"
	"$TOOLS/records" "$WORK/features.json" get "$1"
}

# Whether conntrack's functions can be hooked here; asked once for all cases, as it takes the
# kernel a while to answer.
can_hook() {
	[ -s "$CAN_HOOK" ] || feature 'conntrack_hooks[mode=both].possible' >"$CAN_HOOK"
	[ "$(cat "$CAN_HOOK")" = true ]
}

# --- kernels ---------------------------------------------------------------

# The one place for what differs between kernels.
kernel_at_least() { # MAJOR MINOR
	release=$(uname -r)
	major=${release%%.*}
	minor=${release#*.}
	minor=${minor%%[!0-9]*}
	[ "$major" -gt "$1" ] || { [ "$major" -eq "$1" ] && [ "$minor" -ge "$2" ]; }
}

# kernel_reason NAME: the kernel's own name for it here: nothing before 5.17, where there
# are no reasons, and NOT_SPECIFIED where it does not know this one yet.
kernel_reason() {
	[ -f "$WORK/reasons" ] || "$TOOLS/kfree_count" --list >"$WORK/reasons"
	if [ ! -s "$WORK/reasons" ]; then
		echo
	elif grep -qx "$1" "$WORK/reasons"; then
		echo "$1"
	else
		echo NOT_SPECIFIED
	fi
}

# reason NAME [STAND_IN]: what dropwhy must call it here: before 5.17 what stands for the function
# that frees such packets, which is the same name unless told.
reason() {
	named=$(kernel_reason "$1")
	echo "${named:-${2:-$1}}"
}

# fate REASON: packets of that reason that passed the filters: delivered, folded or lost. Where
# the kernel has no reasons, those of all.
fate() {
	fate_path=
	[ -z "$(kernel_reason "$1")" ] || fate_path="reasons[reason=$(reason "$1")]."
	echo $(($(summary "${fate_path}delivered") + $(summary "${fate_path}folded") + $(summary "${fate_path}lost")))
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
