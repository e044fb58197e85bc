/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Watches writes to settings by a program at the root of the cgroups
 * (bpf/sysctl_watch.bpf.c). Programs of others there stay as they are, and the
 * kernel takes ours away when this process ends, however it ends.
 */
#ifndef DROPWHY_SYSCTL_WATCH_H
#define DROPWHY_SYSCTL_WATCH_H

#include <linux/types.h>
#include <stddef.h>

#include "bpf/sysctl_record.h"

struct sysctl_watch;

/**
 * @brief **sysctl_watch__open()** loads and attaches.
 * @param cgroup_fd the root of cgroup v2: cgroup_root__open()
 * @param btf_path a file with the kernel's BTF; NULL: its own
 * @param names paths below /proc/sys, perhaps with a star: user/sysctl/names.h
 * @param name_count how many
 * @return free with sysctl_watch__close(); NULL with errno: EPERM: not allowed,
 * or somebody's program there tolerates none beside it; or that of loading
 */
struct sysctl_watch *sysctl_watch__open(int cgroup_fd, const char *btf_path,
					const char *const *names, size_t name_count);

/** @brief **sysctl_watch__fd()** an epoll descriptor, readable when records wait. */
int sysctl_watch__fd(const struct sysctl_watch *watch);

/* Gets one record, checked for its type and size. */
typedef void (*sysctl_record_fn)(void *ctx, const struct sysctl_record *record);

/** @brief **sysctl_watch__consume()** hands over the records that wait. How many, or -errno. */
int sysctl_watch__consume(struct sysctl_watch *watch, sysctl_record_fn fn, void *ctx);

/**
 * @brief **sysctl_watch__counters()** adds up the CPUs' counters: seen is every
 * write to a watched name, lost those that the ring had no room for.
 * @return 0 or -errno
 */
int sysctl_watch__counters(const struct sysctl_watch *watch,
			   struct sysctl_watch_counters *ret_counters);

/** @brief **sysctl_watch__close()** detaches and frees; NULL is fine. */
void sysctl_watch__close(struct sysctl_watch *watch);

#endif
