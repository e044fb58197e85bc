# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# A kernel that does not carry its types: what it has is hidden from dropwhy, and
# nothing is left but the classic tracepoint and a file for --btf.

hide_types() {
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
	[ ! -e "/boot/vmlinux-$(uname -r)" ] || skip "the types are in /boot, too"
	cp /sys/kernel/btf/vmlinux "$WORK/types"
	cat >"$WORK/dropwhy" <<-END
		#!/bin/sh
		exec unshare -m sh -c 'mount -t tmpfs none /sys/kernel/btf && {
			[ -e /sys/kernel/tracing/events ] || mount -t tracefs tracefs /sys/kernel/tracing
		} && exec "\$0" "\$@"' $DROPWHY "\$@"
	END
	chmod +x "$WORK/dropwhy"
	DROPWHY=$WORK/dropwhy
}

case_types_missing() {
	hide_types
	trace_spawn --summary-only --duration 0.1
	trace_ended 3
	assert_eq 1 "$(wc -l <"$ERR" | tr -d ' ')" "lines on standard error"
	grep -q '^dropwhy: this kernel cannot run .*a file for --btf' "$ERR" || {
		cat "$ERR"
		fail "standard error does not say what is missing"
	}
}

# Their hooks need kprobes then, and both ways agree.
case_ct_hooks_types_from_a_file() {
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
	can_hook || skip "no kprobes and no trampolines"
	CT_MODE=--conntrack-hooks=both
	case_types_from_a_file
	assert_summary compared 20
	assert_summary disagreed 0
	dispute
}

# With probes off the counters alone see conntrack drop. Each packet shows it, however much is folded.
dispute() {
	[ "${THROWAWAY:-0}" = 1 ] || return 0	# somebody may need probes here
	kernel_at_least 6 1 || return 0	# 5.10's run all the same
	trace_ns full --fold 60000
	send full traffic udp --from 127.0.0.1 --sport 20000 --to 127.0.0.1 --dport 1000 --count 20
	SAVED="/sys/kernel/debug/kprobes/enabled=1 $SAVED"
	echo 0 >/sys/kernel/debug/kprobes/enabled
	send full traffic udp --from 127.0.0.1 --sport 20000 --to 127.0.0.1 --dport 1000 --count 20
	kill -INT "$pid_dropwhy"
	trace_ended 0
	assert_accounted
	assert_drops 20 cause=ct_table_full cause_direct=
	assert_drops 20 cause=ct_table_full cause_direct=none
	assert_only 40
	assert_summary compared 40
	assert_summary disagreed 20
}

# shellcheck disable=SC2034,SC1091,SC2154 # trace_start reads CONNTRACK_HOOKS; here is set in run
case_types_from_a_file() {
	hide_types
	CONNTRACK_HOOKS="--btf $WORK/types ${CT_MODE:-}"
	. "$here/cases/conntrack_insert.sh"
	case_ct_insert_snat_exhausted
	grep -q '^dropwhy: tracing packet drops by .*tracepoint' "$ERR" || {
		cat "$ERR"
		fail "not by the classic tracepoint"
	}
	# and whether the table is full shows without nf_conntrack's own types
	ns_new full
	conntrack_on full output
	fill_table full
	set_global net/netfilter/nf_conntrack_max 16
	trace_ns full
	send full traffic udp --from 127.0.0.1 --sport 20000 --to 127.0.0.1 --dport 1000 --dports 20
	trace_stop
	assert_ct full 20 0 0
	assert_drops 20 cause=ct_table_full netns="$(ns_inode full)"
	[ -z "${CT_MODE:-}" ] || return 0
	"$DROPWHY" features --json --btf "$WORK/types" >"$WORK/features.json"
	assert_at_least 1 "$(feature conntrack.entries_counted_in | grep -c 'netns_ct\|nf_conntrack_net')" \
		"place of the number of entries"
}

# A kernel without conntrack, and without netfilter for ARP: as if what these add to the types
# had other names.
case_types_without_conntrack() {
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
	LC_ALL=C sed 's/\x00_nfct\x00/\x00-nfct\x00/; s/\x00nf_conn\x00/\x00-f_conn\x00/
		s/\x00ip_conntrack_stat\x00/\x00-p_conntrack_stat\x00/; s/\x00ct\x00/\x00-t\x00/
		s/\x00hooks_arp\x00/\x00-ooks_arp\x00/' /sys/kernel/btf/vmlinux >"$WORK/types"
	ns_new a
	nft_rules a <<-END
		add table ip watch
		add chain ip watch input { type filter hook input priority 0; policy accept; }
		add rule ip watch input udp dport 2000 counter drop
	END
	for fold_ms in 0 60000; do
		trace_ns a --btf "$WORK/types" --fold $fold_ms
		send a traffic udp --from 127.0.0.1 --to 127.0.0.1 --dport 1000 --count 20
		send a traffic udp --from 127.0.0.1 --to 127.0.0.1 --dport 2000 --count 30
		trace_stop
		assert_drops 20 dport=1000 reason="$(reason NO_SOCKET)"
		assert_drops 30 dport=2000 cause="$(expected nft_cause)" reason="$(reason NETFILTER_DROP)"
		assert_only 50
	done
}
