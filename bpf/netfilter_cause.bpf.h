/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tells which part of netfilter dropped a packet, from evidence that is there
 * when it is freed, without a hook on any hot path:
 *
 * 1. conntrack's counters. conntrack bumps its per-CPU counter just before
 *    the packet is freed on the same CPU. What moved since this CPU last
 *    looked at this namespace says what conntrack did.
 * 2. the packet's own entry: none attached when none could be allocated, an
 *    unconfirmed one when it could not be inserted.
 * 3. entries against the limit.
 * 4. the location, and which functions sit in the namespace's hooks.
 *
 * Each drop takes one unit of a counter's movement. A softirq that interrupts
 * a sender between its bump and its free finds two and leaves one, which the
 * sender takes a moment later; what nobody takes within SPARE_NS is void.
 * A sender that is moved to another CPU between its bump and its free fetches
 * the unit from there: see left_behind.bpf.h.
 *
 * Where the number of entries is not found (a layout of struct
 * nf_conntrack_net that no type tells), a packet that got no entry has no
 * cause: it is conntrack's, and no more is known. That, too, shows in the
 * reconciliation.
 *
 * What stays uncertain: before 5.19, and from the 129th CPU on, it cannot.
 * Where its packet looks like the victim of a full table the cause then stays
 * CAUSE_NONE; one whose entry could not be inserted looks like a rule's victim
 * and is taken for one (CAUSE_NF_RULE or CAUSE_XTABLES_RULE). Both show in the
 * reconciliation, as a counter that moved further than was attributed. An
 * allocation that failed for lack of memory while the table is over 15/16 full
 * counts as full.
 */
#ifndef DROPWHY_NETFILTER_CAUSE_BPF_H
#define DROPWHY_NETFILTER_CAUSE_BPF_H

#include "bpf/conntrack.bpf.h"
#include "bpf/left_behind.bpf.h"
#include "bpf/namespace.bpf.h"

/* Hook arrays longer than this count as unknown; Kubernetes nodes have up to 7. */
#define HOOKS_MAX 16

/* Those who may drop for reasons of their own. */
#define HOOK_SUSPECTS (HOOK_XTABLES | HOOK_NFT | HOOK_OTHER)

/* NF_INET_NUMHOOKS and NF_ARP_NUMHOOKS: uapi/linux/netfilter.h, netfilter_arp.h */
#define HOOK_POINTS	5
#define ARP_HOOK_POINTS 3

struct evidence {
	struct scratch *sc;
	struct netns_state *st;	/* NULL: no state could be kept */
	struct ct_counts moved;	/* since last looked at */
	__u32 location;		/* enum location_kind */
	bool counted;		/* moved is to be believed */
	bool no_conntrack;	/* there is none in this namespace */
	bool unclear;		/* conntrack's drop, but nothing tells why */
};

/* The search keeps its place in @sc, or the verifier would follow it to each of the classes. */
__inline_always __u32 location_kind(struct scratch *sc, __u64 location)
{
	const struct location_class *classes = location_classes[globals.location_table & 1];
	volatile __u64 *place = &sc->bytes[0];
	__u32 at, step;

	*place = 0;
	for (step = LOCATION_CLASSES_MAX / 2; step; step /= 2) {
		at = *place + step;
		if (classes[at & (LOCATION_CLASSES_MAX - 1)].start <= location)
			*place = at;
	}
	at = *place & (LOCATION_CLASSES_MAX - 1);
	if (classes[at].start <= location && location < classes[at].end)
		return classes[at].kind;
	return LOCATION_OTHER;
}

__inline_always __u32 moved_by(__u32 now, __u32 *last, bool reborn)
{
	__u32 by = reborn ? now : now - *last; /* wraps around with the kernel's unsigned int */

	*last = now;
	return by;
}

/* Of @moved, what other CPUs did not fetch. One that both took is not asked back. */
__inline_always __u32 less_lent(__u32 moved, const volatile __u32 *lent, __u32 *paid)
{
	__u32 lent_now = *lent, owed = lent_now - *paid;

	*paid = lent_now;
	return moved > owed ? moved - owed : 0;
}

/* By less than half the range. */
__inline_always bool ran_backwards(const struct ct_counts *now, const struct ct_counts *last)
{
	return (__s32)(now->drop - last->drop) < 0 ||
	       (__s32)(now->insert_failed - last->insert_failed) < 0 ||
	       (__s32)(now->chaintoolong - last->chaintoolong) < 0 ||
	       (__s32)(now->invalid - last->invalid) < 0;
}

/* Brings the baseline up to date and says what moved. */
__inline_always bool look_at_counters(struct evidence *ev, __u64 now_ns)
{
	struct netns_state *st = ev->st;
	struct ct_counts now;
	bool reborn;

	if (!st || !read_ct_counts(st->stat, ev->sc, &now))
		return false;
	if (st->unsure) {
		st->unsure = 0;
		st->last = now;
		st->paid = st->lent;
		return false;
	}
	/* a counter that ran backwards: another namespace has this number and address now, and
	 * started at zero; or a drop in an interrupt was looked at since we read: read again */
	reborn = ran_backwards(&now, &st->last);
	if (reborn) {
		if (!read_ct_counts(st->stat, ev->sc, &now))
			return false;
		reborn = ran_backwards(&now, &st->last);
	}
	ev->moved.drop = moved_by(now.drop, &st->last.drop, reborn);
	ev->moved.insert_failed = moved_by(now.insert_failed, &st->last.insert_failed, reborn);
	ev->moved.chaintoolong = moved_by(now.chaintoolong, &st->last.chaintoolong, reborn);
	ev->moved.invalid = moved_by(now.invalid, &st->last.invalid, reborn);
	if (is_spare_valid(st, now_ns)) {
		ev->moved.drop += st->spare.drop;
		ev->moved.insert_failed += st->spare.insert_failed;
		ev->moved.chaintoolong += st->spare.chaintoolong;
	}
	ev->moved.drop = less_lent(ev->moved.drop, &st->lent.drop, &st->paid.drop);
	ev->moved.insert_failed = less_lent(ev->moved.insert_failed, &st->lent.insert_failed,
					    &st->paid.insert_failed);
	ev->moved.chaintoolong = less_lent(ev->moved.chaintoolong, &st->lent.chaintoolong,
					   &st->paid.chaintoolong);
	return true;
}

/* What was spare before keeps its age, or it would never be void while drops go on. */
__inline_always void keep_spare(struct netns_state *st, const struct ct_counts *left, __u64 now_ns)
{
	bool grew = !is_spare_valid(st, now_ns) || left->drop > st->spare.drop ||
		    left->insert_failed > st->spare.insert_failed ||
		    left->chaintoolong > st->spare.chaintoolong;

	st->spare = *left;
	if (!(left->drop | left->insert_failed | left->chaintoolong))
		st->spare_ns = 0;
	else if (grew)
		st->spare_ns = now_ns;
}

/* The failed attempt is already subtracted, and other CPUs free entries meanwhile. */
__inline_always bool is_full(__u32 entries, __u32 limit)
{
	return limit && entries >= limit - limit / 16;
}

/* 1: at its limit; 0: clearly below; -1: unknown. */
__inline_always int table_full(const struct netns_state *st)
{
	__u32 entries, limit;

	if (!st->entries || !st->limit ||
	    bpf_probe_read_kernel(&entries, sizeof(entries), (const void *)st->entries) ||
	    bpf_probe_read_kernel(&limit, sizeof(limit), (const void *)st->limit))
		return -1;
	return is_full(entries, limit);
}

__inline_always bool is_unconfirmed(const struct evidence *ev)
{
	return is_attached(ev->sc->packet.nfct) && !(ev->sc->ct.status & IPS_CONFIRMED);
}

/* A packet sent from here that looks like conntrack's victim, though nothing moved on this CPU. */
__inline_always bool may_be_left_behind(const struct evidence *ev)
{
	if (!ev->counted || ev->sc->packet.input)
		return false;
	if (is_unconfirmed(ev))
		return !ev->moved.insert_failed;
	return !ev->sc->packet.nfct && !ev->moved.drop && table_full(ev->st) > 0;
}

__inline_always void add_fetched(struct ct_counts *moved, __u32 fetched)
{
	moved->drop += !!(fetched & FETCHED_DROP);
	moved->insert_failed += !!(fetched & FETCHED_INSERT_FAILED);
	moved->chaintoolong += !!(fetched & FETCHED_CHAINTOOLONG);
}

/* Of a packet that got no entry: unknown is not room. */
__inline_always __u32 no_entry_cause(struct evidence *ev)
{
	int full = table_full(ev->st);

	if (full >= 0)
		return full ? CAUSE_CT_TABLE_FULL : CAUSE_CT_OTHER;
	ev->unclear = true;
	return CAUSE_NONE;
}

/* The conntrack drop that the evidence proves, taking its share of the counters. */
__inline_always __u32 conntrack_cause(struct evidence *ev)
{
	struct ct_counts *moved = &ev->moved;
	__u64 nfct = ev->sc->packet.nfct;
	struct netns_state *st = ev->st;
	__u32 cause;

	if (is_unconfirmed(ev) && moved->insert_failed) {
		moved->insert_failed--;
		st->claimed_insert_failed++;
		if (moved->drop) {
			moved->drop--;
			st->claimed_drop++;
			return CAUSE_CT_INSERT_FAILED;
		}
		if (moved->chaintoolong) {
			moved->chaintoolong--;
			st->claimed_chaintoolong++;
			return CAUSE_CT_CHAIN_TOO_LONG;
		}
		return CAUSE_CT_INSERT_FAILED;
	}
	if (!nfct && moved->drop) {
		moved->drop--;
		cause = no_entry_cause(ev);
		st->claimed_drop += cause != CAUSE_NONE;
		return cause;
	}
	return CAUSE_NONE;
}

/* What sits in one hook point. */
__stage __u32 kinds_of_hooks(__u64 entries_address)
{
	struct nf_hook_entries *entries = (void *)entries_address;
	__u16 n = BPF_CORE_READ(entries, num_hook_entries), i;
	__u64 at = entries_address + bpf_core_field_offset(struct nf_hook_entries, hooks);
	__u32 kinds = n > HOOKS_MAX ? HOOK_OTHER : 0, *kind;
	__u64 function;

	for (i = 0; i < HOOKS_MAX && i < n; i++) {
		if (bpf_probe_read_kernel(&function, sizeof(function), (const void *)at))
			return kinds | HOOK_OTHER;
		kind = bpf_map_lookup_elem(&hook_functions, &function);
		kinds |= kind ? *kind : HOOK_OTHER;
		at += bpf_core_type_size(struct nf_hook_entry);
	}
	return kinds;
}

/* Where hash_of_hooks() begins. */
__inline_always __u64 hooks_seed(__u32 family)
{
	return (__u64)globals.hooks_epoch << 16 | family;
}

/* Goes on from @seen with the addresses of a family's hook arrays. */
__inline_always __u64 hash_of_hooks(__u64 seen, const __u64 *points)
{
	int i;

#pragma unroll
	for (i = 0; i < HOOK_POINTS; i++)
		seen = (seen ^ points[i]) * 0x9e3779b97f4a7c15ULL; /* 2^64 / golden ratio */
	return seen;
}

/*
 * What sits in the hooks of the packet's family and of bridges. The arrays are
 * replaced whenever a hook comes or goes: as long as they are the same ones,
 * and so are the functions that are known, so is the answer.
 */
__inline_always __u32 hook_kinds(struct evidence *ev)
{
	struct netns_state *st = ev->st;
	__u32 family = ev->sc->rec.l3_proto, kinds = 0, own_points = HOOK_POINTS;
	__u64 net = ev->sc->packet.net, *points = ev->sc->bytes, own, seen;
	int i;

	__builtin_memset(points, 0, 2 * HOOK_POINTS * sizeof(*points));
	if (family == ETH_P_IPV6) {
		own = net + bpf_core_field_offset(struct net, nf.hooks_ipv6);
	} else if (family != ETH_P_ARP) {
		own = net + bpf_core_field_offset(struct net, nf.hooks_ipv4);
	} else if (bpf_core_field_exists(struct net, nf.hooks_arp)) {
		own = net + bpf_core_field_offset(struct net, nf.hooks_arp);
		own_points = ARP_HOOK_POINTS;
	} else { /* CONFIG_NETFILTER_FAMILY_ARP */
		own = net;
		own_points = 0;
	}
	if (bpf_probe_read_kernel(points, own_points * sizeof(*points), (const void *)own))
		return HOOK_OTHER;
	if (bpf_core_field_exists(struct net, nf.hooks_bridge))
		bpf_probe_read_kernel(
			points + HOOK_POINTS, HOOK_POINTS * sizeof(*points),
			(const void *)(net + bpf_core_field_offset(struct net, nf.hooks_bridge)));
	seen = hash_of_hooks(hash_of_hooks(hooks_seed(family), points), points + HOOK_POINTS);
	if (seen == st->hooks_seen)
		return st->hook_kinds;

	for (i = 0; i < 2 * HOOK_POINTS; i++)
		if (points[i])
			kinds |= kinds_of_hooks(points[i]);
	st->hooks_seen = seen;
	st->hook_kinds = kinds;
	return kinds;
}

__inline_always bool is_secmarked(const struct evidence *ev)
{
	const struct sk_buff *skb = (const void *)ev->sc->packet.skb;

	if (!bpf_core_field_exists(skb->secmark)) /* CONFIG_NETWORK_SECMARK */
		return false;
	return BPF_CORE_READ(skb, secmark) != 0;
}

/* A rule's drop, where only one kind of rules can have done it. */
__inline_always __u32 cause_of_suspects(__u32 suspects)
{
	if (suspects == HOOK_XTABLES)
		return CAUSE_XTABLES_RULE;
	if (suspects == HOOK_NFT)
		return CAUSE_NFT_RULE;
	return CAUSE_NF_RULE;
}

/*
 * What sits in the hooks of the packet's device: before it has a route those where it came in,
 * in any case those where it leaves. A namespace's own hooks tell nothing of these.
 */
__inline_always __u32 device_kinds(const struct packet *packet)
{
	const struct sk_buff *skb = (const void *)packet->skb;
	const struct net_device *dev = BPF_CORE_READ(skb, dev);
	__u64 entries = 0;

	/* CONFIG_NETFILTER_INGRESS, CONFIG_NETFILTER_EGRESS (5.16) */
	if (packet->input && !packet->routed && bpf_core_field_exists(dev->nf_hooks_ingress))
		entries = (__u64)BPF_CORE_READ(dev, nf_hooks_ingress);
	if (!entries && bpf_core_field_exists(dev->nf_hooks_egress))
		entries = (__u64)BPF_CORE_READ(dev, nf_hooks_egress);
	return entries ? kinds_of_hooks(entries) : 0;
}

/* Freed in nf_hook_slow, and not by conntrack: by whom. */
__inline_always __u32 rule_cause(struct evidence *ev, __u32 kinds)
{
	__u32 suspects = (kinds | device_kinds(&ev->sc->packet)) & HOOK_SUSPECTS;

	/* NAT drops a packet whose mapping went with its interface, and kills the entry */
	if (kinds & HOOK_NAT && ev->sc->ct.status & IPS_DYING)
		suspects |= HOOK_OTHER;
	if (kinds & HOOK_DEFRAG && ev->sc->rec.flags & DROP_F_FRAGMENT)
		suspects |= HOOK_OTHER;
	if (kinds & HOOK_SECMARK && is_secmarked(ev))
		suspects |= HOOK_OTHER;
	return cause_of_suspects(suspects);
}

/* Conntrack looked at this packet and refused to classify it. */
__inline_always bool is_invalid(const struct evidence *ev, __u32 kinds)
{
	const struct packet *packet = &ev->sc->packet;

	/* past the hook where conntrack looks at all that comes in, and it
	 * refused one on this CPU just now; loopback keeps the sender's route */
	return kinds & HOOK_CONNTRACK && packet->input && packet->routed && !packet->loopback &&
	       ev->counted && ev->moved.invalid && !ev->moved.drop;
}

/* Not the one case in which a full table may have left its trace on another CPU. */
__inline_always bool may_be_rule(const struct evidence *ev, __u32 kinds)
{
	const struct packet *packet = &ev->sc->packet;

	/* it may have been loaded again a moment ago, and not have been noticed yet */
	if (ev->no_conntrack)
		return !globals.ct_gone || !(kinds & (HOOK_CONNTRACK | HOOK_OTHER));
	return ev->counted && (packet->nfct || packet->input || table_full(ev->st) <= 0);
}

/* What the direct hooks left about this packet; CAUSE_NONE: nothing. */
__inline_always __u32 direct_cause(struct scratch *sc)
{
	__u64 skb = sc->packet.skb;
	struct direct_verdict *verdict;
	__u32 cause;

	if (!enable_verdicts)
		return CAUSE_NONE;
	verdict = bpf_map_lookup_elem(&verdicts, &skb);
	if (!verdict)
		return CAUSE_NONE;
	cause = verdict->cause;
	/* a clash is between two entries: without the packet's own it is none */
	if (verdict->clashed && sc->rec.sections & DROP_SECTION_CT) {
		sc->winner = verdict->winner;
		sc->rec.sections |= DROP_SECTION_CLASH;
	}
	bpf_map_delete_elem(&verdicts, &skb);
	return cause;
}

/* Both ways of finding conntrack's drops, as the user chose. */
__inline_always __u32 conntrack_evidence(struct evidence *ev, struct cpu_state *cpu)
{
	__u32 direct = direct_cause(ev->sc), counted = CAUSE_NONE;

	if (ev->counted)
		counted = conntrack_cause(ev);
	/* the hooks see that an allocation failed; why, the entries tell */
	if (direct == CAUSE_CT_TABLE_FULL)
		direct = no_entry_cause(ev);
	if (conntrack_mode == CONNTRACK_DIRECT) {
		/* dropped while they were not attached, or the verdict made room for others */
		if (counted && !direct)
			ev->unclear = true;
		return direct;
	}
	if (conntrack_mode == CONNTRACK_BOTH && (direct || counted)) {
		cpu->compared++;
		if (direct != counted) {
			cpu->disagreed++;
			ev->sc->rec.flags |= DROP_F_DISAGREE;
			ev->sc->rec.cause_direct = direct;
		}
	}
	return counted;
}

/*
 * Fills cause and ct_state of a packet that conntrack or a rule may have
 * dropped. Counts where the counters should have been compared and could not. Returns nothing
 * of use: a function that the verifier checks by itself must return a number.
 */
__stage int explain(__u32 level, __u32 flags, __u32 location, __u32 phase)
{
	struct scratch *sc = scratch_at(level);
	struct evidence ev = { .location = location };
	__u32 cause = CAUSE_NONE, kinds, zero = 0;
	struct cpu_state *cpu = bpf_map_lookup_elem(&cpus, &zero);
	bool conntracks;

	if (!sc || !cpu)
		return 0;
	ev.sc = sc;
	ev.st = netns_state__get(sc->packet.net, sc, level,
				 phase != CPU_ARMED || cpu->late || !globals.all_known);
	if (!ev.st) {
		sc->rec.cause = location == LOCATION_NFT ? CAUSE_NFT_RULE : CAUSE_NONE;
		cpu->no_baseline += phase == CPU_ARMED;
		return 0;
	}
	ev.counted = look_at_counters(&ev, sc->rec.time_ns);
	ev.no_conntrack = !ev.st->stat;
	kinds = hook_kinds(&ev);
	if (location != LOCATION_NFT && may_be_left_behind(&ev))
		add_fetched(&ev.moved, fetch_left_behind(level, is_unconfirmed(&ev)));
	if (location == LOCATION_NFT)
		cause = CAUSE_NFT_RULE;
	else
		cause = conntrack_evidence(&ev, cpu);
	conntracks = ev.unclear || (location != LOCATION_NFT && cause != CAUSE_NONE);
	if (ev.counted)
		keep_spare(ev.st, &ev.moved, sc->rec.time_ns);

	if (cause == CAUSE_NONE && location == LOCATION_NF_QUEUE)
		cause = CAUSE_NF_RULE; /* refused by whoever reads the queue */
	if (cause == CAUSE_NONE && flags & REASON_F_NETFILTER && !ev.unclear &&
	    may_be_rule(&ev, kinds))
		cause = rule_cause(&ev, kinds);
	sc->rec.cause = cause;
	/* what conntrack drops it has not called invalid: that it lets pass */
	if (!sc->packet.nfct && !conntracks && is_invalid(&ev, kinds))
		sc->rec.ct_state = CT_STATE_INVALID;
	if (!ev.counted && !ev.no_conntrack)
		cpu->no_baseline += phase == CPU_ARMED;
	return 0;
}

#endif
