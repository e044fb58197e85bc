# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

. "$here/../probe/probe.sh"

# Two kilobytes a namespace that ever was would show in ten minutes as megabytes.
GROWTH_KIB_MAX=2048

# One round: a new namespace, drops of several kinds in it, its end.
round() { # NUMBER
	ns_new "$1"
	send "$1" traffic udp --from 127.0.0.1 --sport 4000 --sports 50 --to 127.0.0.1 --dport "$OWN_PORT" --count 200
	total=$((total + sent))
	ns_del "$1"
}

case_soak() {
	mkdir "$WORK/log" "$WORK/bundles"
	# of all namespaces, by a port that nobody else uses: they come and go
	probe_start --dport "$OWN_PORT" --reason NO_SOCKET --max-series 50 --csv-dir "$WORK/log" --log-size 1m --log-files 3 \
		--bundle-dir "$WORK/bundles" --bundle-interval 10 --bundle-quota 10m --recorder-size 1m
	total=0 number=0 early=0 start=$(date +%s)
	while now=$(($(date +%s) - start)) && [ "$now" -lt "$SOAK_SECONDS" ]; do
		number=$((number + 1))
		round "n$number"
		[ $((number % 10)) -ne 0 ] || scrape
		[ $((number % 50)) -ne 7 ] || post /bundle >/dev/null
		# what the first minutes need is not growth
		[ "$early" -gt 0 ] || [ "$now" -lt $((SOAK_SECONDS / 4)) ] || early=$(resident)
		NAMESPACES=
	done
	assert_metric "$total" dropwhy_drops_total
	assert_metric 0 dropwhy_log_rows_failed_total
	assert_balanced
	late=$(resident)
	cpu=$(awk '{ print $14 + $15 }' "/proc/$pid_dropwhy/stat")
	echo "soak: $now s, $number namespaces, $total drops, resident $early KiB, then $late KiB," \
		"$((cpu * 1000 / $(getconf CLK_TCK) / SOAK_SECONDS)) ms of CPU a second" >"$SOAK_RESULT"
	cat "$SOAK_RESULT"
	[ $((late - early)) -le "$GROWTH_KIB_MAX" ] || fail "memory grows: $early KiB, then $late KiB"
	[ "$(du -sk "$WORK/bundles" | cut -f1)" -le 11000 ] || fail "bundles beyond their quota"
	assert_at_least 1 "$(metric dropwhy_bundles_total)" bundles
	[ "$(find "$WORK/log" -type f | wc -l)" -le 3 ] || fail "too many files"
	kill -0 "$pid_dropwhy"
	probe_stop
}
