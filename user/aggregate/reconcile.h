/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Compares what conntrack itself counted over a run with what the run
 * attributed to conntrack. Pure: whoever reads the counters passes them in.
 *
 * Counting starts and stops on one CPU after the other, so no single reading
 * can be exact while packets are being dropped. Hence four: the inner two give
 * a lower bound of what the run can have seen, the outer two an upper one.
 */
#ifndef DROPWHY_RECONCILE_H
#define DROPWHY_RECONCILE_H

#include "user/aggregate/summary.h"

/*
 * One namespace's counters on one CPU, packets, as the kernel keeps them
 * (struct ip_conntrack_stat) and ctnetlink shows them: they wrap at 2^32.
 */
struct conntrack_stat {
	__u32 netns_ino;
	__u32 cpu;		/* from 0 */
	__u32 drop;		/* table full, or a clash that could not be resolved */
	__u32 insert_failed;	/* not inserted: a clash, a chain too long, an entry that died */
	__u32 chaintoolong;	/* 0 where the kernel does not count it */
};

/* All namespaces and CPUs at one moment, in any order. */
struct conntrack_snapshot {
	struct conntrack_stat *stats; /* the caller's; reconcile__conntrack() sorts them */
	size_t count;
};

/* What the run explained by each counter of one namespace, packets; 0 where it only met it. */
struct conntrack_claim {
	__u32 netns_ino;	/* repeated: the number was given to another one */
	__u64 drop;
	__u64 insert_failed;
	__u64 chaintoolong;
};

/* The four readings, in order, and what the run says. */
struct reconcile_input {
	struct conntrack_snapshot before_arm;
	struct conntrack_snapshot after_arm;
	struct conntrack_snapshot before_disarm;
	struct conntrack_snapshot after_disarm;
	const struct conntrack_claim *claims;
	size_t claim_count;
	bool restarted;		/* nf_conntrack was unloaded meanwhile: all counters are gone */
};

/**
 * @brief **reconcile__conntrack()** compares counters and claims by namespace.
 *
 * A namespace that is not in a starting snapshot appeared since and started at
 * zero. One that is missing at the end is gone, and so is one whose counters
 * ran backwards, or that has two claims: its number was given to a new namespace.
 * (Should the new one have outrun the old one's counters on every CPU, and only
 * one of the two have a claim, nothing here can tell.) Claims are added up.
 * Where nf_conntrack was unloaded meanwhile all are gone in this sense.
 *
 * @param in the four snapshots and the claims; snapshots are sorted in place
 * @param ret_rows namespaces in which a counter moved or that have a claim,
 * most drops first, then by inode; netns_name is NULL; the caller's to free()
 * @param ret_count number of rows, may be 0
 * @return 0 or -ENOMEM
 */
int reconcile__conntrack(struct reconcile_input *in, struct conntrack_reconciliation **ret_rows,
			 size_t *ret_count);

/**
 * @brief **reconcile__agrees()** tells whether a counter and what was
 * attributed to it are compatible: least <= attributed <= most.
 */
bool reconcile__agrees(const struct conntrack_counter *counter);

#endif
