/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The part of the text summary that concerns conntrack: whether its own
 * counters agree with what was attributed, and what to do about its causes.
 */
#ifndef DROPWHY_SUMMARY_CONNTRACK_H
#define DROPWHY_SUMMARY_CONNTRACK_H

#include "user/aggregate/summary.h"
#include "user/sinks/line.h"

/**
 * @brief **summary_conntrack__append()** appends the reconciliation, a line for
 * each counter that does not agree, and one line of advice for each of
 * conntrack's causes that was seen.
 * @param text gets several lines
 * @param summary what to say
 * @param color whether ANSI colours are wanted
 */
void summary_conntrack__append(struct line *text, const struct summary *summary, bool color);

#endif
