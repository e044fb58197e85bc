/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the direct hooks on conntrack leave for the drop program, and the
 * evictions that they report: shared by both BPF objects and their loader.
 */
#ifndef DROPWHY_DIRECT_VERDICT_H
#define DROPWHY_DIRECT_VERDICT_H

#include "bpf/drop_record.h"

/* How causes of conntrack's drops are found: --conntrack-hooks */
enum conntrack_mode {
	CONNTRACK_COUNTERS,	/* by counter deltas alone */
	CONNTRACK_DIRECT,	/* by hooks on conntrack's own functions alone */
	CONNTRACK_BOTH,		/* both, compared; the counters' is shown */
};

/* By address of the skb; lives from conntrack's verdict until the packet is freed. */
struct direct_verdict {
	__u32 cause;		/* enum drop_cause; CAUSE_NONE: only the clash is known */
	__u32 clashed;		/* winner is valid */
	struct drop_section_ct winner; /* the entry that was there first */
};

/* Per CPU: what a function in progress has learnt for the one that called it. */
struct conntrack_progress {
	__u32 alloc_failed;	/* __nf_conntrack_alloc returned an error since */
	__u32 evicting;		/* inside early_drop */
	__u64 evictions;	/* entries evicted */
	__u64 evictions_lost;	/* of these, not delivered: no room in the ring buffer */
	__u64 wakeup_ns;	/* when one of them woke the reader last */
};

#endif
