/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Looks at the node for a while and collects what the doctor's rules judge by:
 * drops, conntrack's tables, counters, changed settings, kube-proxy.
 */
#ifndef DROPWHY_OBSERVATION_H
#define DROPWHY_OBSERVATION_H

#include "user/doctor/rule.h"
#include "user/run/counter_run.h"
#include "user/run/settings.h"
#include "user/run/tracer.h"

#define OBSERVATION_RULES_MAX 32

/** Something about the look itself: what cannot be asked, watched or counted. */
typedef void (*observation_notice_fn)(void *ctx, const struct notice *notice);

struct observation {
	struct tracer tracer;
	observation_notice_fn notice;
	struct settings *settings; /* NULL: changes are not watched */
	struct counter_run counters;
	struct conntrack_tables before, after;
	int tables_error;	/* -errno of the first reading that failed */
	struct table_facts *tables;
	struct aggregate *groups[OBSERVATION_RULES_MAX]; /* by rule; NULL: no drop concerns it */
	__u64 counts[OBSERVATION_RULES_MAX];
	char where[OBSERVATION_RULES_MAX][512];
	struct tally tallies[OBSERVATION_RULES_MAX];
	struct run_summary summary;
	struct facts facts;
};

/**
 * @brief **observation__open()** loads and attaches.
 * @param o zeroed; to be given to observation__close() also after a failure
 * @param notice called with a ctx of NULL
 * @param ret_failure on failure, what and why
 * @return 0 or -errno
 */
int observation__open(struct observation *o, const struct tracer_options *tracer,
		      enum settings_mode settings, observation_notice_fn notice,
		      struct tracer_failure *ret_failure);

/**
 * @brief **observation__start()** reads how things stand and starts counting.
 * @return 0 or -errno with @p ret_failure filled
 */
int observation__start(struct observation *o, struct tracer_failure *ret_failure);

/**
 * @brief **observation__run()** looks until event_loop__stop() of o->tracer.loop.
 * @return 0 or -errno with @p ret_failure filled
 */
int observation__run(struct observation *o, struct tracer_failure *ret_failure);

/**
 * @brief **observation__conclude()** fills facts and tallies. Their strings
 * live until observation__close().
 * @return 0 or -errno
 */
int observation__conclude(struct observation *o);

/** @brief **observation__close()** frees all; a zeroed one is fine. */
void observation__close(struct observation *o);

#endif
