/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The last changes of settings, for the timeline of a bundle. Pure.
 */
#ifndef DROPWHY_SYSCTL_LOG_H
#define DROPWHY_SYSCTL_LOG_H

#include "user/sysctl/change.h"

#define SYSCTL_LOG_MAX 64

struct sysctl_log {
	struct sysctl_change changes[SYSCTL_LOG_MAX]; /* oldest first */
	bool of_interface[SYSCTL_LOG_MAX]; /* sysctl_names__of_interface() of each */
	__u64 lowers[SYSCTL_LOG_MAX]; /* what lowered was with it; 0: lowers no limit */
	__u64 count;		/* in all; at most SYSCTL_LOG_MAX of them are here */
	__u64 lowered;		/* of these, limits that became smaller */
};

/**
 * @brief **sysctl_log__add()** keeps a change; if there is no room, in place of the oldest one of
 * a single interface's settings, of which each pod brings some; of the oldest, if there is none.
 */
void sysctl_log__add(struct sysctl_log *log, const struct sysctl_change *change);

/** @brief **sysctl_log__get()** the @p i-th that is kept, oldest first; NULL: there is none. */
const struct sysctl_change *sysctl_log__get(const struct sysctl_log *log, __u64 i);

/**
 * @brief **sysctl_log__lowers()** tells whether the @p i-th that is kept lowered a limit, and did
 * so when the log's lowered was @p since or more.
 */
bool sysctl_log__lowers(const struct sysctl_log *log, __u64 i, __u64 since);

#endif
