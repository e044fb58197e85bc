/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * To be preloaded: holds dropwhy up where a test wants to come in between. After the first test run
 * of the BPF program GATE_PROGRAM on the CPU GATE_CPU (-1: on none in particular) it makes the file
 * GATE.reached, then waits for GATE.open, both named by the environment's GATE.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef long (*syscall_fn)(long number, ...);

#define POLL_US 5000

static int is_gate(syscall_fn next, const union bpf_attr *attr)
{
	int cpu = attr->test.flags & BPF_F_TEST_RUN_ON_CPU ? (int)attr->test.cpu : -1;
	struct bpf_prog_info info = {};
	union bpf_attr ask = {};

	if (cpu != atoi(getenv("GATE_CPU")))
		return 0;
	ask.info.bpf_fd = attr->test.prog_fd;
	ask.info.info_len = sizeof(info);
	ask.info.info = (unsigned long)&info;
	return !next(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &ask, sizeof(ask)) &&
	       !strcmp(info.name, getenv("GATE_PROGRAM"));
}

static void wait_at_gate(void)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s.reached", getenv("GATE"));
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
	snprintf(path, sizeof(path), "%s.open", getenv("GATE"));
	while (access(path, F_OK))
		usleep(POLL_US);
}

long syscall(long number, ...)
{
	syscall_fn next = (syscall_fn)dlsym(RTLD_NEXT, "syscall");
	const union bpf_attr *attr;
	static int passed;
	long args[6], result;
	va_list list;
	int i;

	va_start(list, number);
	for (i = 0; i < 6; i++)
		args[i] = va_arg(list, long);
	va_end(list);
	memcpy(&attr, &args[1], sizeof(attr));
	result = next(number, args[0], args[1], args[2], args[3], args[4], args[5]);
	if (number == SYS_bpf && args[0] == BPF_PROG_TEST_RUN && !result && !passed &&
	    is_gate(next, attr)) {
		passed = 1;
		wait_at_gate();
	}
	return result;
}
