// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * See sysctl_log.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

/* Lowering these makes the kernel drop packets that it would have kept; a timeout or a switch
 * is another matter. */
static bool is_limit(const char *name)
{
	static const char *const limits[] = {
		"nf_conntrack_max", "nf_conntrack_buckets", "nf_conntrack_expect_max", "somaxconn",
		"tcp_max_syn_backlog", "netdev_max_backlog", "netdev_budget", "gc_thresh", "rmem_max",
		"wmem_max", "optmem_max", "tcp_mem", "udp_mem", "ipfrag_high_thresh",
		"ip6frag_high_thresh", "max_dgram_qlen",
	};
	const char *dot = strrchr(name, '.'), *last = dot ? dot + 1 : name;
	size_t i;

	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (!strncmp(last, limits[i], strlen(limits[i])))
			return true;
	return false;
}

void sysctl_log__add(struct sysctl_log *log, const struct sysctl_change *change)
{
	log->changes[log->count++ % SYSCTL_LOG_MAX] = *change;
	log->lowered += is_limit(change->name) &&
			is_lowered(change->old_value, change->new_value);
}

const struct sysctl_change *sysctl_log__get(const struct sysctl_log *log, __u64 i)
{
	__u64 first = log->count > SYSCTL_LOG_MAX ? log->count - SYSCTL_LOG_MAX : 0;

	return first + i < log->count ? &log->changes[(first + i) % SYSCTL_LOG_MAX] : NULL;
}
