/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Remembers cgroups that were asked for: the kernel finds a directory by its
 * number only while it is there.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* uthash ends the process when out of memory unless told otherwise */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "user/clock.h"
#include "user/sysctl/cgroup_root.h"
#include "user/who/cgroup_paths.h"

/* Longest name of a directory, and its NUL. */
#define UNIT_LEN 256

#define RETRY_NS 1000000000ull

struct cgroup_entry {
	UT_hash_handle hh;
	__u64 id;
	__u64 retry_ns; /* not found: do not look again before */
	struct cgroup_path found;
	char *path;
	char *unit;
};

struct cgroup_paths {
	int root_fd; /* negative: none */
	struct cgroup_entry *entries;
};

struct cgroup_paths *cgroup_paths__new(const char *root)
{
	struct cgroup_paths *t = calloc(1, sizeof(*t));
	bool whole;

	if (!t)
		return NULL;
	/* without one no cgroup is found */
	t->root_fd = cgroup_root__open(root, &whole);
	return t;
}

static void clear(struct cgroup_paths *t)
{
	struct cgroup_entry *e = t->entries, *next;

	HASH_CLEAR(hh, t->entries);
	for (; e; e = next) {
		next = e->hh.next;
		free(e->path);
		free(e->unit);
		free(e);
	}
}

static void fill(struct cgroup_entry *e)
{
	char unit[UNIT_LEN];

	e->found.path = e->path;
	if (cgroup_root__unit(e->path, unit, sizeof(unit)))
		return;
	e->unit = strdup(unit);
	if (!e->unit)
		return;
	e->found.unit.kind = WHO_PROCESS;
	e->found.unit.name = e->unit;
	e->found.unit.backends = -1;
}

const struct cgroup_path *cgroup_paths__find(struct cgroup_paths *t, __u64 id)
{
	struct cgroup_entry *e;
	char path[PATH_MAX];
	__u64 now = 0;

	HASH_FIND(hh, t->entries, &id, sizeof(id), e);
	if (e && e->path)
		return &e->found;
	if (e) {
		now = clock__ns(CLOCK_BOOTTIME);
		if (now < e->retry_ns)
			return NULL;
	} else {
		if (HASH_COUNT(t->entries) >= CGROUP_PATHS_MAX)
			clear(t);
		e = calloc(1, sizeof(*e));
		if (!e)
			return NULL;
		e->id = id;
		HASH_ADD(hh, t->entries, id, sizeof(e->id), e);
		if (!e->hh.tbl) {
			free(e);
			return NULL;
		}
	}
	if (t->root_fd >= 0 && !cgroup_root__path(t->root_fd, id, path, sizeof(path)))
		e->path = strdup(path);
	if (!e->path) {
		e->retry_ns = (now ? now : clock__ns(CLOCK_BOOTTIME)) + RETRY_NS;
		return NULL;
	}
	fill(e);
	return &e->found;
}

void cgroup_paths__free(struct cgroup_paths *t)
{
	if (!t)
		return;
	clear(t);
	if (t->root_fd >= 0)
		close(t->root_fd);
	free(t);
}
