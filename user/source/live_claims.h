/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What was attributed to conntrack, by namespace: the kernel side keeps it a
 * CPU, and what it forgets of namespaces that are gone is kept here.
 */
#ifndef DROPWHY_LIVE_CLAIMS_H
#define DROPWHY_LIVE_CLAIMS_H

#include <linux/types.h>
#include <stddef.h>

#include "user/source/live.h"

struct drop_bpf;

struct live_claims {
	struct drop_bpf *skel; /* loaded; not owned */
	int cpu_count;	       /* possible CPUs */
	struct live_claim *gone; /* of namespaces that were swept out */
	size_t gone_count;
};

/**
 * @brief **live_claims__read()** adds up all CPUs'.
 * @param ret_claims a claim for each namespace, those that are gone first; free with free()
 * @return 0; -ENOMEM
 */
int live_claims__read(const struct live_claims *claims, struct live_claim **ret_claims,
		      size_t *ret_count);

/**
 * @brief **live_claims__sweep()** makes room in the kernel side's table: namespaces
 * that no CPU has met in this epoch go, but not what was attributed to them.
 * @return 0; -ENOMEM; -errno of the map
 */
int live_claims__sweep(struct live_claims *claims, __u32 epoch);

/** @brief **live_claims__done()** frees what was kept. */
void live_claims__done(struct live_claims *claims);

#endif
