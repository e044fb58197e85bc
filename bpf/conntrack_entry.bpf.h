/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads a conntrack entry: its status and both tuples, so that the Service's
 * address and the real backend are both known.
 */
#ifndef DROPWHY_CONNTRACK_ENTRY_BPF_H
#define DROPWHY_CONNTRACK_ENTRY_BPF_H

#include "bpf/drop_record.h"
#include "bpf/kread.bpf.h"
#include "bpf/protocols.bpf.h"

/* enum ip_conntrack_info in the low bits of skb->_nfct: uapi nf_conntrack_common.h, ABI */
#define CT_INFO_MASK	 7UL
#define CT_ESTABLISHED	 0
#define CT_RELATED	 1
#define CT_NEW		 2
#define CT_REPLY	 3
#define CT_RELATED_REPLY 4
#define CT_UNTRACKED	 7 /* without an entry */

#define IPS_CONFIRMED (1 << 3)
#define IPS_DYING     (1 << 9)

__inline_always void take_tuple(struct flow_tuple *to, const struct nf_conntrack_tuple *from)
{
	__builtin_memcpy(to->saddr, &from->src.u3, 16);
	__builtin_memcpy(to->daddr, &from->dst.u3, 16);
	to->l4_proto = from->dst.protonum;
	to->ip_version = from->src.l3num == AF_INET6 ? 6 : from->src.l3num == AF_INET ? 4 : 0;
	if (to->l4_proto == IPPROTO_ICMP || to->l4_proto == IPPROTO_ICMPV6)
		return; /* id, type and code are in the place of ports */
	to->sport_be = from->src.u.all;
	to->dport_be = from->dst.u.all;
}

/* Fills @to from the entry; false: it could not be read. */
__inline_always bool read_entry(const struct nf_conn *ct, struct drop_section_ct *to)
{
	__u64 hash = (__u64)ct + bpf_core_field_offset(struct nf_conn, tuplehash);
	__u32 size = bpf_core_type_size(struct nf_conntrack_tuple_hash);
	__u64 bytes[8]; /* a copy, from which fields are taken at relocated offsets */
	const struct nf_conntrack_tuple_hash *copy = (const void *)bytes;

	/* CONFIG_NF_CONNTRACK */
	if (!bpf_core_field_exists(ct->tuplehash) ||
	    bpf_probe_read_kernel(bytes, size, (const void *)hash))
		return false;
	take_tuple(&to->orig, &copy->tuple);
	if (bpf_probe_read_kernel(bytes, size, (const void *)(hash + size)))
		return false;
	take_tuple(&to->reply, &copy->tuple);
	to->status = BPF_CORE_READ(ct, status);
	if (bpf_core_field_exists(ct->zone)) /* CONFIG_NF_CONNTRACK_ZONES */
		to->zone = BPF_CORE_READ(ct, zone.id);
	return true;
}

/* The same from one of the two hashes that an entry is found by. */
__inline_always bool read_winner(const struct nf_conntrack_tuple_hash *hash,
				 struct drop_section_ct *to)
{
	__u64 first = (__u64)hash - BPF_CORE_READ(hash, tuple.dst.dir) *
					    bpf_core_type_size(struct nf_conntrack_tuple_hash);

	return read_entry((const void *)(first - bpf_core_field_offset(struct nf_conn, tuplehash)),
			  to);
}

#endif
