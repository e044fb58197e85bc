/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The root of the cgroup v2 hierarchy, wherever it is mounted and even if it
 * is not, and what a cgroup is called.
 */
#ifndef DROPWHY_CGROUP_ROOT_H
#define DROPWHY_CGROUP_ROOT_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

/**
 * @brief **cgroup_root__open()** opens the root: of a mount, also beside
 * hierarchies of v1; else of one of its own that nobody else sees and that goes
 * with the descriptor.
 * @param root directory in which the node's / is found; "" if it is ours
 * @param ret_whole false: only a part of the node's hierarchy is to be seen
 * from here, that of a container
 * @return descriptor of a directory; -ENODEV: this kernel has no cgroup v2;
 * -EPERM: it is not mounted, and mounting needs CAP_SYS_ADMIN; or -errno
 */
int cgroup_root__open(const char *root, bool *ret_whole);

/**
 * @brief **cgroup_root__from_mounts()** finds where it may be mounted whole: a
 * mount from outside of a container, beside the container's own.
 * @param text of /proc/PID/mountinfo, NUL-terminated, any bytes; changed, and
 * moved on behind what was found; NULL at its end
 * @return the mount point's path, within the text; NULL: there are no more
 */
char *cgroup_root__from_mounts(char **text);

/**
 * @brief **cgroup_root__path()** finds a cgroup by its number.
 * @param root_fd of cgroup_root__open()
 * @param ret_path of that many bytes; where it lies below the root, with a slash at first
 * @return 0; -ESTALE: there is none; -EPERM: needs CAP_DAC_READ_SEARCH; or -errno
 */
int cgroup_root__path(int root_fd, __u64 id, char *ret_path, size_t size);

/**
 * @brief **cgroup_root__unit()** takes systemd's innermost unit out of a cgroup's path.
 * @param ret_unit of that many bytes: "kubelet.service"
 * @return 0; -ENOENT: no unit
 */
int cgroup_root__unit(const char *path, char *ret_unit, size_t size);

#endif
