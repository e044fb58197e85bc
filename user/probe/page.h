/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The probe's live page: one HTML document without scripts that loads nothing
 * and renews itself.
 */
#ifndef DROPWHY_PAGE_H
#define DROPWHY_PAGE_H

#include "user/probe/metrics.h"
#include "user/sinks/line.h"

/**
 * @brief **page__write()** writes the page.
 * @param out appended to
 */
void page__write(struct line *out, const struct metrics *m, const struct summary *accounting,
		 const struct metrics_gauges *gauges);

/** @brief **page__put_text()** appends text for HTML: harmless, and escaped. */
void page__put_text(struct line *out, const char *text);

#endif
