/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who had a namespace's number when. Pods that come and go take over each
 * other's within milliseconds, while a record may be folded or held back for
 * longer: those before stay behind the one that has it now.
 */
#include <stdlib.h>

#include "user/clock.h"
#include "user/enrich/netns_entry.h"

bool netns_entry__same(const struct netns_entry *a, const struct netns_entry *b)
{
	size_t i = 0, j = 0;

	/* a mounted namespace's inode stays; one that has its number is made later */
	if (a->kind != __NETNS_FILE_MAX && b->kind != __NETNS_FILE_MAX &&
	    a->made.tv_sec == b->made.tv_sec && a->made.tv_nsec == b->made.tv_nsec)
		return true;
	while (i < a->info.pid_count && j < b->info.pid_count) {
		if (a->pids[i] == b->pids[j])
			return true;
		if (a->pids[i] < b->pids[j])
			i++;
		else
			j++;
	}
	return false;
}

void netns_entry__mark_gone(struct netns_entry *e, __u64 now_ns)
{
	e->gone_ns = now_ns;
	free(e->path);
	free(e->pids);
	e->path = NULL;
	e->pids = NULL;
	e->info.path = NULL;
	e->info.pids = NULL;
	e->info.pid_count = 0;
}

/*
 * When the namespace behind a file was made, as far as its inode tells: 0 if it does not, or
 * if the clock was set since. A number is free for others only a while after the last packet.
 */
static __u64 made_ns(const struct netns_entry *e, __u64 not_before_ns)
{
	__u64 age_ns, now_ns, made;

	if (e->kind == __NETNS_FILE_MAX)
		return 0;
	age_ns = clock__ns(CLOCK_REALTIME) -
		 ((__u64)e->made.tv_sec * 1000000000ull + (__u64)e->made.tv_nsec);
	now_ns = clock__ns(CLOCK_BOOTTIME);
	made = now_ns - age_ns;
	if (made < not_before_ns || made > now_ns)
		return 0;
	/* while the scan was under way */
	return made < e->checked_ns ? made : e->checked_ns;
}

void netns_entry__inherit(struct netns_entry *e, const struct netns_entry *old, __u64 scanned_ns,
			  __u64 *incarnations)
{
	if (old && old->unknown)
		old = NULL;
	if (old && !old->gone_ns && netns_entry__same(old, e)) {
		e->since_ns = old->since_ns;
		e->info.incarnation = old->info.incarnation;
		return;
	}
	e->info.incarnation = ++*incarnations;
	if (!old) {
		e->since_ns = made_ns(e, scanned_ns);
		if (!e->since_ns)
			e->since_ns = scanned_ns;
		return;
	}
	/* seen to be free in between, or passed on at some time before this scan */
	e->since_ns = old->gone_ns ? old->gone_ns : made_ns(e, old->checked_ns);
	if (!e->since_ns)
		e->since_ns = e->checked_ns;
}

struct netns_entry *netns_entry__succeed(struct netns_entry *e, struct netns_entry *old)
{
	struct netns_entry **next = &e->former, *unneeded;
	int kept = 0;

	if (old->unknown || old->info.incarnation == e->info.incarnation) {
		e->former = old->former;
		old->former = NULL;
	} else {
		/* where nothing tells when it ended, no more is its own than is proven */
		if (!old->gone_ns)
			netns_entry__mark_gone(old, e->since_ns < e->checked_ns ? e->since_ns :
										  old->checked_ns);
		e->former = old;
		old = NULL;
	}
	while (*next && kept < NETNS_FORMER_MAX &&
	       e->checked_ns - (*next)->gone_ns <= NETNS_GONE_KEPT_NS) {
		next = &(*next)->former;
		kept++;
	}
	unneeded = *next;
	*next = NULL;
	if (!old)
		return unneeded;
	old->former = unneeded;
	return old;
}

bool netns_entry__had(const struct netns_entry *e, __u64 when_ns)
{
	if (!e || e->unknown)
		return false;
	if (when_ns && when_ns < e->since_ns)
		return false;
	return !e->gone_ns || (when_ns && when_ns <= e->gone_ns);
}

const struct netns_info *netns_entry__former(const struct netns_entry *e, __u64 when_ns)
{
	const struct netns_entry *former = e && when_ns ? e->former : NULL;

	while (former && when_ns < former->since_ns)
		former = former->former;
	return netns_entry__had(former, when_ns) ? &former->info : NULL;
}

void netns_entry__free(struct netns_entry *e)
{
	if (!e)
		return;
	free(e->name);
	free(e->path);
	free(e->pids);
	free(e);
}
