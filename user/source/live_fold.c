// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Sizes the fold tables and runs their flush on each CPU: see live_fold.h.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/random.h>
#include <time.h>

#include "user/source/live_fold.h"
#include "user/source/live_walk.h"

/* generated; it uses the types of bpf/live_state.h and bpf/drop_filter.h */
#include "drop.skel.h"

/* 4,096 flows a CPU are enough for all that a reader can take in. */
#define FOLD_BUCKETS_MAX 512
#define FOLD_BUCKETS_MIN 16
#define FOLD_BUCKET_BYTES (sizeof(struct fold_bucket) + FOLD_WAYS * sizeof(struct fold_record))

/* A CPU is busy for microseconds; a task that was preempted in the middle of a drop takes longer. */
#define BUSY_RETRIES 100000

static bool has_flow_filter(const struct drop_filter *filter)
{
	int end;

	for (end = 0; end < __FILTER_END_MAX; end++)
		if (filter->prefixes[end].count || filter->ports[end].count)
			return true;
	return false;
}

__u32 live_fold__buckets(int cpu_ids)
{
	unsigned long each = LIVE_FOLD_BYTES_MAX / (unsigned long)cpu_ids;
	__u32 buckets = FOLD_BUCKETS_MAX;

	while (buckets > FOLD_BUCKETS_MIN &&
	       (buckets + FOLD_COARSE_BUCKETS) * FOLD_BUCKET_BYTES > each)
		buckets /= 2;
	return buckets;
}

int live_fold__configure(struct drop_bpf *skel, enum fold_mode mode,
			 const struct drop_filter *filter, bool flows_only, int cpu_ids)
{
	__u32 buckets = live_fold__buckets(cpu_ids), all, i;
	struct timespec tick;
	__u64 seed[8] = {};
	int err;

	/* the coarse clocks step with jiffies */
	if (!clock_getres(CLOCK_MONOTONIC_COARSE, &tick) && tick.tv_nsec)
		skel->rodata->tick_ns = tick.tv_nsec;
	skel->rodata->fold_mode = mode;
	skel->rodata->has_flow_filter = has_flow_filter(filter);
	skel->rodata->fold_flows_only = flows_only;
	if (mode == FOLD_OFF)
		return 0;
	/* without it all still works, only less hardened */
	if (getrandom(seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed))
		for (i = 0; i < 8; i++)
			seed[i] = (i + 1) * 0x9e3779b97f4a7c15ULL;
	for (i = 0; i < 8; i++)
		skel->rodata->fold_seed[i] = seed[i] | 1;
	skel->rodata->fold_mask = buckets - 1;
	all = cpu_ids * (buckets + FOLD_COARSE_BUCKETS);
	err = bpf_map__set_max_entries(skel->maps.folds, all);
	return err ? err : bpf_map__set_max_entries(skel->maps.fold_records, all * FOLD_WAYS);
}

/* Runs one of them to the end of a table; @cpu as live_walk__run() has it. */
static int run_to_end(struct drop_bpf *skel, const struct bpf_program *program, int cpu,
		      live_fold_drain_fn drain, void *ctx)
{
	int busy = 0, answer, err;

	skel->bss->globals.flush_number++;
	for (;;) {
		answer = live_walk__run(program, cpu);
		switch (answer) {
		case FLUSH_DONE:
			return 0;
		case FLUSH_MORE:
			break;
		case FLUSH_BUSY:
			if (++busy > BUSY_RETRIES)
				return -EBUSY;
			sched_yield();
			break;
		case FLUSH_FULL:
			err = drain(ctx);
			if (err < 0)
				return err;
			break;
		default:
			return answer ? answer : -EIO;
		}
	}
}

static void set_mark(struct drop_bpf *skel, int cpu, enum fold_mark mark)
{
	__atomic_store_n(&skel->bss->fold_used[cpu % FOLD_CPUS], mark, __ATOMIC_SEQ_CST);
}

/* The same from here, for one on which nothing runs; it may come back at any time. */
static int flush_offline(struct drop_bpf *skel, int cpu, live_fold_drain_fn drain, void *ctx)
{
	struct live_globals *globals = &skel->bss->globals;
	int err;

	globals->offline = (struct cpu_state){};
	globals->offline_cpu = (__u32)cpu;
	/* what it adds when it is back marks its table again */
	set_mark(skel, cpu, FOLD_EMPTY);
	err = run_to_end(skel, skel->progs.hold_folds, -1, drain, ctx);
	if (!err)
		/* it may have come back before all was held: then it does the rest itself */
		err = run_to_end(skel, skel->progs.flush_folds, cpu, drain, ctx);
	if (err == -ENXIO)
		err = run_to_end(skel, skel->progs.flush_held, -1, drain, ctx);
	if (err)
		set_mark(skel, cpu, FOLD_IN_USE);
	return err;
}

static bool is_used(const struct drop_bpf *skel, int cpu)
{
	return __atomic_load_n(&skel->bss->fold_used[cpu % FOLD_CPUS], __ATOMIC_RELAXED) !=
	       FOLD_EMPTY;
}

bool live_fold__used(const struct drop_bpf *skel, int cpu_ids)
{
	int cpu;

	for (cpu = 0; cpu < cpu_ids; cpu++)
		if (is_used(skel, cpu))
			return true;
	return false;
}

int live_fold__flush(struct drop_bpf *skel, int cpu_ids, live_fold_drain_fn drain, void *ctx)
{
	int cpu, err, first_err = 0;

	for (cpu = 0; cpu < cpu_ids; cpu++) {
		if (!is_used(skel, cpu))
			continue;
		err = run_to_end(skel, skel->progs.flush_folds, cpu, drain, ctx);
		if (err == -ENXIO)
			err = flush_offline(skel, cpu, drain, ctx);
		if (err && !first_err)
			first_err = err;
	}
	return first_err;
}
