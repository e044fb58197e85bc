/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the files that are read at boot want a sysctl to be: sysctl.d(5).
 */
#ifndef DROPWHY_SYSCTL_FILES_H
#define DROPWHY_SYSCTL_FILES_H

#include <stddef.h>

#define SYSCTL_FILES_VALUE_LEN 64
#define SYSCTL_FILES_PATH_LEN  256

/**
 * @brief **sysctl_files__find()** looks a name up in /etc, /run,
 * /usr/local/lib, /usr/lib/sysctl.d and /etc/sysctl.conf in the order in which
 * they take effect: files by name, of one name the first directory's, the last
 * assignment wins.
 * @param root where the node's file system is; "" is /
 * @param names the sysctl's names, with dots; NULL ends the list
 * @param ret_value SYSCTL_FILES_VALUE_LEN bytes, cut if longer
 * @param ret_path SYSCTL_FILES_PATH_LEN bytes: the file that sets it, without @p root
 * @return 0; -ENOENT: none sets it; -ENOMEM
 */
int sysctl_files__find(const char *root, const char *const *names, char *ret_value,
		       char *ret_path);

#endif
