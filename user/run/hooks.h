/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Keeps what depends on the kernel's modules up to date during a run: the
 * tables of functions, and the direct hooks on conntrack, which can only be
 * attached while nf_conntrack is there.
 */
#ifndef DROPWHY_RUN_HOOKS_H
#define DROPWHY_RUN_HOOKS_H

#include "user/enrich/kallsyms.h"
#include "user/source/conntrack_hooks.h"
#include "user/source/live.h"

struct run_hooks {
	struct conntrack_hooks *hooks; /* NULL: not attached */
	enum conntrack_mode mode;
	const char *btf_path;	/* as in struct live_options */
	bool wanted;
	bool conntrack;		/* nf_conntrack is there */
	bool unloaded;		/* it has gone during the run, perhaps to come again */
	bool hopeless;		/* this kernel cannot hook this nf_conntrack */
	bool failure_told;	/* that it could not be hooked */
	unsigned int wait;	/* calls of run_hooks__refresh() until the next attempt */
	unsigned int pause;	/* likewise, from that to the one after it */
	__u64 instance;		/* of nf_conntrack, as last seen; 0: unknown */
	__u64 generation;	/* of the symbols that the tables were made from */
	__u64 evictions;	/* by hooks that have been closed */
	__u64 evictions_lost;
	char news[320];		/* what run_hooks__refresh() hands out */
};

/**
 * @brief **run_hooks__open()** attaches what is wanted.
 * @param ret_failure what and why
 * @return 0; -errno where the mode cannot do without. -ENOENT, nf_conntrack
 * not being loaded, is no failure: hooks are attached once it is. Nor is any
 * where hooks only add to the counters: run_hooks__refresh() tries again.
 */
int run_hooks__open(struct run_hooks *h, struct live *live, struct kallsyms *k,
		      struct live_failure *ret_failure);

/**
 * @brief **run_hooks__refresh()** to be called about once a second. Hooks that
 * could not be attached are tried again after 1, 2, 4, … 64 calls.
 * @param ret_news what happened to nf_conntrack or its hooks, valid until the
 * next call; NULL: nothing
 * @return 0, or -errno: the tables or hooks could not be renewed
 */
int run_hooks__refresh(struct run_hooks *h, struct live *live, struct kallsyms *k,
		       const char **ret_news);

/**
 * @brief **run_hooks__evictions()** adds up all hooks of the run.
 * @return whether any hook has watched
 */
bool run_hooks__evictions(const struct run_hooks *h, __u64 *ret_evictions, __u64 *ret_lost);

/** @brief **run_hooks__close()** detaches. */
void run_hooks__close(struct run_hooks *h);

#endif
