# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

. "$here/../pods/node.sh"
. "$here/../probe/probe.sh"

# Two kilobytes a pod that ever was would show in ten minutes as megabytes.
GROWTH_KIB_MAX=2048
# The probe's own grace for series of pods that are gone, and time for it to look.
GRACE_SECONDS=600
EXPIRY_SECONDS=640
CT_LIMIT=16
# What a pod that comes and goes loses.
ROUND=23

case_soak() {
	node_new 10.30.0.0/24
	for pod in client web filtered limited; do
		pod_new $pod shop
	done
	filter_pod
	limit_pod
	mkdir "$WORK/log" "$WORK/bundles"
	# of all namespaces, by a port that nobody else uses: pods come and go; a series for each, so
	# that none goes but for its age
	probe_start --dport "$OWN_PORT" --max-series 5000 --csv-dir "$WORK/log" --log-size 1m --log-files 3 \
		--bundle-dir "$WORK/bundles" --bundle-interval 10 --bundle-quota 10m --recorder-size 1m
	storm "$OWN_PORT" &
	storm_pid=$!
	CHILDREN="$CHILDREN $storm_pid"
	churn
	: >"$WORK/storm.stop"
	wait_exit "$storm_pid" || fail "the storm failed"
	web=$((web + $(cat "$WORK/storm.sent")))
	look_at_process
	account
	probe_stop
}

# filter_pod, limit_pod: where every packet dies of a rule, and of a full table.
filter_pod() {
	in_pod filtered nft -f - <<-END
		add table ip guard
		add chain ip guard output { type filter hook output priority 0; policy accept; }
		add rule ip guard output meta l4proto udp drop
	END
}

limit_pod() {
	in_pod limited nft -f - <<-END
		add table ip watch
		add chain ip watch output { type filter hook output priority 0; policy accept; }
		add rule ip watch output ct state new counter
	END
	set_global net/netfilter/nf_conntrack_max $CT_LIMIT
	for port in $(seq $CT_LIMIT); do
		in_pod limited conntrack -I -s 10.77.0.1 -d 10.77.0.2 -p udp --sport "$port" --dport 1 \
			-t 86400 -u ASSURED,SEEN_REPLY >"$WORK/fill.log" 2>&1 || fail "conntrack -I: $(cat "$WORK/fill.log")"
	done
}

# Pods come, lose packets in several ways, and go; the probe is scraped and asked for bundles.
churn() {
	web=0 fleeting=0 ruled=0 full=0 number=0 early=0 start=$(date +%s)
	while now=$(($(date +%s) - start)) && [ "$now" -lt "$SOAK_SECONDS" ]; do
		number=$((number + 1))
		round "n$number"
		[ $((number % 10)) -ne 0 ] || scrape
		[ $((number % 50)) -ne 7 ] || post /bundle >/dev/null
		# what the first minutes need is not growth
		[ "$early" -gt 0 ] || [ "$now" -lt $((SOAK_SECONDS / 4)) ] || early=$(status_kb VmRSS)
	done
	seconds=$now
}

round() { # POD
	pod_new "$1" team
	round_ip=$(pod "$1" ip)
	# for a second after it learned an address it believes no other
	in_pod client ip neigh flush to "$round_ip"
	pod_send client traffic udp --to "$round_ip" --dport "$OWN_PORT" --count 20
	fleeting=$((fleeting + sent))
	pod_send "$1" traffic connect --from "$round_ip" --to "$round_ip" --dport "$OWN_PORT" --count 3
	fleeting=$((fleeting + 3))
	pod_send "$1" traffic udp --to "$pod_web_ip" --dport "$OWN_PORT" --count 5
	web=$((web + sent))
	pod_send filtered traffic udp --to "$pod_web_ip" --dport "$OWN_PORT" --count 50 || :
	ruled=$((ruled + 50))
	pod_send limited traffic udp --to "$pod_web_ip" --sport 4000 --sports 30 --dport "$OWN_PORT" --count 1 || :
	full=$((full + 30))
	pod_del "$1"
}

# Every packet that was sent is in the metrics, by its cause; and by its pod, of those that stay.
account() {
	assert_metric $((web + fleeting)) dropwhy_cause_drops_total cause=none
	assert_metric "$ruled" dropwhy_cause_drops_total cause=nft_rule
	assert_metric "$full" dropwhy_cause_drops_total cause=ct_table_full
	assert_metric $((web + fleeting + ruled + full)) dropwhy_cause_drops_total
	assert_metric "$web" dropwhy_drops_total namespace=shop pod=web
	assert_metric "$ruled" dropwhy_drops_total namespace=shop pod=filtered
	assert_metric "$full" dropwhy_drops_total namespace=shop pod=limited
	assert_metric 0 dropwhy_accounted_packets_total fate=lost
	assert_metric 0 dropwhy_log_rows_failed_total
	assert_balanced
	# the first of those that went has its series until nobody looks at it any more
	if [ "$seconds" -lt $GRACE_SECONDS ]; then
		assert_metric $ROUND dropwhy_drops_total namespace=team pod=n1
	elif [ "$seconds" -gt $EXPIRY_SECONDS ]; then
		assert_metric 0 dropwhy_drops_total namespace=team pod=n1
		assert_at_least 1 "$(metric dropwhy_series_expired_total)" "series of pods that are gone, gone, too"
	fi
}

look_at_process() {
	until_true metric_is $((web + fleeting + ruled + full)) dropwhy_cause_drops_total || : # told by account()
	late=$(status_kb VmRSS)
	cpu=$(awk '{ print $14 + $15 }' "/proc/$pid_dropwhy/stat")
	echo "soak: $seconds s, $number pods, $((web + fleeting + ruled + full)) drops, $(metric dropwhy_cause_drops_total) of them counted; resident $early KiB," \
		"then $late KiB; $(metric dropwhy_series) series, $(metric dropwhy_series_expired_total) expired;" \
		"$(metric dropwhy_bundles_total) bundles; $((cpu * 1000 / $(getconf CLK_TCK) / seconds)) ms of CPU a second" >"$SOAK_RESULT"
	cat "$SOAK_RESULT"
	[ $((late - early)) -le "$GROWTH_KIB_MAX" ] || fail "memory grows: $early KiB, then $late KiB"
	[ "$(du -sk "$WORK/bundles" | cut -f1)" -le 11000 ] || fail "bundles beyond their quota"
	assert_at_least 1 "$(metric dropwhy_bundles_total)" bundles
	assert_metric 0 dropwhy_bundles_failed_total
	[ "$(find "$WORK/log" -type f | wc -l)" -le 3 ] || fail "too many files"
	kill -0 "$pid_dropwhy"
}
