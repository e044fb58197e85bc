// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Open addressing over records that lie one after the other: see heavy.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/conntrack/heavy.h"

struct heavy {
	size_t key_bytes, key_room, record_bytes;
	size_t max, count;
	size_t slot_mask;
	__u32 *slots;		/* index + 1 of a record; 0: free */
	char *records;		/* count, value, key */
	__u64 *sorted;		/* counts, while the smaller half is looked for */
	heavy_forget_fn forget;
	void *ctx;
};

static size_t align8(size_t bytes)
{
	return (bytes + 7) & ~(size_t)7;
}

struct heavy *heavy__new(size_t key_bytes, size_t value_bytes, size_t max, heavy_forget_fn forget,
			 void *ctx)
{
	struct heavy *h = calloc(1, sizeof(*h));
	size_t slots = 4;

	if (!h)
		return NULL;
	while (slots < 2 * max)
		slots *= 2;
	h->key_bytes = key_bytes;
	h->key_room = align8(key_bytes);
	h->record_bytes = sizeof(__u64) + align8(value_bytes) + h->key_room;
	h->max = max;
	h->slot_mask = slots - 1;
	h->forget = forget;
	h->ctx = ctx;
	h->slots = calloc(slots, sizeof(*h->slots));
	h->records = calloc(max, h->record_bytes);
	h->sorted = calloc(max, sizeof(*h->sorted));
	if (h->slots && h->records && h->sorted)
		return h;
	heavy__free(h);
	errno = ENOMEM;
	return NULL;
}

static char *record_at(const struct heavy *h, size_t index)
{
	return h->records + index * h->record_bytes;
}

static __u64 *count_of(char *record)
{
	return (__u64 *)(void *)record;
}

struct heavy_record heavy__at(const struct heavy *h, size_t index)
{
	char *record = record_at(h, index);
	struct heavy_record found = { *count_of(record), record + sizeof(__u64),
				      record + h->record_bytes - h->key_room };

	return found;
}

size_t heavy__count(const struct heavy *h)
{
	return h->count;
}

/* FNV-1a with a last mix, for keys of a few bytes that others may choose: a bad case costs time alone. */
static size_t hash(const struct heavy *h, const unsigned char *key)
{
	__u64 value = 0xcbf29ce484222325ULL;
	size_t i;

	for (i = 0; i < h->key_bytes; i++)
		value = (value ^ key[i]) * 0x100000001b3ULL;
	value ^= value >> 32;
	value *= 0x9e3779b97f4a7c15ULL;
	return value >> 24;
}

/* The slot that holds the key, or that is to. */
static __u32 *find_slot(const struct heavy *h, const void *key)
{
	size_t at = hash(h, key);

	for (;; at++) {
		__u32 *slot = &h->slots[at & h->slot_mask];

		if (!*slot || !memcmp(heavy__at(h, *slot - 1).key, key, h->key_bytes))
			return slot;
	}
}

static int by_value(const void *a, const void *b)
{
	__u64 x = *(const __u64 *)a, y = *(const __u64 *)b;

	return x < y ? -1 : x > y;
}

static void forget_smaller_half(struct heavy *h)
{
	size_t i, kept = 0, keep = h->max / 2, larger = 0;
	__u64 limit;

	for (i = 0; i < h->count; i++)
		h->sorted[i] = *count_of(record_at(h, i));
	qsort(h->sorted, h->count, sizeof(*h->sorted), by_value);
	limit = h->sorted[h->count - keep];
	for (i = 0; i < h->count; i++)
		larger += *count_of(record_at(h, i)) > limit;
	/* of those that are as large as the limit, only as many as there is room for */
	keep -= larger;
	for (i = 0; i < h->count; i++) {
		struct heavy_record record = heavy__at(h, i);

		if (record.count < limit || (record.count == limit && !keep)) {
			if (h->forget)
				h->forget(h->ctx, &record);
			continue;
		}
		keep -= record.count == limit;
		if (kept != i)
			memcpy(record_at(h, kept), record_at(h, i), h->record_bytes);
		kept++;
	}
	h->count = kept;
	memset(h->slots, 0, (h->slot_mask + 1) * sizeof(*h->slots));
	for (i = 0; i < h->count; i++)
		*find_slot(h, heavy__at(h, i).key) = (__u32)(i + 1);
}

struct heavy_record heavy__add(struct heavy *h, const void *key)
{
	__u32 *slot = find_slot(h, key);
	char *record;

	if (!*slot) {
		if (h->count == h->max) {
			forget_smaller_half(h);
			slot = find_slot(h, key);
		}
		record = record_at(h, h->count++);
		memset(record, 0, h->record_bytes);
		memcpy(record + h->record_bytes - h->key_room, key, h->key_bytes);
		*slot = (__u32)h->count;
	}
	record = record_at(h, *slot - 1);
	++*count_of(record);
	return heavy__at(h, *slot - 1);
}

void heavy__free(struct heavy *h)
{
	if (!h)
		return;
	free(h->slots);
	free(h->records);
	free(h->sorted);
	free(h);
}
