/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * By how much the kernel's counters of losses moved during a run: a reading at
 * its beginning, one at its end.
 */
#ifndef DROPWHY_COUNTER_RUN_H
#define DROPWHY_COUNTER_RUN_H

#include "user/aggregate/summary.h"
#include "user/counters/counter_reading.h"
#include "user/enrich/enrich.h"

struct counter_run {
	struct counters before;
	struct counters moved;
	struct counter_levels levels; /* at the end */
	struct counter_moved *rows;
	int error;		/* -errno of the first reading that failed; 0 */
};

/** @brief **counter_run__begin()** takes the first reading; a failure is kept in error. */
void counter_run__begin(struct counter_run *r, struct enricher *enricher);

/**
 * @brief **counter_run__end()** takes the second one and compares.
 * @param ret_found lives until counter_run__done(), its texts as long as the enricher's
 */
void counter_run__end(struct counter_run *r, struct enricher *enricher,
		      struct counters_found *ret_found);

/** @brief **counter_run__done()** frees; a zeroed one is fine. */
void counter_run__done(struct counter_run *r);

#endif
