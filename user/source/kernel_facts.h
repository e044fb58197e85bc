/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the kernel says of itself and of this process in /proc, /sys and BTF.
 * Nothing is tried; user/source/kernel_trial.h does that.
 */
#ifndef DROPWHY_KERNEL_FACTS_H
#define DROPWHY_KERNEL_FACTS_H

#include <bpf/btf.h>
#include <linux/types.h>
#include <stdbool.h>

/* Longest name of a lockdown mode with its NUL. */
#define LOCKDOWN_LEN 32

enum module_state {
	MODULE_ABSENT,		/* not loaded */
	MODULE_LOADED,
	MODULE_BUILT_IN,
};

enum module_types {
	MODULE_TYPES_NONE,	/* no BTF, or no module */
	MODULE_TYPES_KERNEL,	/* in the kernel's own BTF: built in */
	MODULE_TYPES_OWN,	/* in the module's BTF */
};

/**
 * @brief **kernel_facts__lockdown()** reads the lockdown mode.
 * @param root where /sys is; "" is /
 * @param ret_mode "none", "integrity" or "confidentiality"
 * @return 0; -ENOENT: no lockdown in this kernel, or securityfs is not
 * mounted; another -errno from reading
 */
int kernel_facts__lockdown(const char *root, char ret_mode[LOCKDOWN_LEN]);

/**
 * @brief **kernel_facts__capabilities()** reads this process's effective
 * capabilities.
 * @param root where /proc is; "" is /
 * @param ret_effective bit 1 << CAP_*
 * @return 0 or -errno
 */
int kernel_facts__capabilities(const char *root, __u64 *ret_effective);

/**
 * @brief **kernel_facts__may_trace()** tells whether this process has the
 * capabilities that loading the drop programs takes. The kernel may refuse it
 * for other reasons.
 * @param root where /proc is; "" is /
 * @return if they cannot be read, whether it is root's
 */
bool kernel_facts__may_trace(const char *root);

/** @brief **kernel_facts__module()** tells whether a module's code is in the kernel. */
enum module_state kernel_facts__module(const char *root, const char *name);

/**
 * @brief **kernel_facts__module_types()** tells where a module's types are.
 * @param btf the kernel's types; NULL: none
 * @param function one of the module's functions
 */
enum module_types kernel_facts__module_types(const char *root, const struct btf *btf,
					     const char *name, const char *function);

/**
 * @brief **kernel_facts__tracefs()** finds the classic kfree_skb tracepoint.
 * @return where tracefs is mounted, static; NULL: nowhere, or not for this process
 */
const char *kernel_facts__tracefs(const char *root);

/**
 * @brief **kernel_facts__has_conntrack_counters()** tells whether each
 * namespace counts conntrack's drops where the drop programs look.
 */
bool kernel_facts__has_conntrack_counters(const struct btf *btf);

/**
 * @brief **kernel_facts__counts_entries_in_netns()** tells whether a namespace
 * keeps the number of its conntrack entries itself, as up to 5.12; later it is
 * in struct nf_conntrack_net: see conntrack_types__find().
 */
bool kernel_facts__counts_entries_in_netns(const struct btf *btf);

#endif
