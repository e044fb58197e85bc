/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads what a packet says of itself, L2 to L4 and one tunnel deep, from the
 * linear part of its skb. Headers that lie outside of it, or contradict
 * themselves, end the reading with DROP_F_TRUNCATED: nothing is made up.
 */
#ifndef DROPWHY_PACKET_BPF_H
#define DROPWHY_PACKET_BPF_H

#include <bpf/bpf_endian.h>

#include "bpf/kread.bpf.h"
#include "bpf/protocols.bpf.h"
#include "bpf/state.bpf.h"

/* RFC 7348 section 4.1; Linux's own default, older than the RFC; RFC 8926 section 3.3 */
#define VXLAN_PORT	 4789
#define VXLAN_PORT_LINUX 8472
#define GENEVE_PORT	 6081

/* RFC 8200 names four kinds of extension header that can precede the payload;
 * twice that is more than any sender uses. */
#define IPV6_EXTENSIONS_MAX 8

#define IP_FRAGMENT_OFFSET 0x1fff
#define IP_MORE_FRAGMENTS  0x2000

struct ipv4_header {
	__u8 version_ihl;
	__u8 tos;
	__u16 total_length_be;
	__u16 id_be;
	__u16 fragment_be;
	__u8 ttl;
	__u8 protocol;
	__u16 checksum_be;
	__u32 saddr_be;
	__u32 daddr_be;
};

struct ipv6_header {
	__u32 version_flow_be;
	__u16 payload_length_be;
	__u8 next_header;
	__u8 hop_limit;
	__u8 saddr[16];
	__u8 daddr[16];
};

struct arp_ipv4 {
	__u16 hardware_type_be;
	__u16 protocol_type_be;
	__u8 hardware_length;
	__u8 protocol_length;
	__u16 op_be;
	__u8 sender_mac[6];
	__u8 sender_ip[4];
	__u8 target_mac[6];
	__u8 target_ip[4];
} __attribute__((packed));

/* A stretch of linear packet data: kernel addresses. */
struct span {
	__u64 at;
	__u64 end;
};

__inline_always bool span__read(const struct span *s, void *to, __u32 len)
{
	return s->at && s->at + len <= s->end && s->at + len > s->at &&
	       !bpf_probe_read_kernel(to, len, (const void *)s->at);
}

/* Ends the packet where its header says, before the link's padding; a length of 0 is a jumbo's. */
__inline_always void clip(struct span *s, __u64 end, __u16 length)
{
	if (length && end < s->end)
		s->end = end;
}

__inline_always void read_l4(struct span s, struct ip_result *res)
{
	__u64 left = s.end > s.at ? s.end - s.at : 0;

	res->payload = s.at;
	res->end = s.end;
	if (left > sizeof(res->l4))
		left = sizeof(res->l4);
	if (left < 4 || bpf_probe_read_kernel(res->l4, left, (const void *)s.at)) {
		res->flags |= DROP_F_TRUNCATED;
		return;
	}
	res->l4_len = left;

	switch (res->tuple.l4_proto) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_DCCP:
	case IPPROTO_SCTP:
	case IPPROTO_UDPLITE:
		res->tuple.sport_be = *(__u16 *)&res->l4[0];
		res->tuple.dport_be = *(__u16 *)&res->l4[2];
		res->flags |= DROP_F_L4;
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		res->flags |= DROP_F_L4;
		break;
	}
}

__inline_always void read_ipv4(struct span s, struct ip_result *res)
{
	struct ipv4_header ip;
	__u16 fragment;

	if (!span__read(&s, &ip, sizeof(ip)) || ip.version_ihl >> 4 != 4 ||
	    (ip.version_ihl & 15) < 5) {
		res->flags |= DROP_F_TRUNCATED;
		return;
	}
	__builtin_memcpy(res->tuple.saddr, &ip.saddr_be, 4);
	__builtin_memcpy(res->tuple.daddr, &ip.daddr_be, 4);
	res->tuple.ip_version = 4;
	res->tuple.l4_proto = ip.protocol;
	res->flags |= DROP_F_L3;

	fragment = bpf_ntohs(ip.fragment_be);
	res->frag_offset_bytes = (fragment & IP_FRAGMENT_OFFSET) * 8;
	if (fragment & (IP_FRAGMENT_OFFSET | IP_MORE_FRAGMENTS))
		res->flags |= DROP_F_FRAGMENT;
	if (fragment & IP_FRAGMENT_OFFSET) {
		res->flags |= DROP_F_LATER_FRAGMENT;
		return;
	}
	clip(&s, s.at + bpf_ntohs(ip.total_length_be), ip.total_length_be);
	s.at += (ip.version_ihl & 15) * 4;
	read_l4(s, res);
}

__inline_always bool is_extension(__u8 header)
{
	switch (header) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
	case IPPROTO_MH:
	case IPPROTO_FRAGMENT:
	case IPPROTO_AH:
		return true;
	default:
		return false;
	}
}

/*
 * Walks the extension header at scratch.ip.payload, whose kind is in l4_proto, to what follows.
 * A stage, so that the verifier need not follow it once for each that may come.
 */
__stage int skip_extension(__u32 level)
{
	struct scratch *sc = scratch_at(level);
	struct ip_result *res;
	__u8 bytes[8]; /* every extension header has at least 8: RFC 8200 section 4 */
	__u16 fragment;
	struct span s;

	if (!sc)
		return 0;
	res = &sc->ip;
	s.at = res->payload;
	s.end = res->end;
	if (!span__read(&s, bytes, sizeof(bytes))) {
		res->flags |= DROP_F_TRUNCATED;
		return 0;
	}
	if (res->tuple.l4_proto == IPPROTO_FRAGMENT) {
		fragment = bpf_ntohs(*(__u16 *)&bytes[2]);
		res->frag_offset_bytes = fragment & 0xfff8;
		if (fragment & 0xfff9) /* neither an offset nor "more": an atomic fragment, RFC 6946 */
			res->flags |= DROP_F_FRAGMENT;
		if (fragment & 0xfff8)
			res->flags |= DROP_F_LATER_FRAGMENT;
		res->payload += 8;
	} else if (res->tuple.l4_proto == IPPROTO_AH) {
		res->payload += (bytes[1] + 2) * 4; /* RFC 4302 section 2.2 */
	} else {
		res->payload += (bytes[1] + 1) * 8;
	}
	res->tuple.l4_proto = bytes[0];
	return 0;
}

__inline_always void read_ipv6(__u32 level, struct span s, struct ip_result *res)
{
	struct ipv6_header ip;
	int i;

	if (!span__read(&s, &ip, sizeof(ip)) || bpf_ntohl(ip.version_flow_be) >> 28 != 6) {
		res->flags |= DROP_F_TRUNCATED;
		return;
	}
	__builtin_memcpy(res->tuple.saddr, ip.saddr, 16);
	__builtin_memcpy(res->tuple.daddr, ip.daddr, 16);
	res->tuple.ip_version = 6;
	res->flags |= DROP_F_L3;

	res->tuple.l4_proto = ip.next_header;
	s.at += sizeof(ip);
	clip(&s, s.at + bpf_ntohs(ip.payload_length_be), ip.payload_length_be);
	res->payload = s.at;
	res->end = s.end;
	/* what follows in a later fragment is payload, whatever its header says */
	for (i = 0; i < IPV6_EXTENSIONS_MAX && is_extension(res->tuple.l4_proto) &&
		    !(res->flags & (DROP_F_LATER_FRAGMENT | DROP_F_TRUNCATED)); i++)
		skip_extension(level);
	if (i == IPV6_EXTENSIONS_MAX)
		res->flags |= DROP_F_TRUNCATED;
	s.at = res->payload;
	res->payload = 0;
	if (res->tuple.l4_proto == IPPROTO_NONE ||
	    res->flags & (DROP_F_LATER_FRAGMENT | DROP_F_TRUNCATED))
		return;
	read_l4(s, res);
}

/* Reads an IPv4 or IPv6 packet into scratch.ip. */
__stage int read_ip(__u32 level, __u32 l3_proto, __u64 at, __u64 end)
{
	struct scratch *sc = scratch_at(level);
	struct span s = { .at = at, .end = end };

	if (!sc)
		return 0;
	__builtin_memset(&sc->ip, 0, sizeof(sc->ip));
	if (l3_proto == ETH_P_IP)
		read_ipv4(s, &sc->ip);
	else if (l3_proto == ETH_P_IPV6)
		read_ipv6(level, s, &sc->ip);
	return 0;
}

__inline_always void read_arp(struct span s, struct drop_record *rec)
{
	struct arp_ipv4 arp;

	if (!span__read(&s, &arp, sizeof(arp))) {
		rec->flags |= DROP_F_TRUNCATED;
		return;
	}
	rec->arp_op = bpf_ntohs(arp.op_be);
	if (arp.protocol_type_be != bpf_htons(ETH_P_IP) || arp.hardware_length != 6 ||
	    arp.protocol_length != 4)
		return;
	__builtin_memcpy(rec->tuple.saddr, arp.sender_ip, 4);
	__builtin_memcpy(rec->tuple.daddr, arp.target_ip, 4);
	rec->tuple.ip_version = 4;
	rec->flags |= DROP_F_ARP | DROP_F_L3;
}

__inline_always void take_ip(struct drop_record *rec, const struct ip_result *res)
{
	rec->tuple = res->tuple;
	rec->flags |= res->flags;
	rec->frag_offset_bytes = res->frag_offset_bytes;
	if (!(res->flags & DROP_F_L4))
		return;
	if (rec->tuple.l4_proto == IPPROTO_TCP) {
		rec->tcp_seq = bpf_ntohl(*(__u32 *)&res->l4[4]);
		rec->tcp_flags = res->l4[13];
		if (res->l4_len < 14)
			rec->flags |= DROP_F_TRUNCATED;
	} else if (rec->tuple.l4_proto == IPPROTO_ICMP || rec->tuple.l4_proto == IPPROTO_ICMPV6) {
		rec->icmp_type = res->l4[0];
		rec->icmp_code = res->l4[1];
	}
}

__inline_always bool is_vlan(__u16 l3_proto)
{
	return l3_proto == ETH_P_8021Q || l3_proto == ETH_P_8021AD || l3_proto == ETH_P_QINQ1;
}

__inline_always void add_vlan(struct drop_record *rec, __u16 tci)
{
	if (rec->vlan_count == 0)
		rec->vlan_tci[0] = tci;
	else if (rec->vlan_count == 1)
		rec->vlan_tci[1] = tci;
	else
		return;
	rec->vlan_count++;
}

/* Tags that the device took off (or is to put on) are in the skb, the others in the data. */
__inline_always void read_vlan(const struct packet *packet, struct span *l3, __u64 after_macs,
			       struct drop_record *rec)
{
	__u16 tag[2]; /* TCI, then the EtherType below it */
	int i;

	if (packet->vlan_present)
		add_vlan(rec, packet->vlan_tci);
	if (!is_vlan(rec->l3_proto) || !after_macs)
		return;

	l3->at = after_macs + 2;
	for (i = 0; i < 2 && is_vlan(rec->l3_proto); i++) {
		if (!span__read(l3, tag, sizeof(tag))) {
			rec->flags |= DROP_F_TRUNCATED;
			return;
		}
		add_vlan(rec, bpf_ntohs(tag[0]));
		rec->l3_proto = bpf_ntohs(tag[1]);
		l3->at += sizeof(tag);
	}
}

/* Reads L2 and finds where L3 begins. */
__inline_always struct span read_l2(const struct packet *packet, struct drop_record *rec)
{
	struct span l3 = { .at = packet->l3, .end = packet->data_end };
	struct span macs = { .at = packet->l2, .end = packet->data_end };
	__u8 mac_bytes[12];
	__u64 after_macs = 0;

	rec->l3_proto = packet->l3_proto;
	/* an Ethernet header fits before the network header, other devices' do not */
	if (macs.at && (!l3.at || macs.at + ETH_HLEN <= l3.at) &&
	    span__read(&macs, mac_bytes, sizeof(mac_bytes))) {
		__builtin_memcpy(rec->dst_mac, mac_bytes, 6);
		__builtin_memcpy(rec->src_mac, mac_bytes + 6, 6);
		rec->flags |= DROP_F_MAC;
		after_macs = macs.at + sizeof(mac_bytes);
		if (!l3.at)
			l3.at = after_macs + 2;
	}
	read_vlan(packet, &l3, after_macs, rec);
	return l3;
}

/* Finds the header of a packet inside a tunnel's payload; 0: not a tunnel we know. */
__inline_always __u16 enter_tunnel(const struct ip_result *outer, struct span *s,
				   struct drop_section_inner *inner)
{
	__u8 bytes[16]; /* UDP header, and the fixed part of VXLAN's or GENEVE's */
	__u16 port = bpf_ntohs(outer->tuple.dport_be), inner_proto, ethertype;
	struct span eth;

	s->at = outer->payload;
	if (outer->tuple.l4_proto == IPPROTO_IPIP || outer->tuple.l4_proto == IPPROTO_IPV6) {
		inner->tunnel = TUNNEL_IPIP;
		return outer->tuple.l4_proto == IPPROTO_IPIP ? ETH_P_IP : ETH_P_IPV6;
	}
	if (outer->tuple.l4_proto != IPPROTO_UDP ||
	    (port != VXLAN_PORT && port != VXLAN_PORT_LINUX && port != GENEVE_PORT) ||
	    !span__read(s, bytes, sizeof(bytes)))
		return 0;
	inner->vni = bpf_ntohl(*(__u32 *)&bytes[12]) >> 8;
	if (port == GENEVE_PORT) {
		inner->tunnel = TUNNEL_GENEVE;
		inner_proto = bpf_ntohs(*(__u16 *)&bytes[10]);
		s->at += 16 + (bytes[8] & 0x3f) * 4; /* RFC 8926 section 3.4: options, 4-byte words */
	} else {
		if (!(bytes[8] & 0x08)) /* RFC 7348 section 5: the I flag must be set */
			return 0;
		inner->tunnel = TUNNEL_VXLAN;
		inner_proto = ETH_P_TEB;
		s->at += 16;
	}
	if (inner_proto == ETH_P_TEB) {
		eth.at = s->at + 12;
		eth.end = s->end;
		if (!span__read(&eth, &ethertype, sizeof(ethertype)))
			return 0;
		inner_proto = bpf_ntohs(ethertype);
		s->at += ETH_HLEN;
	}
	return inner_proto;
}

/* Fills the packet's part of scratch.rec and, where there is a tunnel, scratch.inner. */
__stage int read_packet(__u32 level)
{
	struct scratch *sc = scratch_at(level);
	struct drop_record *rec;
	struct span s;
	__u16 inner_proto;

	if (!sc)
		return 0;
	rec = &sc->rec;
	s = read_l2(&sc->packet, rec);
	if (rec->l3_proto == ETH_P_ARP) {
		read_arp(s, rec);
		return 0;
	}
	if (rec->l3_proto != ETH_P_IP && rec->l3_proto != ETH_P_IPV6)
		return 0;
	read_ip(level, rec->l3_proto, s.at, s.end);
	sc->packet.has_ip = true;
	take_ip(rec, &sc->ip);
	if (!sc->ip.payload || sc->ip.flags & DROP_F_TRUNCATED)
		return 0;

	inner_proto = enter_tunnel(&sc->ip, &s, &sc->inner);
	if (inner_proto != ETH_P_IP && inner_proto != ETH_P_IPV6)
		return 0;
	read_ip(level, inner_proto, s.at, s.end);
	if (!(sc->ip.flags & DROP_F_L3))
		return 0;
	sc->inner.tuple = sc->ip.tuple;
	rec->sections |= DROP_SECTION_INNER;
	return 0;
}

#endif
