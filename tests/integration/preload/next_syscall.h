/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What stands in for syscall() where it is preloaded: its arguments, and the one of the C library,
 * by which libbpf calls bpf(). To be included with _GNU_SOURCE.
 */
#ifndef DROPWHY_NEXT_SYSCALL_H
#define DROPWHY_NEXT_SYSCALL_H

#include <dlfcn.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>

typedef long (*syscall_fn)(long number, ...);

struct arguments {
	long list[6];
	const union bpf_attr *attr; /* of bpf(): its second */
};

static inline syscall_fn next_syscall(void)
{
	return (syscall_fn)dlsym(RTLD_NEXT, "syscall");
}

static inline struct arguments take_arguments(va_list list)
{
	struct arguments args;
	int i;

	for (i = 0; i < 6; i++)
		args.list[i] = va_arg(list, long);
	memcpy(&args.attr, &args.list[1], sizeof(args.attr));
	return args;
}

static inline long pass_on(long number, const struct arguments *args)
{
	const long *list = args->list;

	return next_syscall()(number, list[0], list[1], list[2], list[3], list[4], list[5]);
}

#endif
