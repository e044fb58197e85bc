/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A directory of JSON files, one a pod, as runtimes and CNI keep them: each
 * file is parsed once and then only looked at, until it changes.
 */
#ifndef DROPWHY_FILE_SCAN_H
#define DROPWHY_FILE_SCAN_H

#include <jansson.h>

#include "user/who/directory.h"

struct file_scan;

/* One file of a directory, being looked at. */
struct file_found {
	struct directory *dir;
	int id;
	const char *key;     /* for directory__pod() */
	const char *name;    /* the entry's name */
	int dir_fd;	     /* of the directory that the file is in */
	const json_t *json;
	__u64 changed_ns;    /* CLOCK_BOOTTIME when it was written; 0: before the node started */
};

struct file_kind {
	const char *inside; /* below each entry: "config.json"; NULL: the entries are the files */
	size_t max_bytes;
	/* Whether an entry's name is one of ours; NULL: all but those that begin with a dot. */
	bool (*wanted)(const char *name);
	/* States what the file says. 0; -ENOENT: nothing that concerns us; -EINVAL:
	 * not what it should be; -ESTALE; -ENOSPC; -ENOMEM. */
	int (*state)(const struct file_found *found);
};

/** @brief **file_scan__new()** NULL with errno ENOMEM; free with file_scan__free(). */
struct file_scan *file_scan__new(const char *root);

/**
 * @brief **file_scan__directory()** looks at all files of a directory. Call it
 * within a source's scan; @p stats are added to.
 * @param path below the root
 * @return 0, also if there is no such directory; -ENOMEM; -errno of opening it
 */
int file_scan__directory(struct file_scan *scan, const char *path, const struct file_kind *kind,
			 struct directory *dir, int id, struct source_stats *stats);

/** @brief **file_scan__root()** as it was given. */
const char *file_scan__root(const struct file_scan *scan);

/** @brief **file_scan__number()** reads a small file that holds a process' number; 0: it does not. */
pid_t file_scan__number(int dir_fd, const char *name);

/** @brief **file_scan__free()** NULL is fine. */
void file_scan__free(struct file_scan *scan);

#endif
