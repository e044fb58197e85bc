/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Filters that nothing can match now, though something may later: a name
 * mistyped, most often.
 */
#ifndef DROPWHY_FILTER_WARNING_H
#define DROPWHY_FILTER_WARNING_H

#include "user/enrich/enrich.h"
#include "user/filter_spec.h"

/**
 * @brief **warn_about_filter()** says on stderr which namespaces that are asked for by number,
 * which interfaces and which pods are not there: they may come. Says nothing of what cannot be
 * told: of interfaces where a namespace cannot be entered, of pods before all sources have told.
 * Looks into each namespace only if interfaces are asked for.
 */
void warn_about_filter(struct enricher *enricher, const struct filter_spec *filter);

#endif
