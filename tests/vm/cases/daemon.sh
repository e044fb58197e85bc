# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The daemon, as far as it depends on the kernel and its system calls, which differ from one
# architecture to another; all else of it is tests/probe's.

. "$here/../probe/probe.sh"

# curl would bring thirty libraries into the guest
scrape() {
	bash -c 'exec 8<>"/dev/tcp/$1"; printf "GET /metrics HTTP/1.0\r\n\r\n" >&8; cat <&8' bash \
		"$(echo "$url" | tr : /)" >"$METRICS" || fail "no metrics: $(cat "$ERR")"
}

# Confined, it does all that it is for, and is refused nothing.
case_daemon_confined() {
	ns_new a
	mkdir "$WORK/log" "$WORK/bundles"
	probe_ns a --fold 0 --csv-dir "$WORK/log" --bundle-dir "$WORK/bundles"
	for status in "/proc/$pid_dropwhy/task"/*/status; do
		assert_eq "1 2" "$(awk '/^(NoNewPrivs|Seccomp):/ { printf sep $2; sep = " " }' "$status")" \
			"no new privileges, a seccomp filter: $status"
	done
	ns_new b	# which it enters
	udp a 30
	assert_metric 30 dropwhy_drops_total
	assert_balanced
	kill -USR1 "$pid_dropwhy"
	assert_metric 1 dropwhy_bundles_total
	assert_eq 30 "$(cat "$WORK/log"/drops-*.csv | grep -c ,NO_SOCKET,)" "rows in the log"
	probe_stop
	bundle=$(find "$WORK/bundles" -name 'dropwhy-*')
	assert_eq 30 "$("$DROPWHY" bundle show "$bundle" drops.csv | grep -c ',4053,')" "rows in the bundle"
	! grep -i 'not permitted' "$ERR" || fail "something was refused"
}
