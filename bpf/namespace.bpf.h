/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Keeps what is known of each network namespace: where its conntrack
 * counters, its number of entries and its limit are in kernel memory. Nothing
 * here needs a symbol's address: data symbols are absent from kallsyms where
 * KALLSYMS_ALL is off.
 */
#ifndef DROPWHY_NAMESPACE_BPF_H
#define DROPWHY_NAMESPACE_BPF_H

#include "bpf/kread.bpf.h"
#include "bpf/state.bpf.h"

/*
 * Entries of net->gen to try for conntrack's own. A kernel has some 60 with
 * every module of a distribution loaded.
 */
#define NET_GENERIC_MAX 128

/*
 * skb->dev shares its memory with UDP's dev_scratch and with the rbnode of
 * TCP's queues, so it may be anything: a struct net is only believed if its
 * namespace operations are those that all of them share.
 */
__inline_always bool is_net(const struct net *net, const enum reading how)
{
	return (how == READ_FAULTING || net) &&
	       (__u64)KREAD_UNSURE(how, net, ns.ops) == globals.netns_ops;
}

/* What this CPU adds to the address of a per-CPU variable to find its own copy. */
__inline_always __u64 this_cpu_offset(void)
{
	__u32 zero = 0;
	void *mine = bpf_map_lookup_elem(&cpus, &zero);
	__u64 map, base = 0;

	if (!mine)
		return 0;
	/* a per-CPU array keeps, for its element, the address that each CPU adds
	 * its own offset to: what the lookup returned minus that is the offset */
	map = kernel_address(&cpus);
	bpf_probe_read_kernel(&base, sizeof(base),
			      (const void *)(map + bpf_core_field_offset(struct bpf_array, pptrs)));
	return base ? kernel_address(mine) - base : 0;
}

/*
 * conntrack's per-namespace data is net->gen->ptr[nf_conntrack_net_id]. The id
 * is a data symbol, but the data certifies itself: its sysctl table's
 * nf_conntrack_count points back at its own count.
 */
__inline_always bool certify_conntrack_net(struct ctl_table_header *header, __u64 count,
					   __u64 *limit)
{
	__u64 table = (__u64)BPF_CORE_READ(header, ctl_table);
	__u32 size = bpf_core_type_size(struct ctl_table);
	struct ctl_table *max = (void *)table, *cnt = (void *)(table + size);
	char name[20] = {};

	/* the first two rows since 9714be7da880 (2007): nf_conntrack_max, nf_conntrack_count */
	if (!table || (__u64)BPF_CORE_READ(cnt, data) != count)
		return false;
	bpf_probe_read_kernel_str(name, sizeof(name), BPF_CORE_READ(max, procname));
	if (name[0] != 'n' || name[13] != 'm' || name[14] != 'a' || name[15] != 'x')
		return false;
	*limit = (__u64)BPF_CORE_READ(max, data);
	return true;
}

__inline_always bool look_at_generic(const struct net *net, __u32 id, __u64 *entries, __u64 *limit)
{
	struct net_generic *gen = BPF_CORE_READ(net, gen);
	__u64 slot = (__u64)gen + bpf_core_field_offset(struct net_generic, ptr) + id * 8;
	struct ctl_table_header *header = NULL;
	__u64 cnet = 0;

	if (!globals.ct_net_known || id >= BPF_CORE_READ(gen, s.len) ||
	    bpf_probe_read_kernel(&cnet, sizeof(cnet), (const void *)slot) || !cnet ||
	    bpf_probe_read_kernel(&header, sizeof(header),
				  (const void *)(cnet + globals.ct_net_sysctl_bytes)))
		return false;
	*entries = cnet + globals.ct_net_count_bytes;
	return certify_conntrack_net(header, *entries, limit);
}

/* Finds where @net counts its entries, and its limit: scratch.bytes[0] and [1]. */
__stage int find_conntrack(__u32 level, __u64 net_address)
{
	const struct net *net = (const void *)net_address;
	const struct net___counted_ct *old = (const void *)net_address;
	struct scratch *sc = scratch_at(level);
	__u64 entries = 0, limit = 0;

	if (!sc)
		return 0;
	sc->bytes[0] = sc->bytes[1] = 0;
	if (bpf_core_field_exists(old->ct.count)) {
		entries = net_address + bpf_core_field_offset(struct net___counted_ct, ct.count);
		if (!certify_conntrack_net(BPF_CORE_READ(old, ct.sysctl_header), entries, &limit))
			return 0;
	} else if (!globals.ct_net_id ||
		   !look_at_generic(net, globals.ct_net_id, &entries, &limit)) {
		return 0;
	}
	sc->bytes[0] = entries;
	sc->bytes[1] = limit;
	return 0;
}

/* Reads one CPU's conntrack counters of a namespace at @address; false: there are none. */
__inline_always bool read_ct_counts(__u64 address, struct scratch *sc, struct ct_counts *ret_counts)
{
	struct ip_conntrack_stat *stat = (void *)sc->bytes;

	if (!bpf_core_field_exists(stat->drop) || !address ||
	    bpf_probe_read_kernel(stat, bpf_core_type_size(struct ip_conntrack_stat),
				  (const void *)address))
		return false;
	ret_counts->drop = stat->drop;
	ret_counts->insert_failed = stat->insert_failed;
	/* from 5.15: d7e7747ac5c2 ("netfilter: refuse insertion if chain has grown too large") */
	ret_counts->chaintoolong =
		bpf_core_field_exists(stat->chaintoolong) ? stat->chaintoolong : 0;
	ret_counts->invalid = stat->invalid;
	return true;
}

__inline_always void netns_key__init(struct netns_key *key, const struct net *net,
				     const enum reading how)
{
	const struct net___atomic_cookie *old = (const void *)net;

	key->net = (__u64)net;
	if (bpf_core_field_exists(old->net_cookie.counter))
		key->cookie = 0;
	else
		key->cookie = KREAD_UNSURE(how, net, net_cookie);
}

/* What conntrack allocated its counters at; 0: it is not there. */
__inline_always __u64 conntrack_stat_base(const struct net *net)
{
	if (!bpf_core_field_exists(struct net, ct)) /* CONFIG_NF_CONNTRACK */
		return 0;
	return (__u64)BPF_CORE_READ(net, ct.stat);
}

__inline_always void netns_state__find_entries(struct netns_state *st, __u64 net_address,
					       struct scratch *sc, __u32 level)
{
	find_conntrack(level, net_address);
	st->entries = sc->bytes[0];
	st->limit = sc->bytes[1];
}

/* Looks up the addresses; conntrack may come to a namespace later than we do. */
__inline_always void netns_state__locate(struct netns_state *st, __u64 net_address,
					 __u64 stat_base, struct scratch *sc, __u32 level)
{
	const struct net *net = (const void *)net_address;
	__u64 offset = this_cpu_offset();

	if (stat_base && offset) {
		netns_state__find_entries(st, net_address, sc, level);
		st->stat = stat_base + offset;
		st->stat_base = stat_base;
	}
	st->netns_ino = BPF_CORE_READ(net, ns.inum);
	st->epoch = globals.epoch;
}

/* The state of a namespace on this CPU; NULL: never seen. */
__inline_always struct netns_state *netns_state__find(const struct net *net, const enum reading how)
{
	struct netns_key key;

	netns_key__init(&key, net, how);
	return bpf_map_lookup_elem(&namespaces, &key);
}

__inline_always struct netns_state *netns_state__create(__u64 net, struct scratch *sc)
{
	struct netns_key key;

	_Static_assert(sizeof(struct netns_state) <= sizeof(sc->bytes), "room for an empty one");
	netns_key__init(&key, (const void *)net, READ_PROBED);
	__builtin_memset(sc->bytes, 0, sizeof(sc->bytes));
	if (!bpf_map_update_elem(&namespaces, &key, sc->bytes, BPF_NOEXIST))
		__sync_fetch_and_add(&globals.namespace_count, 1);
	return bpf_map_lookup_elem(&namespaces, &key);
}

/* A run that interrupts another one may leave some later than that began. */
__inline_always bool is_spare_valid(const struct netns_state *st, __u64 now_ns)
{
	return (__s64)(now_ns - st->spare_ns) < SPARE_NS;
}

/* What was known of an nf_conntrack that went; counters of the next one start at zero. */
__inline_always void netns_state__forget(struct netns_state *st)
{
	st->stat = st->entries = st->limit = 0;
	__builtin_memset(&st->last, 0, sizeof(st->last));
	st->paid = st->lent;
}

/*
 * The same, created when seen for the first time. A new namespace's counters
 * start at zero. Where that is not sure (@unsure: the baselines are still
 * being taken, some could not be, or this CPU came online late) the first look
 * only learns.
 */
__inline_always struct netns_state *netns_state__get(__u64 net, struct scratch *sc, __u32 level,
						     bool unsure)
{
	struct netns_state *st = netns_state__find((const void *)net, READ_PROBED);
	__u64 stat_base;

	if (!st)
		st = netns_state__create(net, sc);
	if (!st) {
		globals.all_known = 0; /* no room: it may get some later, and not start at zero */
		return NULL;
	}
	if (st->ct_departures != globals.ct_departures) {
		/* when it comes back it may be at the same address */
		st->ct_departures = globals.ct_departures;
		netns_state__forget(st);
	}
	if (globals.ct_gone)
		return st;
	stat_base = conntrack_stat_base((const void *)net);
	if (!st->stat) {
		netns_state__locate(st, net, stat_base, sc, level);
		st->unsure = unsure;
	} else if (st->stat_base != stat_base) {
		/* nf_conntrack was unloaded, or loaded anew, and nobody noticed yet */
		netns_state__forget(st);
		netns_state__locate(st, net, stat_base, sc, level);
		st->unsure = 0;
	} else if (!st->entries) {
		/* it was seen before it was up: its sysctl table comes last */
		netns_state__find_entries(st, net, sc, level);
	}
	return st;
}

#endif
