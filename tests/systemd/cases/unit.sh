# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The unit of tools/deploy, unchanged but for what a drop-in of the case says, under the systemd
# that is this machine's first process.

. "$here/../probe/probe.sh"

UNIT=dropwhy.service
DROP_IN=/etc/systemd/system/$UNIT.d/override.conf
OPTIONS=/etc/default/dropwhy
url=127.0.0.1:9810
UNDO="$UNDO unit_undo"

unit_undo() {
	[ "$status" -eq 0 ] || journalctl -q --no-pager -o cat -u $UNIT | tail -n 30
	has systemctl disable --now $UNIT
	has systemctl reset-failed $UNIT
	rm -rf "${DROP_IN%/*}" $OPTIONS /var/lib/private/dropwhy /var/log/private/dropwhy
	systemctl daemon-reload
}

# options TEXT, drop_in LINE...: as an administrator gives them, before the unit is started.
options() {
	echo "DROPWHY_OPTIONS=$*" >$OPTIONS
}

drop_in() {
	mkdir -p "${DROP_IN%/*}"
	{ echo '[Service]'; printf '%s\n' "$@"; } >$DROP_IN
	systemctl daemon-reload
}

# unit_start: returns once the daemon has said that it is ready, for the unit is Type=notify.
unit_start() {
	began=$(date +%s)
	systemctl enable -q --now $UNIT || fail "it does not start"
	assert_eq active "$(property ActiveState)" "state"
	pid_dropwhy=$(property MainPID)
}

# unit_stop: on its own account, with status 0.
unit_stop() {
	systemctl stop $UNIT
	assert_eq "inactive success 0" "$(property ActiveState) $(property Result) $(property ExecMainStatus)" "its end"
}

property() { # NAME
	systemctl show --value -p "$1" $UNIT
}

property_is() { # NAME VALUE
	[ "$(property "$1")" = "$2" ]
}

said_of_itself() {
	journalctl -q --no-pager -o cat -u $UNIT --since "@$began"
}

process() { # FIELD: of /proc/PID/status, the first value
	awk -v field="$1:" '$1 == field { print $2 }' "/proc/$pid_dropwhy/status"
}

limit() { # FILE: of its cgroup
	cat "/sys/fs/cgroup/system.slice/$UNIT/$1"
}

# Nobody's process with the unit's capabilities and filters sees whatever root's would.
case_unit_counts() {
	unit_start
	assert_at_least 61184 "$(process Uid)" "a user made for it"
	for set in CapPrm CapEff CapBnd CapAmb; do
		assert_eq 000000c400281004 "$(process $set)" "$set"
	done
	assert_eq 1 "$(process NoNewPrivs)" "no new privileges"
	assert_at_least 2 "$(process Seccomp_filters)" "its own filter beside the unit's"
	assert_eq 268435456 "$(limit memory.max)" "limit of memory"
	assert_eq 0 "$(limit memory.swap.max)" "limit of swap"
	assert_eq 16 "$(limit pids.max)" "limit of threads"
	ns_new a
	udp a 50
	# one that comes later is entered, too
	ns_new b
	conntrack_on b output
	send b traffic udp --from 127.0.0.1 --sport 4000 --sports 5 --to 127.0.0.1 --dport 4053 --count 1
	assert_metric 55 dropwhy_drops_total reason="$(reason NO_SOCKET)"
	assert_metric 5 dropwhy_conntrack_entries netns="$(ns b)"
	assert_metric 0 dropwhy_conntrack_unreadable_namespaces
	assert_metric 0 dropwhy_accounted_packets_total fate=lost
	assert_balanced
	assert_at_least 1048576 "$(limit memory.current)" "memory in use"
	unit_stop
	said_of_itself >"$WORK/said"
	grep -q '^dropwhy: probing' "$WORK/said" || fail "the journal has nothing of it"
	# nor has it anything to complain about
	! grep '^dropwhy: ' "$WORK/said" | grep -v '^dropwhy: probing' || fail "something is missing"
}

# Bundles and logs go where the unit lets it write, which is nowhere else.
case_unit_files() {
	options --csv-dir=/var/log/dropwhy --fold=0
	unit_start
	ns_new a
	udp a 20
	assert_metric 20 dropwhy_drops_total reason="$(reason NO_SOCKET)"
	systemctl kill -s USR1 $UNIT
	assert_metric 1 dropwhy_bundles_total
	for path in /usr/local/sbin /etc /var/lib /proc/sys/net/netfilter /sys/fs/cgroup; do
		nsenter -t "$pid_dropwhy" -m findmnt -n -o OPTIONS -T "$path" | grep -qE '^ro(,|$)' ||
			fail "$path is writable"
	done
	unit_stop
	bundle=$("$DROPWHY" bundle ls /var/lib/dropwhy | awk '{ print $NF }')
	assert_eq 20 "$("$DROPWHY" bundle show "/var/lib/dropwhy/$bundle" drops.csv | grep -c ,NO_SOCKET,)" \
		"rows of the bundle"
	assert_eq 20 "$(cat /var/log/dropwhy/drops-*.csv | grep -c ,NO_SOCKET,)" "rows of the log"
	assert_eq 750 "$(stat -L -c %a /var/lib/dropwhy)" "mode of the bundles' directory"
}

# Who wrote a setting is told by the unit that its process is in, which stays here: one that has ended
# nobody can name.
case_unit_sysctl() {
	options --json-log=/var/log/dropwhy
	unit_start
	cat >/run/systemd/system/writer.service <<-END
		[Service]
		ExecStart=sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 0 >/proc/sys/net/ipv4/ip_forward; sleep 600'
	END
	systemctl start writer.service
	until_true grep -q '"name":"net.ipv4.ip_forward".*"seen_by":"write".*"unit":"writer.service"' \
		-r /var/log/dropwhy/ || fail "the write is not told: $(grep -rh ip_forward /var/log/dropwhy/)"
	systemctl stop writer.service
	unit_stop
}

# It answers this machine, and others only where a drop-in says so, as its README has it.
case_unit_admits() {
	options --listen=0.0.0.0:9810
	unit_start
	ns_new a
	link_to_host a
	! curl_from a 2 || fail "it answers everybody"
	assert_metric 0 dropwhy_accounted_packets_total fate=lost
	drop_in IPAddressAllow=10.9.8.0/24
	systemctl restart $UNIT
	curl_from a 20 || fail "it does not answer whom it may"
	unit_stop
}

link_to_host() { # NAME: 10.9.8.2 there, 10.9.8.1 here
	ip link add "$PREFIX" type veth peer name veth0 netns "$(ns "$1")"
	ip address add 10.9.8.1/24 dev "$PREFIX"
	ip link set "$PREFIX" up
	ip -n "$(ns "$1")" address add 10.9.8.2/24 dev veth0
	ip -n "$(ns "$1")" link set veth0 up
}

curl_from() { # NAME SECONDS
	in_ns "$1" curl -s -o "$WORK/answer" -m "$2" http://10.9.8.1:9810/healthz
}

# Pings keep it alive; stopped, it is replaced by one that counts from zero.
case_unit_watchdog() {
	WAIT_SECONDS=120
	drop_in WatchdogSec=10 RestartSec=1
	unit_start
	for _ in 1 2; do
		ping=$(property WatchdogTimestampMonotonic)
		until_true eval '! property_is WatchdogTimestampMonotonic "$ping"' || fail "it does not ping"
	done
	assert_eq "0 $pid_dropwhy" "$(property NRestarts) $(property MainPID)" "restarts and PID"
	ns_new a
	udp a 3
	assert_metric 3 dropwhy_drops_total reason="$(reason NO_SOCKET)"
	started=$(metric process_start_time_seconds)
	kill -STOP "$pid_dropwhy"
	until_true property_is NRestarts 1 || fail "it is not restarted"
	until_true property_is ActiveState active || fail "it does not come back"
	said_of_itself | grep -q 'Watchdog timeout' || fail "another reason: $(said_of_itself)"
	udp a 4
	assert_metric 4 dropwhy_drops_total reason="$(reason NO_SOCKET)"
	assert_at_least "$started" "$(metric process_start_time_seconds)" "start of the second"
	unit_stop
}

# Killed it comes back; what cannot get better is not tried again.
case_unit_restarts() {
	drop_in RestartSec=1
	unit_start
	kill -KILL "$pid_dropwhy"
	until_true property_is NRestarts 1 || fail "it is not restarted"
	until_true property_is ActiveState active || fail "it does not come back"
	unit_stop
	options --max-series=none
	! systemctl start $UNIT || fail "wrong options are no trouble"
	assert_eq "failed 2 0" "$(property ActiveState) $(property ExecMainStatus) $(property NRestarts)" \
		"state, status and restarts"
}

# The clock is set a day ahead, then two days back: nothing is lost, and rows have the time that
# it was when they were written.
case_unit_clock_steps() {
	options --csv-dir=/var/log/dropwhy --fold=0
	unit_start
	ns_new a
	WAIT_SECONDS=20
	total=0 noon=$(date -u +%s)
	for day in 0 1 -1; do
		date -u -s "@$((noon + day * 86400))" >"$WORK/date"
		day=$(date -u +%Y-%m-%d)
		until_true row_of_day || fail "no row of $day: $(tail -n 2 /var/log/dropwhy/drops-*.csv)"
		udp a 20
		total=$((total + 20))
		assert_metric "$total" dropwhy_drops_total reason="$(reason NO_SOCKET)"
		assert_at_least 21 "$(rows_of_day)" "rows of $day"
	done
	day=
	assert_eq "$total" "$(rows_of_day)" "rows in all"
	assert_metric 0 dropwhy_log_rows_failed_total
	assert_balanced
	systemctl kill -s USR1 $UNIT
	assert_metric 1 dropwhy_bundles_total
	assert_eq "0 $pid_dropwhy" "$(property NRestarts) $(property MainPID)" "restarts and PID"
	unit_stop
	date -u -s "@$noon" >"$WORK/date"
}

# The probe looks at the clock once a second.
row_of_day() {
	udp a 1
	total=$((total + 1))
	sleep 0.3
	[ "$(rows_of_day)" -gt 0 ]
}

rows_of_day() {
	cat /var/log/dropwhy/drops-*.csv | grep -c "^drop,1,$day.*,NO_SOCKET,"
}
