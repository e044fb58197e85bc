/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One way to read a kernel field in programs whose pointers the verifier
 * knows (tp_btf: a plain load, about 1 ns) and in those whose pointers it does
 * not (classic tracepoint: a helper call, about 10 ns). @typed must be a
 * compile-time constant: every function that takes it is inlined.
 */
#ifndef DROPWHY_KREAD_BPF_H
#define DROPWHY_KREAD_BPF_H

#include <bpf/bpf_core_read.h>

#define KREAD(typed, ptr, field) ((typed) ? (ptr)->field : BPF_CORE_READ(ptr, field))

/* A stage of its own for the verifier: see struct scratch. */
#define __stage __attribute__((noinline))

#define __inline_always static inline __attribute__((always_inline))

/* Turns a pointer that the verifier tracks into a number it lets us calculate with. */
__inline_always __u64 kernel_address(const void *ptr)
{
	volatile const void *slot = ptr;
	__u64 address = 0;

	bpf_probe_read_kernel(&address, sizeof(address), (const void *)&slot);
	return address;
}

#endif
