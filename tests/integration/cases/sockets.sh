# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Sockets that cannot take more: receive buffer full, listen backlog overflow.

case_socket_buffer_full() {
	pair
	spawn sink b traffic receive --from 10.9.0.2 --sport 53 --rcvbuf 8192
	kfree_start SOCKET_RCVBUFF
	trace_ns b
	send a traffic udp --from 10.9.0.1 --sport 4000 --to 10.9.0.2 --dport 53 --size 500 --count 300
	trace_stop
	stop sink
	lost=$((sent - $(said sink received)))
	assert_at_least 200 "$lost" "packets lost"
	assert_eq "$lost" "$(snmp b UdpRcvbufErrors)" RcvbufErrors
	assert_counter b Udp.RcvbufErrors "$lost"
	assert_kfree "$lost"
	assert_drops "$lost" reason="$(reason SOCKET_RCVBUFF)" proto=udp src=10.9.0.1 sport=4000 dst=10.9.0.2 dport=53 \
		netns="$(ns_inode b)"
	assert_only "$lost"
}

case_socket_buffer_full_v6() {
	pair
	spawn sink b traffic receive --from fd10:9::2 --sport 53 --rcvbuf 8192
	trace_ns b
	send a traffic udp --from fd10:9::1 --sport 4000 --to fd10:9::2 --dport 53 --size 500 --count 300
	trace_stop
	stop sink
	lost=$((sent - $(said sink received)))
	assert_eq "$lost" "$(snmp b Udp6RcvbufErrors)" Udp6RcvbufErrors
	assert_counter b Udp6.RcvbufErrors "$lost"
	assert_drops "$lost" reason="$(reason SOCKET_RCVBUFF)" src=fd10:9::1 dst=fd10:9::2 dport=53
	assert_only "$lost"
}

# A backlog of 20 holds 21 connections and 20 half-open ones. 18 are there; the
# last ACKs of 20 more are held and come together: 3 find room.
#
# A SYN that finds the queue full is not seen here: the kernel frees it with
# consume_skb(), as if it had been used.
case_listen_backlog_overflow() {
	pair
	spawn server b traffic listen --from 10.9.0.2 --sport 80 --count 20
	spawn early a traffic connect --hold --wait --from 10.9.0.1 --sport 3000 --to 10.9.0.2 --dport 80 --count 18
	hold_packets a 1 output 10 'tcp dport 80 tcp flags & (syn | ack | fin | rst | psh) == ack'
	spawn holder a nfqueue 1 20
	kfree_start TCP_LISTEN_OVERFLOW
	trace_ns b
	spawn late a traffic connect --hold --wait --from 10.9.0.1 --sport 4000 --to 10.9.0.2 --dport 80 --count 20
	wait_for "$WORK/holder.out" '^held 20' || fail "not all ACKs came to the queue"
	echo go >"$WORK/holder.in"
	stop_when_done holder
	trace_stop
	assert_eq 17 "$(snmp b TcpExtListenOverflows)" ListenOverflows
	assert_counter b TcpExt.ListenOverflows 17
	assert_kfree 17
	assert_drops 17 reason="$(reason TCP_LISTEN_OVERFLOW NO_SOCKET)" proto=tcp src=10.9.0.1 dst=10.9.0.2 dport=80 \
		tcp_flags=ACK netns="$(ns_inode b)"
	assert_drops 1 sport=4019
	assert_only 17
	stop early
	stop late
	stop server
}
