/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Copies the message of a packet to or from a DNS port behind its record. What
 * the message says is read in user space: here only its bytes are found.
 */
#ifndef DROPWHY_DNS_BPF_H
#define DROPWHY_DNS_BPF_H

#include "bpf/kread.bpf.h"
#include "bpf/protocols.bpf.h"
#include "bpf/state.bpf.h"

#define UDP_HLEN 8
#define TCP_HLEN 20

__inline_always bool is_dns_port(__u16 port_be)
{
	__u32 i;

	for (i = 0; i < DNS_PORTS_MAX && i < dns_port_count; i++)
		if (dns_ports_be[i] == port_be)
			return true;
	return false;
}

/* DNAT may have sent a query for port 53 to another one: conntrack knows both. */
__inline_always bool is_dns(const struct scratch *sc)
{
	const struct flow_tuple *t = &sc->ip.tuple;

	return is_dns_port(t->dport_be) || is_dns_port(t->sport_be) ||
	       (sc->rec.sections & DROP_SECTION_CT && is_dns_port(sc->ct.orig.dport_be));
}

/* Where the payload of the innermost packet begins; 0: it can have none. */
__inline_always __u64 payload_at(const struct ip_result *ip)
{
	__u32 header_bytes;

	if (ip->tuple.l4_proto == IPPROTO_UDP)
		return ip->l4_len < UDP_HLEN ? 0 : ip->payload + UDP_HLEN;
	header_bytes = (ip->l4[12] >> 4) * 4;
	if (ip->tuple.l4_proto != IPPROTO_TCP || ip->l4_len < TCP_HLEN || header_bytes < TCP_HLEN)
		return 0;
	return ip->payload + header_bytes;
}

/*
 * What a socket sends by TCP, and what a card receives, lies in page fragments: leaves in struct
 * packet where a message begins that the linear data does not hold.
 */
__stage int find_message(__u32 level)
{
	struct scratch *sc = scratch_at(level);
	struct packet *packet;
	__u64 at, left;

	if (!sc || !sc->packet.has_ip || !(sc->ip.flags & DROP_F_L4) || !is_dns(sc))
		return 0;
	packet = &sc->packet;
	at = payload_at(&sc->ip);
	if (!at || at < packet->data || at - packet->data >= sc->rec.len_bytes ||
	    at + sizeof(sc->message) <= sc->ip.end)
		return 0;
	packet->message_at = at - packet->data;
	left = sc->rec.len_bytes - packet->message_at;
	packet->message_bytes = left < sizeof(sc->message) ? left : sizeof(sc->message);
	return 0;
}

/*
 * Writes the section at @offset of the record under construction and returns
 * its size; 0: there is none. The bytes that it overwrites there are no longer
 * needed: it is the last section, and follows the others without a gap.
 */
__stage int append_dns(__u32 level, __u32 offset)
{
	struct scratch *sc = scratch_at(level);
	struct drop_section_dns *dns;
	__u32 length = 0, size;
	__u64 at, left;
	bool more;

	if (!sc || !sc->packet.has_ip || !(sc->ip.flags & DROP_F_L4) || !is_dns(sc))
		return 0;
	at = payload_at(&sc->ip);
	if (!at)
		return 0;
	left = sc->ip.end > at ? sc->ip.end - at : 0;
	more = left > sizeof(dns->payload) || sc->packet.nonlinear;
	if (sc->packet.message_bytes) {
		at = (__u64)sc->message;
		left = sc->packet.message_bytes;
		more = sc->rec.len_bytes - sc->packet.message_at > left;
	}
	if (!left && !more)
		return 0;
	if (left > sizeof(dns->payload))
		left = sizeof(dns->payload);
	length = left;
	size = (__builtin_offsetof(struct drop_section_dns, payload) + length + 7) & ~7u;

	offset &= ~7u;
	if (offset > DROP_RECORD_MAX_SIZE - sizeof(*dns) || size < 8 || size > sizeof(*dns))
		return 0;
	*(__u64 *)((void *)&sc->rec + offset + size - 8) = 0;
	dns = (void *)&sc->rec + offset;
	if (length > sizeof(dns->payload) ||
	    bpf_probe_read_kernel(dns->payload, length, (const void *)at)) {
		length = 0;
		size = 8;
		more = true;
		*(__u32 *)dns->payload = 0;
	}
	dns->length = length;
	dns->more = more;
	dns->pad = 0;
	sc->rec.sections |= DROP_SECTION_DNS;
	return size;
}

#endif
