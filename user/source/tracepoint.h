/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kfree_skb tracepoint as this kernel has it, and which of the drop
 * programs fits it.
 */
#ifndef DROPWHY_TRACEPOINT_H
#define DROPWHY_TRACEPOINT_H

#include <stdbool.h>

/**
 * @brief **tracepoint__kfree_skb_args()** counts the tracepoint's arguments.
 * @return their number (2, 3 or 4 on known kernels); -ENOENT: the kernel's BTF
 * has no such tracepoint; another -errno: it has no BTF
 */
int tracepoint__kfree_skb_args(void);

/* One of the drop programs. Strings are static. */
struct tracepoint_variant {
	const char *program;	/* its name in the BPF object */
	const char *hook_name;	/* e.g. "tp_btf/kfree_skb (4 arguments)" */
};

/**
 * @brief **tracepoint__variant()** picks the drop program for a tracepoint.
 * @param args as tracepoint__kfree_skb_args() counts them; a number without a
 * program, or -errno, leaves the classic tracepoint
 * @param dynptr whether a program may read page fragments: kernel_trial__skb_dynptr()
 * @param ret_variant always filled
 * @return whether it is the typed tracepoint
 */
bool tracepoint__variant(int args, bool dynptr, struct tracepoint_variant *ret_variant);

#endif
