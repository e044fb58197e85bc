/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * To be preloaded: holds dropwhy up where a test wants to come in between. After the first test run
 * of the BPF program GATE_PROGRAM on the CPU GATE_CPU (-1: on none in particular) it makes the file
 * GATE.reached, then waits for GATE.open, both named by the environment's GATE.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "next_syscall.h"

#define POLL_US 5000

static int is_gate(const union bpf_attr *attr)
{
	int cpu = attr->test.flags & BPF_F_TEST_RUN_ON_CPU ? (int)attr->test.cpu : -1;
	struct bpf_prog_info info = {};
	union bpf_attr ask = {};

	if (cpu != atoi(getenv("GATE_CPU")))
		return 0;
	ask.info.bpf_fd = attr->test.prog_fd;
	ask.info.info_len = sizeof(info);
	ask.info.info = (unsigned long)&info;
	return !next_syscall()(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &ask, sizeof(ask)) &&
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
	static int passed;
	struct arguments args;
	va_list list;
	long result;

	va_start(list, number);
	args = take_arguments(list);
	va_end(list);
	result = pass_on(number, &args);
	if (number == SYS_bpf && args.list[0] == BPF_PROG_TEST_RUN && !result && !passed &&
	    is_gate(args.attr)) {
		passed = 1;
		wait_at_gate();
	}
	return result;
}
