/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a bundle holds: the flight recorder's rows and all that explains them.
 *
 *   info.json      trigger and what it is about, times, versions, accounting
 *   drops.csv      the recorder's rows, with a header row
 *   metrics.txt    all metrics, as of the trigger
 *   conntrack.csv  each network namespace's table: entries and limit
 *   conntrack_occupants.csv  who holds the entries of the fullest of them
 *   pods.csv       network namespaces and who lives there
 *   sysctl.csv     changes of settings, the last that sysctl_log.h keeps
 */
#ifndef DROPWHY_SNAPSHOT_H
#define DROPWHY_SNAPSHOT_H

#include "user/bundle/bundle_write.h"
#include "user/probe/metrics.h"
#include "user/probe/recorder.h"
#include "user/probe/sysctl_log.h"
#include "user/probe/trigger.h"

struct snapshot {
	enum trigger_kind trigger;
	struct timespec time;	/* of the trigger */
	struct timespec start;	/* of the run */
	const struct summary *accounting;
	const struct metrics_gauges *gauges;
	struct metrics *metrics;
	const struct recorder *recorder; /* NULL: none */
	const struct sysctl_log *sysctls;
	__u64 lowered_before;	/* TRIGGER_SYSCTL: what sysctls->lowered was before the trigger */
	struct enricher *enricher;
};

/** @brief **snapshot__write()** writes all files; the writer tells of failures. */
void snapshot__write(struct bundle_writer *w, const struct snapshot *s);

#endif
