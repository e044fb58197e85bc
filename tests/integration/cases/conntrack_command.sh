# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# dropwhy conntrack: every figure against conntrack's own tool.

# ct_tool ARG...: dropwhy conntrack with its JSON lines in $OUT.
ct_tool() {
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
	"$DROPWHY" conntrack --json "$@" >"$OUT" 2>"$ERR" || fail "status $?: $(cat "$ERR")"
}

# rows N FIELD=GLOB...: so many lines.
rows() {
	wanted_rows=$1
	shift
	assert_eq "$wanted_rows" "$(records lines "$@")" "lines with $*; there are: $(head -n 40 "$OUT")"
}

# listed NAME PATTERN: entries that conntrack -L shows and that have it.
listed() {
	in_ns "$1" conntrack -L 2>/dev/null | grep -c -e "$2" || :
}

case_conntrack_tables() {
	pair
	conntrack_on b input
	fill_table b
	set_global net/netfilter/nf_conntrack_max 16
	send a traffic udp --from 10.9.0.1 --sport 20000 --to 10.9.0.2 --dport 1000 --dports 50
	ct_tool --interval 0
	inode=$(ns_inode b)
	assert_eq 50 "$(ct_stat b drop)" "conntrack -S drop"
	rows 1 type=conntrack netns="$inode" netns_name="$(ns b)" entries="$(in_ns b conntrack -C)" max=16 \
		headroom_percent=0 full_in_s=0 drop=50 insert_failed="$(ct_stat b insert_failed)" \
		early_drop="$(ct_stat b early_drop)" invalid="$(ct_stat b invalid)" \
		buckets="$(cat /proc/sys/net/netfilter/nf_conntrack_buckets)" source=ctnetlink drop_per_s=
	# all namespaces, the node's own among them
	rows 1 type=conntrack netns="$(ns_inode a)" entries=0
	rows 1 type=conntrack netns_name=host
}

# One that nobody has named, and only that.
case_conntrack_unnamed() {
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
	unshare -n sleep 1000 9>&- &
	unnamed=$!
	CHILDREN="$CHILDREN $unnamed"
	own=$(readlink /proc/self/ns/net)
	# shellcheck disable=SC2016 # of the inner shell
	until_true sh -c '[ "$(readlink "/proc/$1/ns/net")" != "$2" ]' sh "$unnamed" "$own" || fail unshare
	inode=$(stat -L -c %i "/proc/$unnamed/ns/net")
	ct_tool --interval 0 --netns "pid:$unnamed"
	rows 1
	rows 1 type=conntrack netns="$inode" netns_name=sleep
}

# watch_rates NAME: what conntrack counts there, told ten times a second, from the first look on.
watch_rates() {
	"$DROPWHY" conntrack --json --netns "$(ns "$1")" --interval 0 --watch 0.1 >"$OUT" 2>"$ERR" 9>&- &
	watcher=$!
	CHILDREN="$CHILDREN $watcher"
	wait_for "$OUT" '^{"type":"conntrack"' "$watcher" || fail "$(cat "$ERR")"
}

watch_ended() {
	kill -INT "$watcher"
	wait_exit "$watcher" || fail "status $?"
}

# rated COUNTER NAME: a row tells how often a second it moves, once it has moved.
rated() {
	wait_for "$OUT" "\"$1_per_s\":\(0[.]0*[1-9]\|[1-9]\)" "$watcher" ||
		fail "no rate of $1: $(tail -n 1 "$OUT")"
	# which may be of a look while it was moving
	wait_for "$OUT" "\"$1\":$(ct_stat "$2" "$1")[,}]" "$watcher" || fail "not all of $1: $(tail -n 1 "$OUT")"
}

case_conntrack_rates() {
	ns_new a
	in_ns a "$TOOLS/entries" 300 dns >/dev/null
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
	set_global net/netfilter/nf_conntrack_max 1000
	"$DROPWHY" conntrack --csv --netns "$(ns a)" --watch 0.1 >"$WORK/rates.csv" 2>"$ERR" 9>&- &
	watcher=$!
	CHILDREN="$CHILDREN $watcher"
	# once it has looked for the first time
	wait_for "$WORK/rates.csv" '^conntrack,' "$watcher" || fail "$(cat "$ERR")"
	in_ns a "$TOOLS/entries" 400 assured >/dev/null
	wait_for "$WORK/rates.csv" ",700,1000,30.0," "$watcher" || fail "$(cat "$WORK/rates.csv")"
	watch_ended
	# what came between two looks is growth, in one row or two
	"$TOOLS/records" --csv "$WORK/rates.csv" lines 'growth_per_s=[1-9]*' 'full_in_s=[0-9]*' >"$WORK/growing"
	assert_at_least 1 "$(cat "$WORK/growing")" "rows that tell of growth"
}

# Of what conntrack counts, how much a second: each of a kind while somebody watches.
case_conntrack_rates_of_counters() {
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
	router
	conntrack_on r forward
	nft_rules r <<-END
		add table ip nat
		add chain ip nat post { type nat hook postrouting priority 100; policy accept; }
		add rule ip nat post oifname "out0" udp dport 54 masquerade to :5000
	END
	hold_packets r 1 forward 10 udp dport 55
	spawn holder r nfqueue 1 2
	set_global net/netfilter/nf_conntrack_buckets 512
	watch_rates r
	# translated to a port that another one has
	send c traffic udp --from 10.8.1.2 --sport 20000 --sports 20 --to 10.8.2.2 --dport 54
	rated insert_failed r
	# two of a flow, both on their way before either was confirmed
	send c traffic udp --from 10.8.1.2 --sport 4321 --to 10.8.2.2 --dport 55 --count 2
	wait_for "$WORK/holder.out" '^held 2' || fail "not all packets came to the queue"
	echo go >"$WORK/holder.in"
	stop_when_done holder
	# older kernels look the entry up again
	[ "$(ct_stat r clash_resolve)" -eq 0 ] || rated clash_resolve r
	# the beginning and the end of a connection in one
	send c frame veth0 30 eth src="$(mac c veth0)" dst="$(mac r in0)" ip src=10.8.1.2 dst=10.8.2.2 \
		tcp sport=1 dport=2 flags=SF
	rated invalid r
	set_global net/netfilter/nf_conntrack_max 64
	send c traffic udp --from 10.8.1.2 --sport 20000 --sports 300 --to 10.8.2.2 --dport 53
	rated early_drop r
	rated drop r
	watch_ended
}

case_conntrack_rate_of_long_chains() {
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
	router
	conntrack_on r forward
	set_global net/netfilter/nf_conntrack_max 200000
	set_global net/netfilter/nf_conntrack_buckets 512
	know r out0 10.8.2.9 s veth0	# nobody there
	watch_rates r
	send c traffic udp --from 10.8.1.2 --sport 20000 --to 10.8.2.9 --dport 1000 --dports 13000
	[ "$(ct_stat r chaintoolong)" -gt 0 ] || skip "this kernel does not limit its hash chains"
	rated chaintoolong r
	watch_ended
}

# Each round of CSV says when it was; the names of the columns stand above the first alone.
case_conntrack_by_csv() {
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
	ns_new a
	in_ns a "$TOOLS/entries" 30 dns >/dev/null
	"$DROPWHY" conntrack --by dst-port --csv --netns "$(ns a)" --watch 0.1 --count 3 >"$WORK/by.csv" 2>"$ERR" ||
		fail "status $?: $(cat "$ERR")"
	assert_eq "time,dst_port,entries,assured_entries,unreplied_entries,share_percent" \
		"$(head -n 1 "$WORK/by.csv")" header
	assert_eq 3 "$(grep -c '^20[0-9-]*T[0-9:.]*Z,53,30,0,30,100.00$' "$WORK/by.csv")" rounds
	assert_eq 4 "$(wc -l <"$WORK/by.csv")" lines
	[ "$(cut -d , -f 1 "$WORK/by.csv" | sort -u | wc -l)" -eq 4 ] || fail "rounds of one time"
}

# A number that no namespace has.
case_conntrack_no_such_namespace() {
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
	for by in "" "--by state"; do
		status=0
		# shellcheck disable=SC2086 # an option and its value
		"$DROPWHY" conntrack --interval 0 --netns 4026999999 $by >"$WORK/stdout" 2>"$ERR" || status=$?
		assert_eq 1 "$status" "status of conntrack $by"
		assert_eq "dropwhy: there is no network namespace 4026999999" "$(cat "$ERR")" words
	done
}

# Whoever cannot be asked for names is told of, and the entries are listed all the same.
case_conntrack_by_without_names() {
	ns_new a
	in_ns a "$TOOLS/entries" 4 dns >/dev/null
	ct_tool --netns "$(ns a)" --by src --kubelet off --kubeconfig "$WORK/no-such-file"
	rows 1 type=occupants entries=4
	grep -q "^dropwhy: cannot read kubeconfig $WORK/no-such-file: " "$ERR" || fail "not told: $(cat "$ERR")"
	ct_tool --netns "$(ns a)" --by src --api off --kubelet http://127.0.0.1:1
	rows 1 type=occupants entries=4
	grep -q '^dropwhy: .*kubelet' "$ERR" || fail "not told: $(cat "$ERR")"
}

# Without CAP_NET_ADMIN ctnetlink does not answer: what /proc has is told, and that it comes from there.
case_conntrack_by_proc() {
	ns_new a
	in_ns a "$TOOLS/entries" 30 dns >/dev/null
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
	[ -e /proc/net/stat/nf_conntrack ] || skip "no /proc/net/stat/nf_conntrack"
	setpriv --bounding-set=-net_admin --inh-caps=-net_admin "$DROPWHY" conntrack --json --interval 0 \
		--netns "$(ns a)" >"$OUT" 2>"$ERR" || fail "status $?: $(cat "$ERR")"
	rows 1 type=conntrack netns="$(ns_inode a)" entries=30 max="$(cat /proc/sys/net/netfilter/nf_conntrack_max)" \
		buckets="$(cat /proc/sys/net/netfilter/nf_conntrack_buckets)" source=proc drop=0 early_drop=0
}

# The limit changes while one watches: by whom is told, and the row knows since when, and since
# when the table is full.
case_conntrack_limit_changes() {
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
	ns_new a
	set_global net/netfilter/nf_conntrack_max 2000
	watch_rates a
	set_global net/netfilter/nf_conntrack_max 1000
	wait_for "$OUT" '"limit_since"' "$watcher" || fail "$(tail -n 3 "$OUT")"
	in_ns a "$TOOLS/entries" 30 assured >/dev/null
	set_global net/netfilter/nf_conntrack_max 30
	until_true eval '[ "$(grep -c full_since "$OUT")" -ge 3 ]' || fail "$(tail -n 3 "$OUT")"
	watch_ended
	rows 1 type=sysctl name=net.netfilter.nf_conntrack_max old=2000 new=1000 'comm=?*'
	assert_at_least 1 "$(records lines type=conntrack max=1000 limit_old=2000 'limit_comm=?*')" \
		"rows with the change"
	assert_eq 1 "$(sed -n 's/.*"full_since":"\([^"]*\)".*/\1/p' "$OUT" | sort -u | wc -l)" \
		"beginnings of one time of being full"
	assert_eq 0 "$(records lines full_since='?*' max=1000)" "rows full that are not"
}

# Settings of other namespaces are left out as their tables are; what is everybody's is told.
case_conntrack_changes_of_netns() {
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
	ns_new a
	ns_new b
	lock_global
	watch_rates a
	ns_sysctl b net.core.somaxconn=1111
	ns_sysctl a net.core.somaxconn=2222
	max=$(cat /proc/sys/net/netfilter/nf_conntrack_max)
	set_global net/netfilter/nf_conntrack_max $((max - 1))
	wait_for "$OUT" "\"new\":\"$((max - 1))\"" "$watcher" || fail "not everybody's: $(tail -n 3 "$OUT")"
	watch_ended
	rows 1 type=sysctl netns="$(ns_inode a)" name=net.core.somaxconn new=2222
	rows 0 type=sysctl netns="$(ns_inode b)"
	rows 0 type=sysctl new=1111
}

case_conntrack_by() {
	ns_new a
	ns_new b
	in_ns a "$TOOLS/entries" 300 dns 10 >/dev/null
	in_ns a "$TOOLS/entries" 200 time_wait 10 >/dev/null
	in_ns a "$TOOLS/entries" 100 established 10 >/dev/null
	in_ns a "$TOOLS/entries" 40 close_wait 1 600 7 >/dev/null
	in_ns b "$TOOLS/entries" 50 syslog 1 >/dev/null
	ct_tool --netns "$(ns a)" --by proto,state,dst-port,zone,assured
	assert_eq 640 "$(in_ns a conntrack -C)" "conntrack -C"
	rows 4 type=occupant
	rows 1 type=occupant proto=udp state=UNREPLIED dst_port=53 zone=0 assured=no entries=300 \
		entries="$(listed a 'dport=53 .*UNREPLIED')" assured_entries=0 unreplied_entries=300 share_percent=46.880*
	rows 1 type=occupant proto=tcp state=TIME_WAIT entries=200 entries="$(listed a TIME_WAIT)" assured=yes
	rows 1 type=occupant proto=tcp state=ESTABLISHED entries=100 entries="$(listed a ESTABLISHED)"
	rows 1 type=occupant proto=tcp state=CLOSE_WAIT zone=7 entries=40 entries="$(listed a zone=7)"
	rows 1 type=occupants entries=640 assured_entries="$(listed a ASSURED)" entries_beyond_max_keys=0 namespaces=1
	rows 1 type=finding name=dns_unreplied entries=300
	rows 1 type=finding name=time_wait entries=200
	# a sixth of all
	rows 0 type=finding name=idle_established
	ct_tool --netns "$(ns a),$(ns b)" --by netns
	rows 1 type=occupant netns="$(ns_inode a)" entries=640
	rows 1 type=occupant netns="$(ns_inode b)" entries=50
	rows 1 type=occupants entries=690 namespaces=2
}

# One namespace is looked at once, however often and however it is named.
case_conntrack_netns_named_twice() {
	ns_new a
	in_ns a "$TOOLS/entries" 4 dns >/dev/null
	ct_tool --netns "$(ns a),$(ns a),$(ns_inode a),/run/netns/$(ns a)" --by netns
	rows 1 type=occupant netns="$(ns_inode a)" entries=4
	rows 1 type=occupants entries=4 namespaces=1
}

# Given again it adds to what was given before.
case_conntrack_netns_repeated() {
	ns_new a
	ns_new b
	in_ns a "$TOOLS/entries" 4 dns >/dev/null
	in_ns b "$TOOLS/entries" 3 dns >/dev/null
	ct_tool --netns "$(ns b)" --netns "$(ns a),$(ns b)" --by netns
	rows 1 type=occupant netns="$(ns_inode a)" entries=4
	rows 1 type=occupant netns="$(ns_inode b)" entries=3
	rows 1 type=occupants entries=7 namespaces=2
	ct_tool --netns "$(ns b)" --netns "$(ns a)" --interval 0
	rows 2 type=conntrack
}

case_conntrack_findings() {
	ns_new a
	in_ns a "$TOOLS/entries" 400 scan 1 >/dev/null
	in_ns a "$TOOLS/entries" 300 established 100 >/dev/null
	ct_tool --netns "$(ns a)" --by src
	rows 1 type=finding name=scanner who=10.200.0.1 entries=403 'destinations=[2-6]??'
	rows 1 type=finding name=syn_sent entries=400
	rows 1 type=finding name=one_source who=10.200.0.1
	# 600 s are left of five days
	rows 1 type=finding name=idle_established entries=300
	rows 1 type=occupant src=10.200.0.1 entries=403
	# nothing is lost for want of room
	ct_tool --netns "$(ns a)" --by src --max-keys 8 --top 2
	# what came before it was among the heaviest is counted with the rest
	rows 1 type=occupant src=10.200.0.1 'entries=[34]??'
	told=$(sed -n 's/.*"entries_below_top":\([0-9]*\),"entries_beyond_max_keys":\([0-9]*\).*/\1 \2/p' "$OUT" |
		awk '{ print $1 + $2 }')
	shown=$(sed -n 's/.*"type":"occupant",.*"entries":\([0-9]*\),.*/\1/p' "$OUT" | awk '{ n += $1 } END { print n }')
	assert_eq 700 $((told + shown)) "entries shown and counted"
}

# What each of these fills a table with is told by its name, and by no other.
case_conntrack_fillers() {
	while read -r kind sources finding; do
		ns_new "$kind"
		in_ns "$kind" "$TOOLS/entries" 60 "$kind" "$sources" 432000 >/dev/null
		in_ns "$kind" "$TOOLS/entries" 40 assured 40 >/dev/null
		ct_tool --netns "$(ns "$kind")" --by state,proto
		if [ "$finding" = - ]; then
			rows 0 type=finding
		else
			rows 1 type=finding name="$finding" 'remedy=?*'
			rows 1 type=finding
		fi
	done <<-END
		dns 60 dns_unreplied
		syslog 60 udp_unreplied
		syn_sent 60 syn_sent
		time_wait 60 time_wait
		close_wait 60 close_wait
		established 60 -
	END
}

# Wrong usage ends with 2 and says what would be right.
case_conntrack_usage() {
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
	while IFS='|' read -r arguments says; do
		wrong=0
		# shellcheck disable=SC2086 # several arguments
		"$DROPWHY" conntrack $arguments >"$WORK/stdout" 2>"$ERR" || wrong=$?
		assert_eq 2 "$wrong" "status with $arguments"
		grep -q -e "$says" "$ERR" || fail "$arguments: $(cat "$ERR")"
	done <<-END
		--by pods|--by takes pod
		--by pod,pod|each once
		--by=|--by takes pod
		--watch 0|--watch takes seconds
		--interval -1|--interval takes seconds
		--count 3|--count needs --watch
		--json --csv|exclude each other
		--netns no-such-one|there is no network namespace
		--top x|whole number
		stray|is no option
	END
}
