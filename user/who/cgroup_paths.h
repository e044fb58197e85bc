/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From the number of a cgroup, as a socket has it, to its path. Numbers of
 * cgroup v2 are not used again.
 */
#ifndef DROPWHY_CGROUP_PATHS_H
#define DROPWHY_CGROUP_PATHS_H

#include <linux/types.h>

#include "user/who/who.h"

struct cgroup_paths;

/* One cgroup; lives until CGROUP_PATHS_MAX others have been asked for. */
struct cgroup_path {
	const char *path; /* "/kubepods/pod…/…"; raw bytes */
	struct who unit;  /* WHO_PROCESS: the systemd unit that it is of; else WHO_UNKNOWN */
};

#define CGROUP_PATHS_MAX 16384

/**
 * @brief **cgroup_paths__new()** creates an empty table.
 * @param root as for netns_table__new(), never NULL
 * @return free with cgroup_paths__free(); NULL with errno ENOMEM
 */
struct cgroup_paths *cgroup_paths__new(const char *root);

/**
 * @brief **cgroup_paths__find()** finds a cgroup. One that is gone, and was not
 * asked for while it lived, is not found.
 * @return NULL: unknown
 */
const struct cgroup_path *cgroup_paths__find(struct cgroup_paths *t, __u64 id);

/** @brief **cgroup_paths__free()** frees all; NULL is fine. */
void cgroup_paths__free(struct cgroup_paths *t);

#endif
