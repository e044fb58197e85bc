/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A sorted array of namespaces. What goes in and for how long it is believed
 * is netns.c's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/enrich/netns_list.h"

void netns_list__done(struct netns_list *list)
{
	struct netns_entry *e, *former;
	size_t i;

	for (i = 0; i < list->count; i++) {
		for (e = list->entries[i]; e; e = former) {
			former = e->former;
			netns_entry__free(e);
		}
	}
	free(list->entries);
}

/* Where a number is, or would have to be. */
static size_t list__position(const struct netns_list *list, __u32 ino)
{
	size_t low = 0, high = list->count, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (list->entries[mid]->info.ino < ino)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct netns_entry *netns_list__find(const struct netns_list *list, __u32 ino)
{
	size_t at = list__position(list, ino);

	return at < list->count && list->entries[at]->info.ino == ino ? list->entries[at] : NULL;
}

static int list__insert(struct netns_list *list, struct netns_entry *e)
{
	size_t at = list__position(list, e->info.ino), room;
	struct netns_entry **grown;

	if (list->count == list->room) {
		room = list->room ? 2 * list->room : 64;
		grown = reallocarray(list->entries, room, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		list->entries = grown;
		list->room = room;
	}
	memmove(list->entries + at + 1, list->entries + at,
		(list->count - at) * sizeof(*list->entries));
	list->entries[at] = e;
	list->count++;
	return 0;
}

int netns_list__get(struct netns_list *list, __u32 ino, struct netns_entry **ret_entry)
{
	struct netns_entry *e = netns_list__find(list, ino);
	int err;

	if (!e) {
		if (list->count >= NETNS_MAX)
			return -ENOSPC;
		e = calloc(1, sizeof(*e));
		if (!e)
			return -ENOMEM;
		e->info.ino = ino;
		e->kind = __NETNS_FILE_MAX;
		err = list__insert(list, e);
		if (err) {
			free(e);
			return err;
		}
	}
	*ret_entry = e;
	return 0;
}

struct netns_entry *netns_list__put(struct netns_list *list, struct netns_entry *e)
{
	size_t at = list__position(list, e->info.ino);
	struct netns_entry *old;

	if (at == list->count || list->entries[at]->info.ino != e->info.ino)
		return list->count >= NETNS_MAX || list__insert(list, e) ? e : NULL;
	old = list->entries[at];
	list->entries[at] = e;
	return old;
}
