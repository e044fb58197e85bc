/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Gives up what a running probe does not need.
 */
#ifndef DROPWHY_PRIVILEGES_H
#define DROPWHY_PRIVILEGES_H

/**
 * @brief **privileges__drop()** keeps only the capabilities that a running
 * probe needs, forbids itself to gain new ones, and has the kernel refuse all
 * system calls that it never makes. Capabilities are the calling thread's, the
 * rest is for all threads; and everything for threads and children to come.
 * @param ret_what on failure, completes "cannot …"; static
 * @return 0 or -errno
 */
int privileges__drop(const char **ret_what);

#endif
