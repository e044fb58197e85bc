// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * See sysctl_log.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/probe/sysctl_log.h"
#include "user/sysctl/names.h"

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

static size_t kept(const struct sysctl_log *log)
{
	return log->count < SYSCTL_LOG_MAX ? (size_t)log->count : SYSCTL_LOG_MAX;
}

static void make_room(struct sysctl_log *log)
{
	const bool *found = memchr(log->of_interface, true, sizeof(log->of_interface));
	size_t gone = found ? (size_t)(found - log->of_interface) : 0;
	size_t behind = SYSCTL_LOG_MAX - gone - 1;

	memmove(&log->changes[gone], &log->changes[gone + 1], behind * sizeof(log->changes[0]));
	memmove(&log->of_interface[gone], &log->of_interface[gone + 1],
		behind * sizeof(log->of_interface[0]));
	memmove(&log->lowers[gone], &log->lowers[gone + 1], behind * sizeof(log->lowers[0]));
}

void sysctl_log__add(struct sysctl_log *log, const struct sysctl_change *change)
{
	bool lowers = is_limit(change->name) && is_lowered(change->old_value, change->new_value);
	size_t at = kept(log);

	if (at == SYSCTL_LOG_MAX) {
		make_room(log);
		at--;
	}
	log->changes[at] = *change;
	log->of_interface[at] = sysctl_names__of_interface(change->name);
	log->count++;
	log->lowered += lowers;
	log->lowers[at] = lowers ? log->lowered : 0;
}

const struct sysctl_change *sysctl_log__get(const struct sysctl_log *log, __u64 i)
{
	return i < kept(log) ? &log->changes[i] : NULL;
}

bool sysctl_log__lowers(const struct sysctl_log *log, __u64 i, __u64 since)
{
	return i < kept(log) && log->lowers[i] > since;
}
