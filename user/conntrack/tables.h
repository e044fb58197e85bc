/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How full the conntrack table of every network namespace is, how far it may
 * fill, and what conntrack has counted there. Two readings make rates.
 */
#ifndef DROPWHY_CONNTRACK_TABLES_H
#define DROPWHY_CONNTRACK_TABLES_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "user/enrich/netns.h"

enum conntrack_stat_kind {
	CT_STAT_DROP,		/* no room, or a clash that could not be resolved */
	CT_STAT_INSERT_FAILED,
	CT_STAT_EARLY_DROP,	/* entries evicted to make room */
	CT_STAT_CHAINTOOLONG,
	CT_STAT_CLASH_RESOLVE,
	CT_STAT_INVALID,
	CT_STAT_ERROR,
	CT_STAT_SEARCH_RESTART,
	__CT_STAT_MAX,
};

/* One namespace. Unknown is 0 but where known says so. */
struct conntrack_table {
	__u32 netns_ino;
	__u64 incarnation;	/* tells it from another one of that number: struct netns_info */
	bool host;		/* the node's own */
	__u32 entries;
	__u32 max;		/* the limit as it is seen inside */
	__u32 buckets;
	bool from_proc;		/* ctnetlink would not answer: what /proc has */
	__u32 known;		/* bit 1 << kind: this kernel has that counter */
	/* since the namespace was made or nf_conntrack was loaded; each CPU's wraps at 2^32 */
	__u32 stats[__CT_STAT_MAX];
	/* wall clock of the first of the readings in a row that found it full; 0: see below */
	struct timespec full_since;
};

struct conntrack_tables {
	struct timespec time;	/* CLOCK_MONOTONIC of the reading */
	struct conntrack_table *tables; /* sorted by netns_ino */
	size_t count;
	size_t vanished;	/* namespaces deleted meanwhile */
	size_t unreadable;	/* namespaces that could not be entered or asked */
	int first_error;	/* -errno of the first of these; 0: none */
	bool no_conntrack;	/* nf_conntrack is not loaded: there are no tables */
};

/**
 * @brief **conntrack_tables__read()** asks in every namespace of @p netns as of
 * its last refresh, some 100 µs each. Needs CAP_SYS_ADMIN and CAP_NET_ADMIN. It
 * is not loaded for the asking where nf_conntrack is not.
 * @param netns not to be used by others meanwhile
 * @param ret_tables free with conntrack_tables__done()
 * @return 0, also if some were unreadable; -ENOMEM; -EAGAIN: no thread to be
 * had; the first error if no namespace was readable at all
 */
int conntrack_tables__read(struct netns_table *netns, struct conntrack_tables *ret_tables);

/** @brief **conntrack_tables__find()** finds a namespace's; NULL: not among them. */
const struct conntrack_table *conntrack_tables__find(const struct conntrack_tables *tables,
						     __u32 netns_ino);

/**
 * @brief **conntrack_tables__note_full()** fills full_since of the tables that
 * are full: it stays what it was in the reading before, where that one found the
 * same table full, too.
 * @param before that reading; zeroed: there is none
 * @param time of the reading that @p now is, wall clock
 */
void conntrack_tables__note_full(const struct conntrack_tables *before,
				 struct conntrack_tables *now, const struct timespec *time);

/** @brief **conntrack_tables__done()** frees what they hold; zeroed ones are fine. */
void conntrack_tables__done(struct conntrack_tables *tables);

/**
 * @brief **conntrack_stat__moved()** by how much a counter moved. They have 32 bits for each CPU and
 * wrap, and so do their sums; one that seems to have run back began anew with nf_conntrack, or is
 * that of another namespace which was given the same number.
 */
static inline __u32 conntrack_stat__moved(__u32 before, __u32 now)
{
	__u32 by = now - before;

	return by < 1U << 31 ? by : now;
}

/* What became of a namespace's table between two readings. */
struct conntrack_pace {
	double seconds;		/* between them; 0: there is no earlier one */
	double growth;		/* entries per second, negative: it drains */
	double full_in_s;	/* seconds until it is full at that pace; < 0: never; 0: it is full */
	double per_s[__CT_STAT_MAX]; /* of each counter */
};

/**
 * @brief **conntrack_pace__between()** compares two readings of one table.
 * @param before NULL, or of another incarnation: there is none
 * @param seconds between the readings
 */
void conntrack_pace__between(const struct conntrack_table *before,
			     const struct conntrack_table *now, double seconds,
			     struct conntrack_pace *ret_pace);

/** @brief **conntrack_table__headroom()** the part of the limit that is free, 0 to 1; -1: unknown. */
double conntrack_table__headroom(const struct conntrack_table *table);

/**
 * @brief **conntrack_tables__parse_proc()** adds up /proc/net/stat/nf_conntrack:
 * a line of names, then a line of hexadecimal numbers a CPU.
 * @param text any bytes, NUL-terminated; changed
 * @param table gets entries, known and stats
 * @return 0; -EINVAL: not such a file
 */
int conntrack_tables__parse_proc(char *text, struct conntrack_table *table);

#endif
