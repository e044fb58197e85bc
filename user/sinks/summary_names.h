/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The part of the text summary that tells what stood in the way of names.
 */
#ifndef DROPWHY_SUMMARY_NAMES_H
#define DROPWHY_SUMMARY_NAMES_H

#include "user/aggregate/summary.h"
#include "user/sinks/line.h"

/** @brief **summary_names__append()** appends a line each, or nothing if nothing did. */
void summary_names__append(struct line *text, const struct names_found *found);

#endif
