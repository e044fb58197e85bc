/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who changes the settings that make the kernel drop packets, during a run: by
 * watching the writes where the kernel lets us, and by comparing values for what
 * goes past them: once a second where writes are not watched, else when packets
 * are dropped and now and then. Keeps what it found for the summary.
 */
#ifndef DROPWHY_SETTINGS_H
#define DROPWHY_SETTINGS_H

#include "user/aggregate/summary.h"
#include "user/enrich/netns.h"
#include "user/notice.h"
#include "user/run/event_loop.h"
#include "user/sysctl/compare.h"
#include "user/who/directory.h"

/* Kept for the summary; what comes after is counted. */
#define SETTINGS_KEPT_MAX 256

enum settings_mode {
	SETTINGS_AUTO,		/* watch if possible, and compare */
	SETTINGS_WATCH,		/* watch or fail, and compare */
	SETTINGS_COMPARE,	/* only compare */
	SETTINGS_OFF,
};

struct settings_options {
	enum settings_mode mode;
	const char *btf_path;	/* NULL: the kernel's own */
	const char *root;	/* where the node's file system is; "" is / */
	/* who is who; the caller's until settings__close() */
	struct netns_table *netns;
	struct directory *directory; /* NULL: pods are not named */
	/* Only changes in these namespaces, of what is of all at once, and of nobody knows which are
	 * handed over and kept; the caller's until settings__close(). */
	const __u32 *only_netns;
	size_t only_netns_count; /* 0: all */
};

/* Who gets what comes. @ctx is the handler's. Any may be NULL. */
struct settings_handler {
	void *ctx;
	void (*change)(void *ctx, const struct sysctl_change *change);
	void (*notice)(void *ctx, const struct notice *notice);
};

struct settings;

/**
 * @brief **settings__open()** begins to watch. What cannot be watched in
 * SETTINGS_AUTO becomes one notice.
 * @param loop calls for what comes; the caller's until settings__close()
 * @param ret_why_not on failure a text on what is missing and what helps
 * @return free with settings__close(); NULL with errno: EOPNOTSUPP: asked to
 * watch, and this kernel cannot; EPERM: not allowed; ENOMEM; never in SETTINGS_OFF
 */
struct settings *settings__open(const struct settings_options *options,
				const struct settings_handler *handler, struct event_loop *loop,
				const char **ret_why_not);

/**
 * @brief **settings__try()** attaches what watches writes, and takes it away again.
 * @param root as in struct settings_options
 * @param btf_path as there
 * @param ret_whole false: only writes from within this container's cgroup can be watched
 * @param ret_why_not on failure a static text on what is missing
 * @return 0; -EOPNOTSUPP: this kernel cannot; -EPERM: not allowed; -ENOMEM
 */
int settings__try(const char *root, const char *btf_path, bool *ret_whole,
		  const char **ret_why_not);

/** @brief **settings__watches()** whether writes are watched, not only values compared. */
bool settings__watches(const struct settings *s);

/**
 * @brief **settings__drop()** tells of a dropped packet: now it matters what went past the watch.
 * @param s NULL is fine
 */
void settings__drop(struct settings *s);

/** @brief **settings__finish()** hands over what came since; to be called at a run's end. */
void settings__finish(struct settings *s);

/** @brief **settings__found()** what has been seen so far; lives as long as the settings. */
struct settings_found settings__found(const struct settings *s);

/** @brief **settings__close()** ends it; NULL is fine. */
void settings__close(struct settings *s);

#endif
