/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The end-of-run summary as one JSON object.
 */
#ifndef DROPWHY_SUMMARY_JSON_H
#define DROPWHY_SUMMARY_JSON_H

#include <jansson.h>

#include "user/aggregate/summary.h"
#include "user/sinks/line.h"

/**
 * @brief **summary_json__append()** appends the summary as one line. Out of
 * memory, the line's failed is set.
 */
void summary_json__append(struct line *line, const struct summary *summary);

/**
 * @brief **summary_json__change()** makes of a changed setting an object as it is in the summary's
 * list of them. NULL: out of memory.
 */
json_t *summary_json__change(const struct sysctl_change *change);

#endif
