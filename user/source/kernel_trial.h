/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the kernel lets this process do with BPF, found by trying it on
 * something that does no harm. Nothing stays behind.
 */
#ifndef DROPWHY_KERNEL_TRIAL_H
#define DROPWHY_KERNEL_TRIAL_H

#include <bpf/btf.h>

enum trial_answer {
	TRIAL_NO,
	TRIAL_YES,
	TRIAL_UNKNOWN,		/* this process may not even try */
};

/**
 * @brief **kernel_trial__trampolines()** can fentry and fexit programs be
 * attached? Some kernels are built without, or refuse.
 * @param btf the kernel's types; NULL: it has none, and so no trampolines
 */
enum trial_answer kernel_trial__trampolines(const struct btf *btf);

/**
 * @brief **kernel_trial__skb_dynptr()** may a typed tracepoint's program read what an skb holds in
 * page fragments (6.12)?
 * @param btf the kernel's types; NULL: it has none
 */
enum trial_answer kernel_trial__skb_dynptr(const struct btf *btf);

/** @brief **kernel_trial__kprobes()** are there kprobes, by perf's interface (4.17)? */
enum trial_answer kernel_trial__kprobes(void);

/** @brief **kernel_trial__ring_buffer()** are there BPF ring buffers (5.8)? */
enum trial_answer kernel_trial__ring_buffer(void);

/**
 * @brief **kernel_trial__test_run()** can a raw tracepoint's program be run on
 * a chosen CPU (5.10)? That is how baselines are taken.
 */
enum trial_answer kernel_trial__test_run(void);

#endif
