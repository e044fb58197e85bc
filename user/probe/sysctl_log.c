// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * See sysctl_log.h.
 */
#include <errno.h>
#include <stdlib.h>

#include "user/probe/sysctl_log.h"

/* Both are whole numbers, and the second is less. */
static bool is_lowered(const char *from, const char *to)
{
	char *from_end, *to_end;
	long long before, after;

	errno = 0;
	before = strtoll(from, &from_end, 10);
	after = strtoll(to, &to_end, 10);
	return !errno && from_end != from && to_end != to && !*from_end && !*to_end &&
	       after < before;
}

void sysctl_log__add(struct sysctl_log *log, const struct sysctl_change *change)
{
	log->changes[log->count++ % SYSCTL_LOG_MAX] = *change;
	log->lowered += is_lowered(change->old_value, change->new_value);
}

const struct sysctl_change *sysctl_log__get(const struct sysctl_log *log, __u64 i)
{
	__u64 first = log->count > SYSCTL_LOG_MAX ? log->count - SYSCTL_LOG_MAX : 0;

	return first + i < log->count ? &log->changes[(first + i) % SYSCTL_LOG_MAX] : NULL;
}
