/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's functions for BPF programs, as its sources declare them.
 */
#ifndef DROPWHY_KFUNC_BPF_H
#define DROPWHY_KFUNC_BPF_H

#include "bpf/kfunc.h"

/* From 6.4, and from 6.12 in typed tracepoints: b5964b968ac6 ("bpf: Add skb dynptrs") */
static int (*const bpf_dynptr_from_skb)(struct sk_buff *skb, __u64 flags,
					struct bpf_dynptr *ret_ptr) = (void *)KFUNC_DYNPTR_FROM_SKB;

/* From 6.2: a35b9af4ec2c ("bpf: Add a kfunc for generic type cast") */
static void *(*const bpf_rdonly_cast)(const void *obj, __u32 btf_id) = (void *)KFUNC_RDONLY_CAST;

#endif
