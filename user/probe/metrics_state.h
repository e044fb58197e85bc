/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What metrics.c counts and metrics_write.c writes. For these two alone.
 */
#ifndef DROPWHY_METRICS_STATE_H
#define DROPWHY_METRICS_STATE_H

#include "user/probe/metrics.h"
#include "user/probe/series.h"

#define METRICS_DROP_LABELS	 6 /* namespace, pod, workload, direction, reason, cause */
#define METRICS_CONNTRACK_LABELS 4 /* namespace, pod, workload, netns */

struct metrics_usage {
	struct conntrack_usage usage;
	char *labels[METRICS_CONNTRACK_LABELS]; /* NULL: unknown */
};

struct metrics {
	size_t max_series;
	struct series_set *drops;	/* packets, bytes */
	struct series_set *conntrack;	/* drop, insert_failed, chaintoolong */
	struct series_set *sysctls;	/* changes */
	struct series_set *counters;	/* by how much the kernel's own counters moved */
	struct counters last_counters;
	__u64 causes[__CAUSE_MAX];
	struct conntrack_reading reading; /* the last; its snapshot sorted */
	struct metrics_usage *usage;	/* fullest first, max_series at most */
	size_t usage_count;
	__u64 rest_entries;	/* in the other tables */
};

#endif
