# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# A kernel that is locked down, which it stays until it boots anew: these are the
# last cases, in this order.

lock_down() { # MODE
	[ -e /sys/kernel/security/lockdown ] || skip "no lockdown in this kernel"
	echo "$1" >/sys/kernel/security/lockdown
	assert_eq "$1" "$(feature kernel.lockdown)" "lockdown by dropwhy features"
}

# It protects the kernel from changes, and dropwhy makes none.
case_lockdown_integrity() {
	lock_down integrity
	pair
	trace_ns b
	send a traffic udp --from 10.9.0.1 --sport 4000 --to 10.9.0.2 --dport 53 --count 30
	trace_stop
	assert_drops 30 reason="$(reason NO_SOCKET)" src=10.9.0.1 dport=53
	assert_only 30
}

# Reading its memory is what it forbids: status 3, and one paragraph that says so.
case_lockdown_confidentiality() {
	echo confidentiality >/sys/kernel/security/lockdown
	status=0
	"$DROPWHY" features --json >"$WORK/features.json" 2>"$ERR" || status=$?
	assert_eq 3 "$status" "exit status of features"
	assert_eq false "$(feature can_trace)" can_trace
	trace_spawn --summary-only --duration 0.1
	trace_ended 3
	assert_eq 1 "$(wc -l <"$ERR" | tr -d ' ')" "lines on standard error"
	grep -q '^dropwhy: this kernel cannot run .*lockdown=confidentiality' "$ERR" || {
		cat "$ERR"
		fail "standard error does not say what is missing"
	}
}
