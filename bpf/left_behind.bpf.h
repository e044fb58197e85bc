/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A preemptible kernel (all that are built without PREEMPT_NONE; from 7.0 on
 * each) may move a sender to another CPU after conntrack bumped its counter
 * and before the packet is freed. The bump was left behind: it is fetched
 * from there, so that the cause is found and nobody there takes it for theirs.
 */
#ifndef DROPWHY_LEFT_BEHIND_BPF_H
#define DROPWHY_LEFT_BEHIND_BPF_H

#include "bpf/namespace.bpf.h"

/* On nodes with more CPUs only these are searched; each costs the verifier some instructions. */
#define SEARCHED_CPUS 128

/* What fetch_left_behind() took. */
#define FETCHED_DROP	      (1u << 0)
#define FETCHED_INSERT_FAILED (1u << 1)
#define FETCHED_CHAINTOOLONG  (1u << 2)

/* From 5.19: 07343110b293 ("bpf: add bpf_map_lookup_percpu_elem for percpu map") */
__inline_always bool can_search_cpus(void)
{
	return bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_map_lookup_percpu_elem);
}

/*
 * May the task that runs here have come from another CPU since it sent the
 * packet? Not if it was not switched since it was last asked about: a sender
 * of many packets that a rule drops is searched for once.
 */
__inline_always bool is_newcomer(struct cpu_state *cpu)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u64 switches = BPF_CORE_READ(task, nvcsw) + BPF_CORE_READ(task, nivcsw);

	if (cpu->sender == (__u64)task && cpu->sender_switches == switches)
		return false;
	cpu->sender = (__u64)task;
	cpu->sender_switches = switches;
	return true;
}

/* Are its baselines not taken, or not all? Idle: it has been offline, and dropped nothing since. */
__inline_always bool is_late(__u32 at)
{
	__u32 zero = 0, late, phase;
	struct cpu_state *cpu = bpf_map_lookup_percpu_elem(&cpus, &zero, at);

	/* in a hole between the numbers there may be no memory */
	return !cpu || bpf_probe_read_kernel(&late, sizeof(late), &cpu->late) || late ||
	       bpf_probe_read_kernel(&phase, sizeof(phase), &cpu->phase) || phase == CPU_IDLE;
}

/*
 * Copies another CPU's state of a namespace: not every number below that of the
 * last CPU need be one. False: what it says of its counters is not sure.
 */
__inline_always bool read_state(const struct netns_state *theirs, const struct netns_state *ours,
				__u32 at, struct netns_state *ret_copy)
{
	if (bpf_probe_read_kernel(ret_copy, sizeof(*ret_copy), theirs))
		return false;
	if (!ret_copy->stat) /* it has not looked yet: the counters started at zero, if new */
		return globals.all_known && !is_late(at);
	return !ret_copy->unsure && ret_copy->stat_base == ours->stat_base &&
	       ret_copy->ct_departures == globals.ct_departures;
}

/* Has the counter moved by more than its CPU and others took? */
#define IS_LEFT(sc, st, is_spare, counter)                        \
	((__s32)((sc)->counted.counter - (st)->last.counter +     \
		 ((is_spare) ? (st)->spare.counter : 0) -         \
		 ((st)->lent.counter - (st)->paid.counter)) > 0)

/* FETCHED_* taken from @theirs. */
__inline_always __u32 fetch_from(struct netns_state *theirs, const struct netns_state *ours,
				 struct scratch *sc, __u32 at, bool unconfirmed)
{
	const struct netns_state *st = (void *)sc->bytes;
	__u32 fetched = 0;
	bool is_spare;

	/* both are copies of one per-CPU allocation, as the counters are of another */
	if (!read_ct_counts(ours->stat + ((__u64)theirs - (__u64)ours), sc, &sc->counted) ||
	    !read_state(theirs, ours, at, (void *)sc->bytes))
		return 0;
	is_spare = is_spare_valid(st, sc->rec.time_ns);
	if (unconfirmed) {
		if (!IS_LEFT(sc, st, is_spare, insert_failed))
			return 0;
		__sync_fetch_and_add(&theirs->lent.insert_failed, 1);
		fetched = FETCHED_INSERT_FAILED;
	}
	if (IS_LEFT(sc, st, is_spare, drop)) {
		__sync_fetch_and_add(&theirs->lent.drop, 1);
		return fetched | FETCHED_DROP;
	}
	if (unconfirmed && IS_LEFT(sc, st, is_spare, chaintoolong)) {
		__sync_fetch_and_add(&theirs->lent.chaintoolong, 1);
		fetched |= FETCHED_CHAINTOOLONG;
	}
	return fetched;
}

/* Looks on the other CPUs for what @sc's packet should have found on this one; FETCHED_*. */
__stage __u32 fetch_left_behind(__u32 level, bool unconfirmed)
{
	__u32 here = bpf_get_smp_processor_id(), zero = 0, at, fetched;
	struct cpu_state *cpu = bpf_map_lookup_elem(&cpus, &zero);
	struct scratch *sc = scratch_at(level);
	struct netns_state *ours, *theirs;

	if (!sc || !cpu || !can_search_cpus() || !is_newcomer(cpu))
		return 0;
	netns_key__init(&sc->netns, (const void *)sc->packet.net, READ_PROBED);
	ours = bpf_map_lookup_elem(&namespaces, &sc->netns);
	if (!ours)
		return 0;
	for (at = 0; at < SEARCHED_CPUS && at < cpu_ids; at++) {
		if (at == here)
			continue;
		theirs = bpf_map_lookup_percpu_elem(&namespaces, &sc->netns, at);
		if (!theirs)
			continue;
		fetched = fetch_from(theirs, ours, sc, at, unconfirmed);
		if (fetched)
			return fetched;
	}
	return 0;
}

#endif
