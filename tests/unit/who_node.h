/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A node made of files, with its directory of pods.
 */
#ifndef DROPWHY_TEST_WHO_NODE_H
#define DROPWHY_TEST_WHO_NODE_H

#include "user/who/directory.h"
#include "user/who/sources.h"

#define WHO_NODE_HOST 4026531833u

struct who_node {
	char *root;
	const char *name; /* as the user calls it; NULL: he does not */
	struct netns_table *netns;
	struct directory *dir;
	struct sources *sources;
};

/** @brief **who_node__new()** a node without pods; who_node__start() reads it. */
struct who_node who_node__new(void);

/** @brief **who_node__start()** makes the directory and reads the sources. */
void who_node__start(struct who_node *n);

/** @brief **who_node__rescan()** reads them again, whenever they were read last. */
void who_node__rescan(struct who_node *n);

/** @brief **who_node__fixture()** copies tests/unit/fixtures/who/NAME to a path. */
void who_node__fixture(struct who_node *n, const char *name, const char *path);

/** @brief **who_node__netns()** makes a named namespace. @return its number */
__u32 who_node__netns(struct who_node *n, const char *path);

/** @brief **who_node__process()** makes a process. */
void who_node__process(struct who_node *n, int pid, __u32 ino, const char *cgroup);

/** @brief **who_node__end_process()** removes it. */
void who_node__end_process(struct who_node *n, int pid);

/** @brief **who_node__now()** CLOCK_BOOTTIME. */
__u64 who_node__now(void);

/** @brief **who_node__check()** compares an answer: "kind namespace/name", "kind name", or "-". */
void who_node__check(const struct who *who, const char *expected, const char *what);

/** @brief **who_node__check_address()** asks for an address in text form. */
void who_node__check_address(struct who_node *n, const char *address, __u64 when_ns,
			     const char *expected);

/** @brief **who_node__stats()** what a source has counted. */
struct source_stats who_node__stats(struct who_node *n, const char *source);

/** @brief **who_node__free()** frees all. */
void who_node__free(struct who_node *n);

#endif
