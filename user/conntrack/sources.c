// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The heaviest sources and their destinations: see sources.h.
 */
#include <linux/netfilter/nf_conntrack_common.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "user/conntrack/heavy.h"
#include "user/conntrack/sources.h"

/* 4,096 of 200 bytes: who holds a thousandth of a table is among them. */
#define SOURCES_MAX 4096

struct source_key {
	__u8 address[16];
	__u8 ip_version;
	__u8 pad[7];
};

struct conntrack_sources {
	struct heavy *table;
};

struct conntrack_sources *conntrack_sources__new(void)
{
	struct conntrack_sources *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->table = heavy__new(sizeof(struct source_key), sizeof(struct conntrack_source),
			      SOURCES_MAX, NULL, NULL);
	if (s->table)
		return s;
	free(s);
	return NULL;
}

/* The finalizer of MurmurHash3 (public domain), over the destination word by word. */
static __u64 mix(__u64 value)
{
	value ^= value >> 33;
	value *= 0xff51afd7ed558ccdULL;
	value ^= value >> 33;
	value *= 0xc4ceb9fe1a85ec53ULL;
	return value ^ value >> 33;
}

static __u64 hash_destination(const struct flow_tuple *tuple)
{
	__u64 words[2];

	memcpy(words, tuple->daddr, sizeof(words));
	return mix(mix(words[0] ^ mix(words[1])) + tuple->dport_be + ((__u64)tuple->l4_proto << 16));
}

void conntrack_sources__add(struct conntrack_sources *s, const struct conntrack_entry *entry)
{
	struct source_key key = { .ip_version = entry->orig.ip_version };
	__u64 hash = hash_destination(&entry->orig);
	struct conntrack_source *source;
	struct heavy_record record;
	__u8 rank, *in;

	memcpy(key.address, entry->orig.saddr, sizeof(key.address));
	record = heavy__add(s->table, &key);
	source = record.value;
	memcpy(source->address.saddr, key.address, sizeof(key.address));
	source->address.ip_version = key.ip_version;
	source->count = record.count;
	source->unreplied += !(entry->status & IPS_SEEN_REPLY);
	in = &source->registers[hash % SOURCE_REGISTERS];
	hash /= SOURCE_REGISTERS;
	rank = hash ? (__u8)(__builtin_ctzll(hash) + 1) : 59;
	if (rank > *in)
		*in = rank;
}

/* Flajolet et al. 2007, with linear counting where few registers are set. */
__u64 conntrack_source__destinations(const struct conntrack_source *source)
{
	double sum = 0, estimate;
	int i, empty = 0;

	for (i = 0; i < SOURCE_REGISTERS; i++) {
		sum += ldexp(1, -source->registers[i]);
		empty += !source->registers[i];
	}
	estimate = 0.709 * SOURCE_REGISTERS * SOURCE_REGISTERS / sum;
	if (empty && estimate <= 2.5 * SOURCE_REGISTERS)
		estimate = SOURCE_REGISTERS * log((double)SOURCE_REGISTERS / empty);
	return (__u64)(estimate + 0.5);
}

const struct conntrack_source *conntrack_sources__heaviest(const struct conntrack_sources *s,
							   conntrack_source_fn counts)
{
	const struct conntrack_source *best = NULL, *source;
	size_t i;

	for (i = 0; i < heavy__count(s->table); i++) {
		source = heavy__at(s->table, i).value;
		if ((!best || source->count > best->count) && (!counts || counts(source)))
			best = source;
	}
	return best;
}

void conntrack_sources__free(struct conntrack_sources *s)
{
	if (!s)
		return;
	heavy__free(s->table);
	free(s);
}
