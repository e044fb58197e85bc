# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Metrics are exact, well-formed and of bounded number.

. "$here/../probe/probe.sh"

case_metrics_exact() {
	pair
	drop_at_tc b ingress
	ns_new c
	probe_ns b,c
	send a traffic udp --from 10.9.0.1 --sport 4000 --to 10.9.0.2 --dport 4053 --size 100 --count 300
	udp c 500
	assert_metric 300 dropwhy_drops_total reason=TC_INGRESS
	assert_metric 500 dropwhy_drops_total reason=NO_SOCKET direction=rx
	assert_metric 800 dropwhy_cause_drops_total cause=none
	assert_metric 0 dropwhy_cause_drops_total cause=ct_table_full
	# the payload, UDP, IPv4 and, at the tc hook, Ethernet
	assert_metric $((300 * (100 + 8 + 20))) dropwhy_dropped_bytes_total reason=TC_INGRESS
	assert_balanced
	promtool check metrics <"$METRICS" >"$WORK/lint" 2>&1 || fail "promtool: $(cat "$WORK/lint")"
	[ ! -s "$WORK/lint" ] || fail "promtool: $(cat "$WORK/lint")"
	! grep -E '(10\.9\.|127\.0\.0|4053|0x)' "$METRICS" || fail "an address, a port or a location"
	probe_stop
}

case_metrics_conntrack() {
	ns_new a
	conntrack_on a output
	probe_ns a
	send a traffic udp --from 127.0.0.1 --sport 4000 --sports 20 --to 127.0.0.1 --dport 4053 --count 1
	assert_metric 20 dropwhy_conntrack_entries netns="$(ns a)"
	assert_eq "$(cat /proc/sys/net/netfilter/nf_conntrack_max)" \
		"$(metric dropwhy_conntrack_entries_limit netns="$(ns a)")" "the limit"
	probe_stop
}

# More label sets than series: nothing is lost, and no counter shrinks.
case_metrics_bounded() {
	ns_new a
	probe_ns a --max-series 1
	udp a 100
	assert_metric 100 dropwhy_drops_total
	in_ns a sysctl -qw net.ipv4.conf.all.rp_filter=0
	send a traffic connect --from 127.0.0.1 --to 127.0.0.1 --dport 4054 --count 50 || :
	assert_metric "$(snmp_drops a)" dropwhy_drops_total
	assert_metric 1 dropwhy_series
	assert_balanced
	probe_stop
}

snmp_drops() { # what this kernel frees for these: datagrams, SYNs
	echo $(($(snmp "$1" UdpNoPorts) + 50))
}

# More flows at once than the fold tables hold.
case_metrics_coarse() {
	ns_new a
	probe_ns a
	assert_metric 0 dropwhy_coarse_packets_total
	send a traffic udp --from 127.0.0.1 --sport 4000 --sports 100 --to 127.0.0.1 --dport 20000 \
		--dports 500 --count 1
	assert_metric 50000 dropwhy_drops_total
	assert_at_least 1000 "$(metric dropwhy_coarse_packets_total)" "packets counted without ports"
	assert_balanced
	probe_stop
}

case_metrics_formats() {
	ns_new a
	probe_ns a
	curl -sS -H 'Accept: application/openmetrics-text' -D "$WORK/head" "http://$url/metrics" >"$METRICS"
	grep -q '^Content-Type: application/openmetrics-text; version=1.0.0' "$WORK/head" || fail "its type"
	assert_eq '# EOF' "$(tail -n 1 "$METRICS")" "the last line"
	curl -sS -D "$WORK/head" "http://$url/metrics" >"$METRICS"
	grep -q '^Content-Type: text/plain; version=0.0.4' "$WORK/head" || fail "its type"
	assert_eq ok "$(curl -sS "http://$url/healthz")" healthz
	assert_eq ready "$(curl -sS "http://$url/readyz")" readyz
	curl -sSf "http://$url/" | grep -q '</html>' || fail "no page"
	probe_stop
}

# The manual names each of them, and no other.
case_metrics_documented() {
	ns_new a
	probe_ns a --json-log "$WORK"
	curl -sS "http://$url/metrics" | sed -n 's/^# TYPE \([^ ]*\) .*/\1/p' | sort >"$WORK/told"
	sed -n '/^\.Ss Metrics/,/^\.Sh/s/^\.It Va //p' "$here/../../user/dropwhy.8" | tr -d ' ' | tr , '\n' |
		sort >"$WORK/documented"
	diff "$WORK/documented" "$WORK/told" || fail "the manual and the metrics differ"
	probe_stop
}

# A real Prometheus sees the storm, and an alert fires.
case_metrics_prometheus() {
	ns_new a
	probe_ns a
	cat >"$WORK/rules.yml" <<-END
		groups:
		- name: dropwhy
		  interval: 1s
		  rules:
		  - alert: Storm
		    expr: sum(increase(dropwhy_cause_drops_total[30s])) > 1000
	END
	prometheus_of_probe "rule_files: [$WORK/rules.yml]"
	until_true prometheus_says 'up' '"1"' || fail "it does not scrape: $(tail -n 5 "$WORK/prometheus.log")"
	until_true prometheus_says 'sum(dropwhy_cause_drops_total)' '"0"' || fail "no zero to begin with"
	# the first packet of its series is no less an increase
	udp a 1
	until_true prometheus_says 'sum(increase(dropwhy_drops_total{reason="NO_SOCKET"}[5m])) > 0.5' '"[0-9]' ||
		fail "increase() does not see a single drop"
	udp a 4999
	until_true prometheus_says 'sum(dropwhy_drops_total)' '"5000"' || fail "it does not see the storm"
	until_true prometheus_says 'ALERTS{alertstate="firing"}' 'Storm' || fail "the alert does not fire"
	# a scraper that dies in the middle of things is no trouble
	kill -KILL "$pid_prometheus"
	udp a 10
	assert_metric 5010 dropwhy_drops_total
	probe_stop
}

# A probe that was killed counts from zero again, and Prometheus adds up both lives.
case_metrics_restart() {
	ns_new a
	probe_ns a --listen "127.0.0.1:$((OWN_PORT + 1))"
	prometheus_of_probe
	until_true prometheus_says 'dropwhy_cause_drops_total{cause="none"}' '"0"' || fail "no zero to begin with"
	udp a 5000
	until_true prometheus_says 'dropwhy_cause_drops_total{cause="none"}' '"5000"' || fail "it does not see the first"
	kill -KILL "$pid_dropwhy"
	wait_exit "$pid_dropwhy" || :
	probe_ns a --listen "127.0.0.1:$((OWN_PORT + 1))"
	udp a 700
	until_true prometheus_says 'dropwhy_cause_drops_total{cause="none"}' '"700"' || fail "it does not see the second"
	prometheus_says 'resets(dropwhy_cause_drops_total{cause="none"}[5m]) == 1' '"1"' || fail "not one restart"
	prometheus_says 'changes(process_start_time_seconds[5m]) == 1' '"1"' || fail "the same start"
	# it extrapolates by half an interval of scrapes
	prometheus_says 'increase(dropwhy_cause_drops_total{cause="none"}[5m]) > 5600 < 8000' '"[5-7]' ||
		fail "not the sum of both"
	probe_stop
}

# prometheus_of_probe [SETTING]: it scrapes the probe.
prometheus_of_probe() {
	prometheus_begin <<-END
		${1:-}
		scrape_configs:
		- job_name: dropwhy
		  static_configs: [{targets: ["$url"]}]
	END
}

prometheus_says() { # QUERY PATTERN
	curl -s -m 5 --data-urlencode "query=$1" "http://127.0.0.1:$OWN_PORT/api/v1/query" |
		grep -q "\"value\".*$2\|$2.*\"value\""
}
