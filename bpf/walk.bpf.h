/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The walk through all network namespaces, run by the loader on each CPU in
 * turn (BPF_PROG_TEST_RUN on a CPU): takes the baselines of the conntrack
 * counters there and switches counting off. Being run on the CPU itself
 * it cannot race with a drop on it, but for a sender interrupted between
 * conntrack's bump and the free of its packet, whose cause is then weaker.
 */
#ifndef DROPWHY_WALK_BPF_H
#define DROPWHY_WALK_BPF_H

#include "bpf/namespace.bpf.h"

__inline_always const struct net *net_after(const struct net *net)
{
	__u64 next = (__u64)BPF_CORE_READ(net, list.next);

	return next ? (const void *)(next - bpf_core_field_offset(struct net, list)) : NULL;
}

/* Any struct net will do: they are all in one list, together with its head. */
__inline_always bool find_any_net(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	const struct net *net = BPF_CORE_READ(task, nsproxy, net_ns);

	if (!net)
		return false;
	globals.netns_ops = (__u64)BPF_CORE_READ(net, ns.ops);
	globals.any_net = (__u64)net;
	return true;
}

__stage int is_ct_net_id(__u64 net, __u32 id)
{
	__u64 entries, limit;

	return look_at_generic((const void *)net, id, &entries, &limit);
}

__inline_always void find_ct_net_id(void)
{
	__u32 id;

	globals.ct_net_id = 0;
	for (id = 1; id < NET_GENERIC_MAX; id++) {
		if (!is_ct_net_id(globals.any_net, id))
			continue;
		globals.ct_net_id = id;
		return;
	}
}

/* 0: no room for this namespace. */
__stage int visit(__u32 level, __u64 net)
{
	struct scratch *sc = scratch_at(level);
	struct netns_state *st;

	if (!sc)
		return 0;
	if (globals.command == WALK_SWEEP) {
		st = netns_state__find((const void *)net, READ_PROBED);
		if (st)
			st->epoch = globals.epoch;
		return 1;
	}
	st = netns_state__get(net, sc, level, true);
	if (!st)
		return 0;
	/* a CPU that came late may have looked there itself */
	if (!st->unsure)
		return 1;
	read_ct_counts(st->stat, sc, &st->last);
	st->paid = st->lent;
	st->unsure = 0;
	return 1;
}

__inline_always int walk(struct cpu_state *cpu, __u32 level)
{
	const struct net *net = (const void *)cpu->walk_at;
	int i;

	/* the one where the last run stopped may be gone: begin again, visits may repeat */
	if (!is_net(net, READ_PROBED))
		net = (const void *)globals.any_net;
	for (i = 0; i < WALK_STEPS; i++) {
		/* all but the list's head are namespaces */
		if (is_net(net, READ_PROBED) && !visit(level, (__u64)net)) {
			cpu->walk_at = 0;
			return WALK_FULL;
		}
		net = net_after(net);
		if (!net || (__u64)net == globals.any_net) {
			cpu->walk_at = 0;
			return WALK_DONE;
		}
	}
	cpu->walk_at = (__u64)net;
	return WALK_MORE;
}

SEC("raw_tp/dropwhy_walk")
int walk_namespaces(void *ctx)
{
	__u32 zero = 0;
	struct cpu_state *cpu = bpf_map_lookup_elem(&cpus, &zero);
	__u32 level;
	int answer;

	if (!cpu)
		return 0;
	if (globals.command == WALK_STOP) {
		cpu->phase = CPU_IDLE;
		return WALK_DONE;
	}
	if (globals.command == WALK_LEARN) {
		cpu->late = 1; /* until the end is reached: it may go offline before */
		cpu->phase = globals.counting ? CPU_ARMED : CPU_LEARNING;
	}
	/* on the loader's own CPU interrupts are on: a drop in one takes the next scratch */
	level = cpu->nesting;
	cpu->nesting = level + 1;
	barrier();
	answer = walk(cpu, level);
	if (globals.command == WALK_LEARN && answer != WALK_MORE)
		cpu->late = 0;
	barrier();
	cpu->nesting = level;
	return answer;
}

/* Run in the loader's own process, before the walks and after nf_conntrack was loaded. */
SEC("raw_tp/dropwhy_locate")
int locate_namespace(void *ctx)
{
	if (!find_any_net())
		return 0;
	if (globals.ct_net_known)
		find_ct_net_id();
	return WALK_DONE;
}

#endif
