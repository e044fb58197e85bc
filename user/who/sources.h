/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * All sources of the directory: opened, asked, watched.
 */
#ifndef DROPWHY_SOURCES_H
#define DROPWHY_SOURCES_H

#include <linux/types.h>
#include <stdbool.h>

#include "user/who/directory.h"

struct sources;

/**
 * @brief **sources__new()** opens all sources that are on this node and has
 * them state what there is.
 * @param root as for netns_table__new()
 * @param node as for node_name__read()
 * @param dir outlives the sources
 * @return free with sources__free(); NULL with errno ENOMEM. A source that
 * cannot be opened or read is none: see sources__each()
 */
struct sources *sources__new(const char *root, const char *node, struct directory *dir);

/**
 * @brief **sources__add()** opens one more source.
 * @return 0; -ENOENT: it is not on this node; -ENOSPC; -errno of its opening
 */
int sources__add(struct sources *s, const struct pod_source *source,
		 const struct pod_source_options *options);

/**
 * @brief **sources__fd()** becomes readable when a directory changed, a
 * source's other end spoke, or a scan that was put off is due. -1: nothing can
 * be watched; sources__rescan() still works.
 */
int sources__fd(const struct sources *s);

/** @brief **sources__ready()** does what there is to do. Call it when the descriptor is readable. */
void sources__ready(struct sources *s);

/**
 * @brief **sources__rescan()** asks all sources of files again, unless that
 * would take more than a twentieth of the time.
 * @return 1: done; 0: not now
 */
int sources__rescan(struct sources *s);

/**
 * @brief **sources__notice()** takes a source's word for the user.
 * @param ret_source the source's name
 * @return to be freed; NULL: none has anything to say
 */
char *sources__notice(struct sources *s, const char **ret_source);

/**
 * @brief **sources__settle()** takes in what comes until all sources have told
 * all there is, or cannot be asked.
 * @param timeout_ms at most so long
 * @return whether they have
 */
bool sources__settle(struct sources *s, int timeout_ms);

/** @brief **sources__scans()** how many rounds of scans there have been. */
__u64 sources__scans(const struct sources *s);

/* How one source stands. */
struct source_report {
	const struct pod_source *source;
	int id;			    /* its number in the directory; -1: it could not be opened */
	int error;		    /* -errno why it could not be opened, or read the last time */
	bool told;		    /* all there is, and it still tells what changes */
	const struct source_stats *stats;
	char status[160];
};

/** Receives one report; anything but 0 ends the walk. */
typedef int (*source_report_fn)(const struct source_report *report, void *ctx);

/** @brief **sources__each()** reports of every source that is on this node. */
int sources__each(const struct sources *s, source_report_fn fn, void *ctx);

/** @brief **sources__free()** closes all; NULL is fine. */
void sources__free(struct sources *s);

#endif
