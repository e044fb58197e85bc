/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's functions by address and by name, from /proc/kallsyms. Data
 * symbols are left out, but for a few.
 */
#ifndef DROPWHY_KALLSYMS_H
#define DROPWHY_KALLSYMS_H

#include <linux/types.h>
#include <stddef.h>

struct kallsyms;

/**
 * @brief **kallsyms__load()** reads all functions, those of modules and BPF
 * programs included: 64,000 of them (6.18, no modules) take 3.2 MB.
 * @param path in the format of /proc/kallsyms; NULL is /proc/kallsyms itself.
 * A file "modules" beside it, in the format of /proc/modules, tells when to
 * read it again.
 * @return the table, free with kallsyms__free(); NULL with errno set:
 * EPERM: the kernel shows addresses as 0 (kernel.kptr_restrict, or no
 * CAP_SYSLOG); ENODATA: no function in it; ENOMEM, or from opening and reading
 */
struct kallsyms *kallsyms__load(const char *path);

/**
 * @brief **kallsyms__find()** finds the function that an address is in.
 * @param ret_offset gets the bytes from its start; untouched if not found; may be NULL
 * @return its name with the compiler's suffix, as the kernel prints it with
 * %pS; of several at one address the first listed. NULL if the address is
 * in no function. Lives until the table is reloaded or freed.
 */
const char *kallsyms__find(const struct kallsyms *k, __u64 addr, __u64 *ret_offset);

/**
 * @brief **kallsyms__module()** names the module whose function an address is in.
 * @return its name, "bpf" for BPF programs; NULL for the kernel proper or if
 * unknown. Lives until the table is reloaded or freed.
 */
const char *kallsyms__module(const struct kallsyms *k, __u64 addr);

/** Receives one range of addresses; anything but 0 ends the walk. */
typedef int (*kallsyms_range_fn)(__u64 start, __u64 end, const char *name, void *ctx);

/**
 * @brief **kallsyms__range()** walks the code that a C function became: all
 * symbols of that name, alone or with a compiler's suffix (.cold, .isra.0,
 * .constprop.0, .part.0, .llvm.123…), also where several files have a function
 * of that name.
 * @param name without suffix
 * @param fn called in ascending order, with the first address and the first
 * one after the symbol and its padding; NULL only counts
 * @return how many there are, or what fn returned if that was not 0
 */
int kallsyms__range(const struct kallsyms *k, const char *name, kallsyms_range_fn fn, void *ctx);

/**
 * @brief **kallsyms__addresses()** lists where the functions of a name start;
 * suffixes count as in kallsyms__range().
 * @param addrs room for @p max addresses; filled in ascending order
 * @return how many there are, which may be more than @p max
 */
size_t kallsyms__addresses(const struct kallsyms *k, const char *name, __u64 *addrs, size_t max);

/**
 * @brief **kallsyms__datum()** finds a variable of the kernel proper, as far as this module knows
 * the name: page_offset_base and vmemmap_base.
 * @return its address; 0: there is none, or the kernel lists no data (CONFIG_KALLSYMS_ALL)
 */
__u64 kallsyms__datum(const struct kallsyms *k, const char *name);

/**
 * @brief **kallsyms__reload()** reads the file again, which costs some 40 ms.
 * Names handed out before are gone.
 * @return 0, or -errno as for kallsyms__load(): then the old table stays
 */
int kallsyms__reload(struct kallsyms *k);

/**
 * @brief **kallsyms__reload_if_stale()** reads the file again if modules were
 * loaded or unloaded since: their functions moved in where others were. Costs
 * a read of /proc/modules.
 * @return 1: names handed out before are gone; 0: nothing changed; -errno as
 * for kallsyms__reload()
 */
int kallsyms__reload_if_stale(struct kallsyms *k);

/** @brief **kallsyms__generation()** changes each time that the file is read again. */
__u64 kallsyms__generation(const struct kallsyms *k);

/** @brief **kallsyms__count()** how many functions are known. */
size_t kallsyms__count(const struct kallsyms *k);

/** @brief **kallsyms__free()** frees all; NULL is fine. */
void kallsyms__free(struct kallsyms *k);

#endif
