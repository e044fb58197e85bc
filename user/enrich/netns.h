/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The node's network namespaces: number, name, how to get in, who lives there.
 *
 * The number (inode) of a deleted namespace is given to the next one at once,
 * so a name is believed only for the time in which it is proven: it was right
 * when last checked, and is checked again for anything that happened since.
 */
#ifndef DROPWHY_NETNS_H
#define DROPWHY_NETNS_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct netns_table;

/* One namespace. Pointers live until the next call on the table. */
struct netns_info {
	__u32 ino;	   /* inode number of the namespace, as in struct drop_record */
	const char *name;  /* raw bytes, may be hostile; NULL: unnamed */
	const char *path;  /* opening this and setns() leads there; NULL: it is gone */
	const pid_t *pids; /* processes whose main thread lives there; of the
				 * node's own namespace only one */
	size_t pid_count;
	__u64 incarnation; /* differs from any other namespace that had this number */
	bool host;	   /* the node itself lives there, or where it does cannot be told */
};

/**
 * @brief **netns_table__new()** creates an empty table; netns_table__refresh()
 * fills it, or the first lookup.
 * @param root directory in which the node's / is found, "" or NULL if it is ours
 * @return the table, free with netns_table__free(); NULL with errno ENOMEM
 */
struct netns_table *netns_table__new(const char *root);

/**
 * @brief **netns_table__refresh()** looks for namespaces in /run/netns,
 * /run/docker/netns, the mounted ones, and those of all processes (not of
 * single threads). Costs some 2 µs a process. What vanishes meanwhile is skipped.
 * @return 0; -ENOMEM; or -errno of opening /proc
 */
int netns_table__refresh(struct netns_table *t);

/**
 * @brief **netns_table__refresh_if_due()** does so unless it would take more
 * than a twentieth of the time.
 * @return 1: refreshed; 0: not now; -errno as netns_table__refresh()
 */
int netns_table__refresh_if_due(struct netns_table *t);

/**
 * @brief **netns_table__find()** finds a namespace by number. A number not
 * known, or known to mean something else now, leads to a refresh if one is due.
 * @param when_ns CLOCK_BOOTTIME of what happened there; 0: now
 * @return NULL if unknown, or if the number changed hands and it cannot be
 * told who had it at that time. A deleted one is found for a minute.
 */
const struct netns_info *netns_table__find(struct netns_table *t, __u32 ino, __u64 when_ns);

/**
 * @brief **netns_table__learn()** looks at one file that may hold a namespace,
 * and enters it: cheaper than a refresh by far. Who lives there is found out by
 * the next refresh.
 * @param path complete, with root
 * @return as netns_table__find(); NULL: it holds none, or out of memory
 */
const struct netns_info *netns_table__learn(struct netns_table *t, const char *path);

/**
 * @brief **netns_table__is_gone()** whether the last scan did not find this namespace any more, or
 * found another one of its number. Looks nowhere itself.
 */
bool netns_table__is_gone(const struct netns_table *t, __u32 ino, __u64 incarnation);

/**
 * @brief **netns_table__name()** names a namespace: as in /run/netns (ip netns,
 * CNI); "host" where the node itself lives; as in /run/docker/netns; the
 * command name of the process there with the lowest number.
 * @return NULL if unknown or unnamed; lives as long as the table, or until
 * 4,096 further names have been given up
 */
const char *netns_table__name(struct netns_table *t, __u32 ino, __u64 when_ns);

/**
 * @brief **netns_table__open()** opens a namespace for setns(). The number is
 * checked after opening.
 * @return file descriptor, the caller's to close; -ENOENT; or -errno of opening
 */
int netns_table__open(struct netns_table *t, __u32 ino);

/** Receives one living namespace; anything but 0 ends the walk. Must not call the table. */
typedef int (*netns_fn)(const struct netns_info *info, void *ctx);

/**
 * @brief **netns_table__each()** walks the namespaces of the last refresh.
 * @return 0, or what @p fn returned if that was not 0
 */
int netns_table__each(struct netns_table *t, netns_fn fn, void *ctx);

/** @brief **netns_table__count()** how many namespaces the last refresh found. */
size_t netns_table__count(const struct netns_table *t);

/** @brief **netns_table__evicted()** how often a namespace found no room in the table. */
__u64 netns_table__evicted(const struct netns_table *t);

/** @brief **netns_table__free()** frees all; NULL is fine. */
void netns_table__free(struct netns_table *t);

/**
 * @brief **netns__resolve()** turns what a user wrote into a number.
 * @param root as for netns_table__new()
 * @param text "pid:123", a path (with a slash), a name below /run/netns or
 * /run/docker/netns, "host", or the number itself, whether or not there is
 * such a namespace; tried in this order
 * @param ret_ino the number
 * @return 0; -EINVAL: empty, or a number out of range; -ENOENT: no such name
 * or process; -ENOTTY: the path is no network namespace; or -errno
 */
int netns__resolve(const char *root, const char *text, __u32 *ret_ino);

#endif
