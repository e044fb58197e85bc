# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What every case stands on: all that it does undone at its end, verdicts,
# bounded waits, background processes. Sourced by run, once for each case, in a
# shell of its own with -eu; POSIX sh.
#
# DROPWHY=none runs the cases without the tracer: their drops are caused and
# counted independently, and what concerns dropwhy's output is not asserted.

WAIT_SECONDS=${WAIT_SECONDS:-100}	# the longest that any one event is waited for
GLOBAL_LOCK=/run/lock/dropwhy-tests.lock

PREFIX=dwt$$
OWN_PORT=$((10000 + $$ % 50000))	# for what must be selected without naming the namespace
WORK=$(mktemp -d "${TMPDIR:-/tmp}/dropwhy-test.XXXXXX")
NAMESPACES=
CHILDREN=
SAVED=
MOUNTED=
UNDO=				# functions that undo what the case's own files did

# --- undoing ---------------------------------------------------------------

restore() {
	status=$?
	trap '' INT TERM HUP PIPE
	trap - EXIT
	set +e
	for undo in $UNDO; do
		$undo
	done
	for child in $CHILDREN; do
		kill -KILL "$child" 2>/dev/null
	done
	# a deleted namespace lives on for a while, and its TCP retransmits into the next case
	for name in $NAMESPACES; do
		ip -n "$name" link set group default down 2>/dev/null
	done
	for name in $NAMESPACES; do
		echo "netns del $name"
	done | ip -force -batch - 2>/dev/null
	# what was set last is restored first
	for saved in $SAVED; do
		echo "${saved#*=}" >"${saved%%=*}"
	done
	[ -z "$MOUNTED" ] || umount "$MOUNTED"
	rm -rf "$WORK"
	exit "$status"
}
trap restore EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 1' HUP PIPE

# set_global PATH VALUE: below /proc/sys; one case of the machine at a time, restored at its end.
set_global() {
	lock_global
	SAVED="/proc/sys/$1=$(cat "/proc/sys/$1") $SAVED"
	echo "$2" >"/proc/sys/$1"
}

# offline_cpu N: takes a CPU away, until the case ends; on a machine that nobody else needs.
offline_cpu() {
	SAVED="/sys/devices/system/cpu/cpu$1/online=1 $SAVED"
	echo 0 >"/sys/devices/system/cpu/cpu$1/online"
}

# online_cpu N: brings it back.
online_cpu() {
	echo 1 >"/sys/devices/system/cpu/cpu$1/online"
}

# on_cpu N: what runs from now on runs there.
on_cpu() {
	taskset -p -c "$1" $$ >/dev/null
}

lock_global() {
	[ -z "${LOCKED:-}" ] || return 0
	LOCKED=yes
	has command -v flock || return 0	# a busybox without it: a test VM, nobody else is there
	mkdir -p "${GLOBAL_LOCK%/*}"
	exec 9>"$GLOBAL_LOCK"
	until_true flock -n 9 || fail "$GLOBAL_LOCK is held by somebody else"
}

# --- verdicts --------------------------------------------------------------

# fail TEXT...: the case is wrong.
fail() {
	echo "FAIL: $*"
	exit 1
}

# skip TEXT...: this kernel cannot produce the case.
skip() {
	echo "$*" >"$SKIP_REASON"
	exit 77
}

assert_eq() { # EXPECTED ACTUAL WHAT
	[ "$1" = "$2" ] || fail "$3: expected $1, got $2"
}

assert_at_least() { # LEAST ACTUAL WHAT
	[ "$2" -ge "$1" ] || fail "$3: expected at least $1, got $2"
}

# --- waiting ---------------------------------------------------------------

# until_true COMMAND...: runs it until it succeeds; fails after WAIT_SECONDS.
until_true() {
	read -r until_began _ </proc/uptime
	until "$@"; do
		read -r until_now _ </proc/uptime
		[ $((${until_now%.*} - ${until_began%.*})) -lt "$WAIT_SECONDS" ] || return 1
		sleep 0.02
	done
}

# wait_for FILE PATTERN [PID]: until FILE has a matching line, or PID is gone.
wait_for() {
	"$TOOLS/await" line "$WAIT_SECONDS" "$@" || {
		cat "$1" >&2
		return 1
	}
}

# wait_exit PID: until it has ended; its exit status. Kills it after WAIT_SECONDS.
wait_exit() {
	"$TOOLS/await" exit "$WAIT_SECONDS" "$1" || {
		kill -KILL "$1"
		fail "process $1 did not end"
	}
	wait "$1"
}

# has COMMAND...: quietly.
has() {
	"$@" >/dev/null 2>&1
}

# --- background processes --------------------------------------------------

# spawn LABEL NAME TOOL ARG...: in namespace NAME; returns once it has printed "ready".
# Its standard input is $WORK/LABEL.in, its output $WORK/LABEL.out.
spawn() {
	spawn_label=$1 spawn_ns=$(ns "$2") spawn_tool=$3
	shift 3
	spawn_command "$spawn_label" ip netns exec "$spawn_ns" "$TOOLS/$spawn_tool" "$@"
}

# spawn_command LABEL COMMAND...: the same for any command that says "ready".
spawn_command() {
	spawn_label=$1
	shift
	mkfifo "$WORK/$spawn_label.in"
	"$@" <>"$WORK/$spawn_label.in" >"$WORK/$spawn_label.out" 9>&- &
	eval "pid_$spawn_label=$!"
	CHILDREN="$CHILDREN $!"
	wait_for "$WORK/$spawn_label.out" '^ready' $! || fail "$* did not start"
}

# stop LABEL: ends it with SIGTERM.
stop() {
	eval "stop_pid=\$pid_$1"
	kill -TERM "$stop_pid" 2>/dev/null || :
	wait_exit "$stop_pid" || fail "$1 ended with status $?: $(cat "$WORK/$1.out")"
}

# stop_when_done LABEL: it ends by itself.
stop_when_done() {
	eval "stop_pid=\$pid_$1"
	wait_exit "$stop_pid" || fail "$1 ended with status $?: $(cat "$WORK/$1.out")"
}

# said LABEL WORD: the number that follows WORD in its output.
said() {
	sed -n "s/.*\\b$2 \\([0-9]*\\).*/\\1/p" "$WORK/$1.out" | tail -n 1
}

. "$here/network.sh"
. "$here/counters.sh"
. "$here/tracer.sh"
