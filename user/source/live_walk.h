/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which namespaces exist and where their counters are, the kernel side finds
 * out by itself (bpf/walk.bpf.h); this runs that walk on each CPU. A part of
 * live.c.
 */
#ifndef DROPWHY_LIVE_WALK_H
#define DROPWHY_LIVE_WALK_H

#include <stdbool.h>

#include "bpf/live_state.h"

struct bpf_program;
struct drop_bpf;

/**
 * @brief **live_walk__run()** runs a program that walks, once.
 * @param cpu -1: on this one
 * @return what the program returns (WALK_DONE and its kind); -ENXIO: that CPU is offline; -errno
 */
int live_walk__run(const struct bpf_program *program, int cpu);

/**
 * @brief **live_walk__learn()** takes the baselines of those CPUs that are online.
 * @param cpu_ids numbers of possible CPUs are below
 * @param learned by number: those whose baselines were taken are passed over
 * @return as live_walk__all()
 */
int live_walk__learn(struct drop_bpf *skel, int cpu_ids, bool *learned);

/**
 * @brief **live_walk__all()** walks to the end on each CPU that is online.
 * @param cpu_ids numbers of possible CPUs are below
 * @return WALK_DONE; WALK_FULL if it was that on one of them; -errno of the first that failed
 */
int live_walk__all(struct drop_bpf *skel, int cpu_ids, enum walk_command command);

#endif
