# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The command line: exit statuses, output formats, filters, limits; and
# outputs that fail.

need_dropwhy() {
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
}

# exits STATUS ARG...: dropwhy with these arguments ends by itself with that status.
exits() {
	exits_status=$1
	shift
	"$DROPWHY" "$@" >"$WORK/stdout" 2>"$ERR" </dev/null 9>&- &
	pid_dropwhy=$!
	CHILDREN="$CHILDREN $!"
	trace_ended "$exits_status"
}

says() { # PATTERN, on standard error
	grep -q "$1" "$ERR" || {
		cat "$ERR"
		fail "standard error does not say: $1"
	}
}

# udp_drops N: packets from a to b's closed port 4053.
udp_drops() {
	send a traffic udp --from 10.9.0.1 --sport 4000 --to 10.9.0.2 --dport 4053 --count "$1"
	assert_eq "$1" "$sent" sent
}

case_cli_wrong_usage() {
	need_dropwhy
	for arguments in '' nonsense 'trace --nonsense' 'trace surplus' 'trace --reason NO_SUCH_REASON' \
		'trace --cause nonsense' 'trace --proto nonsense' 'trace --host 10.0.0.0/33' \
		'trace --host 10.0.0' 'trace --src fd00::/129' 'trace --dst x' 'trace --port 65536' \
		'trace --sport -1' 'trace --dport 1x' 'trace --netns no-such-netns' 'trace --duration x' \
		'trace --count -1' 'trace --by nonsense' 'trace --by reason,reason' 'trace --top x' \
		'trace --max-keys 0' 'trace --ring-size x' 'trace --json --csv' \
		'trace --iface' 'trace --iface an-interface-name-too-long'; do
		echo "dropwhy $arguments"
		# shellcheck disable=SC2086 # a list
		exits 2 $arguments
		assert_eq 0 "$(wc -c <"$WORK/stdout" | tr -d ' ')" "bytes on standard output"
		says .
	done
}

# What a command's help names is what can be completed, and stands in the manual; each heading has some.
case_cli_options_documented() {
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
	user=$here/../../user
	for command in trace probe conntrack doctor pods features; do
		"$DROPWHY" $command --help >"$WORK/help"
		empty=$(sed -n '/^ [A-Z].*:$/ { h; n; /^$/ { g; p; } }' "$WORK/help")
		[ -z "$empty" ] || fail "no option of $command is below$empty"
		sed -n 's/^ *\(-., \)\{0,1\}\(--[a-z-]*\).*/\2/p' "$WORK/help" >"$WORK/options"
		assert_at_least 4 "$(grep -c . "$WORK/options")" "options of $command"
		# shellcheck disable=SC2016 # of the inner shell
		bash -c '. "$1" && compopt() { :; }
			COMP_WORDS=(dropwhy "$2" --) COMP_CWORD=2
			_dropwhy
			printf "%s\n" "${COMPREPLY[@]%=}"' bash "$user/dropwhy.bash-completion" $command >"$WORK/completed"
		assert_eq "$(sort "$WORK/options")" "$(sort "$WORK/completed")" "what completes $command"
		while read -r option; do
			grep -q -e "Fl Fl ${option#--}\( \|$\)" "$user/dropwhy.8" || fail "no $option in the manual"
		done <"$WORK/options"
	done
}

case_cli_help_and_version() {
	need_dropwhy
	for arguments in --help 'trace --help' --version; do
		# shellcheck disable=SC2086 # a list
		exits 0 $arguments
		[ -s "$WORK/stdout" ] || fail "dropwhy $arguments says nothing"
	done
	for command in '' trace probe bundle conntrack doctor pods features; do
		# shellcheck disable=SC2086 # none where it is empty
		exits 0 $command --help
		mv "$WORK/stdout" "$WORK/help"
		# shellcheck disable=SC2086
		exits 0 $command -h
		cmp -s "$WORK/help" "$WORK/stdout" || fail "$command -h is not --help: $(cat "$WORK/stdout")"
	done
}

# A wrong command is named, as visible text, and with what was perhaps meant.
case_cli_wrong_command() {
	need_dropwhy
	exits 2 "$(printf 'nonsense\033[31m')"
	says "there is no command 'nonsense.x1b\[31m': 'dropwhy --help'"
	exits 2 contrack --json
	says "there is no command 'contrack': did you mean conntrack?"
}

ends_by_signal() { # SIGNAL
	need_dropwhy
	pair
	trace_ns b
	udp_drops 21
	kill "-$1" "$pid_dropwhy"
	trace_ended 0
	assert_accounted
	assert_only 21
}

case_cli_sigint() {
	ends_by_signal INT
}

case_cli_sigterm() {
	ends_by_signal TERM
}

case_cli_count() {
	need_dropwhy
	pair
	trace_ns b --count 10
	udp_drops 200
	trace_ended 0
	assert_accounted
	assert_only 10
}

case_cli_duration() {
	need_dropwhy
	pair
	trace_ns b --duration 2
	udp_drops 17
	trace_ended 0
	assert_accounted
	assert_only 17
}

# What starting takes is not of the time to look.
case_cli_duration_after_start() {
	need_dropwhy
	ns_new a
	"$DROPWHY" doctor --json --duration 1 --netns "$(ns_inode a)" >"$WORK/doctor.json" 2>"$ERR" ||
		[ $? -eq 4 ] || fail "$(cat "$ERR")"
	seconds=$("$TOOLS/records" "$WORK/doctor.json" get seconds)
	assert_at_least 1 "${seconds%%.*}" "seconds that it looked"
}

# The node's own namespace is given as it is shown, to whatever command.
case_cli_netns_host() {
	need_dropwhy
	host=$(stat -L -c %i /proc/2/ns/net) || skip "no kernel thread is to be seen"
	for command in trace doctor conntrack; do
		set -- --interval 0
		[ $command = conntrack ] || set -- --duration 0.1
		status=0
		"$DROPWHY" $command --json --netns host "$@" >"$WORK/stdout" 2>"$ERR" || status=$?
		case $command/$status in
		*/0 | doctor/[14] | conntrack/3) ;;
		*) fail "$command: status $status: $(cat "$ERR")" ;;
		esac
		[ $command/$status != conntrack/0 ] || grep -q "\"netns\":$host," "$WORK/stdout" ||
			fail "not the node's: $(cat "$WORK/stdout")"
	done
}

# A number that no namespace has may be one's later: it is told, and waited for.
case_cli_netns_not_yet() {
	need_dropwhy
	ns_new a
	for command in trace doctor; do
		status=0
		"$DROPWHY" $command --json --netns "4026999999,$(ns_inode a)" --duration 0.1 >"$WORK/stdout" 2>"$ERR" ||
			status=$?
		[ "$status" -eq 0 ] || [ $command = doctor ] || fail "status $status: $(cat "$ERR")"
		says '^dropwhy: no network namespace 4026999999 is known yet'
		! grep -q "namespace $(ns_inode a)" "$ERR" || fail "one that is there: $(cat "$ERR")"
	done
}

# Nor is a name that nothing has now refused: it is told, where the names are known.
case_cli_names_not_yet() {
	need_dropwhy
	pair
	ip -n "$(ns a)" link add gone0 type bridge
	for command in trace doctor; do
		status=0
		"$DROPWHY" $command --json --netns "$(ns_inode a),$(ns_inode b)" --iface "$(printf 'nosuch,veth0,gone*,no\033*')" \
			--pod nosuch --api off --kubelet off --duration 0.1 >"$WORK/stdout" 2>"$ERR" || status=$?
		[ "$status" -eq 0 ] || [ $command = doctor ] || fail "status $status: $(cat "$ERR")"
		says "^dropwhy: no interface that is known here matches 'nosuch' now: "
		says "^dropwhy: no interface that is known here matches 'no.x1b\*' now: "
		says "^dropwhy: no pod that is known here matches 'nosuch' now: "
		! grep -q "'veth0'\|'gone" "$ERR" || fail "one that is there: $(cat "$ERR")"
	done
	# in another namespace than those that are asked for; then anywhere
	exits 0 trace --netns "$(ns_inode b)" --iface 'gone*' --duration 0.1
	says "matches 'gone\*' now: "
	exits 0 trace --iface 'gone*' --duration 0.1
	! grep -q "matches" "$ERR" || fail "one that is there: $(cat "$ERR")"
	# a pod that containerd keeps is known
	mkdir "$WORK/names"
	status=0
	nsenter --net="/run/netns/$(ns a)" unshare --mount sh -c "mount --rbind /run/netns '$WORK/names' && mount -t tmpfs none /run &&
		task=/run/containerd/io.containerd.runtime.v2.task/k8s.io/0a && mkdir -p /run/netns \$task &&
		mount --rbind '$WORK/names' /run/netns && echo \$\$ >\$task/init.pid && cat >\$task/config.json && \"\$@\"" \
		sh "$DROPWHY" trace --netns "$(ns_inode b)" --pod 'cart-*,nosuch' --api off --kubelet off --duration 0.1 \
		>"$WORK/stdout" 2>"$ERR" <<-END || status=$?
		{"ociVersion":"1.0.2","annotations":{"io.kubernetes.cri.container-type":"sandbox","io.kubernetes.cri.sandbox-id":"0a",
		"io.kubernetes.cri.sandbox-name":"cart-1","io.kubernetes.cri.sandbox-namespace":"shop",
		"io.kubernetes.cri.sandbox-uid":"01234567-89ab-cdef-0123-456789abcdef"},
		"linux":{"namespaces":[{"type":"network","path":"/run/netns/$(ns a)"}]}}
	END
	[ "$status" -eq 0 ] || fail "status $status: $(cat "$ERR")"
	assert_eq "'nosuch'" "$(sed -n "s/.*no pod .* matches \(.*\) now: .*/\1/p" "$ERR")" "pods that are not known"
	# who was asked and has not told may know it
	exits 0 trace --netns "$(ns_inode b)" --pod nosuch --api off --kubelet http://192.0.2.1:1 --duration 0.1
	! grep -q "matches" "$ERR" || fail "the kubelet has not told: $(cat "$ERR")"
}

case_cli_csv() {
	need_dropwhy
	pair
	trace_spawn --csv -o "$OUT" --netns "$(ns_inode b)"
	wait_for "$ERR" '^dropwhy: tracing' "$pid_dropwhy" || fail "dropwhy did not start tracing"
	udp_drops 26
	kill -INT "$pid_dropwhy"
	trace_ended 0
	assert_eq 26 "$("$TOOLS/records" --csv "$OUT" count reason="$(reason NO_SOCKET)" src=10.9.0.1 sport=4000 \
		dst=10.9.0.2 dport=4053 netns="$(ns_inode b)" cause=)" "packets in CSV"
	assert_eq 26 "$("$TOOLS/records" --csv "$OUT" lines src=10.9.0.1 \
		time='20[0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9].[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]Z')" \
		"RFC 3339 times with nanoseconds"
}

case_cli_text() {
	need_dropwhy
	pair
	trace_spawn --netns "$(ns_inode b)"
	wait_for "$ERR" '^dropwhy: tracing' "$pid_dropwhy" || fail "dropwhy did not start tracing"
	udp_drops 12
	kill -INT "$pid_dropwhy"
	trace_ended 0
	assert_at_least 12 "$(grep -c '10\.9\.0\.2' "$WORK/stdout")" "lines that name the address"
	# no colours where there is no terminal
	! grep -q "$(printf '\033')" "$WORK/stdout" || fail "escape sequences in a file"
}

case_cli_json_on_stdout() {
	need_dropwhy
	pair
	trace_spawn --json --netns "$(ns_inode b)"
	wait_for "$ERR" '^dropwhy: tracing' "$pid_dropwhy" || fail "dropwhy did not start tracing"
	udp_drops 12
	kill -INT "$pid_dropwhy"
	trace_ended 0
	OUT=$WORK/stdout
	assert_accounted
	assert_only 12
}

# The reader of the pipe goes away after the first line.
case_cli_closed_pipe() {
	need_dropwhy
	pair
	mkfifo "$WORK/pipe"
	head -n 1 <"$WORK/pipe" >"$WORK/head" &
	head=$!
	CHILDREN="$CHILDREN $head"
	"$DROPWHY" trace --json --netns "$(ns_inode b)" >"$WORK/pipe" 2>"$ERR" 9>&- &
	pid_dropwhy=$!
	CHILDREN="$CHILDREN $!"
	wait_for "$ERR" '^dropwhy: tracing' "$pid_dropwhy" || fail "dropwhy did not start tracing"
	udp_drops 5
	wait_exit "$head" || fail "head failed"
	udp_drops 300
	trace_ended 1
}

full_disk() { # FILE
	trace_spawn --json -o "$1" --netns "$(ns_inode b)"
	wait_for "$ERR" '^dropwhy: tracing' "$pid_dropwhy" || fail "dropwhy did not start tracing"
	udp_drops 3000
	kill -INT "$pid_dropwhy" 2>/dev/null || :	# it may have given up already
	trace_ended 1
	says 'No space left on device'
	says '[0-9]'
}

case_cli_dev_full() {
	need_dropwhy
	pair
	full_disk /dev/full
}

# What fitted is whole lines but for the last.
case_cli_full_tmpfs() {
	need_dropwhy
	pair
	mkdir "$WORK/tiny"
	mount -t tmpfs -o size=64k none "$WORK/tiny"
	MOUNTED=$WORK/tiny
	full_disk "$WORK/tiny/drops.json"
	lines=$(grep -c '^{.*}$' "$WORK/tiny/drops.json")
	assert_at_least 20 "$lines" "whole lines"
	[ "$(wc -l <"$WORK/tiny/drops.json")" -eq "$lines" ] || fail "a torn line in the middle"
}

case_cli_output_file_cannot_be_opened() {
	need_dropwhy
	exits 1 trace -o "$WORK/no/such/directory"
	says 'No such file or directory'
}

# In a user namespace of its own it has every capability but the ones that count.
case_cli_without_privileges() {
	need_dropwhy
	has unshare -U true || skip "no user namespaces"
	status=0
	unshare -U "$DROPWHY" trace --duration 1 >"$WORK/stdout" 2>"$ERR" || status=$?
	assert_eq 1 "$status" "exit status"
	says 'CAP_BPF'
}

# Root by number, but without what counts: that is no fault of the kernel's.
case_cli_root_without_capabilities() {
	need_dropwhy
	for way in 'setpriv --bounding-set=-bpf,-perfmon,-sys_admin --inh-caps=-bpf,-perfmon,-sys_admin' \
		'unshare -U -r'; do
		# shellcheck disable=SC2086 # a command and its options
		has $way true || skip "no $way"
		status=0
		# shellcheck disable=SC2086
		$way "$DROPWHY" trace --duration 1 >"$WORK/stdout" 2>"$ERR" || status=$?
		assert_eq 1 "$status" "exit status of $way"
		says 'CAP_BPF'
		! grep -q 'lockdown\|this kernel' "$ERR" || fail "it blames the kernel"
	done
}

# filtered EXPECTED ARG...: of 10 UDP/v4, 20 UDP/v6 and 5 TCP SYNs so many pass
# the filter, and the others are counted as filtered.
filtered() {
	expected_drops=$1
	shift
	echo "dropwhy trace $*"
	trace_ns b "$@"
	send a traffic udp --from 10.9.0.1 --sport 4000 --to 10.9.0.2 --dport 53 --count 10
	send a traffic udp --from fd10:9::1 --sport 4001 --to fd10:9::2 --dport 54 --count 20
	send a traffic connect --wait --from 10.9.0.1 --sport 4002 --to 10.9.0.2 --dport 80 --dports 5 --count 5
	trace_stop
	assert_only "$expected_drops"
	assert_at_least $((35 - expected_drops)) "$(summary filtered)" "counted as filtered"
}

case_cli_filter_protocol() {
	need_dropwhy
	pair
	filtered 30 --proto udp
	filtered 5 --proto tcp
	filtered 35 --proto tcp,udp
	filtered 5 --proto 6
	filtered 0 --proto icmp
}

case_cli_filter_address() {
	need_dropwhy
	pair
	filtered 15 --host 10.9.0.1
	filtered 15 --host 10.9.0.2
	filtered 15 --src 10.9.0.0/24
	filtered 0 --dst 10.9.0.1
	filtered 20 --dst fd10:9::/64
	filtered 35 --src 10.9.0.1 --src fd10:9::1
	filtered 35 --host 0.0.0.0/0 --host ::/0
	filtered 0 --src 10.9.0.128/25
	filtered 20 --src fd10:9::1/128 --dst fd10:9::2
}

case_cli_filter_port() {
	need_dropwhy
	pair
	filtered 10 --dport 53
	filtered 30 --dport 53,54
	filtered 10 --port 4000
	filtered 0 --sport 53
	filtered 1 --dport 84
	filtered 0 --sport 4000 --dport 54
}

case_cli_filter_reason_and_interface() {
	need_dropwhy
	[ -n "$(kernel_reason NO_SOCKET)" ] || skip "the kernel gives no reasons"
	pair
	filtered 35 --reason NO_SOCKET
	filtered 35 --reason 'NO_S*,TCP_*'
	filtered 0 --reason NETFILTER_DROP
	filtered 35 --iface veth0
	filtered 0 --iface lo
}

case_cli_filter_cause() {
	need_dropwhy
	router
	conntrack_on r forward
	nft_rules r <<-END
		add rule ip watch forward udp dport 2000 counter drop
	END
	fill_table r
	set_global net/netfilter/nf_conntrack_max 17
	# the one flow that still has room is dropped by the rule, and so leaves no entry
	for cause in ct_table_full 'ct_*' "$(expected nft_cause)"; do
		trace_ns r --cause "$cause"
		in_ns r conntrack -I -s 10.77.0.1 -d 10.77.0.2 -p udp --sport 17 --dport 1 -t 600 \
			-u ASSURED,SEEN_REPLY >"$WORK/fill.log" 2>&1 || fail "$(cat "$WORK/fill.log")"
		send c traffic udp --from 10.8.1.2 --sport 5000 --to 10.8.2.2 --dport 1000 --dports 30
		in_ns r conntrack -D -p udp --orig-port-src 17 >"$WORK/fill.log" 2>&1 || fail "$(cat "$WORK/fill.log")"
		send c traffic udp --from 10.8.1.2 --sport 5000 --to 10.8.2.2 --dport 2000 --count 7
		trace_stop
		case $cause in
		ct_*) assert_only 30 ;;
		*) assert_only 7 ;;
		esac
	done
}

# ICMP has no ports, not even 0: neither one by one nor folded.
case_cli_filter_port_of_icmp() {
	need_dropwhy
	pair
	drop_at_tc b ingress
	for fold in 0 60000; do
		trace_ns b --port 0-65535 --fold "$fold"
		send a frame veth0 30 eth dst="$(mac b veth0)" ip src=192.0.2.1 dst=192.0.2.2 icmp type=8 code=0
		send a frame veth0 20 eth dst="$(mac b veth0)" ip src=192.0.2.1 dst=192.0.2.2 udp sport=0 dport=7
		trace_stop
		assert_drops 20 proto=udp
		assert_only 20
	done
}

# Frames for somebody else are no trouble: counted, and shown when asked for.
case_cli_noise() {
	need_dropwhy
	[ -n "$(kernel_reason OTHERHOST)" ] || skip "the kernel gives no reasons"
	pair
	for all in '' --all; do
		# shellcheck disable=SC2086 # absent when empty
		trace_ns b $all
		send a frame veth0 14 eth dst=02:00:00:00:00:99 ip src=10.9.0.1 dst=10.9.0.2 udp dport=53
		trace_stop
		if [ -n "$all" ]; then
			assert_drops 14 reason=OTHERHOST src=10.9.0.1 dport=53
		else
			assert_only 0
			assert_at_least 14 "$(summary 'reasons[reason=OTHERHOST].noise')" "counted as noise"
		fi
	done
}

case_cli_groups() {
	need_dropwhy
	pair
	trace_ns b --by reason,src --summary-only
	send a traffic udp --from 10.9.0.1 --to 10.9.0.2 --dport 4053 --count 31
	send a traffic udp --from fd10:9::1 --to fd10:9::2 --dport 4053 --count 13
	trace_stop
	assert_eq 0 "$(records lines type=drop)" "rows in spite of --summary-only"
	assert_summary 'groups[src=10.9.0.1].count' 31
	assert_summary 'groups[src=fd10:9::1].count' 13
	assert_summary 'groups[src=10.9.0.1].reason' "$(reason NO_SOCKET)"
}

# 50 groups in a table of 10: what is evicted goes to "other", the total stays.
case_cli_max_keys() {
	need_dropwhy
	pair
	trace_ns b --by tuple --max-keys 10
	send a traffic udp --from 10.9.0.1 --sport 4000 --to 10.9.0.2 --dport 4000 --dports 50
	send a traffic udp --from 10.9.0.1 --sport 4000 --to 10.9.0.2 --dport 4999 --count 40
	trace_stop
	assert_only 90
	assert_at_least 30 "$(summary other.count)" "packets in other"
}

# What --top leaves out is in "other" too.
case_cli_top() {
	need_dropwhy
	pair
	trace_ns b --by tuple --top 3 --proto udp	# IPv6's own reports are no part of "other"
	send a traffic udp --from 10.9.0.1 --sport 4000 --to 10.9.0.2 --dport 4000 --dports 25 --count 2
	trace_stop
	assert_only 50
	assert_summary other.count 44
}

case_cli_two_at_once() {
	need_dropwhy
	pair
	trace_ns b
	first=$pid_dropwhy
	OUT=$WORK/second.json ERR=$WORK/second.err
	trace_ns b
	udp_drops 44
	trace_stop
	assert_only 44
	pid_dropwhy=$first OUT=$WORK/drops.json ERR=$WORK/dropwhy.err
	trace_stop
	assert_only 44
}
