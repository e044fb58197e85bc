// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Attaches bench-floor.bpf.c, prints "counting", counts drops until SIGINT and
 * prints "seen N". Part of tools/bench.
 *
 * usage: bench-floor OBJECT
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(const char *what, int err)
{
	fprintf(stderr, "bench-floor: %s: %s\n", what, strerror(-err));
	return 1;
}

static int print_seen(const struct bpf_object *object)
{
	int map = bpf_object__find_map_fd_by_name(object, "seen"), cpu, err = 0;
	int cpu_count = libbpf_num_possible_cpus();
	unsigned long long all = 0, *each;
	__u32 zero = 0;

	if (cpu_count < 0)
		return fail("number of CPUs", cpu_count);
	each = calloc(cpu_count, sizeof(*each));
	if (!each)
		return fail("memory", -ENOMEM);
	if (bpf_map_lookup_elem(map, &zero, each))
		err = fail("reading the count", -errno);
	for (cpu = 0; cpu < cpu_count; cpu++)
		all += each[cpu];
	free(each);
	if (!err)
		printf("seen %llu\n", all);
	return err;
}

int main(int argc, char **argv)
{
	const struct bpf_program *program;
	struct bpf_object *object;
	struct bpf_link *link;
	sigset_t set;
	int sig, err;

	if (argc != 2) {
		fprintf(stderr, "usage: bench-floor OBJECT\n");
		return 2;
	}
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return fail("sigprocmask", -errno);
	object = bpf_object__open_file(argv[1], NULL);
	if (!object)
		return fail(argv[1], -errno);
	err = bpf_object__load(object);
	if (err)
		return fail("loading", err);
	program = bpf_object__next_program(object, NULL);
	link = bpf_program__attach(program);
	if (!link)
		return fail("attaching", -errno);
	printf("counting\n");
	fflush(stdout);
	sigwait(&set, &sig);
	bpf_link__destroy(link);
	err = print_seen(object);
	bpf_object__close(object);
	return err;
}
