/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which changes of settings the probe has a line for among its messages: not
 * those of single interfaces, of which each pod that starts brings some, and
 * not more than so many a minute. Pure.
 */
#ifndef DROPWHY_CHANGE_LINES_H
#define DROPWHY_CHANGE_LINES_H

#include "user/sysctl/change.h"

/* In a minute; as many again for what concerns all namespaces, for which pods leave room so. */
#define CHANGE_LINES_MAX 20

/* Zero it to begin. */
struct change_lines {
	__u64 since_s;		/* when the minute began; 0: never */
	unsigned int told;	/* in it */
	unsigned int told_of_all; /* of what concerns all namespaces, beside told */
	__u64 untold;		/* in it, those that were too many */
};

/**
 * @brief **change_lines__take()** tells whether a change gets a line, and counts it.
 * @param change that sysctl_change__matters()
 * @param now_s CLOCK_BOOTTIME
 */
bool change_lines__take(struct change_lines *lines, const struct sysctl_change *change, __u64 now_s);

/**
 * @brief **change_lines__untold()** how many were too many in a minute that is over, once; 0: none,
 * or it is not over. To be called once a second.
 * @param now_s CLOCK_BOOTTIME
 */
__u64 change_lines__untold(struct change_lines *lines, __u64 now_s);

#endif
