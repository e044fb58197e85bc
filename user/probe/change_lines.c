// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * See change_lines.h.
 */
#include "user/probe/change_lines.h"
#include "user/sysctl/names.h"

#define MINUTE_SECONDS 60

static bool is_over(const struct change_lines *lines, __u64 now_s)
{
	return !lines->since_s || now_s - lines->since_s >= MINUTE_SECONDS;
}

bool change_lines__take(struct change_lines *lines, const struct sysctl_change *change, __u64 now_s)
{
	unsigned int *told = sysctl_names__concerns_all(change->name) ? &lines->told_of_all :
									&lines->told;

	if (sysctl_names__of_interface(change->name))
		return false;
	/* what was not told is told of first, by change_lines__untold() */
	if (is_over(lines, now_s) && !lines->untold)
		*lines = (struct change_lines){ .since_s = now_s };
	if (*told >= CHANGE_LINES_MAX) {
		lines->untold++;
		return false;
	}
	(*told)++;
	return true;
}

__u64 change_lines__untold(struct change_lines *lines, __u64 now_s)
{
	__u64 untold = lines->untold;

	if (!untold || !is_over(lines, now_s))
		return 0;
	*lines = (struct change_lines){ .since_s = now_s };
	return untold;
}
