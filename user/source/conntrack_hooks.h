/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Loads and attaches the direct hooks on conntrack's functions
 * (bpf/conntrack_hooks.bpf.c), each in the way that this kernel allows.
 */
#ifndef DROPWHY_CONNTRACK_HOOKS_H
#define DROPWHY_CONNTRACK_HOOKS_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "bpf/direct_verdict.h"
#include "user/enrich/kallsyms.h"

/* In the order in which they are attached; they go the other way round. */
enum conntrack_hook_function {
	HOOK_CLASH,		/* nf_ct_resolve_clash: who was there first */
	HOOK_CONFIRM,		/* __nf_conntrack_confirm: an insert that failed */
	HOOK_ALLOC,		/* __nf_conntrack_alloc: no room */
	HOOK_IN,		/* nf_conntrack_in: refused before it had an entry */
	HOOK_EVICT,		/* early_drop: room is being made */
	HOOK_DELETE,		/* nf_ct_delete: by whose eviction */
	__HOOK_FUNCTION_MAX,
};

enum conntrack_hook_method {
	HOOK_METHOD_NONE,
	HOOK_METHOD_TRAMPOLINE,	/* fentry/fexit */
	HOOK_METHOD_KPROBE,	/* kprobe/kretprobe */
};

struct conntrack_hook_status {
	const char *function;	/* its name in the kernel's source */
	char symbol[64];	/* as this kernel has it, with the compiler's suffix; "": not there */
	__u64 address;		/* of the symbol, where other modules have one of that name, too */
	const char *why_not;	/* static; NULL: it can be hooked */
	enum conntrack_hook_method method; /* how it is hooked, or would be */
	bool may_come;		/* nf_conntrack, not loaded yet, would bring it */
	bool forbidden;		/* it is this process that may not, not the kernel that cannot */
};

struct conntrack_hooks;
struct btf;

/**
 * @brief **conntrack_hooks__look()** tells how each function could be hooked
 * here, attaching nothing.
 * @param k symbols; NULL: unknown
 * @param mode what they are for: a trampoline, which takes the kernel longer to
 * try than all else here, is not tried where the mode would take a kprobe
 * @param ret_status __HOOK_FUNCTION_MAX of them
 */
void conntrack_hooks__look(const struct kallsyms *k, enum conntrack_mode mode,
			   struct conntrack_hook_status *ret_status);

/** What a kernel lets programs hook: see conntrack_hooks__judge(). */
struct conntrack_hook_means {
	bool kprobes, trampolines;
	bool module_barred;	/* nf_conntrack has types, but none for this process to attach by */
	const struct btf *kernel_btf, *module_btf; /* of nf_conntrack; NULL: there is none */
};

/**
 * @brief **conntrack_hooks__judge()** the same as conntrack_hooks__look() by
 * means that are known, asking the kernel nothing.
 * @param k symbols; NULL: unknown
 * @param ret_status __HOOK_FUNCTION_MAX of them
 */
void conntrack_hooks__judge(const struct kallsyms *k, const struct conntrack_hook_means *means,
			    struct conntrack_hook_status *ret_status);

/**
 * @brief **conntrack_hooks__plan()** settles which functions a mode hooks and
 * how: see conntrack_hooks__open().
 * @param status as conntrack_hooks__look() filled it; what the mode does not
 * hook loses its method
 * @param ret_why_not static text on failure
 * @return 0; -EOPNOTSUPP: this kernel lacks what the mode cannot do without;
 * -ENOENT: nf_conntrack is not loaded; -EPERM: this process lacks a privilege
 */
int conntrack_hooks__plan(enum conntrack_mode mode, struct conntrack_hook_status *status,
			  const char **ret_why_not);

/**
 * @brief **conntrack_hooks__open()** loads and attaches.
 *
 * For CONNTRACK_COUNTERS only those hooks that add what counters cannot tell:
 * the winner of a clash and the victim of an eviction. They are off the path of
 * ordinary packets, and as kprobes where there are kprobes: a trampoline would
 * keep nf_conntrack from being unloaded. For the other modes all of them.
 *
 * @param k symbols
 * @param mode what they are for
 * @param btf_path a file with this kernel's BTF; NULL: its own
 * @param verdicts_fd map of the drop object
 * @param events_fd map of the drop object
 * @param ret_why_not static text on failure
 * @return the hooks, free with conntrack_hooks__close(); NULL with errno
 * as conntrack_hooks__plan(), or that of loading
 */
struct conntrack_hooks *conntrack_hooks__open(const struct kallsyms *k, enum conntrack_mode mode,
					      const char *btf_path, int verdicts_fd, int events_fd,
					      const char **ret_why_not);

/** @brief **conntrack_hooks__status()** how each function is hooked now. */
const struct conntrack_hook_status *conntrack_hooks__status(const struct conntrack_hooks *hooks);

/**
 * @brief **conntrack_hooks__evictions()** counts entries that early_drop evicted.
 * @param ret_lost of these, how many could not be delivered
 * @return 0 or -errno
 */
int conntrack_hooks__evictions(const struct conntrack_hooks *hooks, __u64 *ret_evictions,
			       __u64 *ret_lost);

/** @brief **conntrack_hooks__close()** detaches and frees; NULL is fine. */
void conntrack_hooks__close(struct conntrack_hooks *hooks);

#endif
