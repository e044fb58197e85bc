# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The daemon started, questioned and ended. Sourced by cases.

METRICS=$WORK/metrics

# probe_ns NAME[,NAME]... [ARG...]: probes these namespaces only.
probe_ns() {
	list_inodes "$1"
	shift
	probe_start --netns "$inodes" "$@"
}

# probe_start ARG...: returns once it counts; $url is where it serves.
probe_start() {
	: >"$ERR"
	"$DROPWHY" probe --listen 127.0.0.1:0 "$@" >"$WORK/stdout" 2>"$ERR" 9>&- &
	pid_dropwhy=$!
	CHILDREN="$CHILDREN $!"
	wait_for "$ERR" '^dropwhy: probing' "$pid_dropwhy" || fail "the probe did not start"
	url=$(sed -n 's,.*http://\([^;]*\);.*,\1,p' "$ERR")
}

# probe_stop: its status must be 0.
probe_stop() {
	kill -TERM "$pid_dropwhy"
	trace_ended 0
}

scrape() {
	curl -sSf -m 10 "http://$url/metrics" >"$METRICS" || fail "no metrics: $(cat "$ERR")"
}

# metric NAME [LABEL=VALUE]...: the sum of the samples that have all these labels; scrape first.
metric() {
	awk -v name="$1" -v wanted="$(shift; for label; do
			printf '%s="%s"\n' "${label%%=*}" "${label#*=}"
		done)" '
		BEGIN { count = split(wanted, labels, "\n") }
		$1 == name || index($1, name "{") == 1 || index($0, name "{") == 1 {
			for (i = 1; i <= count; i++)
				if (labels[i] != "" && !index($0, labels[i])) next
			sum += $NF
		}
		END { printf "%d\n", sum }' "$METRICS"
}

# metric_is N NAME [LABEL=VALUE]...: after a scrape of its own.
metric_is() {
	scrape
	metric_wanted=$1
	shift
	# one that is not there at all is no 0
	grep -q "^# TYPE ${1%_total}\(_total\)\? " "$METRICS" || return 1
	[ "$(metric "$@")" = "$metric_wanted" ]
}

# assert_metric N NAME [LABEL=VALUE]...
assert_metric() {
	until_true metric_is "$@" || {
		grep -v '^#' "$METRICS" | grep "^$2" | head -n 20
		fail "$*: got $(shift; metric "$@")"
	}
}

# assert_balanced: what was seen has exactly one fate each.
assert_balanced() {
	until_true is_balanced ||
		assert_eq "$(metric dropwhy_seen_packets_total)" \
			"$(metric dropwhy_accounted_packets_total)" "accounted for"
}

is_balanced() { # other traffic of this machine is counted while it is read
	scrape
	[ "$(metric dropwhy_seen_packets_total)" = "$(metric dropwhy_accounted_packets_total)" ]
}

# cluster_start PODS SERVICES: an API server with so many, $server, and $WORK/kubeconfig for it.
cluster_start() {
	spawn_command cluster "$TOOLS/../probe/large_cluster" "$1" "$2"
	server=$(sed -n 's/^ready //p' "$WORK/cluster.out")
	cat >"$WORK/kubeconfig" <<-END
		current-context: a
		contexts: [{name: a, context: {cluster: c}}]
		clusters: [{name: c, cluster: {server: "$server"}}]
	END
}

# cluster_watched: once the daemon watches all that it has.
cluster_watched() {
	wait_for "$WORK/cluster.out" '^watched' "$pid_dropwhy" || fail "not all is watched: $(cat "$ERR")"
}

# prometheus_begin: a real one that looks every second; the rest of its settings comes from the input.
prometheus_begin() {
	{
		echo 'global: {scrape_interval: 1s, evaluation_interval: 1s}'
		cat
	} >"$WORK/prometheus.yml"
	prometheus --config.file="$WORK/prometheus.yml" --storage.tsdb.path="$WORK/tsdb" \
		--web.listen-address="127.0.0.1:$OWN_PORT" >"$WORK/prometheus.log" 2>&1 9>&- &
	pid_prometheus=$!
	CHILDREN="$CHILDREN $!"
}

# post PATH: the status of a POST; what comes back is $WORK/headers and $WORK/answer.
post() {
	curl -s -m 10 -D "$WORK/headers" -o "$WORK/answer" -w '%{http_code}' -X POST "http://$url$1"
}

udp() { # NAME COUNT [DPORT]
	send "$1" traffic udp --from 127.0.0.1 --sport 4000 --to 127.0.0.1 --dport "${3:-4053}" --count "$2"
	assert_eq "$2" "$sent" sent
}

# status_kb FIELD: of the daemon's /proc/PID/status, VmRSS or VmHWM.
status_kb() {
	awk -v field="$1:" '$1 == field { print $2 }' "/proc/$pid_dropwhy/status"
}

# The manual names every column and member.
bundle_is_documented() { # BUNDLE
	sed -n '/^\.Sh OUTPUT FIELDS/,/^\.Sh WHOSE/ { s/^\.It Va //p; s/^\.Va //p }' "$here/../../user/dropwhy.8" |
		tr ' ' '\n' | sort -u >"$WORK/documented"
	{
		for file in drops conntrack conntrack_occupants pods sysctl; do
			"$DROPWHY" bundle show "$1" $file.csv | head -n 1 | tr , '\n'
		done
		"$DROPWHY" bundle show "$1" info.json | jq -r 'paths[] | strings'
	} | sort -u >"$WORK/written"
	assert_at_least 80 "$(wc -l <"$WORK/written")" names
	undocumented=$(comm -23 "$WORK/written" "$WORK/documented")
	[ -z "$undocumented" ] || fail "not in the manual: $undocumented"
}
