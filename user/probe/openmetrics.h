/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Writes metrics as text: OpenMetrics 1.0.0 or, for those who do not ask for
 * it, the older Prometheus text format 0.0.4. Knows the format, no metric.
 */
#ifndef DROPWHY_OPENMETRICS_H
#define DROPWHY_OPENMETRICS_H

#include <linux/types.h>
#include <stdbool.h>

#include "user/sinks/line.h"

enum metric_type {
	METRIC_COUNTER,
	METRIC_GAUGE,
	METRIC_INFO,		/* a gauge of 1 in the older format */
};

struct openmetrics {
	struct line text;	/* what was written; failed: out of memory */
	bool old;		/* the format 0.0.4 */
	const char *name;	/* of the family under way, without suffix */
	enum metric_type type;
};

/**
 * @brief **openmetrics__accepts()** reads an Accept header (RFC 9110).
 * @param accept NULL: there was none
 * @return whether OpenMetrics is wanted at least as much as plain text
 */
bool openmetrics__accepts(const char *accept);

/** @brief **openmetrics__content_type()** what the answer's Content-Type must be. */
const char *openmetrics__content_type(bool old);

/**
 * @brief **openmetrics__family()** begins a metric; its samples must follow.
 * @param name without "_total" or "_info"; ends in _@p unit, if there is one
 * @param unit "bytes", "seconds", …; NULL: none
 */
void openmetrics__family(struct openmetrics *om, const char *name, enum metric_type type,
			 const char *unit, const char *help);

/**
 * @brief **openmetrics__sample()** writes one.
 * @param names of labels; ends in NULL; NULL: none
 * @param values as many; those that are NULL or empty are left out, which is
 * the same to a reader
 */
void openmetrics__sample(struct openmetrics *om, const char *const *names,
			 const char *const *values, __u64 value);

/** @brief **openmetrics__sample_real()** the same with a fraction. */
void openmetrics__sample_real(struct openmetrics *om, const char *const *names,
			      const char *const *values, double value);

/** @brief **openmetrics__end()** ends the text. */
void openmetrics__end(struct openmetrics *om);

#endif
