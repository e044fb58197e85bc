/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The part of the text summary that tells which of the kernel's counters of
 * losses moved.
 */
#ifndef DROPWHY_SUMMARY_COUNTERS_H
#define DROPWHY_SUMMARY_COUNTERS_H

#include "user/aggregate/summary.h"
#include "user/sinks/line.h"

/** @brief **summary_counters__append()** appends a table, or nothing if none moved. */
void summary_counters__append(struct line *text, const struct counters_found *found, size_t top,
			      bool color);

#endif
