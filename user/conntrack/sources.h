/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The heaviest sources among conntrack's entries and how many different
 * destinations each of them has, in fixed memory: the sources are those of a
 * bounded table from which the smallest are forgotten, the destinations are
 * estimated (HyperLogLog, within a fifth or so).
 */
#ifndef DROPWHY_CONNTRACK_SOURCES_H
#define DROPWHY_CONNTRACK_SOURCES_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "user/conntrack/entry.h"

#define SOURCE_REGISTERS 64

struct conntrack_source {
	struct flow_tuple address; /* only the source means something */
	__u64 count;		/* entries; at least */
	__u64 unreplied;	/* of these */
	__u8 registers[SOURCE_REGISTERS];
};

struct conntrack_sources;

/** @brief **conntrack_sources__new()** free with conntrack_sources__free(); NULL: ENOMEM. */
struct conntrack_sources *conntrack_sources__new(void);

/** @brief **conntrack_sources__add()** adds one entry. */
void conntrack_sources__add(struct conntrack_sources *s, const struct conntrack_entry *entry);

/** Whether a source is one of those that are looked for. */
typedef bool (*conntrack_source_fn)(const struct conntrack_source *source);

/**
 * @brief **conntrack_sources__heaviest()** the one with most entries.
 * @param counts among those of which it is true; NULL: among all
 * @return NULL: there is none
 */
const struct conntrack_source *conntrack_sources__heaviest(const struct conntrack_sources *s,
							   conntrack_source_fn counts);

/** @brief **conntrack_source__destinations()** how many different ones, about. */
__u64 conntrack_source__destinations(const struct conntrack_source *source);

/** @brief **conntrack_sources__free()** NULL is fine. */
void conntrack_sources__free(struct conntrack_sources *s);

#endif
