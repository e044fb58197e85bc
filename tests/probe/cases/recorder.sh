# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The flight recorder of a running probe: what makes it write, and what it keeps.

. "$here/../probe/probe.sh"

# Each trigger writes a bundle of its own; one each, however long it lasts.
case_daemon_bundle_triggers() {
	ns_new a
	conntrack_on a output
	set_global net/netfilter/nf_conntrack_max 100
	mkdir "$WORK/bundles"
	probe_ns a --bundle-dir "$WORK/bundles" --bundle-interval 1
	fill_table a 94
	assert_metric 94 dropwhy_conntrack_entries netns="$(ns a)"
	assert_metric 0 dropwhy_bundles_total
	fill_table a 2 established
	until_true bundle_of ct-nearly-full || fail "none for a table at 96 of 100"
	assert_metric 0 dropwhy_cause_drops_total cause=ct_table_full
	set_global net/netfilter/nf_conntrack_max 99
	until_true bundle_of sysctl-lowered || fail "none for a lowered limit"
	grep -q ',net.netfilter.nf_conntrack_max,100,99,' "$WORK/bundles"/*-sysctl-lowered/sysctl.csv ||
		fail "the change is not in it: $(cat "$WORK/bundles"/*-sysctl-lowered/sysctl.csv)"
	"$DROPWHY" bundle show "$WORK/bundles"/*-sysctl-lowered >"$WORK/shown"
	grep -q '^lowered *net.netfilter.nf_conntrack_max: 100 > 99 in host by [^ ]* (pid [0-9]' "$WORK/shown" ||
		fail "it does not show which: $(cat "$WORK/shown")"
	assert_eq '["net.netfilter.nf_conntrack_max","100","99"]' "$(jq -c '.lowered[] | [.name, .old, .new]' \
		"$WORK/bundles"/*-sysctl-lowered/info.json)" "lowered"
	bundle_is_documented "$WORK/bundles"/*-sysctl-lowered
	kill -USR1 "$pid_dropwhy"	# too soon after the last: remembered
	until_true bundle_of signal || fail "none for SIGUSR1"
	until_true asked_by_request || fail "none for a POST"
	assert_eq null "$(jq -c .lowered "$WORK/bundles"/*-signal/info.json)" "lowered, in another bundle"
	for trigger in ct-nearly-full sysctl-lowered signal request; do
		assert_eq 1 "$(find "$WORK/bundles" -name "dropwhy-*-$trigger" | wc -l)" "bundles by $trigger"
		"$DROPWHY" bundle show "$WORK/bundles"/dropwhy-*-$trigger | grep -qx "trigger *$trigger" || fail "$trigger"
	done
	assert_eq 4 "$("$DROPWHY" bundle ls "$WORK/bundles" | wc -l)" "bundles in all"
	probe_stop
}

# A write that left the value as it was, refused or of the same value, is a row of the log alone.
case_daemon_bundle_of_changes() {
	ns_new a
	mkdir "$WORK/bundles" "$WORK/log"
	probe_ns a --bundle-dir "$WORK/bundles" --csv-dir "$WORK/log"
	max_dist 64 || fail "64 was refused"
	! max_dist -1 || fail "-1 was not refused"
	max_dist 65 || fail "65 was refused"
	until_true all_are_logged || fail "not in the log: $(grep ipfrag_max_dist "$WORK/log"/*)"
	assert_metric 1 dropwhy_sysctl_changes_total name=net.ipv4.ipfrag_max_dist
	assert_eq 202 "$(post /bundle)" "a bundle"
	until_true bundle_of request || fail "no bundle"
	assert_eq 64,65 "$(sed -n 's/.*,net.ipv4.ipfrag_max_dist,\([^,]*,[^,]*\),.*/\1/p' \
		"$WORK/bundles"/*/sysctl.csv)" changes
	probe_stop
}

# Whose setting it is, and by which command line, whatever that holds.
case_daemon_bundle_whose_changes() {
	ns_new a
	mkdir "$WORK/bundles"
	probe_ns a --bundle-dir "$WORK/bundles"
	# shellcheck disable=SC2016 # of the inner shell
	in_ns a sh -c 'echo 65 >/proc/sys/net/ipv4/ipfrag_max_dist' '=1,"2"
3'
	assert_metric 1 dropwhy_sysctl_changes_total name=net.ipv4.ipfrag_max_dist
	assert_eq 202 "$(post /bundle)" "a bundle"
	until_true bundle_of request || fail "no bundle"
	changed=$WORK/changed.csv
	"$DROPWHY" bundle show "$WORK/bundles"/*-request sysctl.csv >"$changed"
	assert_eq time,name,old,new,pid,comm,namespace,pod,unit,netns,netns_name,command "$(head -n 1 "$changed")" header
	assert_eq 1 "$("$TOOLS/records" --csv "$changed" lines name=net.ipv4.ipfrag_max_dist new=65 comm=sh \
		netns="$(ns_inode a)" netns_name="$(ns a)" \
		command='sh -c echo 65 >/proc/sys/net/ipv4/ipfrag_max_dist =1,"2"?x0a3')" "rows: $(cat "$changed")"
	probe_stop
}

# Who changes what is said among the messages, too, once each: not what changes nothing, and not
# those of interfaces.
case_daemon_tells_changes() {
	ns_new a
	probe_ns a
	in_ns a sh -c 'echo 65 >/proc/sys/net/ipv4/ipfrag_max_dist
		echo 1 >/proc/sys/net/ipv4/conf/lo/rp_filter' "$(printf '\033[2J')"
	max_dist 65
	! max_dist -1 || fail "-1 was not refused"
	max_dist 66
	told="dropwhy: setting changed: net.ipv4.ipfrag_max_dist"
	wait_for "$ERR" "^$told: 65 > 66 in $(ns a) by sh (pid [0-9]*[,)]" "$pid_dropwhy" || fail "not told: $(cat "$ERR")"
	grep -q "^$told: 64 > 65 in $(ns a) by sh (pid [0-9]*.*: sh -c echo 65 >/proc/.*rp_filter .x1b\[2J\$" "$ERR" ||
		fail "not who, or not as it should be: $(cat "$ERR")"
	assert_metric 1 dropwhy_sysctl_changes_total name='net.ipv4.conf.*.rp_filter'
	# they are many, but not in the messages
	for i in $(seq 101 140); do
		max_dist $i
	done
	assert_metric 42 dropwhy_sysctl_changes_total name=net.ipv4.ipfrag_max_dist
	assert_at_least "$(grep -c ": setting changed: .* in $(ns a) by" "$ERR")" 20 "the most lines: $(cat "$ERR")"
	probe_stop
}

max_dist() { # VALUE: nobody else sets it
	in_ns a sh -c "echo $1 >/proc/sys/net/ipv4/ipfrag_max_dist" 2>"$WORK/refused"
}

all_are_logged() {
	[ "$(cat "$WORK/log"/* | grep -c ',net.ipv4.ipfrag_max_dist,')" = 3 ]
}

bundle_of() { # TRIGGER
	[ -n "$(find "$WORK/bundles" -name "dropwhy-*-$1")" ]
}

# Once it is no longer too soon after the last.
asked_by_request() {
	bundle_of request || { [ "$(post /bundle)" = 202 ] && until_true bundle_of request; }
}

# What a signal asks for too soon is written later; who asks by a POST learns when.
case_daemon_bundle_asked_too_soon() {
	ns_new a
	mkdir "$WORK/bundles"
	probe_ns a
	kill -USR1 "$pid_dropwhy"
	wait_for "$ERR" 'on SIGUSR1: .* without --bundle-dir' "$pid_dropwhy" || fail "it does not say that there is none"
	probe_stop
	probe_ns a --bundle-dir "$WORK/bundles"
	ask_for_bundle 1
	assert_eq 429 "$(post /bundle)" "so soon after another"
	seconds=$(tr -d '\r' <"$WORK/headers" | sed -n 's/^Retry-After: //p')
	assert_at_least 1 "${seconds:-0}" "seconds to wait"
	assert_at_least "$seconds" 10 "the most seconds to wait"
	grep -q "try again in $seconds s\$" "$WORK/answer" || fail "$seconds s, and $(cat "$WORK/answer")"
	for _ in 1 2; do	# both get one
		kill -USR1 "$pid_dropwhy"
		wait_for "$ERR" 'too soon .* SIGUSR1' "$pid_dropwhy" || fail "it does not say that it waits"
	done
	until_true bundle_of signal || fail "forgotten"
	assert_eq 1 "$(grep -c 'too soon .* SIGUSR1' "$ERR")" "times told"
	kill -USR1 "$pid_dropwhy"
	until_true eval '[ "$(grep -c "too soon .* SIGUSR1" "$ERR")" = 2 ]' || fail "it does not say that it waits"
	probe_stop
	grep -q 'that SIGUSR1 asked for was not written' "$ERR" || fail "it does not say so: $(cat "$ERR")"
}

# Who asks keeps no trigger from its bundle, neither by one that was just written nor by one that is.
case_daemon_bundle_beside_asked() {
	ns_new a
	mkdir "$WORK/bundles"
	probe_ns a --bundle-dir "$WORK/bundles"
	ask_for_bundle 1
	until_true bundle_of request || fail "none for a POST"
	somaxconn 1000
	until_true bundle_of sysctl-lowered || fail "none for a lowered limit, soon after another"
	assert_metric 0 dropwhy_bundles_limited_total
	somaxconn 999
	assert_metric 1 dropwhy_bundles_limited_total
	probe_stop
	rm -r "$WORK/bundles"
	mkdir "$WORK/bundles"
	probe_ns a --bundle-dir "$WORK/bundles"
	lower_behind_request 2
	exec 8<&-
	until_true bundle_of sysctl-lowered || fail "none for a limit that was lowered meanwhile"
	assert_eq '["net.core.somaxconn","999","998"]' "$(jq -c '.lowered[] | [.name, .old, .new]' \
		"$WORK/bundles"/*-sysctl-lowered/info.json)" lowered
	assert_metric 0 dropwhy_bundles_limited_total
	probe_stop
}

# lower_behind_request N: the limit is lowered while the bundle of the Nth POST is written, which
# lasts until descriptor 8 is closed: who writes one waits for the lock.
lower_behind_request() {
	exec 8<"$WORK/bundles"
	flock 8
	ask_for_bundle "$1"
	somaxconn 998
	assert_metric 1 dropwhy_sysctl_changes_total name=net.core.somaxconn
	sleep 2	# it looks once a second
}

# What waits for one that is being written when the probe is to end is written yet.
case_daemon_bundle_due_at_the_end() {
	ns_new a
	mkdir "$WORK/bundles"
	probe_ns a --bundle-dir "$WORK/bundles"
	lower_behind_request 1
	kill -TERM "$pid_dropwhy"
	wait_for "$ERR" '^seen ' "$pid_dropwhy" || fail "it does not end"
	exec 8<&-
	trace_ended 0
	bundle_of request || fail "none for the POST: $(cat "$ERR")"
	bundle_of sysctl-lowered || fail "none for the limit: $(cat "$ERR")"
	assert_eq 2 "$("$DROPWHY" bundle ls "$WORK/bundles" | wc -l)" "bundles in all"
	assert_eq '["net.core.somaxconn","998"]' "$(jq -c '.lowered[] | [.name, .new]' \
		"$WORK/bundles"/*-sysctl-lowered/info.json)" lowered
	bundle_is_documented "$WORK/bundles"/*-sysctl-lowered
}

somaxconn() { # VALUE
	in_ns a sh -c "echo $1 >/proc/sys/net/core/somaxconn"
}

# What is sent to all of a unit's processes reaches the one that writes, too.
case_daemon_bundle_signals_to_all() {
	ns_new a
	mkdir "$WORK/bundles"
	probe_ns a --bundle-dir "$WORK/bundles" --bundle-interval 0.1
	udp a 5
	assert_metric 5 dropwhy_drops_total
	for round in 1 2 3; do
		ask_for_bundle "$round"
		for signal in USR1 HUP INT TERM; do
			signal_writer $signal || [ $signal != USR1 ] || missed=$((${missed:-0} + 1))
		done
		until_true is_written $round || fail "bundle $round: $(cat "$ERR")"
	done
	[ "${missed:-0}" -lt 3 ] || fail "each was written before it could be signalled"
	assert_metric 0 dropwhy_bundles_failed_total
	probe_stop
}

signal_writer() { # SIGNAL: false if there is none, or it has ended
	writer=
	read -r writer <"/proc/$pid_dropwhy/task/$pid_dropwhy/children" || :
	# shellcheck disable=SC2086 # there is a space behind it
	[ -n "$writer" ] && grep -q '^State:.[^Z]' /proc/$writer/status 2>/dev/null && kill "-$1" $writer 2>/dev/null
}

is_written() { # N
	scrape
	[ $(($(metric dropwhy_bundles_total) + $(metric dropwhy_bundles_failed_total))) -eq "$1" ]
}

# A bundle of the same second and trigger has a number behind its name.
case_daemon_bundle_same_second() {
	ns_new a
	mkdir "$WORK/bundles"
	probe_ns a --bundle-dir "$WORK/bundles" --bundle-interval 0.1
	for second in $(seq 0 60); do
		mkdir -p "$WORK/bundles/dropwhy-$(date -u -d "+$second seconds" +%Y%m%dT%H%M%SZ)-request/earlier"
	done
	bundle_number 1
	assert_metric 0 dropwhy_bundles_failed_total
	bundle_is_kept 1 'dropwhy-*-request-2'
	assert_at_least 61 "$(find "$WORK/bundles" -name earlier | wc -l)" "bundles left as they were"
	probe_stop
}

# The quota deletes the oldest, never the newest, which alone may be more than all of it.
case_daemon_bundle_quota() {
	ns_new a
	mkdir "$WORK/bundles"
	probe_ns a --bundle-dir "$WORK/bundles" --bundle-interval 0.1 --bundle-quota 1m
	udp a 5
	assert_metric 5 dropwhy_drops_total
	mkdir "$WORK/bundles/dropwhy-20200101T000000Z-request" "$WORK/bundles/mine"
	head -c 900000 /dev/zero | tee "$WORK/bundles/mine/file" >"$WORK/bundles/dropwhy-20200101T000000Z-request/drops.csv"
	bundle_number 1
	bundle_is_kept 1 dropwhy-20200101T000000Z-request
	head -c 300000 /dev/zero >>"$WORK/bundles/dropwhy-20200101T000000Z-request/drops.csv"
	bundle_number 2
	bundle_is_kept 0 dropwhy-20200101T000000Z-request
	bundle_is_kept 2 'dropwhy-*-request*'	# the second has a number where both are of one second
	bundle_is_kept 1 mine	# what is no bundle is not its to delete
	probe_stop
}

# Anybody here may ask for bundles: they push out no others, but the others them.
case_daemon_bundle_quota_of_asked() {
	ns_new a
	mkdir "$WORK/bundles"
	probe_ns a --bundle-dir "$WORK/bundles" --bundle-interval 0.1 --bundle-quota 1m
	for old in 20200101T000000Z-surge 20200102T000000Z-request 20200103T000000Z-request-2; do
		mkdir "$WORK/bundles/dropwhy-$old"
		head -c 500000 /dev/zero >"$WORK/bundles/dropwhy-$old/drops.csv"
	done
	bundle_number 1
	bundle_is_kept 0 dropwhy-20200102T000000Z-request
	bundle_is_kept 1 dropwhy-20200101T000000Z-surge
	bundle_is_kept 1 dropwhy-20200103T000000Z-request-2
	probe_stop
}

ask_for_bundle() { # N: once it is no longer too soon
	until_true eval '[ "$(post /bundle)" = 202 ]' || fail "no bundle number $1"
}

bundle_number() { # N
	ask_for_bundle "$1"
	assert_metric "$1" dropwhy_bundles_total
}

bundle_is_kept() { # HOW-MANY GLOB
	assert_eq "$1" "$(find "$WORK/bundles" -mindepth 1 -maxdepth 1 -name "$2" | wc -l)" "$2"
}
