/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The end-of-run summary for people.
 */
#ifndef DROPWHY_SUMMARY_TEXT_H
#define DROPWHY_SUMMARY_TEXT_H

#include <stdio.h>

#include "user/aggregate/summary.h"
#include "user/sinks/line.h"

/**
 * @brief **summary_text__append()** appends the groups, the accounting, the
 * reconciliation with conntrack's counters and what to do about each cause.
 * Out of memory, @p text's failed is set.
 * @param text gets several lines
 * @param summary what to say
 * @param color whether ANSI colours are wanted
 */
void summary_text__append(struct line *text, const struct summary *summary, bool color);

/**
 * @brief **summary_text__write()** writes the same to a stream, for a run whose
 * output has no place for it.
 * @param out the caller's stream, for instance stderr; flushed
 * @param summary what to say
 * @param color whether ANSI colours are wanted
 * @return 0, or -errno of the write, or -ENOMEM
 */
int summary_text__write(FILE *out, const struct summary *summary, bool color);

#endif
