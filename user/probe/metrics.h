/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The probe's metrics: what they count, their names and meanings. Their form
 * is openmetrics.c's, their bounds are series.c's.
 *
 * Labels never hold addresses, ports or locations: who sends packets must not
 * decide how many series there are.
 */
#ifndef DROPWHY_METRICS_H
#define DROPWHY_METRICS_H

#include "user/aggregate/summary.h"
#include "user/counters/counter.h"
#include "user/enrich/enrich.h"
#include "user/probe/openmetrics.h"
#include "user/probe/series.h"
#include "user/source/conntrack_counters.h"

struct metrics;

/* A number without labels that somebody else keeps. */
struct metrics_gauges {
	const char *hook;	/* live__hook_name() */
	__u64 ring_bytes;	/* waiting */
	__u64 ring_capacity_bytes;
	__u64 http_requests;
	__u64 http_refused;
	__u64 http_cut_off;
	__u64 http_not_accepted;
	__u64 rows_written;	/* to the log; all zero without one */
	__u64 rows_failed;
	__u64 recorder_bytes;	/* the flight recorder's memory in use */
	__u64 recorder_rows;
	__u64 bundles;
	__u64 bundles_failed;
	__u64 bundles_limited;	/* triggers that came too soon after a bundle */
};

/**
 * @brief **metrics__new()** makes metrics that are all zero.
 * @param max_series of each metric with labels, without "other"
 * @return free with metrics__free(); NULL with errno set
 */
struct metrics *metrics__new(size_t max_series);

/** @brief **metrics__drop()** counts a drop. @p now_s is CLOCK_BOOTTIME. */
void metrics__drop(struct metrics *m, const struct drop *drop, __u64 now_s);

/**
 * @brief **metrics__conntrack()** takes over a reading of conntrack's counters.
 * @param reading becomes the metrics', which frees it; zeroed for the caller
 */
void metrics__conntrack(struct metrics *m, struct conntrack_reading *reading,
			struct enricher *enricher, __u64 now_s);

/**
 * @brief **metrics__counters()** takes over a reading of the kernel's own
 * counters of losses; what moved since the last one is counted.
 * @param counters become the metrics'; zeroed for the caller
 */
void metrics__counters(struct metrics *m, struct counters *counters, __u64 now_s);

/**
 * @brief **metrics__sysctl()** counts a change of a setting that is watched, by
 * the list's name for it: interfaces must not decide how many series there are.
 * @param name as in struct sysctl_change
 */
void metrics__sysctl(struct metrics *m, const char *name, __u64 now_s);

/** @brief **metrics__maintain()** lets old series go, and those of deleted pods; every few seconds. */
void metrics__maintain(struct metrics *m, struct directory *directory, __u64 now_s);

/**
 * @brief **metrics__write()** writes all metrics.
 * @param accounting as of now
 */
void metrics__write(const struct metrics *m, struct openmetrics *om,
		    const struct summary *accounting, const struct metrics_gauges *gauges);

/** @brief **metrics__scraped()** to be called when what was written goes to a scraper. */
void metrics__scraped(struct metrics *m);

/** @brief **metrics__reading()** the last reading of conntrack's counters; never NULL. */
const struct conntrack_reading *metrics__reading(const struct metrics *m);

/** @brief **metrics__drops()** the series of drops, labels as metrics_drop_labels. */
const struct series_set *metrics__drops(const struct metrics *m);

/** Names of the labels of metrics__drops(); ends in NULL. */
extern const char *const metrics_drop_labels[];

/** @brief **metrics__causes()** packets by cause: __CAUSE_MAX of them. */
const __u64 *metrics__causes(const struct metrics *m);

/** @brief **metrics__free()** NULL is fine. */
void metrics__free(struct metrics *m);

#endif
