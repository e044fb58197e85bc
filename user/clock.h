/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A clock as one number. Records carry CLOCK_BOOTTIME.
 */
#ifndef DROPWHY_CLOCK_H
#define DROPWHY_CLOCK_H

#include <linux/types.h>
#include <time.h>

#define NS_PER_S 1000000000LL

/** @brief **clock__ns()** what @p clock shows now, in nanoseconds. */
static inline __u64 clock__ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (__u64)now.tv_sec * NS_PER_S + (__u64)now.tv_nsec;
}

#endif
