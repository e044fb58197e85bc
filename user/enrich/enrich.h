/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Turns the numbers of a drop into names. Never fails: what a table does not
 * know stays unknown, and a table that could not be loaded says why once.
 */
#ifndef DROPWHY_ENRICH_H
#define DROPWHY_ENRICH_H

#include "user/drop.h"
#include "user/enrich/kallsyms.h"
#include "user/enrich/netns.h"
#include "user/enrich/reason.h"
#include "user/who/directory.h"
#include "user/who/sources.h"

struct enricher;
struct kube_options;

/* Strings are read during enricher__new() only. NULL is the node's own. */
struct enricher_options {
	const char *btf_path;	   /* as for reason_names__load() */
	const char *kallsyms_path; /* as for kallsyms__load() */
	const char *root;	   /* as for netns_table__new() */
	const struct kube_options *kube; /* whom to ask over the network; NULL: nobody */
};

/* Why tables are empty. 0: they are not. */
struct enricher_errors {
	int reasons;  /* -errno of reason_names__load() */
	int kallsyms; /* -errno of kallsyms__load() */
	int netns;    /* -errno of netns_table__refresh() */
};

/**
 * @brief **enricher__new()** loads all tables, those that it can.
 * @return the enricher, free with enricher__free(); NULL with errno ENOMEM
 */
struct enricher *enricher__new(const struct enricher_options *options);

/** @brief **enricher__errors()** what could not be loaded; lives as long as the enricher. */
const struct enricher_errors *enricher__errors(const struct enricher *e);

/**
 * @brief **enricher__drop()** fills what struct drop has from the enrichers.
 * The strings live until the next call on the enricher or its tables.
 * @return false: whose it is may be known in a moment: enricher__rescan(), and
 * once more
 */
bool enricher__drop(struct enricher *e, struct drop *drop);

/**
 * @brief **enricher__fd()** becomes readable when pods come and go.
 * @return -1: nothing to wait for
 */
int enricher__fd(const struct enricher *e);

/** @brief **enricher__ready()** takes in what changed; strings of earlier drops are gone then. */
void enricher__ready(struct enricher *e);

/** @brief **enricher__rescan()** as sources__rescan(), for a drop that is not settled. */
int enricher__rescan(struct enricher *e);

/** @brief **enricher__tick()** forgets what is long gone; about once a second. */
void enricher__tick(struct enricher *e);

/** @brief **enricher__notice()** as sources__notice(). */
char *enricher__notice(struct enricher *e, const char **ret_source);

/**
 * @brief **enricher__wall_clock()** turns a boot-time stamp into wall clock time.
 * @param boot_ns CLOCK_BOOTTIME
 * @return UTC by the clock as it stood when the enricher was made: steady
 * across suspend and across later corrections of the clock, unless
 * enricher__follow_clock() is called
 */
struct timespec enricher__wall_clock(const struct enricher *e, __u64 boot_ns);

/**
 * @brief **enricher__reason()** as reason_names__get(), but where the reason is of a module that
 * was loaded since the names were read, they are read again. Symbols that kallsyms__find() gave
 * before may be gone.
 */
const char *enricher__reason(struct enricher *e, __u32 reason);

/** @brief **enricher__reasons()** the reasons' names; never NULL, perhaps empty. */
struct reason_names *enricher__reasons(struct enricher *e);

/** @brief **enricher__kallsyms()** the kernel's functions; NULL: could not be read. */
struct kallsyms *enricher__kallsyms(struct enricher *e);

/** @brief **enricher__netns()** the network namespaces; never NULL. */
struct netns_table *enricher__netns(struct enricher *e);

/** @brief **enricher__directory()** pods, Services, nodes; never NULL. */
struct directory *enricher__directory(struct enricher *e);

/** @brief **enricher__sources()** what tells the directory; never NULL. */
struct sources *enricher__sources(struct enricher *e);

/**
 * @brief **enricher__follow_clock()** takes over a clock that was set, for runs
 * of weeks; small corrections are left alone. To be called now and then.
 */
void enricher__follow_clock(struct enricher *e);

/** @brief **enricher__free()** frees all; NULL is fine. */
void enricher__free(struct enricher *e);

#endif
