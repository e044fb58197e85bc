/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Counts drops of the same kind together. The first of a key goes out at once
 * and leaves its record in the table; those that follow only add to a count,
 * which the flush (flush.bpf.h) sends out with that record, once a window.
 *
 * Each CPU has a table of its own and only programs on that CPU touch it:
 * nothing is shared on the path of a folded drop. Programs that interrupt one
 * another are told apart by cpu_state.nesting: the one that comes second stays
 * away from the table, and its drop goes out by itself.
 *
 * A full bucket costs detail and no count: the drop is then folded with all
 * others of the same addresses, then with all of the same place and reason.
 * No room there either: it goes out by itself, as without folding.
 */
#ifndef DROPWHY_FOLD_BPF_H
#define DROPWHY_FOLD_BPF_H

#include "bpf/kread.bpf.h"
#include "bpf/protocols.bpf.h"
#include "bpf/state.bpf.h"

/* 2^64 / golden ratio */
#define HASH_MULTIPLIER 0x9e3779b97f4a7c15ULL

/* How much could be read: packets of which less is known have a key of their own. */
#define FOLD_KEY_FLAGS (DROP_F_FRAGMENT | DROP_F_LATER_FRAGMENT | DROP_F_TRUNCATED)

/* A sum of products, which the CPU can multiply side by side; the seeds are secret. */
__inline_always __u64 fold_hash(const struct fold_key *key)
{
	const __u64 *word = (const __u64 *)key;
	__u64 hash = 0;
	__u32 i;

#pragma unroll
	for (i = 0; i < sizeof(*key) / 8; i++)
		hash += word[i] * fold_seed[i];
	hash ^= hash >> 32;
	hash *= HASH_MULTIPLIER;
	return hash ^ hash >> 29;
}

__inline_always __u32 fold_tag(__u64 hash)
{
	return (__u32)hash | 1;
}

/* Where in the arrays a CPU's tables begin, in buckets. */
__inline_always __u32 fold_base(__u32 cpu)
{
	return cpu * (fold_mask + 1 + FOLD_COARSE_BUCKETS);
}

/* The bucket in which a key must lie. */
__inline_always __u32 fold_bucket_at(__u64 hash, __u8 kind)
{
	__u32 high = hash >> 40, base = fold_base(bpf_get_smp_processor_id());

	if (kind == FOLD_FLOW)
		return base + (high & fold_mask);
	return base + fold_mask + 1 + (high & (FOLD_COARSE_BUCKETS - 1));
}

__inline_always bool fold_key_is(const struct fold_key *key, const struct fold_key *other)
{
	const __u64 *a = (const __u64 *)key, *b = (const __u64 *)other;

	return !((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3]) | (a[4] ^ b[4]) |
		 (a[5] ^ b[5]) | (a[6] ^ b[6]) | (a[7] ^ b[7]));
}

/*
 * The first way with that tag; FOLD_WAYS: none. One path, whatever is found, and a number of
 * which the verifier knows nothing, since it comes from the table: else it would follow each way
 * to the end, and tell apart all that the tag was made of.
 */
__inline_always __u32 fold_way(struct fold_bucket *bucket, __u32 tag)
{
	volatile __u64 *found = &bucket->found;
	__u64 others = 1, way = 0, differs;
	__u32 i;

#pragma unroll
	for (i = 0; i < FOLD_WAYS; i++) {
		differs = bucket->tags[i] ^ tag;
		barrier_var(differs); /* or the compiler makes a jump of it */
		others &= (differs + 0xffffffff) >> 32;
		way += others;
	}
	*found = way;
	return *found;
}

/* @now in ticks: reading jiffies is one load, a clock costs 20 ns. */
__inline_always void fold_entry__add(struct fold_entry *entry, __u32 bytes, __u64 now)
{
	if (!entry->count)
		entry->first = now;
	entry->last = now;
	entry->bytes += bytes;
	entry->count++;
}

enum fold_found {
	FOLD_COUNTED,
	FOLD_ROOM,		/* not there, but it could be */
	FOLD_NO_ROOM,
};

/* Counts a drop whose key is in the table. */
__inline_always enum fold_found fold_count(const struct fold_key *key, __u32 bytes)
{
	__u64 hash = fold_hash(key);
	__u32 at = fold_bucket_at(hash, key->kind), way;
	struct fold_bucket *bucket = bpf_map_lookup_elem(&folds, &at);

	if (!bucket)
		return FOLD_NO_ROOM;
	way = fold_way(bucket, fold_tag(hash));
	if (way < FOLD_WAYS) {
		struct fold_entry *entry;

		barrier_var(way); /* or the compiler drops the mask, which the verifier needs */
		entry = &bucket->ways[way & (FOLD_WAYS - 1)];
		/* two keys with one tag in one bucket: the second does without */
		if (!fold_key_is(&entry->key, key))
			return FOLD_NO_ROOM;
		fold_entry__add(entry, bytes, bpf_jiffies64());
		return FOLD_COUNTED;
	}
	return fold_way(bucket, 0) < FOLD_WAYS ? FOLD_ROOM : FOLD_NO_ROOM;
}

/* Makes a key coarser by one step. */
__inline_always void fold_key__coarsen(struct fold_key *key, __u64 location)
{
	if (key->kind == FOLD_PAIR) {
		__builtin_memset(key->saddr, 0, sizeof(key->saddr));
		__builtin_memset(key->daddr, 0, sizeof(key->daddr));
	}
	key->location = location;
	key->sport_be = key->dport_be = 0;
	key->tcp_flags = 0;
	key->kind++;
}

/*
 * Tells namespaces apart, and from those that had the same number shortly before: pods that
 * come and go with the same address must not share a key. A cookie is never used again; up
 * to 5.11 most namespaces have none, but all have a random number.
 */
__inline_always __u32 fold_netns(const struct net *net, const enum reading how)
{
	const struct net___atomic_cookie *old = (const void *)net;

	if (bpf_core_field_exists(old->net_cookie.counter))
		return KREAD_UNSURE(how, net, hash_mix);
	return (__u32)KREAD_UNSURE(how, net, net_cookie);
}

__inline_always __u64 mix(__u64 hash, __u64 word)
{
	hash = (hash ^ word) * HASH_MULTIPLIER;
	return hash ^ hash >> 32;
}

/* Networks that share a link may share addresses, too; in the half that all locations have alike. */
__inline_always __u64 fold_vlan(__u16 outer, __u16 inner)
{
	return (__u64)outer << 32 | (__u64)inner << 48;
}

/* The key of the record under construction; quick_key() must come to the same. */
__inline_always void fold_key__init(struct fold_key *key, const struct drop_record *rec,
				    const struct net *net)
{
	__builtin_memcpy(key->saddr, rec->tuple.saddr, sizeof(key->saddr));
	__builtin_memcpy(key->daddr, rec->tuple.daddr, sizeof(key->daddr));
	key->location = rec->location ^ fold_vlan(rec->vlan_tci[0], rec->vlan_tci[1]);
	key->netns = net ? fold_netns(net, READ_PROBED) : 0;
	key->ifindex = rec->ifindex;
	key->reason = rec->reason;
	key->sport_be = rec->tuple.sport_be;
	key->dport_be = rec->tuple.dport_be;
	key->l3_proto = rec->l3_proto;
	key->l4_proto = rec->tuple.l4_proto;
	key->cause = rec->cause;
	key->ct_state = rec->ct_state;
	key->tcp_flags = rec->tcp_flags;
	key->flags = rec->flags & FOLD_KEY_FLAGS;
	key->kind = FOLD_FLOW;
	if (rec->l3_proto == ETH_P_ARP)
		key->sport_be = rec->arp_op;
	else if (rec->tuple.l4_proto == IPPROTO_ICMP || rec->tuple.l4_proto == IPPROTO_ICMPV6)
		key->sport_be = rec->icmp_type << 8 | rec->icmp_code;
	/* no port tells apart whose it is: pods that share the node's namespace may ping the same */
	if (!(rec->tuple.sport_be | rec->tuple.dport_be))
		key->location ^= mix(0, rec->cgroup_id);
}

/* The packet in a tunnel tells packets apart too. */
__inline_always __u64 hash_of_tunnel(const struct scratch *sc)
{
	const __u64 *word = (const __u64 *)&sc->inner.tuple;
	__u64 hash = 0;
	__u32 i;

	if (!(sc->rec.sections & DROP_SECTION_INNER))
		return 0;
#pragma unroll
	for (i = 0; i < sizeof(sc->inner.tuple) / 8; i++)
		hash = mix(hash, word[i]);
	return hash;
}

/*
 * The same for the DNS message behind the record, but for its transaction's
 * number: no name is folded away.
 */
__stage __u64 hash_of_dns(__u32 level, __u32 dns_at, __u32 dns_bytes)
{
	struct scratch *sc = scratch_at(level);
	const __u64 *word;
	__u64 hash = 0;
	__u32 i;

	dns_at &= ~7u;
	if (!sc || dns_at > DROP_RECORD_MAX_SIZE - sizeof(struct drop_section_dns))
		return 0;
	word = (const void *)&sc->rec + dns_at;
	if (sc->rec.tuple.l4_proto == IPPROTO_UDP) /* QR, opcode, RCODE */
		hash = mix(hash, *(const __u16 *)&((const struct drop_section_dns *)word)->payload[2]);
	/* the first name begins 12 bytes into the message: RFC 1035 section 4.1.1 */
	for (i = 2; i < sizeof(struct drop_section_dns) / 8 && i < dns_bytes / 8; i++)
		hash = mix(hash, word[i]);
	return hash;
}

/* What a record keeps that stands for more than its first packet. */
__inline_always void make_template(struct drop_record *rec, __u8 kind)
{
	rec->len_bytes = 0;
	rec->tcp_seq = 0;
	rec->frag_offset_bytes = 0;
	if (kind == FOLD_FLOW)
		return;
	rec->tuple.sport_be = rec->tuple.dport_be = 0;
	rec->tcp_flags = rec->icmp_type = rec->icmp_code = 0;
	rec->flags &= ~(DROP_F_L4 | DROP_F_MAC);
	__builtin_memset(rec->src_mac, 0, sizeof(rec->src_mac));
	__builtin_memset(rec->dst_mac, 0, sizeof(rec->dst_mac));
	rec->vlan_count = 0;
	rec->vlan_tci[0] = rec->vlan_tci[1] = 0;
	rec->mark = 0;
	rec->cgroup_id = 0;
	rec->sections = 0;
	rec->hdr.size = sizeof(*rec);
	if (kind == FOLD_PAIR)
		return;
	__builtin_memset(&rec->tuple.saddr, 0, sizeof(rec->tuple.saddr));
	__builtin_memset(&rec->tuple.daddr, 0, sizeof(rec->tuple.daddr));
	rec->tuple.ip_version = 0;
	rec->flags &= ~(DROP_F_L3 | DROP_F_ARP);
	rec->arp_op = 0;
}

/*
 * Puts a key into the table with the record in scratch, of which @pending
 * packets (0 or 1) have not gone out. False: there is no room.
 */
__inline_always bool fold_insert(struct scratch *sc, const struct fold_key *key, __u32 pending)
{
	__u32 at, way, size, cpu = bpf_get_smp_processor_id();
	__u64 hash = fold_hash(key);
	struct fold_bucket *bucket;
	struct fold_record *record;
	struct fold_entry *entry;

	at = fold_bucket_at(hash, key->kind);
	bucket = bpf_map_lookup_elem(&folds, &at);
	if (!bucket)
		return false;
	way = fold_way(bucket, 0);
	if (way >= FOLD_WAYS)
		return false;
	barrier_var(way);
	way &= FOLD_WAYS - 1;
	at = at * FOLD_WAYS + way;
	record = bpf_map_lookup_elem(&fold_records, &at);
	if (!record)
		return false;
	size = sc->rec.hdr.size;
	barrier_var(size); /* checked and used in one register: before 5.12 spills forget bounds */
	if (size > sizeof(record->bytes) || bpf_probe_read_kernel(record->bytes, size, &sc->rec))
		return false;
	make_template((struct drop_record *)record->bytes, key->kind);
	entry = &bucket->ways[way];
	entry->key = *key;
	entry->count = entry->bytes = 0;
	if (pending)
		fold_entry__add(entry, sc->rec.len_bytes, bpf_jiffies64());
	bucket->tags[way] = fold_tag(hash);
	if (fold_used[cpu & (FOLD_CPUS - 1)] != FOLD_IN_USE)
		fold_used[cpu & (FOLD_CPUS - 1)] = FOLD_IN_USE;
	return true;
}

#endif
