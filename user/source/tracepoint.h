/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The prototype of the kfree_skb tracepoint, as the running kernel's BTF has it.
 */
#ifndef DROPWHY_TRACEPOINT_H
#define DROPWHY_TRACEPOINT_H

/**
 * @brief **tracepoint__kfree_skb_args()** counts the tracepoint's arguments.
 * @return their number (2, 3 or 4 on known kernels); -ENOENT: the kernel's BTF
 * has no such tracepoint; another -errno: it has no BTF
 */
int tracepoint__kfree_skb_args(void);

#endif
