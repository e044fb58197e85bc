/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Counts files that a source could not believe.
 */
#ifndef DROPWHY_SOURCE_PROBLEM_H
#define DROPWHY_SOURCE_PROBLEM_H

#include "user/who/pod_source.h"

/**
 * @brief **source_problem__count()** counts by the error: -E2BIG is huge,
 * -ESTALE and -ESRCH are stale, -EINVAL and -EILSEQ torn, -ENOENT nothing (it
 * went while we looked), all else unreadable. Keeps the first as the example.
 * @param dir the file's directory
 * @param name its name; NULL: @p dir is the whole path
 */
void source_problem__count(struct source_stats *stats, const char *dir, const char *name, int err);

/** @brief **source_problem__total()** all that were counted, stale ones aside. */
__u64 source_problem__total(const struct source_stats *stats);

#endif
