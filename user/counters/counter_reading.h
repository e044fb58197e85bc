/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads all counters of losses of this node and of every namespace on it.
 */
#ifndef DROPWHY_COUNTER_READING_H
#define DROPWHY_COUNTER_READING_H

#include "user/counters/counter.h"
#include "user/enrich/netns.h"

/* What stands beside the counters in the same files. */
struct counter_levels {
	__u32 arp_entries;	/* IPv4 neighbours of the whole node */
	__u32 ndisc_entries;	/* IPv6 ones */
};

/**
 * @brief **counter_reading__take()** asks in every namespace of @p netns as of
 * its last refresh, some 200 µs each. Needs CAP_SYS_ADMIN for others than the own.
 * @param netns not to be used by others meanwhile
 * @param ret_counters free with counters__done()
 * @param ret_levels NULL: of no interest
 * @return 0, also if some were unreadable; -ENOMEM; -EAGAIN: no thread to be
 * had; the first error if none was readable at all
 */
int counter_reading__take(struct netns_table *netns, struct counters *ret_counters,
			  struct counter_levels *ret_levels);

#endif
