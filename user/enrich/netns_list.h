/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Namespaces sorted by number. The inside of netns.h's table.
 */
#ifndef DROPWHY_NETNS_LIST_H
#define DROPWHY_NETNS_LIST_H

#include "user/enrich/netns_entry.h"

/* A node has one a pod, 250 by the kubelet's default; 16,384 take 3 MB. */
#define NETNS_MAX 16384

/* Sorted by number. Zeroed is empty. */
struct netns_list {
	struct netns_entry **entries;
	size_t count;
	size_t room;
};

/** @brief **netns_list__find()** finds a number; NULL: not in the list. */
struct netns_entry *netns_list__find(const struct netns_list *list, __u32 ino);

/**
 * @brief **netns_list__get()** finds a number, or adds it.
 * @param ret_entry the list's; lives until it is taken out
 * @return 0; -ENOSPC: the list has NETNS_MAX entries; -ENOMEM
 */
int netns_list__get(struct netns_list *list, __u32 ino, struct netns_entry **ret_entry);

/**
 * @brief **netns_list__put()** puts an entry in the place of the one that has
 * its number.
 * @return that one, the caller's now; NULL: there was none; @p e itself: there
 * is no room
 */
struct netns_entry *netns_list__put(struct netns_list *list, struct netns_entry *e);

/** @brief **netns_list__done()** frees all entries, not the list itself. */
void netns_list__done(struct netns_list *list);

#endif
