/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What conntrack itself counted: its statistics of every network namespace and
 * CPU, and how full its tables are, through ctnetlink. Compares nothing;
 * user/aggregate/reconcile.h does.
 */
#ifndef DROPWHY_CONNTRACK_COUNTERS_H
#define DROPWHY_CONNTRACK_COUNTERS_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "user/aggregate/reconcile.h"
#include "user/enrich/netns.h"

/* One namespace's table. */
struct conntrack_usage {
	__u32 netns_ino;
	__u32 entries;
	__u32 max; /* the limit; 0: unknown, before 5.9 */
};

struct conntrack_reading {
	struct conntrack_snapshot snapshot; /* a row for each namespace and possible CPU */
	struct conntrack_usage *usage;	    /* a row for each namespace */
	size_t usage_count;
	size_t vanished;   /* namespaces deleted meanwhile */
	size_t unreadable; /* namespaces that could not be entered or asked */
	int first_error;   /* -errno of the first of these; 0: none */
};

/**
 * @brief **conntrack_counters__read()** asks in every namespace of @p netns as
 * of its last refresh. A thread of its own goes there, so that the caller
 * stays where it is whatever happens. Needs CAP_SYS_ADMIN to enter and
 * CAP_NET_ADMIN to ask; some 60 µs a namespace.
 *
 * Where nf_conntrack is not loaded there is nothing to read, and it is not
 * loaded for the asking; nf_conntrack_netlink may be.
 *
 * @param netns not to be used by others meanwhile
 * @param ret_reading empty if conntrack is not there; to be freed with
 * conntrack_reading__done()
 * @return 0, also if some namespaces were unreadable; -ENOMEM; -EAGAIN: no
 * thread to be had; the first error if no namespace was readable at all
 */
int conntrack_counters__read(struct netns_table *netns, struct conntrack_reading *ret_reading);

/** @brief **conntrack_reading__done()** frees what it holds; a zeroed one is fine. */
void conntrack_reading__done(struct conntrack_reading *reading);

#endif
