/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The cause of a netfilter drop by few loads, for the drops that storms are made of: those of a
 * full conntrack table and those of a rule. It must come to what explain() does, and what is not
 * clear at a glance is left to that: nothing is written down before the drop is counted. Only
 * where loads may fault (READ_FAULTING).
 */
#ifndef DROPWHY_QUICK_CAUSE_BPF_H
#define DROPWHY_QUICK_CAUSE_BPF_H

#include "bpf/netfilter_cause.bpf.h"
#include "bpf/skb.bpf.h"

struct quick_cause {
	struct netns_state *st;
	__u32 cause;
	__u32 ct_state;		/* as the record has it */
	bool claims_drop;	/* takes one unit of conntrack's counter */
	__u32 invalid;		/* what conntrack's counter of invalid packets stands at */
};

/* Writes down what was taken, once the drop is counted. */
__inline_always void quick_cause__commit(const struct quick_cause *quick)
{
	struct netns_state *st = quick->st;

	if (quick->claims_drop) {
		st->last.drop++;
		st->claimed_drop++;
	}
	st->last.invalid = quick->invalid;
}

/* Nothing left over, nothing lent, nothing new: the counters say what they say. */
__inline_always bool is_settled(const struct netns_state *st, const struct net *net)
{
	if (!bpf_core_field_exists(struct net, ct)) /* CONFIG_NF_CONNTRACK */
		return false;
	return st->stat && !st->unsure && !st->spare_ns && !globals.ct_gone &&
	       st->ct_departures == globals.ct_departures &&
	       st->stat_base == (__u64)KREAD_IN_PLACE(net, ct.stat) &&
	       st->lent.drop == st->paid.drop && st->lent.insert_failed == st->paid.insert_failed &&
	       st->lent.chaintoolong == st->paid.chaintoolong;
}

/* One of conntrack's counters, by its offset in struct ip_conntrack_stat. */
__inline_always __u32 quick_count(const struct netns_state *st, __u32 offset)
{
	return *(const volatile __u32 *)in_place(st->stat + offset);
}

/* As table_full(); unknown is not full. */
__inline_always bool quick_full(const struct netns_state *st)
{
	if (!st->entries || !st->limit)
		return false;
	return is_full(*(const volatile __u32 *)in_place(st->entries),
		       *(const volatile __u32 *)in_place(st->limit));
}

/* The hooks' kinds are known, and from this very set of hooks. */
__inline_always bool knows_hooks(const struct netns_state *st, const struct net *net, __u32 family)
{
	__u32 own = family == ETH_P_IPV6 ? bpf_core_field_offset(struct net, nf.hooks_ipv6) :
					   bpf_core_field_offset(struct net, nf.hooks_ipv4);
	__u64 no_points[HOOK_POINTS] = {};
	__u64 seen = hash_of_hooks(hooks_seed(family), in_place((__u64)net + own));

	if (bpf_core_field_exists(struct net, nf.hooks_bridge))
		seen = hash_of_hooks(
			seen,
			in_place((__u64)net + bpf_core_field_offset(struct net, nf.hooks_bridge)));
	else
		seen = hash_of_hooks(seen, no_points);
	return seen == st->hooks_seen;
}

/* Which rules dropped it, as rule_cause() has it; CAUSE_NONE: that takes a closer look. */
__inline_always __u32 quick_rule(struct sk_buff *skb, const struct netns_state *st)
{
	__u64 nfct = skb->_nfct, status = 0;

	if (is_attached(nfct))
		status = *(const volatile __u64 *)in_place(
			(nfct & ~CT_INFO_MASK) + bpf_core_field_offset(struct nf_conn, status));
	/* see may_be_left_behind() */
	if (!skb->skb_iif &&
	    (is_attached(nfct) ? !(status & IPS_CONFIRMED) : !nfct && quick_full(st)))
		return CAUSE_NONE;
	/* what defragmentation drops has no quick key */
	if (st->hook_kinds & HOOK_NAT && status & IPS_DYING)
		return CAUSE_NONE;
	if (st->hook_kinds & HOOK_SECMARK && bpf_core_field_exists(skb->secmark) && skb->secmark)
		return CAUSE_NONE;
	return cause_of_suspects(st->hook_kinds & HOOK_SUSPECTS);
}

/* As is_invalid(), of a packet without an entry. */
__inline_always bool quick_invalid(struct sk_buff *skb, const struct net_device *dev, __u32 kinds)
{
	return kinds & HOOK_CONNTRACK && skb->skb_iif && has_route(skb, READ_FAULTING) &&
	       !(dev && is_loopback_name(in_place((__u64)dev->name)));
}

/*
 * False: not this way. A function of its own for the sake of the stack, and so that the verifier
 * need not follow each of its ends through what comes after it.
 */
static __attribute__((noinline)) int quick_cause(struct sk_buff *skb, struct net_device *dev,
						 struct net *net, __u64 location,
						 struct quick_cause *quick)
{
	__u32 kind, family = bpf_ntohs(skb->protocol), drops;
	struct scratch *sc = scratch_at(0);
	struct netns_state *st;

	if (!sc || !net || conntrack_mode != CONNTRACK_COUNTERS ||
	    (family != ETH_P_IP && family != ETH_P_IPV6))
		return false;
	kind = location_kind(sc, location);
	if (kind != LOCATION_NF_HOOK && kind != LOCATION_NFT)
		return false;
	st = netns_state__find(net, READ_FAULTING);
	if (!st || !is_settled(st, net))
		return false;
	/* a clash that direct hooks have seen, and whatever else inserting ends in, shows here */
	if (quick_count(st, bpf_core_field_offset(struct ip_conntrack_stat, insert_failed)) !=
	    st->last.insert_failed)
		return false;
	if (bpf_core_field_exists(struct ip_conntrack_stat, chaintoolong) &&
	    quick_count(st, bpf_core_field_offset(struct ip_conntrack_stat, chaintoolong)) !=
		    st->last.chaintoolong)
		return false;
	drops = quick_count(st, bpf_core_field_offset(struct ip_conntrack_stat, drop)) -
		st->last.drop;
	quick->st = st;
	quick->invalid = quick_count(st, bpf_core_field_offset(struct ip_conntrack_stat, invalid));
	quick->ct_state = ct_state(skb->_nfct);
	if (!drops) {
		if (!knows_hooks(st, net, family))
			return false;
		quick->cause = kind == LOCATION_NFT ? CAUSE_NFT_RULE : quick_rule(skb, st);
		if (quick->invalid != st->last.invalid && !skb->_nfct &&
		    quick_invalid(skb, dev, st->hook_kinds))
			quick->ct_state = CT_STATE_INVALID;
		return quick->cause != CAUSE_NONE;
	}
	if (drops != 1 || kind != LOCATION_NF_HOOK || skb->_nfct || !quick_full(st))
		return false;
	quick->cause = CAUSE_CT_TABLE_FULL;
	quick->claims_drop = true;
	return true;
}

#endif
