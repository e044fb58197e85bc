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

/**
 * @brief **sandbox__netns()** looks at the namespace of a sandbox.
 * @param root as for netns_table__new(), never NULL
 * @param path below root: absolute, without "..": a file or /proc/PID/ns/net
 * @param pid if not 0: a process that must live there
 * @return 0; -EINVAL: no such path; -ESTALE: the process is not there; or -errno
 */
int sandbox__netns(const char *root, const char *path, pid_t pid, __u32 *ret_ino);

/**
 * @brief **sandbox__process()** whether a process lives and is of that pod or
 * container, by its cgroup.
 * @param id a pod's UID, or a container's id; NULL: any will do
 * @return 0; -ESRCH: it does not live, or is somebody else's now
 */
int sandbox__process(const char *root, pid_t pid, const char *id);

#endif
