// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Runs the walk through namespaces on each CPU: see live_walk.h.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>

#include "bpf/drop_filter.h"
#include "user/source/live_walk.h"

/* generated; it uses the types of bpf/live_state.h and bpf/drop_filter.h */
#include "drop.skel.h"

/* Set in opts.flags of a test run: uapi/linux/bpf.h, since 5.10 */
#ifndef BPF_F_TEST_RUN_ON_CPU
#define BPF_F_TEST_RUN_ON_CPU (1U << 0)
#endif

/* A walk visits WALK_STEPS namespaces a run: room for 64 Ki of them. */
#define WALK_RUNS_MAX 1024

int live_walk__run(const struct bpf_program *program, int cpu)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	if (cpu >= 0) {
		opts.flags = BPF_F_TEST_RUN_ON_CPU;
		opts.cpu = cpu;
	}
	if (bpf_prog_test_run_opts(bpf_program__fd(program), &opts) < 0)
		return -errno;
	return (int)opts.retval;
}

static int walk_on_cpu(struct drop_bpf *skel, enum walk_command command, int cpu)
{
	int runs, done;

	skel->bss->globals.command = command;
	for (runs = 0; runs < WALK_RUNS_MAX; runs++) {
		done = live_walk__run(skel->progs.walk_namespaces, cpu);
		if (done != WALK_MORE)
			return done ? done : -EIO;
	}
	return WALK_FULL; /* endless: the list changes faster than we read it */
}

/* @learned: by number, who is passed over, and then who is through; NULL: nobody is. */
static int walk_cpus(struct drop_bpf *skel, int cpu_ids, enum walk_command command, bool *learned)
{
	int cpu, done, all = WALK_DONE;

	for (cpu = 0; cpu < cpu_ids; cpu++) {
		if (learned && learned[cpu])
			continue;
		done = walk_on_cpu(skel, command, cpu);
		if (learned)
			learned[cpu] = done > 0;
		/* where one fails the others are to stop all the same */
		if (done != -ENXIO && done != WALK_DONE && all >= 0)
			all = done;
	}
	return all;
}

int live_walk__learn(struct drop_bpf *skel, int cpu_ids, bool *learned)
{
	return walk_cpus(skel, cpu_ids, WALK_LEARN, learned);
}

int live_walk__all(struct drop_bpf *skel, int cpu_ids, enum walk_command command)
{
	return walk_cpus(skel, cpu_ids, command, NULL);
}
