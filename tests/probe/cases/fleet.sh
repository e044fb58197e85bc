# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What tools/deploy says of the probe: its capabilities are enough, its metrics
# are there, its alerts fire in a real Prometheus.

. "$here/../probe/probe.sh"

DEPLOY=$here/../../tools/deploy

# capabilities: those that the DaemonSet adds, as setpriv wants them.
capabilities() {
	sed -n '/^ *add:/,/^ *[a-z]/s/^ *- \([A-Z_]*\).*/+\1/p' "$DEPLOY/kubernetes/base/daemonset.yaml" |
		tr 'A-Z\n' 'a-z,' | sed 's/,$//'
}

# by_way_of COMMAND...: which runs dropwhy from now on.
by_way_of() {
	printf '#!/bin/sh\nexec %s %s "$@"\n' "$*" "$DROPWHY" >"$WORK/dropwhy"
	chmod +x "$WORK/dropwhy"
	DROPWHY=$WORK/dropwhy
}

probe_everything() {
	ns_new a
	chmod 777 "$WORK"
	mkdir -m 777 "$WORK/bundles"
	probe_ns a --bundle-dir "$WORK/bundles" --bundle-format tar.zst
	udp a 20
	assert_metric 20 dropwhy_drops_total reason="$(reason NO_SOCKET)"
	assert_metric 0 dropwhy_conntrack_unreadable_namespaces
	# namespaces that come later are entered and named, too
	ns_new b
	conntrack_on b output
	send b traffic udp --from 127.0.0.1 --sport 4000 --sports 5 --to 127.0.0.1 --dport 4053 --count 1
	assert_metric 5 dropwhy_conntrack_entries netns="$(ns b)"
	assert_eq 202 "$(post /bundle)" "a bundle"
	assert_metric 1 dropwhy_bundles_total
	probe_stop
	! grep -iE 'not permitted|permission denied|cannot' "$ERR" || fail "something was refused"
}

# As in a pod: root's number, and no capability but the manifest's.
case_fleet_as_daemonset() {
	by_way_of setpriv --no-new-privs --inh-caps=-all --bounding-set="-all,$(capabilities)"
	probe_everything
}

# As systemd starts the unit: nobody, with these capabilities.
case_fleet_as_unit() {
	cp "$DROPWHY" "$WORK/binary"
	chmod 755 "$WORK/binary"
	DROPWHY=$WORK/binary
	by_way_of setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs \
		--inh-caps="-all,$(capabilities)" --ambient-caps="-all,$(capabilities)" \
		--bounding-set="-all,$(capabilities)"
	probe_everything
}

# Whatever rules, dashboard and documented queries name, the probe exports.
case_fleet_metric_names() {
	ns_new a
	probe_ns a
	scrape
	sed -n 's/^# TYPE \([^ ]*\) .*/\1/p' "$METRICS" | sort -u >"$WORK/exported"
	{
		sed '/^ *#/d; /^ *description:/,/^ *- /{ /- alert/!d }; /summary:/d; s/{[^{}]*"[^{}]*}/{}/g' \
			"$DEPLOY/prometheus/dropwhy.rules.yml"
		jq -r '.panels[] | select(.targets) | .targets[].expr' "$DEPLOY/grafana/dropwhy.json"
		jq -r '.templating.list[] | .definition // empty' "$DEPLOY/grafana/dropwhy.json"
		sed -n '/^```promql$/,/^```$/ { /^```/d; /^#/d; p }' "$here/../../README.md" "$DEPLOY/README.md"
	} | grep -oE '[a-z_:]*(dropwhy|process)_[a-z0-9_:]+' | grep -v ':' | sort -u >"$WORK/named"
	assert_at_least 20 "$(wc -l <"$WORK/named")" "names"
	comm -23 "$WORK/named" "$WORK/exported" >"$WORK/unknown"
	[ ! -s "$WORK/unknown" ] || fail "not exported: $(cat "$WORK/unknown")"
	probe_stop
}

# prometheus_with_rules: with the shipped ones it scrapes the probe, and a node that does not
# answer. What the rules wait for is shortened, and nothing else.
prometheus_with_rules() {
	sed -e 's/^\( *for:\) .*/\1 1s/' -e '/^- name:/s/$/\n  interval: 1s/' \
		"$DEPLOY/prometheus/dropwhy.rules.yml" >"$WORK/rules.yml"
	prometheus_begin <<-END
		rule_files: [$WORK/rules.yml]
		scrape_configs:
		- job_name: dropwhy
		  static_configs: [{targets: ["$url"], labels: {instance: node1}}]
		- job_name: nobody/dropwhy
		  static_configs: [{targets: ["127.0.0.1:1"], labels: {instance: node2}}]
	END
}

# A full table is seen and the alert fires.
case_fleet_alerts() {
	ns_new a
	conntrack_on a output
	probe_ns a
	prometheus_with_rules
	until_true answered 'sum(dropwhy_cause_drops_total)' '.[0].value[1] == "0"' ||
		fail "no zero to begin with: $(tail -n 5 "$WORK/prometheus.log")"
	# a node that does not answer
	until_true alert_fires DropwhyDown node2 || fail "DropwhyDown does not fire"
	! alert_fires DropwhyConntrackTableFull node1 || fail "it fires without cause"
	set_global net/netfilter/nf_conntrack_max 10
	fill_table a 10
	send a traffic udp --from 127.0.0.1 --sport 4000 --sports 50 --to 127.0.0.1 --dport 4053 --count 1
	assert_metric 50 dropwhy_cause_drops_total cause=ct_table_full
	until_true answered 'dropwhy_cause_drops_total{cause="ct_table_full"}' '.[0].value[1] == "50"' ||
		fail "Prometheus does not see it"
	until_true alert_fires DropwhyConntrackTableFull node1 || fail "DropwhyConntrackTableFull does not fire"
	until_true alert_fires DropwhyConntrackLimitLowered node1 ||
		fail "DropwhyConntrackLimitLowered does not fire"
	probe_stop
}

# No answer is no JSON, of which jq 1.6 says neither true nor false, but success.
answered() { # QUERY JQ-CONDITION-ON-THE-RESULT
	curl -s -m 5 --data-urlencode "query=$1" "http://127.0.0.1:$OWN_PORT/api/v1/query" |
		jq ".data.result | $2" 2>&1 | grep -qx true
}

alert_fires() { # NAME INSTANCE
	curl -s -m 5 "http://127.0.0.1:$OWN_PORT/api/v1/alerts" |
		jq --arg name "$1" --arg instance "$2" '[.data.alerts[] | select(.state == "firing"
			and .labels.alertname == $name and .labels.instance == $instance)] | length > 0' \
			2>&1 | grep -qx true
}

# Each panel of the dashboard, asked of a real Prometheus, shows the storm: after a minute of
# the usual, which makes it a surge that the flight recorder notices by itself.
case_fleet_dashboard() {
	ns_new a
	conntrack_on a output
	set_global net/netfilter/nf_conntrack_max 100
	mkdir "$WORK/bundles" "$WORK/log"
	probe_ns a --bundle-dir "$WORK/bundles" --bundle-interval 0.1 --csv-dir "$WORK/log"
	prometheus_with_rules
	for _ in $(seq 66); do
		udp a 5
		sleep 1
	done
	[ -z "$(ls "$WORK/bundles")" ] || fail "bundles of the usual: $(ls "$WORK/bundles")"
	until_true surge_is_told || fail "the surge is not told"
	fill_table a 10
	# once: the first change, too, is an increase
	set_global net/netfilter/nf_conntrack_max 10
	until_true answered 'increase(dropwhy_sysctl_changes_total{name="net.netfilter.nf_conntrack_max"}[5m]) > 0' 'length == 1' ||
		fail "Prometheus does not see the change"
	panels >"$WORK/panels"
	assert_at_least 25 "$(wc -l <"$WORK/panels")" "queries of panels"
	until_true panels_show_it || fail "these show nothing of it: $(cat "$WORK/panels")"
	variables_have_values
	probe_stop
}

surge_is_told() {
	udp a 5000
	sleep 1
	[ -n "$(find "$WORK/bundles" -name 'dropwhy-*-surge')" ]
}

# panels: "TITLE<tab>LEAST<tab>QUERY" of each query; 0 is health in some of them.
panels() {
	jq -r '.panels[] | select(.targets) | .title as $title | .targets[] |
		[$title, (if .expr | test("lost_packets|coarse_packets|insert_failed|chain_too_long|ring_fill|demoted|_failed") then 0
			else 0.000001 end), (.expr | gsub("[$](instance|namespace|workload)"; ".*"))] | join("\t")' \
		"$DEPLOY/grafana/dropwhy.json"
}

# Those that show it are taken from the list; a query that is none fails at once.
panels_show_it() {
	send a traffic udp --from 127.0.0.1 --sport 4000 --sports 50 --to 127.0.0.1 --dport 4053 --count 1 || :
	udp a 50
	while IFS='	' read -r title least query; do
		curl -s -m 10 --data-urlencode "query=$query" "http://127.0.0.1:$OWN_PORT/api/v1/query" >"$WORK/shown"
		! jq -e '.status == "error"' "$WORK/shown" >"$WORK/jq" 2>&1 || fail "$title: $query: $(cat "$WORK/shown")"
		jq --argjson least "$least" '.data.result | map(.value[1] | tonumber) | max >= $least' "$WORK/shown" 2>&1 |
			grep -qx true || printf '%s\t%s\t%s\n' "$title" "$least" "$query"
	done <"$WORK/panels" >"$WORK/left"
	mv "$WORK/left" "$WORK/panels"
	[ ! -s "$WORK/panels" ]
}

# Each panel and each variable asks the source that is chosen, each axis has a unit, and what
# the variables choose from is there.
variables_have_values() {
	assert_eq 0 "$(jq '[.panels[] | select(.targets) | select(.datasource.uid != "${datasource}"
		or (.fieldConfig.defaults.unit // "") == "")] | length' "$DEPLOY/grafana/dropwhy.json")" "panels without a unit"
	assert_eq '["${datasource}"]' "$(jq -c '[.templating.list[] | select(.type == "query") | .datasource.uid] | unique' \
		"$DEPLOY/grafana/dropwhy.json")" "the variables' source"
	jq -r '.templating.list[] | .definition // empty | gsub("[$][a-z]+"; ".*")' "$DEPLOY/grafana/dropwhy.json" >"$WORK/variables"
	assert_eq 3 "$(wc -l <"$WORK/variables")" variables
	while read -r definition; do
		metric=${definition#label_values(} metric=${metric%,*}
		answered "$metric" 'length > 0' || fail "nothing to choose from: $definition"
	done <"$WORK/variables"
}

# A process in a cgroup of its own is told by it also once calls are filtered.
case_fleet_cgroup_by_number() {
	group=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	[ -n "$group" ] || fail "no cgroup2 is mounted"
	group=$group/$PREFIX.service
	mkdir "$group"
	UNDO="remove_group $UNDO"
	ns_new a
	mkdir "$WORK/log"
	probe_start --json-log "$WORK/log"
	in_ns a sh -c "echo \$\$ >$group/cgroup.procs; echo 1 >/proc/sys/net/ipv4/ip_forward; echo 0 >/proc/sys/net/ipv4/ip_forward"
	until_true grep -q "\"unit\":\"$PREFIX.service\"" -r "$WORK/log" ||
		fail "the unit is not told: $(grep -h ip_forward -r "$WORK/log")"
	probe_stop
}

# Its last process may not be reaped yet.
remove_group() {
	kill -KILL "$pid_dropwhy" 2>/dev/null
	until_true rmdir "$group" 2>/dev/null
}

# In a container with a cgroup namespace of its own, which all have on hosts with cgroup v2
# alone, the node's root is the one that the manifest mounts.
case_fleet_cgroup_namespace() {
	whole=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	[ -n "$whole" ] || fail "no cgroup2 is mounted"
	group=$whole/$PREFIX.service
	mkdir "$group" "$WORK/own" "$WORK/log"
	UNDO="remove_group $UNDO"
	cat >"$WORK/contained" <<-END
		#!/bin/sh
		echo \$\$ >$group/cgroup.procs
		exec unshare --cgroup --mount sh -c 'mount -t cgroup2 none $WORK/own && exec $DROPWHY "\$@"' sh "\$@"
	END
	chmod +x "$WORK/contained"
	DROPWHY=$WORK/contained
	ns_new a
	probe_start --json-log "$WORK/log"
	in_ns a sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
	until_true grep -q '"name":"net.ipv4.ip_forward".*"seen_by":"write"' -r "$WORK/log" ||
		fail "the write is not seen: $(cat "$ERR"; grep -h ip_forward -r "$WORK/log")"
	probe_stop
}
