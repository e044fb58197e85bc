/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Addresses, ports and protocols of a flow as text.
 */
#include <arpa/inet.h>
#include <string.h>

#include "user/flow.h"
#include "user/number.h"

/* In <linux/in.h> and newer C libraries only. */
#ifndef IPPROTO_L2TP
#define IPPROTO_L2TP 115
#endif

static const struct {
	__u8 l4_proto;
	const char *name;
} protocols[] = {
	/* the commonest first: this is searched for every row */
	{ IPPROTO_UDP, "udp" },	      { IPPROTO_TCP, "tcp" },	  { IPPROTO_ICMP, "icmp" },
	{ IPPROTO_ICMPV6, "icmpv6" }, { IPPROTO_SCTP, "sctp" },	  { IPPROTO_IGMP, "igmp" },
	{ IPPROTO_IPIP, "ipip" },     { IPPROTO_DCCP, "dccp" },	  { IPPROTO_IPV6, "ipv6" },
	{ IPPROTO_GRE, "gre" },	      { IPPROTO_ESP, "esp" },	  { IPPROTO_AH, "ah" },
	{ IPPROTO_PIM, "pim" },	      { IPPROTO_UDPLITE, "udplite" }, { 89, "ospf" },
	{ 112, "vrrp" },	      { IPPROTO_L2TP, "l2tp" },
};

bool flow__has_ports(__u8 l4_proto)
{
	switch (l4_proto) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
	case IPPROTO_UDPLITE:
		return true;
	default:
		return false;
	}
}

__u16 flow__port(const struct flow_tuple *tuple, enum flow_end end)
{
	return ntohs(end == FLOW_SRC ? tuple->sport_be : tuple->dport_be);
}

const __u8 *flow__address(const struct flow_tuple *tuple, enum flow_end end)
{
	return end == FLOW_SRC ? tuple->saddr : tuple->daddr;
}

bool flow__same_end(const struct flow_tuple *a, enum flow_end a_end, const struct flow_tuple *b,
		    enum flow_end b_end)
{
	return a->ip_version == b->ip_version && flow__port(a, a_end) == flow__port(b, b_end) &&
	       !memcmp(flow__address(a, a_end), flow__address(b, b_end), sizeof(a->saddr));
}

size_t flow__format_address(const struct flow_tuple *tuple, enum flow_end end, char *buf)
{
	const __u8 *addr = flow__address(tuple, end);
	size_t len = 0;
	int i;

	buf[0] = '\0';
	if (tuple->ip_version == 6) {
		if (!inet_ntop(AF_INET6, addr, buf, INET6_ADDRSTRLEN))
			return 0;
		return strlen(buf);
	}
	if (tuple->ip_version != 4)
		return 0;
	/* inet_ntop() goes through sprintf() for IPv4: a third of a row's cost */
	for (i = 0; i < 4; i++) {
		if (i)
			buf[len++] = '.';
		len += number__decimal(addr[i], buf + len);
	}
	return len;
}

size_t flow__format_endpoint(const struct flow_tuple *tuple, enum flow_end end, bool with_port,
			     char *buf)
{
	size_t len = flow__format_address(tuple, end, buf);

	if (!len || !with_port)
		return len;
	if (tuple->ip_version == 6) {
		memmove(buf + 1, buf, len);
		buf[0] = '[';
		buf[len + 1] = ']';
		len += 2;
	}
	buf[len++] = ':';
	return len + number__decimal(flow__port(tuple, end), buf + len);
}

size_t flow__format_pair(const struct flow_tuple *tuple, bool with_ports, char *buf)
{
	size_t len = flow__format_endpoint(tuple, FLOW_SRC, with_ports, buf);

	if (!len)
		return 0;
	memcpy(buf + len, " > ", 3);
	len += 3;
	return len + flow__format_endpoint(tuple, FLOW_DST, with_ports, buf + len);
}

size_t flow__format_proto(__u8 l4_proto, char *buf)
{
	size_t i, len;

	for (i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		if (protocols[i].l4_proto != l4_proto)
			continue;
		len = strlen(protocols[i].name);
		memcpy(buf, protocols[i].name, len + 1);
		return len;
	}
	return number__decimal(l4_proto, buf);
}
