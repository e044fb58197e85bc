/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Goes into network namespaces, one after the other, to look around there.
 */
#ifndef DROPWHY_NETNS_VISIT_H
#define DROPWHY_NETNS_VISIT_H

#include <linux/types.h>
#include <stddef.h>

#include "user/enrich/netns.h"

/*
 * Called within a namespace, in a thread of its own that has taken no other
 * files or signals: sockets, /proc/sys/net and /proc/thread-self/net are the
 * namespace's. Returns 0; -ENOMEM or -ECANCELED end the visits; another -errno
 * is counted.
 */
typedef int (*netns_visit_fn)(void *ctx, __u32 ino);

struct netns_visits {
	size_t vanished;	/* namespaces deleted meanwhile */
	size_t unreadable;	/* that could not be entered, or where the call failed */
	size_t readable;
	int first_error;	/* -errno of the first unreadable one; 0: none */
};

/**
 * @brief **netns_visit__each()** visits every namespace of @p netns as of its
 * last refresh. The caller stays where it is whatever happens. Needs
 * CAP_SYS_ADMIN for others than the own.
 * @param netns not to be used by others meanwhile
 * @param ret_visits always filled
 * @return 0, also if some were unreadable; -ENOMEM; -ECANCELED; -EAGAIN: no
 * thread to be had; the first error if none was readable at all
 */
int netns_visit__each(struct netns_table *netns, netns_visit_fn fn, void *ctx,
		      struct netns_visits *ret_visits);

/** @brief **netns_visit__some()** visits those of a list. */
int netns_visit__some(struct netns_table *netns, const __u32 *inos, size_t count,
		      netns_visit_fn fn, void *ctx, struct netns_visits *ret_visits);

#endif
