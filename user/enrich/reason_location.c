// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Functions that free packets, in 5.10's sources, and the reason that 5.17 and
 * later give there. Where one function frees for several reasons it is the one
 * that nearly all have; the location beside it says what is certain.
 *
 * Looked at and left out, as each of several is ordinary: ip_rcv_core and
 * ip6_rcv_core (OTHERHOST, IP_CSUM, IP_INHDR), ip_forward and ip6_forward
 * (PKT_TOO_BIG, a TTL that ran out), __netif_receive_skb_core (UNHANDLED_PROTO,
 * TC_INGRESS) and __dev_queue_xmit (TC_EGRESS, a device that is down): the
 * compiler puts sch_handle_ingress and sch_handle_egress into the latter two.
 */
#include <string.h>

#include "user/enrich/reason_location.h"

static const struct {
	const char *symbol;
	const char *reason;
} stand_ins[] = {
	{ "nf_hook_slow", "NETFILTER_DROP" },
	{ "nf_hook_slow_list", "NETFILTER_DROP" },
	{ "__udp4_lib_rcv", "NO_SOCKET" },		/* also UDP_CSUM */
	{ "__udp6_lib_rcv", "NO_SOCKET" },
	{ "udp_queue_rcv_one_skb", "SOCKET_RCVBUFF" },	/* also SOCKET_FILTER, UDP_CSUM */
	{ "udpv6_queue_rcv_one_skb", "SOCKET_RCVBUFF" },
	{ "tcp_v4_rcv", "NO_SOCKET" },			/* also TCP_LISTEN_OVERFLOW, TCP_CSUM, SOCKET_FILTER */
	{ "tcp_v6_rcv", "NO_SOCKET" },
	{ "tcp_v4_do_rcv", "TCP_INVALID_SYN" },
	{ "tcp_conn_request", "TCP_LISTEN_OVERFLOW" },
	{ "tcp_data_queue", "TCP_OLD_DATA" },		/* also TCP_ZEROWINDOW */
	{ "tcp_validate_incoming", "TCP_INVALID_SEQUENCE" },
	{ "ip_rcv_finish_core", "IP_RPFILTER" },	/* also UNICAST_IN_L2_MULTICAST, no route */
	{ "ip_error", "IP_INNOROUTES" },
	{ "ip6_pkt_drop", "IP_INNOROUTES" },
	{ "ip6_pkt_discard", "IP_INNOROUTES" },
	{ "ip_fragment", "PKT_TOO_BIG" },
	{ "ip6_fragment", "PKT_TOO_BIG" },
	{ "neigh_invalidate", "NEIGH_FAILED" },
	{ "arp_error_report", "NEIGH_FAILED" },
	{ "ndisc_error_report", "NEIGH_FAILED" },
	{ "__neigh_event_send", "NEIGH_QUEUEFULL" },	/* also NEIGH_FAILED */
	{ "kfree_skb_list", "QDISC_DROP" },
	{ "sch_handle_ingress", "TC_INGRESS" },
	{ "sch_handle_egress", "TC_EGRESS" },
	{ "enqueue_to_backlog", "CPU_BACKLOG" },
	{ "icmp_rcv", "ICMP_CSUM" },
	{ "tun_net_xmit", "FULL_RING" },
	{ "skb_queue_purge", "QUEUE_PURGE" },
};

#define STAND_IN_COUNT (sizeof(stand_ins) / sizeof(stand_ins[0]))

const char *reason_location__name(const char *symbol)
{
	size_t i, len;

	if (!symbol)
		return "";
	len = strcspn(symbol, "."); /* nobody's name but a compiler's suffix has a dot */
	for (i = 0; i < STAND_IN_COUNT; i++)
		if (strlen(stand_ins[i].symbol) == len &&
		    !memcmp(stand_ins[i].symbol, symbol, len))
			return stand_ins[i].reason;
	return symbol;
}

bool reason_location__entry(size_t index, const char **ret_symbol, const char **ret_reason)
{
	if (index >= STAND_IN_COUNT)
		return false;
	*ret_symbol = stand_ins[index].symbol;
	*ret_reason = stand_ins[index].reason;
	return true;
}
