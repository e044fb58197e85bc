/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What this process costs, as every exporter of metrics tells it.
 */
#ifndef DROPWHY_PROCESS_STAT_H
#define DROPWHY_PROCESS_STAT_H

#include <linux/types.h>

struct process_stat {
	double cpu_s;		/* user and system */
	double start_s;		/* wall clock, since the epoch */
	__u64 resident_bytes;
};

/** @brief **process_stat__read()** reads /proc/self. 0 or -errno. */
int process_stat__read(struct process_stat *ret_stat);

#endif
