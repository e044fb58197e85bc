# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The doctor in front of real trouble, and beside it.

# doctor_start: looks until it is told to stop; the drops in other namespaces do not concern it.
doctor_start() { # NAME [ARG...]
	doctor_ns=$(ns_inode "$1")
	shift
	"$DROPWHY" doctor --json --duration 600 --netns "$doctor_ns" "$@" >"$WORK/doctor.json" 2>"$ERR" 9>&- &
	pid_dropwhy=$!
	CHILDREN="$CHILDREN $!"
	wait_for "$ERR" '^dropwhy: looking for' "$pid_dropwhy" || fail "the doctor did not start"
}

doctor_stop() { # STATUS
	kill -INT "$pid_dropwhy"
	trace_ended "$1"
}

# finding RULE FIELD
finding() {
	"$TOOLS/records" "$WORK/doctor.json" get "findings[id=$1].$2"
}

case_doctor_rule_drops() {
	[ "$DROPWHY" != none ] || return 0
	pair
	nft_rules b <<-END
		add table inet fw
		add chain inet fw in { type filter hook input priority 0; policy accept; }
		add rule inet fw in udp dport 80 drop
	END
	doctor_start b
	send a traffic udp --from 10.9.0.1 --sport 4000 --to 10.9.0.2 --dport 80 --count 30
	doctor_stop 4
	assert_eq 30 "$(finding rule_drops lost)" "packets of the finding"
	assert_eq loss "$(finding rule_drops harm)" harm
}

case_doctor_conntrack_full() {
	[ "$DROPWHY" != none ] || return 0
	router
	conntrack_on r forward
	fill_table r
	set_global net/netfilter/nf_conntrack_max 16
	doctor_start r
	send c traffic udp --from 10.8.1.2 --sport 20000 --sports 20 --to 10.8.2.2 --dport 53
	doctor_stop 4
	assert_eq 20 "$(finding conntrack_full lost)" "packets of the finding"
	assert_eq certain "$(finding conntrack_full confidence)" confidence
}

case_doctor_sockets() {
	[ "$DROPWHY" != none ] || return 0
	pair
	spawn sink b traffic receive --from 10.9.0.2 --sport 53 --rcvbuf 8192
	doctor_start b
	send a traffic udp --from 10.9.0.1 --sport 4000 --to 10.9.0.2 --dport 53 --size 500 --count 300
	doctor_stop 4
	stop sink
	assert_at_least "$((sent - $(said sink received)))" "$(finding socket_buffers lost)" "packets of the finding"
}

# Nothing goes wrong in a namespace where nothing happens; what else the node has is not looked for here.
case_doctor_silent() {
	[ "$DROPWHY" != none ] || return 0
	pair
	doctor_start b
	send a traffic udp --from 10.9.0.1 --sport 4000 --to 10.9.0.2 --dport 80 --count 30
	kill -INT "$pid_dropwhy"
	wait_exit "$pid_dropwhy" || [ $? -eq 4 ] || fail "the doctor failed: $(cat "$ERR")"
	! grep -q '"id":"\(rule_drops\|mtu\|rp_filter\|dns_race\|snat_ports\)"' "$WORK/doctor.json" ||
		fail "a finding without a cause: $(cat "$WORK/doctor.json")"
}
