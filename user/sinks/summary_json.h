/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The end-of-run summary as one JSON object.
 */
#ifndef DROPWHY_SUMMARY_JSON_H
#define DROPWHY_SUMMARY_JSON_H

#include "user/aggregate/summary.h"
#include "user/sinks/line.h"

/**
 * @brief **summary_json__append()** appends the summary as one line. Out of
 * memory, the line's failed is set.
 */
void summary_json__append(struct line *line, const struct summary *summary);

#endif
