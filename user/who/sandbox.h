/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Whether what a file says of a sandbox is still so: its namespace and its
 * process.
 */
#ifndef DROPWHY_SANDBOX_H
#define DROPWHY_SANDBOX_H

#include <linux/types.h>
#include <stdbool.h>
#include <sys/types.h>

#include "user/enrich/netns.h"

/**
 * @brief **sandbox__netns()** looks at the namespace of a sandbox.
 * @param root as for netns_table__new(), never NULL
 * @param path below root: absolute, without "..": a file or /proc/PID/ns/net
 * @param id the process of /proc/PID must be of, as for sandbox__process();
 * NULL: any will do
 * @param pid if not 0: a process that must live there
 * @return lives until the next call on the table; NULL: it is gone, the
 * process does not live there, or it is the node's own
 */
const struct netns_info *sandbox__netns(const char *root, struct netns_table *netns,
					const char *path, const char *id, pid_t pid);

/**
 * @brief **sandbox__process()** whether a process lives and is of that pod or
 * container, by its cgroup.
 * @param id a pod's UID, or a container's id; NULL: any will do
 * @return 0; -ESRCH: it does not live, or is somebody else's now
 */
int sandbox__process(const char *root, pid_t pid, const char *id);

#endif
