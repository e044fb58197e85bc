/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads the conntrack entry that is attached to a packet: its status and both
 * tuples, so that the Service's address and the real backend are both known.
 */
#ifndef DROPWHY_CONNTRACK_BPF_H
#define DROPWHY_CONNTRACK_BPF_H

#include "bpf/kread.bpf.h"
#include "bpf/packet.bpf.h"
#include "bpf/state.bpf.h"

/* linux/socket.h: ABI */
#define AF_INET	 2
#define AF_INET6 10

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

__inline_always bool is_attached(__u64 nfct)
{
	return nfct & ~CT_INFO_MASK;
}

__inline_always __u32 attached_state(__u64 nfct)
{
	switch (nfct & CT_INFO_MASK) {
	case CT_ESTABLISHED:
		return CT_STATE_ESTABLISHED;
	case CT_NEW:
		return CT_STATE_NEW;
	case CT_REPLY:
		return CT_STATE_REPLY;
	case CT_RELATED:
	case CT_RELATED_REPLY:
		return CT_STATE_RELATED;
	}
	return CT_STATE_NONE;
}

/* What the packet itself says; see is_invalid() for what it cannot. */
__inline_always __u32 ct_state(__u64 nfct)
{
	if (is_attached(nfct))
		return attached_state(nfct);
	return nfct == CT_UNTRACKED ? CT_STATE_UNTRACKED : CT_STATE_NONE;
}

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

/* Fills scratch.ct. */
__stage int read_conntrack(__u32 level)
{
	struct scratch *sc = scratch_at(level);
	const struct nf_conntrack_tuple_hash *copy;
	const struct nf_conn *ct;
	__u32 size = bpf_core_type_size(struct nf_conntrack_tuple_hash);
	__u64 hash;

	if (!sc)
		return 0;
	ct = (const void *)(sc->packet.nfct & ~CT_INFO_MASK);
	hash = (__u64)ct + bpf_core_field_offset(struct nf_conn, tuplehash);
	copy = (const void *)sc->bytes;
	/* one copy of each, then fields at relocated offsets in the copy */
	if (bpf_probe_read_kernel(sc->bytes, size, (const void *)hash))
		return 0;
	take_tuple(&sc->ct.orig, &copy->tuple);
	if (bpf_probe_read_kernel(sc->bytes, size, (const void *)(hash + size)))
		return 0;
	take_tuple(&sc->ct.reply, &copy->tuple);
	sc->ct.status = BPF_CORE_READ(ct, status);
	if (bpf_core_field_exists(ct->zone)) /* CONFIG_NF_CONNTRACK_ZONES */
		sc->ct.zone = BPF_CORE_READ(ct, zone.id);
	sc->rec.sections |= DROP_SECTION_CT;
	return 0;
}

#endif
