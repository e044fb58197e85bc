/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * To be preloaded: answers as Linux 5.4 does to what bpf() has learned since
 * and dropwhy cannot do without. All else goes to the kernel that runs.
 */
#include <dlfcn.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>

typedef long (*syscall_fn)(long number, ...);

/* Whether 5.4 knows the command and what it asks for. */
static int is_known(long command, const union bpf_attr *attr)
{
	switch (command) {
	case BPF_MAP_CREATE:
		return attr->map_type != BPF_MAP_TYPE_RINGBUF; /* 5.8: 457f44363a88 */
	case BPF_PROG_TEST_RUN:
		return !attr->test.flags; /* 5.10: 1b4d60ec162f */
	default:
		return 1;
	}
}

long syscall(long number, ...)
{
	syscall_fn next = (syscall_fn)dlsym(RTLD_NEXT, "syscall");
	const union bpf_attr *attr;
	long args[6];
	va_list list;
	int i;

	va_start(list, number);
	for (i = 0; i < 6; i++)
		args[i] = va_arg(list, long);
	va_end(list);
	memcpy(&attr, &args[1], sizeof(attr));
	if (number == SYS_bpf && !is_known(args[0], attr)) {
		errno = EINVAL;
		return -1;
	}
	return next(number, args[0], args[1], args[2], args[3], args[4], args[5]);
}
