/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Names of drop reasons, read from the running kernel's BTF: numbers differ
 * from kernel to kernel (NETFILTER_DROP has been 6, 7, 11 and 12), and
 * subsystems such as openvswitch keep an enum of their own, often in a module.
 */
#ifndef DROPWHY_REASON_H
#define DROPWHY_REASON_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

struct reason_names;

/**
 * @brief **reason_names__new()** creates a table that knows no name.
 * @return the table, free with reason_names__free(); NULL with errno ENOMEM
 */
struct reason_names *reason_names__new(void);

/**
 * @brief **reason_names__load()** reads all reasons' names from BTF. Only the
 * names are kept, some 10 KB; while it works it needs about twice the size of
 * the kernel's BTF, 10 to 15 MB.
 * @param btf_path raw BTF or an ELF file that holds it; NULL is
 * /sys/kernel/btf/vmlinux. Where the file is called vmlinux, its neighbours
 * are taken for the BTF of modules; those that cannot be read are skipped.
 * @return the table, free with reason_names__free(); an empty one if the
 * kernel has no reasons (before 5.17). NULL with errno set: ENOENT, EACCES, …
 * from opening, EINVAL when the file is no BTF, ENOMEM
 */
struct reason_names *reason_names__load(const char *btf_path);

/**
 * @brief **reason_names__is_unread()** tells a reason whose whole subsystem is without names, as its
 * module was not loaded when the table was read.
 */
bool reason_names__is_unread(const struct reason_names *names, __u32 reason);

/**
 * @brief **reason_names__reread()** reads the BTF of modules again, for those that came since.
 * Needs as much memory as reason_names__load() while it works, and gives back what
 * kernel_btf__get() kept. What was handed out before stays valid.
 * @return 0, also when nothing new was found; -errno: some names may be known all the same
 */
int reason_names__reread(struct reason_names *names);

/**
 * @brief **reason_names__has_reasons()** tells whether the kernel has drop
 * reasons at all.
 */
bool reason_names__has_reasons(const struct reason_names *names);

/**
 * @brief **reason_names__get()** names a reason.
 * @param reason as in struct drop_record: subsystem << 16 | value, or NO_REASON
 * @return "NETFILTER_DROP" for a core reason, the enum's own name such as
 * "OVS_DROP_EXPLICIT" for a subsystem's; "reason 200", "openvswitch reason 7"
 * or "subsystem 9 reason 7" for one without a name; "" for NO_REASON; never
 * NULL. It lives as long as the table, but for the 257th and later number
 * without a name: those only until the next call. Not thread-safe.
 */
const char *reason_names__get(struct reason_names *names, __u32 reason);

/**
 * @brief **reason_names__subsys()** names a subsystem.
 * @param subsys reason >> 16
 * @return "openvswitch", "core", …; NULL if unknown; lives as long as the table
 */
const char *reason_names__subsys(const struct reason_names *names, __u32 subsys);

/** @brief **reason_names__count()** how many reasons have a name. */
size_t reason_names__count(const struct reason_names *names);

/** Receives one reason; anything but 0 ends the walk. */
typedef int (*reason_fn)(__u32 reason, const char *name, void *ctx);

/**
 * @brief **reason_names__match()** walks the reasons whose name matches.
 * @param glob as for the shell, in any case, with or without the kernel's
 * SKB_DROP_REASON_ in front; "*" is all
 * @param fn called in ascending order of numbers; NULL only counts
 * @return how many matched, or what fn returned if that was not 0
 */
int reason_names__match(const struct reason_names *names, const char *glob, reason_fn fn,
			void *ctx);

/**
 * @brief **reason__is_noise()** tells reasons that are no trouble: nobody
 * misses the packet. The table and each entry's grounds are in reason_noise.c.
 * @param name as reason_names__get() gives it
 */
bool reason__is_noise(const char *name);

/** @brief **reason_names__free()** frees all; NULL is fine. */
void reason_names__free(struct reason_names *names);

#endif
