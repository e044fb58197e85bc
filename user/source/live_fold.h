/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The fold tables of the drop programs (bpf/fold.bpf.h): their size, and the
 * flush that sends out what they have counted. A part of live.c.
 */
#ifndef DROPWHY_LIVE_FOLD_H
#define DROPWHY_LIVE_FOLD_H

#include <linux/types.h>
#include <stdbool.h>

#include "bpf/drop_filter.h"
#include "bpf/live_state.h"

struct drop_bpf;

/* The tables of all CPUs together take no more, but with so many that the least for each does. */
#define LIVE_FOLD_BYTES_MAX (64UL << 20)

/**
 * @brief **live_fold__buckets()** sizes a CPU's table.
 * @param cpu_ids numbers of possible CPUs are below; 1 or more
 * @return buckets for flows, a power of two; FOLD_COARSE_BUCKETS come on top
 */
__u32 live_fold__buckets(int cpu_ids);

/**
 * @brief **live_fold__configure()** is to be called before load.
 * @param flows_only never without ports or addresses, by which user space filters
 * @param cpu_ids numbers of possible CPUs are below
 * @return 0 or -errno
 */
int live_fold__configure(struct drop_bpf *skel, enum fold_mode mode,
			 const struct drop_filter *filter, bool flows_only, int cpu_ids);

/** @brief **live_fold__used()** whether some CPU's table may hold something. */
bool live_fold__used(const struct drop_bpf *skel, int cpu_ids);

/* Makes room in the ring buffer. 0 or more, or -errno. */
typedef int (*live_fold_drain_fn)(void *ctx);

/**
 * @brief **live_fold__flush()** sends out what the tables have counted.
 * @param drain called when the ring buffer is full
 * @return 0 or -errno; then it can be called again
 */
int live_fold__flush(struct drop_bpf *skel, int cpu_ids, live_fold_drain_fn drain, void *ctx);

#endif
