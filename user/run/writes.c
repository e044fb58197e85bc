// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Finds out what became of watched writes: see writes.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/conntrack/netns_visit.h"
#include "user/run/writes.h"
#include "user/sysctl/value.h"

struct open_write {
	struct sysctl_change change;
	char path[SYSCTL_NAME_LEN];
	char now[SYSCTL_VALUE_LEN]; /* what the setting is; "": unknown */
	bool now_cut;
	bool looked_at;		/* since it was added */
	bool decided;		/* waits for older ones */
	__u64 time_ns;
};

struct writes {
	const char *root;
	struct netns_table *netns;
	__u32 own_netns;
	writes_fn fn;
	void *ctx;
	struct open_write open[WRITES_MAX]; /* the oldest first */
	size_t count;
};

struct writes *writes__new(const char *root, struct netns_table *netns, __u32 own_netns,
			   writes_fn fn, void *ctx)
{
	struct writes *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->root = root;
	w->netns = netns;
	w->own_netns = own_netns;
	w->fn = fn;
	w->ctx = ctx;
	return w;
}

/* What is not known in full is not compared. */
static bool is_comparable(const struct sysctl_change *change)
{
	return !change->old_cut && !change->new_cut && *change->old_value && *change->new_value;
}

/* @now is what the setting was found to be. */
static bool is_unchanged(const struct sysctl_change *change, const char *now)
{
	return is_comparable(change) && *now && sysctl_value__same(now, change->old_value) &&
	       !sysctl_value__same(now, change->new_value);
}

/* By the last look. */
static bool looks_unchanged(const struct open_write *write)
{
	return write->looked_at && !write->now_cut && is_unchanged(&write->change, write->now);
}

static void decide(struct open_write *write, bool refused)
{
	write->change.refused = refused;
	write->decided = true;
}

/* In the order of their times: none before an older one. */
static void hand_over_decided(struct writes *w)
{
	size_t count = 0;

	while (count < w->count && w->open[count].decided)
		w->fn(w->ctx, &w->open[count++].change);
	w->count -= count;
	memmove(w->open, w->open + count, w->count * sizeof(*w->open));
}

static struct open_write *append(struct writes *w, const struct sysctl_change *change)
{
	struct open_write *write;

	if (w->count == WRITES_MAX) {
		decide(&w->open[0], looks_unchanged(&w->open[0]));
		hand_over_decided(w);
	}
	write = &w->open[w->count++];
	write->change = *change;
	write->looked_at = false;
	write->decided = false;
	return write;
}

void writes__add(struct writes *w, const char *path, const struct sysctl_change *change,
		 __u64 time_ns)
{
	struct open_write *write;
	size_t i;

	for (i = 0; i < w->count; i++)
		if (!w->open[i].decided && !strcmp(w->open[i].path, path) &&
		    w->open[i].change.netns_ino == change->netns_ino)
			break;
	if (i < w->count)
		decide(&w->open[i], !change->old_cut &&
				    is_unchanged(&w->open[i].change, change->old_value));
	hand_over_decided(w);
	write = append(w, change);
	write->time_ns = time_ns;
	snprintf(write->path, sizeof(write->path), "%s", path);
}

void writes__add_difference(struct writes *w, const struct sysctl_change *change)
{
	append(w, change)->decided = true;
	hand_over_decided(w);
}

/* --- looking at the settings */

static bool is_here(const struct writes *w, __u32 ino)
{
	return !ino || !w->own_netns || ino == w->own_netns;
}

/* In the namespace @ino; 0: in one's own. */
static int read_there(void *ctx, __u32 ino)
{
	struct writes *w = ctx;
	size_t i;

	for (i = 0; i < w->count; i++) {
		struct open_write *write = &w->open[i];

		if (write->decided)
			continue;
		if (ino ? write->change.netns_ino == ino : is_here(w, write->change.netns_ino))
			sysctl_value__read(w->root, write->path, write->now, &write->now_cut);
	}
	return 0;
}

void writes__read(struct writes *w)
{
	struct netns_visits visits;
	__u32 inos[WRITES_MAX];
	size_t count = 0, i, k;

	for (i = 0; i < w->count; i++) {
		if (w->open[i].decided)
			continue;
		w->open[i].now[0] = '\0';
		w->open[i].looked_at = true;
		for (k = 0; k < count && inos[k] != w->open[i].change.netns_ino; k++)
			;
		if (k == count && !is_here(w, w->open[i].change.netns_ino))
			inos[count++] = w->open[i].change.netns_ino;
	}
	read_there(w, 0);
	/* a namespace that is gone or shut leaves the value unknown */
	if (count)
		netns_visit__some(w->netns, inos, count, read_there, w, &visits);
}

size_t writes__decide(struct writes *w, __u64 now_ns, bool final)
{
	size_t i;

	for (i = 0; i < w->count; i++) {
		struct open_write *write = &w->open[i];
		bool unchanged = looks_unchanged(write);
		bool early = unchanged ? now_ns < write->time_ns + WRITES_PATIENCE_NS :
					 !write->looked_at;

		/* while it is early the kernel may be at it */
		if (!write->decided && (!early || final))
			decide(write, unchanged);
	}
	hand_over_decided(w);
	return w->count;
}

void writes__free(struct writes *w)
{
	free(w);
}
