/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a run comes to: the kernel's counters, corrected by
 * what happened after delivery, and the comparison with conntrack's own.
 */
#ifndef DROPWHY_RUN_SUMMARY_H
#define DROPWHY_RUN_SUMMARY_H

#include "user/aggregate/summary.h"
#include "user/enrich/enrich.h"
#include "user/source/conntrack_counters.h"
#include "user/source/live.h"

/* conntrack's counters around the two moments at which counting starts and stops. */
enum run_reading {
	READING_BEFORE_ARM,
	READING_AFTER_ARM,
	READING_BEFORE_DISARM,
	READING_AFTER_DISARM,
	__READING_MAX,
};

/* What the user side did with delivered records, by reason slot. */
struct run_corrections {
	__u64 filtered[REASON_SLOTS]; /* records */
	__u64 filtered_folded[REASON_SLOTS]; /* packets that these stood for beside their own */
	__u64 undecoded;	/* records that made no sense: their reason is not known */
	bool counters_restarted; /* conntrack's: nf_conntrack was unloaded */
};

/* A summary, and the arrays that it points into. */
struct run_summary {
	struct summary summary;
	struct reason_accounting *reasons;
	struct conntrack_reconciliation *conntrack;
	struct source_trouble *troubles;
};

/**
 * @brief **run_summary__fill()** adds up a run that has been stopped.
 * @param live to read counters and claims from
 * @param readings the four, in order; sorted in place
 * @param reading_error -errno of the first reading that failed, 0: none did
 * @param start_ns CLOCK_BOOTTIME when the run began
 * @param s fills total, reasons, missed and conntrack; the caller fills the
 * rest. Strings live as long as @p enricher. Free with run_summary__done().
 * @return 0 or -errno
 */
int run_summary__fill(struct run_summary *s, struct live *live, struct enricher *enricher,
			struct conntrack_reading *readings, int reading_error, __u64 start_ns,
			const struct run_corrections *corrections);

/**
 * @brief **run_summary__accounting()** adds up what has happened so far: the
 * total, the reasons and missed alone. The CPUs go on counting meanwhile, so a
 * packet under way may be in seen already and in nothing else yet.
 * @param s zeroed; free with run_summary__done()
 * @return 0 or -errno
 */
int run_summary__accounting(struct run_summary *s, struct live *live, struct enricher *enricher,
			    const struct run_corrections *corrections);

/**
 * @brief **run_summary__names()** adds how the search for names went.
 * @param held_back records that waited for one
 * @return 0; -ENOMEM
 */
int run_summary__names(struct run_summary *s, struct enricher *enricher, __u64 held_back);

/** @brief **run_summary__done()** frees what fill allocated; a zeroed one is fine. */
void run_summary__done(struct run_summary *s);

#endif
