# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What befalls a daemon: signals, full disks, storms, readers that go away.

. "$here/../probe/probe.sh"

# Stopped under load it loses records, but not one packet goes uncounted.
case_daemon_stopped_and_continued() {
	ns_new a
	probe_ns a --fold 0 --ring-size 4096
	kill -STOP "$pid_dropwhy"
	udp a 20000
	kill -CONT "$pid_dropwhy"
	udp a 5
	until_true all_accounted 20005 || fail "not all are accounted for"
	assert_at_least 1 "$(metric dropwhy_accounted_packets_total fate=lost)" "lost with a ring of one page"
	probe_stop
}

# What was lost has no namespace: other traffic of this machine may be among it.
all_accounted() { # N
	scrape
	[ $(($(metric dropwhy_drops_total) + $(metric dropwhy_accounted_packets_total fate=lost))) -ge "$1" ] &&
		[ "$(metric dropwhy_seen_packets_total)" = "$(metric dropwhy_accounted_packets_total)" ]
}

case_daemon_capabilities() {
	ns_new a
	probe_ns a
	is_confined
	for set in CapPrm CapEff; do
		# bpf, perfmon, syslog, sys_admin, sys_ptrace, net_admin, dac_read_search
		assert_eq 000000c400281004 "$(awk -v set="$set:" '$1 == set { print $2 }' \
			"/proc/$pid_dropwhy/status")" "$set"
	done
	# and it still sees namespaces that come
	ns_new b
	in_ns b sh -c : # lives
	udp a 1
	assert_metric 1 dropwhy_drops_total
	probe_stop
	! grep -i 'not permitted' "$ERR" || fail "something was refused"
}

is_confined() { # all threads
	for status in "/proc/$pid_dropwhy/task"/*/status; do
		assert_eq "1 2" "$(awk '/^(NoNewPrivs|Seccomp):/ { print $2 }' "$status" | xargs)" \
			"no new privileges, a seccomp filter: $status"
	done
}

# So is the thread that reads what the API server sends, though it starts before.
case_daemon_threads_are_confined() {
	ns_new a
	cluster_start 10 2
	probe_ns a --api cluster --kubelet off --kubeconfig "$WORK/kubeconfig"
	assert_at_least 2 "$(ls "/proc/$pid_dropwhy/task" | wc -l)" threads
	is_confined
	cluster_watched
	probe_stop
	! grep -i 'not permitted' "$ERR" || fail "something was refused"
}

case_daemon_full_disk() {
	ns_new a
	mkdir "$WORK/disk"
	mount -t tmpfs -o size=64k tmpfs "$WORK/disk"
	MOUNTED=$WORK/disk
	probe_ns a --fold 0 --csv-dir "$WORK/disk" --bundle-dir "$WORK/disk"
	udp a 2000
	assert_metric 2000 dropwhy_drops_total
	until_true log_failed || fail "nothing failed on a full disk"
	assert_eq 2000 $(($(metric dropwhy_log_rows_total) + $(metric dropwhy_log_rows_failed_total))) rows
	assert_eq 202 "$(post /bundle)" "a bundle"
	assert_metric 1 dropwhy_bundles_failed_total
	assert_eq 0 "$(find "$WORK/disk" -name '*.tmp' | wc -l)" "files left over"
	mount -o remount,size=4m "$WORK/disk"
	sleep 2
	udp a 100
	until_true log_goes_on || fail "the log does not go on: $(cat "$ERR")"
	probe_stop
	grep -q 'cannot write the log: No space left' "$ERR" || fail "it does not say so: $(cat "$ERR")"
}

log_failed() {
	scrape
	[ "$(metric dropwhy_log_rows_failed_total)" -gt 0 ]
}

log_goes_on() {
	udp a 1
	scrape
	before=$(metric dropwhy_log_rows_total)
	udp a 1
	scrape
	[ "$(metric dropwhy_log_rows_total)" -gt "$before" ]
}

probe_into_pipe() { # opened for reading as 8
	: >"$ERR"
	"$DROPWHY" probe --listen 127.0.0.1:0 --fold 0 --netns "$(ns_inode a)" --json-log - \
		>"$WORK/pipe" 2>"$ERR" 8>&- 9>&- &
	pid_dropwhy=$!
	CHILDREN="$CHILDREN $!"
	wait_for "$ERR" '^dropwhy: probing' "$pid_dropwhy" || fail "the probe did not start"
	url=$(sed -n 's,.*http://\([^;]*\);.*,\1,p' "$ERR")
}

# A reader of the log that sleeps, and one that goes away, do not stop it.
case_daemon_log_reader_gone() {
	ns_new a
	mkfifo "$WORK/pipe"
	exec 8<>"$WORK/pipe"
	probe_into_pipe
	udp a 5000	# far more than a pipe holds
	assert_metric 5000 dropwhy_drops_total
	scrape
	assert_at_least 1 "$(metric dropwhy_log_rows_failed_total)" "rows that nobody read"
	probe_stop
	probe_into_pipe
	exec 8>&-
	udp a 10
	wait_for "$ERR" 'cannot write the log: Broken pipe' "$pid_dropwhy" || fail "it does not say so: $(cat "$ERR")"
	assert_metric 10 dropwhy_drops_total
	probe_stop
}

# Nor does a journal that hangs, to which rows and messages go through one socket.
case_daemon_log_socket_stuck() {
	ns_new a
	ERR=$WORK/journal
	"$TOOLS/../probe/socket_log" "$ERR" "$DROPWHY" probe --listen 127.0.0.1:0 --fold 0 \
		--netns "$(ns_inode a)" --json-log - 9>&- &
	pid_dropwhy=$!
	until_true [ -s "$ERR.pid" ]
	read -r reader <"$ERR.pid"
	CHILDREN="$CHILDREN $! $reader"
	wait_for "$ERR" '^dropwhy: probing' "$pid_dropwhy" || fail "the probe did not start"
	url=$(sed -n 's,.*http://\([^;]*\);.*,\1,p' "$ERR")
	kill -STOP "$reader"
	udp a 5000	# far more than a socket holds
	assert_metric 5000 dropwhy_drops_total
	until_true log_failed || fail "no row failed"
	sleep 2	# it says so, to nobody
	kill -USR1 "$pid_dropwhy"	# and that no bundle is written
	udp a 5
	assert_metric 5005 dropwhy_drops_total
	kill -CONT "$reader"
	until_true log_goes_on || fail "the log does not go on"
	wait_for "$ERR" '^dropwhy: the log is written again' "$pid_dropwhy" || fail "it does not say so"
	scrape
	probe_stop
	until_true has_ended "$reader"
	failed=$(sed -n 's/^\([0-9,]*\) delivered drops* could not be written.*/\1/p' "$ERR" | tr -d ,)
	grep '^{' "$ERR" >"$OUT"
	assert_drops $(($(metric dropwhy_drops_total) - failed)) reason="$(reason NO_SOCKET)" dport=4053
}

has_ended() { # PID
	! kill -0 "$1" 2>/dev/null
}

# Killed in a storm it leaves whole files; of the newest the last row may be torn. The next run leaves
# that one alone and begins another.
case_daemon_killed() {
	ns_new a
	mkdir "$WORK/log"
	spawn storm a traffic udp --announce --from 127.0.0.1 --sport 4000 --to 127.0.0.1 --dport 4053 \
		--count 1000000000
	killed=
	for files in 1 2 5 20; do
		probe_ns a --fold 0 --csv-dir "$WORK/log" --log-size 64k --log-files 100
		until_true is_writing "$files" || fail "no $files files more"
		kill -KILL "$pid_dropwhy"
		wait_exit "$pid_dropwhy" || :
		newest=$(logs | tail -n 1)
		killed="$killed $newest"
		assert_logs_whole
		# the same file under another name, which nobody deletes
		ln "$WORK/log/$newest" "$WORK/$newest"
		wc -c <"$WORK/$newest" >"$WORK/$newest.bytes"
	done
	for newest in $killed; do
		assert_eq "$(cat "$WORK/$newest.bytes")" "$(wc -c <"$WORK/$newest")" "bytes of $newest after the next run"
	done
}

logs() { # in order of age
	find "$WORK/log" -name 'drops-*.csv' -printf '%f\n' | sort
}

is_writing() { # COUNT: so many files since the last that a killed one wrote
	[ "$(logs | awk -v last="${killed##* }" '$0 > last' | wc -l)" -ge "$1" ]
}

assert_logs_whole() { # but for the last of each run, which lack the end of a line
	for log in $(logs); do
		case " $killed " in
		*" $log "*) head -n "$(wc -l <"$WORK/log/$log")" "$WORK/log/$log" >"$WORK/whole.csv" ;;
		*)
			assert_at_least 65536 "$(wc -c <"$WORK/log/$log")" "bytes of $log"
			cp "$WORK/log/$log" "$WORK/whole.csv"
			;;
		esac
		[ ! -s "$WORK/whole.csv" ] || "$TOOLS/records" --csv "$WORK/whole.csv" lines >"$WORK/lines" ||
			fail "$log is not well formed"
	done
}

case_daemon_json_rows() {
	ns_new a
	mkdir "$WORK/log"
	probe_ns a --fold 0 --json-log "$WORK/log" --log-size 4096 --log-files 1000
	udp a 100
	assert_metric 100 dropwhy_drops_total
	probe_stop
	cat "$WORK/log"/drops-*.json >"$OUT"
	assert_drops 100 reason="$(reason NO_SOCKET)" dport=4053
	assert_at_least 2 "$(find "$WORK/log" -type f | wc -l)" "files"
}

case_daemon_bundle() {
	for format in dir tar.zst; do
		ns_new a
		mkdir "$WORK/$format"
		probe_ns a --fold 0 --bundle-dir "$WORK/$format" --bundle-format "$format" --bundle-interval 1000
		udp a 50
		assert_metric 50 dropwhy_drops_total
		kill -USR1 "$pid_dropwhy"
		assert_metric 1 dropwhy_bundles_total
		assert_eq 429 "$(post /bundle)" "so soon after another"
		assert_metric 1 dropwhy_bundles_limited_total
		bundle=$("$DROPWHY" bundle ls "$WORK/$format" | awk '{ print $NF }')
		"$DROPWHY" bundle show "$WORK/$format/$bundle" >"$WORK/shown"
		grep -q '^trigger *signal$' "$WORK/shown" || fail "$(cat "$WORK/shown")"
		assert_eq 50 "$("$DROPWHY" bundle show "$WORK/$format/$bundle" drops.csv | grep -c ,NO_SOCKET,)" rows
		"$DROPWHY" bundle show "$WORK/$format/$bundle" pods.csv | grep -q "$(ns a)" || fail "no namespaces"
		bundle_is_documented "$WORK/$format/$bundle"
		probe_stop
		ns_del a
	done
}

# A full table writes a bundle without being asked.
case_daemon_bundle_table_full() {
	ns_new a
	conntrack_on a output
	set_global net/netfilter/nf_conntrack_max 10
	fill_table a 10
	mkdir "$WORK/bundles"
	probe_ns a --bundle-dir "$WORK/bundles"
	send a traffic udp --from 127.0.0.1 --sport 4000 --sports 10 --to 127.0.0.1 --dport 4053 --count 1
	assert_metric 10 dropwhy_cause_drops_total cause=ct_table_full
	assert_metric 1 dropwhy_bundles_total
	bundle=$(find "$WORK/bundles" -name 'dropwhy-*-ct-*')
	[ -n "$bundle" ] || fail "no bundle of its kind"
	"$DROPWHY" bundle show "$bundle" conntrack_occupants.csv >"$WORK/occupants"
	assert_eq 10 "$(awk -F, -v n="$(ns_inode a)" '$1 == n && $5 == "udp" { s += $9 } END { print s + 0 }' \
		"$WORK/occupants")" "entries in the bundle: $(cat "$WORK/occupants")"
	probe_stop
}

case_daemon_notifies() {
	ns_new a
	"$TOOLS/notify_listen" "$WORK/notify" >"$WORK/notified" 9>&- &
	CHILDREN="$CHILDREN $!"
	until_true [ -S "$WORK/notify" ]
	NOTIFY_SOCKET=$WORK/notify WATCHDOG_USEC=200000
	export NOTIFY_SOCKET WATCHDOG_USEC
	probe_ns a
	wait_for "$WORK/notified" '^READY=1' || fail "READY"
	wait_for "$WORK/notified" '^WATCHDOG=1' || fail "WATCHDOG"
	probe_stop
	wait_for "$WORK/notified" '^STOPPING=1' || fail "STOPPING"
}

# What is no HTTP is refused, and who is slow is cut off, while the probe serves and counts.
case_daemon_hostile_requests() {
	ns_new a
	probe_ns a
	# a header a second, without end
	{ printf 'GET /metrics HTTP/1.1\r\n'; while printf 'X: y\r\n'; do sleep 1; done; } 2>"$WORK/drip.err" |
		curl -s -N "telnet://$url" >"$WORK/drip" 2>&1 9>&- &
	CHILDREN="$CHILDREN $!"
	pid_slow=$!
	for size in 1 4096 1000000; do
		head -c $size /dev/urandom | curl -s -m 10 "telnet://$url" >"$WORK/answer" 2>&1 || :
	done
	head -c 100000 /dev/zero | tr '\0' a | sed 's/^/GET \//' | curl -s -m 10 "telnet://$url" >"$WORK/answer" 2>&1 || :
	for path in /nothing /../etc/passwd '/metrics?%00%ff'; do
		curl -s -m 10 --path-as-is -o "$WORK/answer" "http://$url$path" || fail "no answer: $path"
		! grep -q root: "$WORK/answer" || fail "a file"
	done
	assert_eq 405 "$(post /metrics)" "a POST where none is known"
	assert_eq 403 "$(curl -s -m 10 -o "$WORK/answer" -w '%{http_code}' -H 'Origin: http://evil.example' \
		-X POST "http://$url/bundle")" "a POST that a web page made"
	udp a 10
	assert_metric 10 dropwhy_drops_total
	assert_at_least 4 "$(metric dropwhy_http_requests_refused_total)" "requests refused"
	wait_exit "$pid_slow" || : # whatever curl says of it
	scrape
	assert_at_least 1 "$(metric dropwhy_http_connections_cut_off_total)" "connections cut off"
	assert_balanced
	probe_stop
}

# Where no descriptor is left who asks waits, and it does not try again and again.
case_daemon_out_of_descriptors() {
	ns_new a
	probe_ns a
	prlimit --pid "$pid_dropwhy" --nofile=3:	# less than it has
	curl -s -m "$WAIT_SECONDS" -o "$WORK/answer" "http://$url/healthz" 9>&- &
	pid_waiting=$!
	CHILDREN="$CHILDREN $!"
	wait_for "$ERR" 'cannot let a client in: Too many open files' "$pid_dropwhy" || fail "it does not say so"
	read -r before _ </proc/uptime
	sleep 3
	prlimit --pid "$pid_dropwhy" --nofile=1024:
	wait_exit "$pid_waiting" || fail "no answer"
	read -r after _ </proc/uptime
	assert_eq ok "$(cat "$WORK/answer")" "the answer"
	scrape
	failed=$(metric dropwhy_http_accepts_failed_total)
	assert_at_least 2 "$failed" "attempts that failed"
	assert_at_least "$failed" $((${after%.*} - ${before%.*} + 5)) "the most attempts that failed"
	probe_stop
}

case_daemon_wrong_usage() {
	for wrong in --listen=x --max-series=0 --log-size=1 '--csv-dir=/tmp --json-log=-' surplus; do
		wrong_status=0
		# shellcheck disable=SC2086 # some are two
		"$DROPWHY" probe $wrong >"$WORK/stdout" 2>"$ERR" || wrong_status=$?
		assert_eq 2 "$wrong_status" "status of $wrong"
		case $wrong in
		--log-size=1) grep -q ' bytes from 4096 to ' "$ERR" || fail "no minimum: $(cat "$ERR")" ;;
		esac
	done
	wrong_status=0
	"$DROPWHY" probe --listen none --csv-dir /nonexistent 2>"$ERR" || wrong_status=$?
	assert_eq 1 "$wrong_status" "status without a directory"
}
