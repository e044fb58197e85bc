/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The fold key of an ordinary packet straight from the skb, by few loads and
 * one copy: TCP, UDP or ICMP directly in IPv4 or IPv6, whole, in no tunnel, not
 * DNS. It must come to what fold_key__init() makes of the packet's record;
 * should it not, such drops take the long way and are folded all the same.
 */
#ifndef DROPWHY_FOLD_KEY_BPF_H
#define DROPWHY_FOLD_KEY_BPF_H

#include <bpf/bpf_endian.h>

#include "bpf/conntrack.bpf.h"
#include "bpf/dns.bpf.h"
#include "bpf/fold.bpf.h"
#include "bpf/packet.bpf.h"
#include "bpf/skb.bpf.h"

/* Of the transport's header: up to TCP's flags. */
#define QUICK_L4_BYTES 14

struct quick_packet {
	union {
		struct {
			struct ipv4_header ip4;
			__u8 l4_of_4[QUICK_L4_BYTES];
		};
		struct {
			struct ipv6_header ip6;
			__u8 l4_of_6[QUICK_L4_BYTES];
		};
	};
};

/* @left bytes of transport header and payload there are. */
__inline_always bool quick_l4(struct fold_key *key, const __u8 *l4, __u32 left)
{
	__u16 sport = *(const __u16 *)l4, dport = *(const __u16 *)(l4 + 2);

	if (left < 4)
		return false;
	switch (key->l4_proto) {
	case IPPROTO_TCP:
		if (left < QUICK_L4_BYTES)
			return false;
		key->tcp_flags = l4[13];
		break;
	case IPPROTO_UDP:
		if (dport == bpf_htons(VXLAN_PORT) || dport == bpf_htons(VXLAN_PORT_LINUX) ||
		    dport == bpf_htons(GENEVE_PORT))
			return false;
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		key->sport_be = l4[0] << 8 | l4[1];
		return true;
	default:
		return false;
	}
	if (is_dns_port(sport) || is_dns_port(dport))
		return false;
	key->sport_be = sport;
	key->dport_be = dport;
	return true;
}

/*
 * The headers at @l3, of which @left bytes are there; NULL: they cannot be read. In place that
 * took a third off a folded drop.
 */
__inline_always const struct quick_packet *quick_headers(__u64 l3, __u32 left, const enum reading how)
{
	struct scratch *sc;

	if (how == READ_FAULTING)
		return in_place(l3);
	sc = scratch_at(0); /* not on the stack: with what is called later it would be too large for 6.1 */
	if (!sc)
		return NULL;
	barrier_var(left); /* the verifier of 6.1 learns nothing from a check of another copy */
	if (left > sizeof(struct quick_packet))
		left = sizeof(struct quick_packet);
	if (bpf_probe_read_kernel(sc->bytes, left, (const void *)l3))
		return NULL;
	return (const struct quick_packet *)sc->bytes;
}

__inline_always bool quick_packet(struct fold_key *key, struct sk_buff *skb, const enum reading how)
{
	__u16 network = KREAD(how, skb, network_header);
	/* offsets, since the verifier does not let us subtract pointers */
	__u32 left = KREAD(how, skb, tail) - network;
	const struct quick_packet *packet;

	if (!network || network == HEADER_UNSET || left > 0xffff) /* it may be negative, too */
		return false;
	packet = quick_headers((__u64)KREAD(how, skb, head) + network, left, how);
	if (!packet)
		return false;
	if (key->l3_proto == ETH_P_IP) {
		const struct ipv4_header *ip = &packet->ip4;
		__u32 total = bpf_ntohs(ip->total_length_be);

		if (ip->version_ihl != 0x45 || ip->fragment_be & bpf_htons(IP_FRAGMENT_OFFSET | IP_MORE_FRAGMENTS))
			return false;
		if (total && total < left)
			left = total;
		if (left < sizeof(*ip))
			return false;
		*(__u32 *)key->saddr = ip->saddr_be;
		*(__u32 *)key->daddr = ip->daddr_be;
		key->l4_proto = ip->protocol;
		return quick_l4(key, packet->l4_of_4, left - sizeof(*ip));
	}
	if (key->l3_proto == ETH_P_IPV6) {
		const struct ipv6_header *ip = &packet->ip6;
		__u32 total = bpf_ntohs(ip->payload_length_be);

		if (*(const __u8 *)ip >> 4 != 6)
			return false;
		if (total && total + sizeof(*ip) < left)
			left = total + sizeof(*ip);
		if (left < sizeof(*ip))
			return false;
		__builtin_memcpy(key->saddr, ip->saddr, sizeof(key->saddr));
		__builtin_memcpy(key->daddr, ip->daddr, sizeof(key->daddr));
		key->l4_proto = ip->next_header;
		return quick_l4(key, packet->l4_of_6, left - sizeof(*ip));
	}
	return false;
}

/* False: it is no ordinary packet. */
__inline_always bool quick_key(struct fold_key *key, struct sk_buff *skb,
			       const struct skb_ends *ends, __u64 location, __u32 reason,
			       const enum reading how)
{
	struct net_device *dev = ends->dev;
	struct net *net = ends->net;

	if (!net)
		return false;
	__builtin_memset(key, 0, sizeof(*key));
	/* up to 6.1 a tag that was taken off may be left here: the long way has another key, then */
	key->location = location ^ fold_vlan(KREAD(how, skb, vlan_tci), 0);
	key->reason = reason;
	key->netns = fold_netns(net, how);
	if (dev)
		key->ifindex = KREAD_SURE(how, dev, ifindex);
	else
		key->ifindex = KREAD(how, skb, skb_iif);
	key->l3_proto = bpf_ntohs(KREAD(how, skb, protocol));
	key->ct_state = ct_state(skb_nfct(skb, how));
	/* without ports the socket's cgroup is part of the key: the long way's to read */
	return quick_packet(key, skb, how) &&
	       (key->l4_proto == IPPROTO_TCP || key->l4_proto == IPPROTO_UDP ||
		!KREAD_POINTER(how, skb, sk));
}

#endif
