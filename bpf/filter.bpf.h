/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Checks a packet that has been read against the user's filter (drop_filter.h).
 */
#ifndef DROPWHY_FILTER_BPF_H
#define DROPWHY_FILTER_BPF_H

#include <bpf/bpf_endian.h>

#include "bpf/kread.bpf.h"
#include "bpf/protocols.bpf.h"
#include "bpf/state.bpf.h"

__inline_always bool in_prefix(const volatile struct filter_prefix *p, const __u8 *addr)
{
	const __u32 *word = (const __u32 *)addr;

	return (word[0] & p->mask_be[0]) == p->addr_be[0] &&
	       (word[1] & p->mask_be[1]) == p->addr_be[1] &&
	       (word[2] & p->mask_be[2]) == p->addr_be[2] &&
	       (word[3] & p->mask_be[3]) == p->addr_be[3];
}

__inline_always bool prefixes_match(const __u8 *saddr, const __u8 *daddr, __u8 ip_version, __u32 end)
{
	const volatile struct filter_prefixes *set = &filter.prefixes[end];
	__u32 i;

	if (!set->count)
		return true;
	for (i = 0; i < FILTER_VALUES_MAX && i < set->count; i++) {
		if (set->values[i].ip_version != ip_version)
			continue;
		if (end != FILTER_DST && in_prefix(&set->values[i], saddr))
			return true;
		if (end != FILTER_SRC && in_prefix(&set->values[i], daddr))
			return true;
	}
	return false;
}

__inline_always bool addresses_match(const __u8 *saddr, const __u8 *daddr, __u8 ip_version)
{
	return prefixes_match(saddr, daddr, ip_version, FILTER_EITHER) &&
	       prefixes_match(saddr, daddr, ip_version, FILTER_SRC) &&
	       prefixes_match(saddr, daddr, ip_version, FILTER_DST);
}

__inline_always bool in_ranges(__u16 sport, __u16 dport, bool has_ports, __u32 end)
{
	const volatile struct filter_ports *set = &filter.ports[end];
	__u32 i;

	if (!set->count)
		return true;
	if (!has_ports)
		return false;
	for (i = 0; i < FILTER_VALUES_MAX && i < set->count; i++) {
		__u16 first = set->values[i].first, last = set->values[i].last;

		if (end != FILTER_DST && sport >= first && sport <= last)
			return true;
		if (end != FILTER_SRC && dport >= first && dport <= last)
			return true;
	}
	return false;
}

__inline_always bool ports_match(__u16 sport_be, __u16 dport_be, bool has_ports)
{
	__u16 sport = bpf_ntohs(sport_be), dport = bpf_ntohs(dport_be);

	return in_ranges(sport, dport, has_ports, FILTER_EITHER) &&
	       in_ranges(sport, dport, has_ports, FILTER_SRC) &&
	       in_ranges(sport, dport, has_ports, FILTER_DST);
}

/* @is_ip: l4_proto is known, ARP has none. */
__inline_always bool protocol_matches(__u16 l3_proto, __u8 l4_proto, bool is_ip)
{
	__u32 i;

	if (!filter.l4_proto_count && !filter.l3_proto_count)
		return true;
	for (i = 0; i < FILTER_VALUES_MAX && i < filter.l4_proto_count; i++)
		if (is_ip && l4_proto == filter.l4_proto[i])
			return true;
	for (i = 0; i < FILTER_VALUES_MAX && i < filter.l3_proto_count; i++)
		if (l3_proto == filter.l3_proto[i])
			return true;
	return false;
}

__inline_always bool in_netns(__u32 ino)
{
	__u32 i;

	if (!filter.netns_count)
		return true;
	for (i = 0; i < FILTER_VALUES_MAX && i < filter.netns_count; i++)
		if (ino == filter.netns_ino[i])
			return true;
	return false;
}

__inline_always bool iface_matches(const struct drop_record *rec)
{
	const __u64 *name = (const __u64 *)rec->iface;
	__u32 i;

	if (!filter.iface_count)
		return true;
	for (i = 0; i < FILTER_VALUES_MAX && i < filter.iface_count; i++) {
		const volatile __u64 *wanted = (const volatile __u64 *)filter.iface[i];

		if (name[0] == wanted[0] && name[1] == wanted[1])
			return true;
	}
	return false;
}

__inline_always bool cause_matches(__u32 cause)
{
	return !filter.cause_mask || filter.cause_mask & (1u << (cause & 31));
}

__stage int filter_matches(__u32 level)
{
	struct scratch *sc = scratch_at(level);
	const struct flow_tuple *tuple;
	const struct drop_record *rec;
	bool is_ip, has_ports;

	if (!sc)
		return 0;
	rec = &sc->rec;
	tuple = &rec->tuple;
	is_ip = rec->flags & DROP_F_L3 && !(rec->flags & DROP_F_ARP);
	has_ports = rec->flags & DROP_F_L4 && tuple->l4_proto != IPPROTO_ICMP &&
		    tuple->l4_proto != IPPROTO_ICMPV6;
	return cause_matches(rec->cause) && in_netns(rec->netns_ino) && iface_matches(rec) &&
	       protocol_matches(rec->l3_proto, tuple->l4_proto, is_ip) &&
	       addresses_match(tuple->saddr, tuple->daddr, tuple->ip_version) &&
	       ports_match(tuple->sport_be, tuple->dport_be, has_ports);
}

/*
 * Does the filter look at what a fold key tells? Then many a drop can be rejected by it. All of
 * it is constant when the verifier comes: what is not asked for costs nothing.
 */
__inline_always bool filter_asks_for_key(void)
{
	return has_flow_filter || filter.cause_mask || filter.l4_proto_count || filter.l3_proto_count;
}

/*
 * False: the filter rejects the packet of this key. True says nothing of its interface and
 * namespace. A function of its own for the sake of the caller's stack.
 */
static __attribute__((noinline)) int key_matches(const struct fold_key *key)
{
	bool has_ports = key->l4_proto == IPPROTO_TCP || key->l4_proto == IPPROTO_UDP;

	return cause_matches(key->cause) && protocol_matches(key->l3_proto, key->l4_proto, true) &&
	       addresses_match(key->saddr, key->daddr, key->l3_proto == ETH_P_IPV6 ? 6 : 4) &&
	       /* ICMP's type and code may be in their place */
	       ports_match(key->sport_be, key->dport_be, has_ports);
}

#endif
