/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Namespaces sorted by number, each with what is proven about it. The inside
 * of netns.h's table.
 */
#ifndef DROPWHY_NETNS_LIST_H
#define DROPWHY_NETNS_LIST_H

#include <stdbool.h>
#include <time.h>

#include "user/enrich/netns.h"
#include "user/enrich/netns_scan.h"

/* A node has one a pod, 250 by the kubelet's default; 16,384 take 3 MB. */
#define NETNS_MAX 16384

struct netns_entry {
	struct netns_info info; /* ino is always valid, the rest if the entry is known */
	char *name;
	char *path;
	pid_t *pids;
	enum netns_file_kind kind; /* of path; __NETNS_FILE_MAX: it is a process's */
	struct timespec made;	   /* when the inode of path was made */
	__u64 since_ns;		   /* before this another one had the number; 0: none known */
	__u64 checked_ns;	   /* proven to have it until here */
	__u64 gone_ns;		   /* when it was found to be gone; 0: it lives */
	__u64 retry_ns;		   /* no scan for this number before */
	__u64 backoff_ns;
	bool unknown; /* no scan has found this number */
};

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

/** @brief **netns_list__done()** frees all entries, not the list itself. */
void netns_list__done(struct netns_list *list);

/**
 * @brief **netns_entry__same()** tells whether two entries of one number are
 * one namespace, as far as can be proven. Their pids are sorted.
 */
bool netns_entry__same(const struct netns_entry *a, const struct netns_entry *b);

/** @brief **netns_entry__free()** frees an entry that is in no list; NULL is fine. */
void netns_entry__free(struct netns_entry *e);

#endif
