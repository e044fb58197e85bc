/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the conntrack entry that is attached to a packet says of it.
 */
#ifndef DROPWHY_CONNTRACK_BPF_H
#define DROPWHY_CONNTRACK_BPF_H

#include "bpf/conntrack_entry.bpf.h"
#include "bpf/state.bpf.h"

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

/* Fills scratch.ct. */
__stage int read_conntrack(__u32 level)
{
	struct scratch *sc = scratch_at(level);

	if (sc && read_entry((const void *)(sc->packet.nfct & ~CT_INFO_MASK), &sc->ct))
		sc->rec.sections |= DROP_SECTION_CT;
	return 0;
}

#endif
