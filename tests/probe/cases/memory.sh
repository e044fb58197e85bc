# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Allocations that fail cost detail, never counts, and never the daemon; of commands that end by
# themselves, at most the answer.

. "$here/../probe/probe.sh"

fail_every() { # N, in the machine's byte order: little endian on all that we know
	printf "\\$(printf %o $(($1 % 256)))\\$(printf %o $(($1 / 256)))\\0\\0" |
		dd of="$WORK/every" conv=notrunc status=none
}

# with_failing_malloc COMMAND...: whatever it starts has the allocations fail that fail_every says.
with_failing_malloc() {
	[ -f "$TOOLS/../probe/failing_malloc.so" ] || fail "failing_malloc.so is not built"
	FAILING_MALLOC=$WORK/every LD_PRELOAD=$TOOLS/../probe/failing_malloc.so
	export FAILING_MALLOC LD_PRELOAD
	"$@"
	unset FAILING_MALLOC LD_PRELOAD
}

storm_of_names() { # NUMBER: drops under many names, and everything that allocates
	ns_new "m$1"
	send "m$1" traffic udp --from 127.0.0.1 --sport 4000 --sports 20 --to 127.0.0.1 --dport 4053 --count 20
	total=$((total + sent))
	for path in /metrics / /healthz; do
		curl -s -m 10 -o /dev/null "http://$url$path" || :
	done
	post /bundle >/dev/null || :
}

case_memory_short() {
	mkdir "$WORK/log" "$WORK/bundles"
	fail_every 0
	with_failing_malloc probe_start --fold 0 --dport 4053 --reason NO_SOCKET \
		--csv-dir "$WORK/log" --log-size 8k --log-files 100 --bundle-dir "$WORK/bundles" --bundle-interval 0.1 --max-series 5
	total=0
	for every in 1 2 3 5 11 37 101 499; do
		fail_every "$every"
		storm_of_names "$every"
		sleep 1.2	# a tick or two
		kill -0 "$pid_dropwhy" || fail "it died with every allocation number $every failing: $(cat "$ERR")"
	done
	fail_every 0
	assert_metric "$total" dropwhy_drops_total
	assert_balanced
	assert_bundles_whole
	probe_stop
	failed=$(sed -n 's/^\([0-9,]*\) delivered drops* could not be written.*/\1/p' "$ERR" | tr -d ,)
	assert_eq "$total" $(($(cat "$WORK/log"/* | grep -c '^drop,') + ${failed:-0})) "rows, and ${failed:-none} failed"
}

# A bundle that could not even be begun is no reason to wait for the next as after one.
case_memory_short_for_a_bundle() {
	ns_new a
	mkdir "$WORK/bundles"
	fail_every 0
	with_failing_malloc probe_ns a --bundle-dir "$WORK/bundles" --bundle-interval 1000
	fail_every 1
	kill -USR1 "$pid_dropwhy"
	until_true grep -q 'cannot write a bundle: Cannot allocate' "$ERR" || fail "it could be begun"
	fail_every 0
	assert_metric 1 dropwhy_bundles_failed_total
	sleep 10
	in_ns a sh -c 'echo 3000 >/proc/sys/net/core/somaxconn'
	assert_metric 1 dropwhy_bundles_total
	probe_stop
}

# One that is begun has all its files in the end, or is none and counted as failed.
case_memory_short_within_a_bundle() {
	ns_new a
	conntrack_on a output
	mkdir "$WORK/bundles"
	fail_every 0
	with_failing_malloc probe_ns a --bundle-dir "$WORK/bundles" --bundle-interval 0.1
	udp a 5
	asked=0
	for every in 37 113 127 139 149 157 167 173 191 223 293 313 401 0; do
		sleep 1.1	# not too soon after the one before
		fail_every "$every"
		kill -USR1 "$pid_dropwhy"
		asked=$((asked + 1))
		until_true bundles_ended "$asked" || fail "with every allocation number $every failing: $(cat "$ERR")"
	done
	assert_metric "$(grep -c '^dropwhy: bundle .* written' "$ERR")" dropwhy_bundles_total
	assert_at_least "$asked" $(($(metric dropwhy_bundles_total) + $(metric dropwhy_bundles_failed_total))) bundles
	assert_at_least 1 "$(metric dropwhy_bundles_failed_total)" "bundles that failed"
	assert_eq "$(metric dropwhy_bundles_total)" "$(find "$WORK/bundles" -maxdepth 1 -name 'dropwhy-*' | wc -l)" directories
	assert_bundles_whole
	probe_stop
}

# libarchive says for itself that it has no memory, and ends the process.
bundles_ended() { # COUNT
	[ "$(grep -c -e '^dropwhy: bundle .* written' -e 'cannot write a bundle' -e 'in libarchive:' "$ERR")" -ge "$1" ]
}

assert_bundles_whole() { # they have what the manual says
	sed -n '/^A bundle has/,/^It appears/p' "$here/../../user/dropwhy.8" |
		grep -oE '[a-z_]+\.(csv|json|txt)' | sort >"$WORK/files"
	assert_eq 7 "$(wc -l <"$WORK/files")" "files in the manual"
	for bundle in "$WORK/bundles"/*; do
		[ -e "$bundle" ] || continue	# there is none
		find "$bundle" -type f -size +0 -printf '%f\n' | sort >"$WORK/found"
		cmp -s "$WORK/files" "$WORK/found" || fail "$bundle has only: $(xargs <"$WORK/found")"
	done
}

# With default sizes: once its tables are full more flows change nothing, and from the start on it
# stays below 24 MB, on a kernel of some 60,000 functions. More of them are more names.
case_memory_small() {
	ns_new a
	probe_ns a
	flood 1 2000000
	settled=$(status_kb VmRSS)
	flood 201 4000000
	grown=$(($(status_kb VmRSS) - settled)) peak=$(status_kb VmHWM)
	[ "$grown" -lt 1024 ] || fail "$settled kB after two million flows, $grown kB more after four"
	assert_small "$peak" "$settled"
	probe_stop
}

# A ring of 4 MB is mapped twice, but only when what starting needs is gone.
case_memory_small_trace() {
	ns_new a
	trace_ns a
	udp a 5
	assert_small "$(status_kb VmHWM)" "$(status_kb VmRSS)"
	trace_stop
	assert_only 5
}

assert_small() { # PEAK LATER, in kB
	[ "$(grep ' [tT] ' /proc/kallsyms | grep -vc ' __pfx_')" -gt 80000 ] || [ "$1" -lt $((24 * 1024)) ] ||
		fail "$1 kB at its highest, $2 kB later"
}

# flood SPORT TOTAL: up to so many drops in all, each of another flow.
flood() {
	send a traffic udp --from 127.0.0.1 --sport $((10000 + $1)) --sports $((($2 - ${flooded:-0}) / 10000)) \
		--to 127.0.0.1 --dport 20000 --dports 10000
	flooded=$((${flooded:-0} + sent))
	assert_eq "$2" "$flooded" sent
	assert_metric "$flooded" dropwhy_drops_total
	assert_balanced
}

# Each command, once for each place in dropwhy that allocates and has not failed yet: that one does, and
# the command does its work or says why not.
case_memory_short_once() {
	ns_new a
	conntrack_on a output
	udp a 5
	: >"$WORK/places"
	for command in "trace --json --duration 0.01 --netns $(ns a)" "conntrack --json --interval 0" \
		"conntrack --json --by state" "doctor --json --duration 0.01" "pods --json" "features --json" \
		"bundle ls $WORK"; do
		while fails_well "$command"; do
			:
		done
	done
	assert_at_least 80 "$(failed_places)" "places that failed"
}

failed_places() {
	echo $(($(wc -c <"$WORK/places") / 8))
}

fails_well() { # ARGUMENTS: false if nothing of it failed
	status=0 before=$(failed_places)
	# shellcheck disable=SC2086 # several arguments
	FAILING_MALLOC_PLACES=$WORK/places LD_PRELOAD=$TOOLS/../probe/failing_malloc.so \
		timeout 60 "$DROPWHY" $1 >"$WORK/stdout" 2>"$ERR" || status=$?
	[ "$status" -lt 124 ] || fail "$1, place $before: status $status: $(cat "$ERR")"
	case $status/$1 in
	0/trace*) grep -q '"type":"summary"' "$WORK/stdout" ||
		fail "$1, place $before: no summary, and no word of it: $(cat "$ERR")" ;;
	0/*--json* | 4/*--json*) # findings are 4
		jq -es 'length > 0' "$WORK/stdout" >/dev/null ||
			fail "$1, place $before: no JSON, and no word of it: $(cat "$ERR")" ;;
	0/*) ;;
	*) grep -q . "$ERR" || fail "$1, place $before: status $status without a word" ;;
	esac
	[ "$(failed_places)" -gt "$before" ]
}
