/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a run ends with: the groups, the accounting by reason, and the
 * reconciliation with conntrack's own counters. Filled by the command, printed
 * by the sinks.
 */
#ifndef DROPWHY_SUMMARY_H
#define DROPWHY_SUMMARY_H

#include "user/aggregate/accounting.h"
#include "user/aggregate/aggregate.h"
#include "user/counters/counter.h"
#include "user/sysctl/change.h"

struct reason_accounting {
	const char *reason;	/* its name; belongs to the enricher */
	struct accounting counts;
};

/* One conntrack counter of one namespace over the run. */
struct conntrack_counter {
	__u64 least;		/* moved at least so far, by ctnetlink read inside the run */
	__u64 most;		/* at most so far, read around it; least if nothing moved between */
	__u64 attributed;	/* drops of this run explained by it */
};

struct conntrack_reconciliation {
	__u32 netns_ino;
	bool gone;		/* its counters went during the run: only attributed is valid */
	const char *netns_name;	/* NULL: unknown */
	struct conntrack_counter drop;
	struct conntrack_counter insert_failed;
	struct conntrack_counter chaintoolong;
};

/* Settings that were changed during the run, in the order of their changes. */
struct settings_found {
	const struct sysctl_change *changes; /* writes of the same value are none */
	size_t count;
	__u64 beyond;		/* further changes, not kept */
	__u64 lost;		/* watched writes for which the ring had no room */
};

/* The kernel's own counters of losses that moved during the run, the most first. */
struct counters_found {
	const struct counter_moved *rows;
	size_t count;
	size_t unreadable;	/* namespaces that could not be asked */
	int error;		/* -errno: none could be read; 0 otherwise */
};

/* What one source of names could not make use of, as it was at the end of the run. */
struct source_trouble {
	const char *source;	/* "containerd", … */
	__u64 torn, huge, unreadable; /* files: as in struct source_stats */
	const char *example;	/* the first of them and why; NULL: none */
	int error;		/* -errno: it could not be asked at all; 0 otherwise */
};

/* How the search for pods and containers went. */
struct names_found {
	__u64 held_back;	/* records that waited for a moment because a name might come */
	const struct source_trouble *troubles;
	size_t trouble_count;
};

struct summary {
	struct timespec start, end; /* wall clock, UTC */
	struct aggregate *groups; /* NULL: nothing was aggregated */
	size_t top;		/* show so many groups, 0: all */
	struct accounting total;
	const struct reason_accounting *reasons; /* those with seen > 0, most seen first */
	size_t reason_count;
	/* namespaces in which a counter moved or a drop was attributed */
	const struct conntrack_reconciliation *conntrack;
	size_t conntrack_count;
	int conntrack_error;	/* -errno: the counters could not be read; 0 otherwise */
	/* part of lost: the kernel skipped the program, which was already running on that CPU */
	__u64 missed;
	__u64 evictions;	/* entries that early_drop evicted; with evictions_known */
	__u64 evictions_lost;	/* of these, not delivered */
	bool evictions_known;	/* a hook watched for them */
	__u64 no_baseline;	/* netfilter drops whose conntrack counters could not be compared */
	__u64 compared;		/* conntrack drops of which counters and direct hooks both spoke */
	__u64 disagreed;	/* of these, on which they differed */
	struct settings_found settings;
	struct counters_found counters;
	struct names_found names;
	__u64 coarse;		/* packets counted without ports, or addresses: the fold table was full */
	__u64 rows_failed;	/* rows that could not be written to the output */
	__u64 packets_failed;	/* drops that these rows stood for: delivered or folded */
};

#endif
