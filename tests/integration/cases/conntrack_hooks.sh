# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Hooks on conntrack's own functions: compared with its counters, in their
# place, and for what counters cannot tell. What is dropped and counted is that
# of the other files' cases, run here under another --conntrack-hooks.

need_hooks() {
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
	can_hook || skip "no kprobes and no trampolines"
}

# under MODE FILE CASE: a case of another file.
# shellcheck disable=SC2034 # trace_start reads CONNTRACK_HOOKS
under() {
	need_hooks
	CONNTRACK_HOOKS=--conntrack-hooks=$1
	# shellcheck disable=SC1090,SC2154 # a file of cases/; here is set in run
	. "$here/cases/$2.sh"
	"case_$3"
}

# compared FILE CASE: every drop by conntrack is explained both ways, alike.
compared() {
	under both "$1" "$2"
	conntrack_drops=$(drops cause='ct_*')
	assert_at_least 1 "$conntrack_drops" "drops by conntrack"
	assert_summary compared "$conntrack_drops"
	assert_summary disagreed 0
	assert_drops 0 cause_direct='?*'
}

# Every mode runs, or ends with status 3 and says why, as `dropwhy features` has it.
case_ct_hooks_modes() {
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
	for mode in auto counters direct both; do
		expected_status=0
		[ "$(feature "conntrack_hooks[mode=$mode].possible")" = true ] || expected_status=3
		echo "--conntrack-hooks=$mode"
		trace_spawn --summary-only --duration 0.2 --conntrack-hooks="$mode"
		trace_ended $expected_status
		[ $expected_status -eq 0 ] || grep -q "no kprobes and refuses trampolines" "$ERR" || {
			cat "$ERR"
			fail "standard error does not say what is missing"
		}
	done
	assert_eq true "$(feature 'conntrack_hooks[mode=counters].possible')" "counters are always possible"
	assert_eq true "$(feature 'conntrack_hooks[mode=auto].possible')" "auto is always possible"
}

case_ct_hooks_both_full() {
	compared conntrack_full ct_full_forward
}

case_ct_hooks_both_full_output() {
	compared conntrack_full ct_full_output
}

case_ct_hooks_both_clash() {
	compared conntrack_insert ct_insert_snat_exhausted
}

case_ct_hooks_both_clash_reinjected() {
	compared conntrack_insert ct_insert_reinjected
}

case_ct_hooks_both_chain_too_long() {
	compared conntrack_chain ct_chain_too_long
}

case_ct_hooks_both_mixed() {
	compared conntrack_mixed ct_full_and_rule_mixed
}

case_ct_hooks_both_insert_mixed() {
	compared conntrack_mixed ct_insert_and_rule_mixed
}

# The same causes and counts with nothing but the hooks.
case_ct_hooks_direct_full() {
	under direct conntrack_full ct_full_forward
}

case_ct_hooks_direct_full_output() {
	under direct conntrack_full ct_full_output
}

case_ct_hooks_direct_clash() {
	under direct conntrack_insert ct_insert_snat_exhausted
}

case_ct_hooks_direct_clash_reinjected() {
	under direct conntrack_insert ct_insert_reinjected
}

case_ct_hooks_direct_chain_too_long() {
	under direct conntrack_chain ct_chain_too_long
}

case_ct_hooks_direct_mixed() {
	under direct conntrack_mixed ct_full_and_rule_mixed
}

case_ct_hooks_direct_insert_mixed() {
	under direct conntrack_mixed ct_insert_and_rule_mixed
}

case_ct_hooks_direct_invalid() {
	under direct conntrack_mixed ct_state_invalid
}

# Whose entry was there first: the one flow that got through.
case_ct_hooks_auto_clash_winner() {
	under auto conntrack_insert ct_insert_snat_exhausted
	assert_drops 19 clash_src=10.8.1.2 clash_sport=20000 clash_dst=10.8.2.2 clash_dport=53
	assert_drops 0 ct_sport=20000
	in_ns r conntrack -L -p udp --orig-port-src 20000 2>"$WORK/list.log" |
		grep -q 'sport=20000 .*dport=5000' || fail "the winner's entry is not in the table"
}

case_ct_hooks_auto_clash_winner_tcp() {
	under auto conntrack_insert ct_insert_snat_exhausted_tcp
	assert_drops 5 clash_src=10.8.1.2 clash_sport=20000 clash_dst=10.8.2.2 clash_dport=80
}

# Nobody's entry was there first.
case_ct_hooks_auto_full_without_winner() {
	under auto conntrack_full ct_full_assured
	assert_drops 500 clash_src=
	assert_eq 0 "$(records lines type=eviction)" "evictions of ASSURED entries"
}

# Each victim of early_drop is named, once, and is in the table no more.
# shellcheck disable=SC2154 # victims is set in ct_full_early_drop
case_ct_hooks_auto_evictions() {
	under auto conntrack_full ct_full_early_drop
	assert_eq "$victims" "$(records lines type=eviction netns="$(ns_inode r)")" "evictions"
	assert_eq "$victims" "$(records lines type=eviction proto=udp src=10.8.1.2 dst=10.8.2.2 dport=53 \
		ct_src=10.8.1.2 ct_reply_src=10.8.2.2 reason= cause= iface= location=)" "victims' tuples"
	assert_summary evictions "$victims"
	assert_summary evictions_lost 0
	records values sport type=eviction | awk '{ print $2 }' | sort >"$WORK/victims"
	assert_eq "$victims" "$(uniq "$WORK/victims" | wc -l | tr -d ' ')" "different victims"
	in_ns r conntrack -L -p udp 2>"$WORK/list.log" | sed -n 's/.*src=10.8.1.2 [^=]*=[^=]*=\([0-9]*\) .*/\1/p' |
		sort >"$WORK/left"
	assert_at_least 1 "$(wc -l <"$WORK/left")" "entries left"
	assert_eq '' "$(sort "$WORK/victims" "$WORK/left" | uniq -d)" "victims still in the table"
}

# Evictions alone, without a drop that wakes the reader: more of them than the ring holds (234), in few seconds.
case_ct_hooks_auto_evictions_storm() {
	need_hooks
	router
	conntrack_on r forward
	set_global net/netfilter/nf_conntrack_buckets 512
	set_global net/netfilter/nf_conntrack_max 1000
	# shellcheck disable=SC2034 # trace_start reads it
	CONNTRACK_HOOKS=
	trace_ns r --ring-size 65536
	send c traffic udp --from 10.8.1.2 --sport 20000 --sports 5000 --to 10.8.2.2 --dport 53
	trace_stop
	assert_ct r 0 0 0
	assert_at_least 3500 "$(ct_stat r early_drop)" "entries evicted by early_drop"
	assert_at_least 2500 "$(records lines type=eviction)" "evictions shown"
}

# Filters hold for evictions, too.
case_ct_hooks_auto_evictions_filtered() {
	need_hooks
	router
	conntrack_on r forward
	set_global net/netfilter/nf_conntrack_buckets 512
	set_global net/netfilter/nf_conntrack_max 64
	# shellcheck disable=SC2034 # trace_start reads it
	CONNTRACK_HOOKS=
	trace_ns r --dport 54
	send c traffic udp --from 10.8.1.2 --sport 20000 --sports 300 --to 10.8.2.2 --dport 53
	trace_stop
	assert_at_least 1 "$(ct_stat r early_drop)" "entries evicted by early_drop"
	assert_eq 0 "$(records lines type=eviction)" "evictions shown in spite of the filter"
}
