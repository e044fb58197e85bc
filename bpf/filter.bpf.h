/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Checks a packet that has been read against the user's filter (drop_filter.h).
 */
#ifndef DROPWHY_FILTER_BPF_H
#define DROPWHY_FILTER_BPF_H

#include <bpf/bpf_endian.h>

#include "bpf/kread.bpf.h"
#include "bpf/state.bpf.h"

__inline_always bool in_prefix(const volatile struct filter_prefix *p, const __u8 *addr)
{
	const __u32 *word = (const __u32 *)addr;

	return (word[0] & p->mask_be[0]) == p->addr_be[0] &&
	       (word[1] & p->mask_be[1]) == p->addr_be[1] &&
	       (word[2] & p->mask_be[2]) == p->addr_be[2] &&
	       (word[3] & p->mask_be[3]) == p->addr_be[3];
}

__inline_always bool prefixes_match(const struct flow_tuple *t, __u32 end)
{
	const volatile struct filter_prefixes *set = &filter.prefixes[end];
	__u32 i;

	if (!set->count)
		return true;
	for (i = 0; i < FILTER_VALUES_MAX && i < set->count; i++) {
		if (set->values[i].ip_version != t->ip_version)
			continue;
		if (end != FILTER_DST && in_prefix(&set->values[i], t->saddr))
			return true;
		if (end != FILTER_SRC && in_prefix(&set->values[i], t->daddr))
			return true;
	}
	return false;
}

__inline_always bool ports_match(const struct drop_record *rec, __u32 end)
{
	const volatile struct filter_ports *set = &filter.ports[end];
	__u16 sport = bpf_ntohs(rec->tuple.sport_be), dport = bpf_ntohs(rec->tuple.dport_be);
	__u32 i;

	if (!set->count)
		return true;
	if (!(rec->flags & DROP_F_L4))
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

__inline_always bool protocol_matches(const struct drop_record *rec)
{
	__u32 i;

	if (!filter.l4_proto_count && !filter.l3_proto_count)
		return true;
	for (i = 0; i < FILTER_VALUES_MAX && i < filter.l4_proto_count; i++)
		if (rec->tuple.l4_proto == filter.l4_proto[i] && rec->flags & DROP_F_L3 &&
		    !(rec->flags & DROP_F_ARP))
			return true;
	for (i = 0; i < FILTER_VALUES_MAX && i < filter.l3_proto_count; i++)
		if (rec->l3_proto == filter.l3_proto[i])
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

__stage int filter_matches(__u32 level)
{
	struct scratch *sc = scratch_at(level);
	const struct drop_record *rec;

	if (!sc)
		return 0;
	rec = &sc->rec;
	if (filter.cause_mask && !(filter.cause_mask & (1u << (rec->cause & 31))))
		return 0;
	return in_netns(rec->netns_ino) && iface_matches(rec) && protocol_matches(rec) &&
	       prefixes_match(&rec->tuple, FILTER_EITHER) &&
	       prefixes_match(&rec->tuple, FILTER_SRC) &&
	       prefixes_match(&rec->tuple, FILTER_DST) && ports_match(rec, FILTER_EITHER) &&
	       ports_match(rec, FILTER_SRC) && ports_match(rec, FILTER_DST);
}

#endif
