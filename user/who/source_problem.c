/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Problems of sources, by kind.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "user/who/source_problem.h"

static const char *what_is_wrong(int err)
{
	switch (err) {
	case -EINVAL:
	case -EILSEQ:
		return "not what is expected there, or half written";
	case -E2BIG:
		return "too large";
	default:
		return strerror(-err);
	}
}

void source_problem__count(struct source_stats *stats, const char *dir, const char *name, int err)
{
	switch (err) {
	case 0:
	case -ENOENT:
		return;
	case -ESTALE:
	case -ESRCH:
		stats->stale++;
		return; /* nothing is wrong with them */
	case -E2BIG:
		stats->huge++;
		break;
	case -EINVAL:
	case -EILSEQ:
		stats->torn++;
		break;
	default:
		stats->unreadable++;
	}
	if (!stats->example[0])
		snprintf(stats->example, sizeof(stats->example), "%s%s%s: %s", dir, name ? "/" : "",
			 name ? name : "", what_is_wrong(err));
}

__u64 source_problem__total(const struct source_stats *stats)
{
	return stats->torn + stats->huge + stats->unreadable;
}
