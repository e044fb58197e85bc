# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What `dropwhy features` says, against what `dropwhy trace` does.

features_run() { # STATUS ARG...
	features_expected=$1 features_status=0
	shift
	"$DROPWHY" features "$@" >"$WORK/stdout" 2>"$ERR" || features_status=$?
	[ "$features_status" -eq "$features_expected" ] || {
		cat "$WORK/stdout" "$ERR"
		fail "dropwhy features $*: status $features_status, not $features_expected"
	}
}

case_features_text() {
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
	features_run 0
	assert_eq 0 "$(wc -c <"$ERR" | tr -d ' ')" "bytes on standard error"
	grep -q "release: *$(uname -r)\$" "$WORK/stdout" || fail "not this kernel's release"
	grep -q '^  can run$' "$WORK/stdout" || fail "it does not say that trace can run"
}

case_features_json() {
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
	features_run 0 --json
	assert_eq 1 "$(wc -l <"$WORK/stdout" | tr -d ' ')" "lines"
	assert_eq "features 1 true" "$(feature type) $(feature schema) $(feature can_trace)" "type, schema, can_trace"
	assert_eq "$(uname -r) $(uname -m)" "$(feature kernel.release) $(feature kernel.machine)" "kernel"
	for name in program_loads ring_buffer test_run_on_cpu; do
		assert_eq true "$(feature drops.$name)" $name
	done
	assert_eq true "$(feature conntrack.counters)" "conntrack's counters"
	assert_eq "true watch" "$(feature settings.watch) $(feature settings.sysctl_auto)" "changes of settings"
	conntrack_in_is_hooked
	if [ -n "$(kernel_reason NO_SOCKET)" ]; then
		assert_at_least 50 "$(feature drops.reasons)" "drop reasons"
	else
		assert_eq 0 "$(feature drops.reasons)" "drop reasons"
	fi
}

# A function of conntrack is hooked by a trampoline where types of what holds it are there.
conntrack_in_is_hooked() {
	trampolines=$(feature conntrack.trampolines)
	# arm64's functions take none before 6.4: 2aa6ac03516d ("arm64: ftrace: Add direct call support")
	expected=true
	[ "$(uname -m)" != aarch64 ] || kernel_at_least 6 4 || expected=false
	[ "${THROWAWAY:-}" != 1 ] || assert_eq "$expected" "$trampolines" "distributions' kernels have trampolines"
	method=none
	[ "$(feature conntrack.kprobes)" != true ] || method=kprobe
	[ "$trampolines" != true ] || [ "$(feature conntrack.nf_conntrack)" != "built in" ] || method=trampoline
	[ "$trampolines" != true ] || [ ! -e /sys/kernel/btf/nf_conntrack ] || method=trampoline
	assert_eq "$method" "$(feature 'conntrack.functions[function=nf_conntrack_in].method')" \
		"how nf_conntrack_in is hooked"
}

# The same hook as trace's.
case_features_hook() {
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
	trace_spawn --summary-only --duration 0.2
	trace_ended 0
	assert_eq "$(sed -n 's/^dropwhy: tracing packet drops by \(.*\); .*/\1/p' "$ERR")" "$(feature drops.hook)" hook
}

# A module's state is that of /proc/modules.
case_features_conntrack() {
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
	if grep -q '^nf_conntrack ' /proc/modules 2>/dev/null; then
		assert_eq module "$(feature conntrack.nf_conntrack)" nf_conntrack
	elif [ -e /proc/sys/net/netfilter/nf_conntrack_max ]; then
		assert_eq "built in" "$(feature conntrack.nf_conntrack)" nf_conntrack
	else
		assert_eq "not loaded" "$(feature conntrack.nf_conntrack)" nf_conntrack
	fi
}

case_features_btf_file() {
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
	features_run 0 --json --btf /sys/kernel/btf/vmlinux
	cp "$WORK/stdout" "$WORK/features.json"
	assert_eq file "$(feature types.btf)" "types from a file"
	assert_eq true "$(feature can_trace)" can_trace
	features_run 1 --btf /dev/null
	features_run 1 --btf /no/such/file
	# where nothing is wrong with the kernel, whoever is to use the file says so, too
	while read -r command path why; do
		status=0
		"$DROPWHY" "$command" --duration 0.1 --btf "$path" >"$WORK/stdout" 2>"$ERR" || status=$?
		assert_eq 1 "$status" "status of $command --btf $path"
		grep -q "^dropwhy: cannot read the types in $path: $why" "$ERR" || fail "$command: $(cat "$ERR")"
		! grep -q 'this kernel cannot' "$ERR" || fail "$command blames the kernel: $(cat "$ERR")"
	done <<-END
		trace /no/such/file No such file
		trace $here/run .
		doctor /no/such/file No such file
	END
	grep -q 'No such file' "$ERR" || fail "standard error does not say why"
}

case_features_usage() {
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
	features_run 0 --help
	features_run 2 --nonsense
	features_run 2 surplus
	features_run 2 --btf
}

# Who may not ask is told so, not that the kernel cannot.
case_features_without_privileges() {
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
	has unshare -U true || skip "no user namespaces"
	status=0
	unshare -U "$DROPWHY" features --json >"$WORK/features.json" 2>"$ERR" || status=$?
	assert_eq 0 "$status" "exit status"
	! grep -q '"can_trace"' "$WORK/features.json" || fail "it claims to know"
	assert_eq features "$(feature type)" type
	assert_eq '' "$(feature settings.watch)" settings.watch
	assert_eq 'this process may not load BPF programs' "$(feature settings.why_not)" settings.why_not
}

# A kernel that lacks what came with 5.8 and 5.10, as far as bpf() can tell: both commands end
# with 3 and one paragraph.
case_features_kernel_too_old() {
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
	for arguments in features 'trace --summary-only --duration 1'; do
		status=0
		# shellcheck disable=SC2086 # a list
		ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0 LD_PRELOAD=$TOOLS/old_kernel.so \
			"$DROPWHY" $arguments >"$WORK/stdout" 2>"$ERR" || status=$?
		assert_eq 3 "$status" "exit status of $arguments"
		assert_eq 1 "$(wc -l <"$ERR" | tr -d ' ')" "lines on standard error"
		grep -q "^dropwhy: this kernel cannot run .*ring buffers (Linux 5.8).*(Linux 5.10)" "$ERR" || {
			cat "$ERR"
			fail "standard error does not say what is missing"
		}
	done
}
