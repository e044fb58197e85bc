# shellcheck shell=bash disable=SC2154,SC2016 # set by who sources it; bpftrace has variables, too
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What tools/bench measures side by side: how each contender is called and
# started, when it has begun, and how many drops it says that it saw. Uses $O,
# $ns (the namespace with the drops), $reason (theirs), $work (a directory)
# and $tracefs.

label_of() { # CONTENDER
	case $1 in
	floor) echo "a program that only counts (the floor)" ;;
	probe) echo "**dropwhy probe**" ;;
	summary) echo "**dropwhy trace --summary-only**" ;;
	csv) echo "**dropwhy trace -o FILE --csv**, a row a drop" ;;
	filtered) echo "**dropwhy trace --dport 1**, all rejected" ;;
	bpftrace-count) echo "bpftrace, count by reason" ;;
	bpftrace-tuple) echo "bpftrace, count by tuple and reason" ;;
	bpftrace-print) echo "bpftrace, print each" ;;
	perf-stat) echo "perf stat" ;;
	perf-record) echo "perf record" ;;
	perf-trace) echo "perf trace" ;;
	trace-pipe) echo "cat trace_pipe" ;;
	esac
}

# Prints the arguments with a NUL after each, for mapfile.
command_of() { # CONTENDER
	case $1 in
	floor) set -- "$O/tools/bench-floor" "$O/tools/bench-floor.bpf.o" ;;
	probe) set -- "$O/dropwhy" probe --netns "$ns" --listen none ;;
	summary) set -- "$O/dropwhy" trace --netns "$ns" --summary-only ;;
	csv) set -- "$O/dropwhy" trace --netns "$ns" --fold 0 --ring-size 16m --csv -o "$work/drops.csv" ;;
	filtered) set -- "$O/dropwhy" trace --netns "$ns" --summary-only --dport 1 ;;
	bpftrace-count) set -- bpftrace -e 'tracepoint:skb:kfree_skb { @[args->reason] = count(); }' ;;
	# the transport's header follows an IPv4 header without options
	bpftrace-tuple) set -- env BPFTRACE_BTF=/sys/kernel/btf/vmlinux bpftrace -e 'tracepoint:skb:kfree_skb {
			$skb = (struct sk_buff *)args->skbaddr;
			$ip = (struct iphdr *)($skb->head + $skb->network_header);
			$ports = *(uint32 *)($skb->head + $skb->network_header + 20);
			@[$ip->saddr, $ip->daddr, $ports, args->reason] = count(); }' ;;
	bpftrace-print) set -- bpftrace -e 'tracepoint:skb:kfree_skb { printf("%p %d\n", args->location, args->reason); }' ;;
	perf-stat) set -- perf stat -a -e skb:kfree_skb ;;
	perf-record) set -- perf record -q -a -o "$work/perf.data" -e skb:kfree_skb ;;
	perf-trace) set -- perf trace -a --no-syscalls -e skb:kfree_skb ;;
	trace-pipe) set -- cat "$tracefs/instances/$ns/trace_pipe" ;;
	esac
	printf '%s\0' "$@"
}

is_there() { # CONTENDER
	case $1 in
	bpftrace*) command -v bpftrace >/dev/null ;;
	perf*) command -v perf >/dev/null ;;
	trace-pipe) [ -d "$tracefs/events/skb/kfree_skb" ] ;;
	*) true ;;
	esac
}

# Whether it counts drops by now: most say so; perf has an event open on each CPU then.
has_begun() { # CONTENDER PID
	case $1 in
	floor) said '^counting' ;;
	summary | csv | filtered) said '^dropwhy: tracing' ;;
	probe) said '^dropwhy: probing' ;;
	bpftrace*) said '^Attaching' ;;
	perf*) [ "$(readlink "/proc/$2/fd/"* | grep -c perf_event)" -ge "$(getconf _NPROCESSORS_ONLN)" ] ;;
	esac
}

said() { # PATTERN
	grep -q "$1" "$work/err" "$work/out"
}

# What makes it end and say what it saw.
end_signal_of() { # CONTENDER
	case $1 in
	trace-pipe) echo TERM ;;
	*) echo INT ;;
	esac
}

# What must be set up before, and is undone after.
set_up() { # CONTENDER
	case $1 in
	trace-pipe)
		mkdir "$tracefs/instances/$ns"
		echo 1 >"$tracefs/instances/$ns/events/skb/kfree_skb/enable" ;;
	esac
}

tear_down() {
	[ ! -d "$tracefs/instances/$ns" ] || rmdir "$tracefs/instances/$ns"
}

# How many drops it saw, by what it wrote: to $work/out, $work/err or a file.
counted_by() { # CONTENDER
	case $1 in
	floor | probe | summary | filtered)
		cat "$work/out" "$work/err" | sed -n 's/^seen \([0-9,]*\).*/\1/p' | tr -d , | tail -n 1 ;;
	csv) grep -c "$reason" "$work/drops.csv" || : ;;
	bpftrace-count | bpftrace-tuple) awk '/^@/ { n += $NF } END { print n + 0 }' "$work/out" ;;
	bpftrace-print) grep -c '^0x' "$work/out" || : ;;
	perf-stat) awk '$2 == "skb:kfree_skb" { gsub(",", "", $1); print $1 }' "$work/err" ;;
	perf-record) perf script -i "$work/perf.data" -F event 2>/dev/null | wc -l ;;
	perf-trace) cat "$work/out" "$work/err" | grep -c 'skb:kfree_skb' || : ;;
	trace-pipe) grep -c ' kfree_skb: ' "$work/out" || : ;;
	esac
}
