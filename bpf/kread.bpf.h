/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One way to read a kernel field in programs whose pointers the verifier
 * knows (tp_btf: a plain load, about 1 ns) and in those whose pointers it does
 * not (classic tracepoint: a helper call, about 10 ns). @how must be a
 * compile-time constant: every function that takes it is inlined.
 */
#ifndef DROPWHY_KREAD_BPF_H
#define DROPWHY_KREAD_BPF_H

#include <bpf/bpf_core_read.h>

enum reading {
	READ_PROBED,		/* by helper calls */
	READ_TYPED,		/* by loads, where there is something for sure */
	READ_FAULTING,		/* by loads: one that faults gives 0 */
};

#define KREAD(how, ptr, field) ((how) != READ_PROBED ? (ptr)->field : BPF_CORE_READ(ptr, field))

/*
 * Where loads may fault, pointers are read as numbers: what is a pointer to it, the verifier
 * follows to the program's end once for each way that it may have come, and as NULL and as not.
 * That was two thirds of the time that loading took.
 */
#define KREAD_IN_PLACE(ptr, field)                                         \
	(*(const volatile typeof((ptr)->field) *)in_place((__u64)(ptr) +   \
							  bpf_core_field_offset((ptr)->field)))
#define KREAD_POINTER(how, ptr, field) \
	((how) == READ_FAULTING ? KREAD_IN_PLACE(ptr, field) : KREAD(how, ptr, field))

/*
 * Through a pointer that may be anything, as skb->dev and skb->sk may. Up to 6.4 the kernel may
 * look for the handler of the fault in a copy of the program that has none, and panics:
 * 0108a4e9f358 ("bpf: ensure main program has an extable").
 */
#define KREAD_UNSURE(how, ptr, field) \
	((how) == READ_FAULTING ? KREAD_IN_PLACE(ptr, field) : BPF_CORE_READ(ptr, field))

/* The same, 0 through NULL: a load that may fault gives that by itself. */
#define KREAD_OR_ZERO(how, ptr, field) \
	((how) == READ_FAULTING || (ptr) ? KREAD_UNSURE(how, ptr, field) : 0)

/* Through one that was found in something, and found to be right. */
#define KREAD_SURE(how, ptr, field) \
	((how) == READ_TYPED ? (ptr)->field : KREAD_UNSURE(how, ptr, field))

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
