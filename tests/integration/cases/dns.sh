# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# DNS messages in packets that die: what they ask for.

DNS_HEADER=1a2b01000001000000000000
DNS_ANSWER=1a2b81800001000000000000
WWW_AAAA=03777777076578616d706c65036f726700001c0001	# www.example.org AAAA
WEB_A=0377656204736f6d650000010001			# web.some A

# dns_frame N LAYER...: so many frames from a, which b drops at its ingress.
dns_frame() {
	frames=$1
	shift
	send a frame veth0 "$frames" eth src=02:00:00:00:00:0a "dst=$b_mac" "$@"
	assert_eq "$frames" "$sent" sent
}

dns_start() {
	pair
	drop_at_tc b ingress
	b_mac=$(mac b veth0)
	trace_ns b "$@"
}

# shellcheck disable=SC2086 # addresses are meant to be split
case_dns_udp() {
	ip4="ip src=192.0.2.1 dst=192.0.2.2"
	dns_start --by dns
	dns_frame 5 $ip4 udp sport=1111 dport=53 hex $DNS_HEADER$WWW_AAAA
	dns_frame 4 ip6 src=2001:db8::1 dst=2001:db8::2 udp sport=53 dport=1111 hex $DNS_ANSWER$WEB_A
	dns_frame 3 $ip4 udp sport=1111 dport=53 hex ${DNS_HEADER}c00c00010001
	dns_frame 2 $ip4 udp sport=1111 dport=54 hex $DNS_HEADER$WWW_AAAA
	dns_frame 1 $ip4 udp sport=1111 dport=53
	trace_stop
	assert_drops 5 dns=www.example.org dns_type=AAAA dns_id=6699 dns_kind=query dport=53
	assert_drops 4 dns=web.some dns_type=A dns_id=6699 dns_kind=response sport=53
	assert_drops 3 dns= dns_type= dns_id= dns_kind=malformed
	assert_drops 2 dns= dns_kind= dport=54
	assert_drops 1 dns= dns_kind= dport=53
	assert_only 15
	assert_summary 'groups[dns=www.example.org].count' 5
}

# shellcheck disable=SC2086
case_dns_tcp_tunnel_ports() {
	ip4="ip src=192.0.2.1 dst=192.0.2.2"
	dns_start --dns-port 5353,9953
	dns_frame 5 $ip4 tcp sport=1111 dport=5353 flags=PA hex 0021$DNS_HEADER$WWW_AAAA
	dns_frame 4 $ip4 udp sport=1111 dport=4789 vxlan vni=7 eth $ip4 udp sport=1111 dport=9953 \
		hex $DNS_HEADER$WEB_A
	dns_frame 3 $ip4 udp sport=1111 dport=53 hex $DNS_HEADER$WWW_AAAA
	dns_frame 2 $ip4 tcp sport=1111 dport=5353 flags=S
	trace_stop
	assert_drops 5 dns=www.example.org dns_type=AAAA proto=tcp dport=5353
	assert_drops 4 dns=web.some dns_type=A inner_dport=9953
	assert_drops 3 dns= dport=53
	assert_drops 2 dns= dns_kind= tcp_flags=SYN
	assert_only 14
}

# What a socket sends by TCP lies in page fragments, behind headers that are all of the packet's
# linear part: a query that dies on its way out is read there.
case_dns_tcp_sent() {
	[ "$DROPWHY" = none ] || [ -n "$(feature drops.page_fragments)" ] ||
		skip "page fragments are not read here"
	pair
	spawn server b traffic listen --from 10.9.0.2 --sport 53
	spawn client a traffic talk --from 10.9.0.1 --sport 4000 --to 10.9.0.2 --dport 53
	drop_at_tc a egress
	trace_ns a --by dns
	for form in --csv --color=never; do
		trace_beside $form --netns "$(ns_inode a)"
	done
	echo 0021$DNS_HEADER$WWW_AAAA >"$WORK/client.in"
	[ "$DROPWHY" != none ] || return 0
	# each retransmission is dropped, too
	for out in "$OUT" ${BESIDE:+"$WORK/beside--csv" "$WORK/beside--color=never"}; do
		wait_for "$out" '4000.*53' "$pid_dropwhy" || fail "nothing in $out"
	done
	trace_stop
	beside_stop
	assert_eq 0 "$(drops dport=53 dns_kind!=query)" "packets whose query is not read"
	assert_at_least 1 "$(drops dns=www.example.org dns_type=AAAA dns_id=6699 dns_kind=query proto=tcp sport=4000 \
		tcp_flags='*PSH*')" "packets with the query"
	assert_eq "$(drops dport=53)" "$(summary 'groups[dns=www.example.org].count')" "packets of its group"
	[ -n "${BESIDE-}" ] || return 0
	assert_at_least 1 "$("$TOOLS/records" --csv "$WORK/beside--csv" lines type=drop dns=www.example.org dns_type=AAAA \
		dns_id=6699)" "records as CSV"
	grep -q "10.9.0.1:4000 > 10.9.0.2:53 .* dns=www.example.org type=AAAA id=6699" "$WORK/beside--color=never" ||
		fail "not told as text: $(cat "$WORK/beside--color=never")"
}
