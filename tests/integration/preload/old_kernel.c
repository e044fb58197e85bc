/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * To be preloaded: answers as Linux 5.4 does to what bpf() has learned since
 * and dropwhy cannot do without. All else goes to the kernel that runs.
 */
#include <errno.h>

#include "next_syscall.h"

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
	struct arguments args;
	va_list list;

	va_start(list, number);
	args = take_arguments(list);
	va_end(list);
	if (number == SYS_bpf && !is_known(args.list[0], args.attr)) {
		errno = EINVAL;
		return -1;
	}
	return pass_on(number, &args);
}
