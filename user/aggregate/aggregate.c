/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Groups drops in a hash table of bounded size. Keys are compared as bytes
 * (group_key.c); their text is made only when somebody asks for the list.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* uthash ends the process when out of memory unless told otherwise */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "user/aggregate/aggregate.h"
#include "user/aggregate/group_key.h"

struct entry {
	UT_hash_handle hh;
	struct group group;
	char *label;		/* what group.values point into; NULL until asked for */
	unsigned int key_len;
	__u8 key[];		/* as built, seed included */
};

struct aggregate {
	enum group_key keys[__GROUP_KEY_MAX];
	size_t key_count;
	size_t max_groups;
	struct entry *entries;	/* uthash; iterates oldest first */
	__u64 *packets;		/* max_groups of them, for eviction alone */
	struct group other;
	__u64 evicted;
	__u64 causes[__CAUSE_MAX]; /* packets */
	const struct group **sorted;
	__u64 seed;		/* starts every key: who sends packets cannot choose their hash */
};

struct aggregate *aggregate__new(const enum group_key *keys, size_t key_count, size_t max_groups)
{
	struct aggregate *agg;

	if (!key_count || key_count > __GROUP_KEY_MAX || !max_groups) {
		errno = EINVAL;
		return NULL;
	}
	agg = calloc(1, sizeof(*agg));
	if (!agg)
		return NULL;
	agg->packets = calloc(max_groups, sizeof(*agg->packets));
	if (!agg->packets) {
		free(agg);
		errno = ENOMEM;
		return NULL;
	}
	memcpy(agg->keys, keys, key_count * sizeof(*keys));
	agg->key_count = key_count;
	agg->max_groups = max_groups;
	/* without a seed everything still works, only less hardened */
	if (getrandom(&agg->seed, sizeof(agg->seed), GRND_NONBLOCK) != sizeof(agg->seed))
		agg->seed = 0;
	return agg;
}

static bool is_earlier(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

/* CPUs deliver out of order: neither end of the time span is simply the newest. */
static void group__merge(struct group *group, __u64 count, __u64 bytes,
			 const struct timespec *first, const struct timespec *last)
{
	if (!group->count || is_earlier(first, &group->first))
		group->first = *first;
	if (!group->count || is_earlier(&group->last, last))
		group->last = *last;
	group->count += count;
	group->bytes += bytes;
}

static void entry__free(struct entry *entry)
{
	free(entry->label);
	free(entry);
}

/* How many packets the @rank-th smallest group has. By binary search: no order of groups that a
 * sender could arrange makes that slow. */
static __u64 packets_at_rank(const __u64 *packets, size_t count, size_t rank)
{
	__u64 low = 0, high = ~0ULL;

	while (low < high) {
		__u64 middle = low + (high - low) / 2;
		size_t i, below = 0;

		for (i = 0; i < count; i++)
			below += packets[i] <= middle;
		if (below >= rank)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* A quarter at a time, so that a storm of new keys pays for a sweep seldom. */
static void evict_quarter(struct aggregate *agg)
{
	size_t count = 0, quota = (agg->max_groups + 3) / 4, equal = quota, i;
	struct entry *entry, *next;
	__u64 limit;

	HASH_ITER(hh, agg->entries, entry, next)
		agg->packets[count++] = entry->group.count;
	limit = packets_at_rank(agg->packets, count, quota);
	for (i = 0; i < count; i++)
		equal -= agg->packets[i] < limit;

	/* all groups below the limit, then the oldest of those that meet it */
	HASH_ITER(hh, agg->entries, entry, next) {
		const struct group *group = &entry->group;

		if (group->count > limit || (group->count == limit && !equal))
			continue;
		if (group->count == limit)
			equal--;
		group__merge(&agg->other, group->count, group->bytes, &group->first, &group->last);
		agg->evicted++;
		/* The analyzer cannot follow that no living entry links to a freed one. */
		HASH_DEL(agg->entries, entry); /* NOLINT(clang-analyzer-unix.Malloc) */
		entry__free(entry);
	}
}

static struct entry *add_entry(struct aggregate *agg, const __u8 *key, unsigned int key_len,
			       unsigned int hash)
{
	struct entry *entry;

	if (HASH_COUNT(agg->entries) >= agg->max_groups)
		evict_quarter(agg);
	entry = calloc(1, sizeof(*entry) + key_len);
	if (!entry)
		return NULL;
	memcpy(entry->key, key, key_len);
	entry->key_len = key_len;
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): as in evict_quarter() */
	HASH_ADD_KEYPTR_BYHASHVALUE(hh, agg->entries, entry->key, key_len, hash, entry);
	if (!entry->hh.tbl) {
		free(entry);
		return NULL;
	}
	return entry;
}

void aggregate__add(struct aggregate *agg, const struct drop *drop)
{
	__u8 key[sizeof(agg->seed) + GROUP_KEY_MAX_BYTES];
	unsigned int key_len, hash;
	struct entry *entry;

	if (drop->rec.cause < __CAUSE_MAX)
		agg->causes[drop->rec.cause] += drop->count;

	memcpy(key, &agg->seed, sizeof(agg->seed));
	key_len = (unsigned int)(sizeof(agg->seed) +
				 group_key__build(agg->keys, agg->key_count, drop,
						  key + sizeof(agg->seed)));
	HASH_VALUE(key, key_len, hash);
	HASH_FIND_BYHASHVALUE(hh, agg->entries, key, key_len, hash, entry);
	if (!entry)
		entry = add_entry(agg, key, key_len, hash);
	group__merge(entry ? &entry->group : &agg->other, drop->count, drop->bytes, &drop->time,
		     drop->count > 1 ? &drop->last_time : &drop->time);
}

static int make_label(const struct aggregate *agg, struct entry *entry)
{
	char text[GROUP_KEY_MAX_BYTES];
	size_t len, i;
	char *value;

	if (entry->label)
		return 0;
	len = group_key__format(agg->keys, agg->key_count, entry->key + sizeof(agg->seed), text);
	entry->label = malloc(len);
	if (!entry->label)
		return -ENOMEM;
	memcpy(entry->label, text, len);
	value = entry->label;
	for (i = 0; i < agg->key_count; i++) {
		entry->group.values[i] = value;
		value += strlen(value) + 1;
	}
	return 0;
}

static int compare_groups(const void *a, const void *b, void *arg)
{
	const struct group *left = *(const struct group *const *)a;
	const struct group *right = *(const struct group *const *)b;
	const struct aggregate *agg = arg;
	size_t i;

	if (left->count != right->count)
		return left->count > right->count ? -1 : 1;
	for (i = 0; i < agg->key_count; i++) {
		int order = strcmp(left->values[i], right->values[i]);

		if (order)
			return order;
	}
	return 0;
}

int aggregate__sorted(struct aggregate *agg, const struct group *const **ret_groups,
		      size_t *ret_count)
{
	size_t total = HASH_COUNT(agg->entries), count = 0;
	struct entry *entry, *next;
	const struct group **groups;

	/* one spare: an empty list is no failure */
	groups = realloc(agg->sorted, (total + 1) * sizeof(*groups));
	if (!groups)
		return -ENOMEM;
	agg->sorted = groups;
	HASH_ITER(hh, agg->entries, entry, next) {
		if (make_label(agg, entry))
			return -ENOMEM;
		groups[count++] = &entry->group;
	}
	qsort_r(groups, count, sizeof(*groups), compare_groups, agg);
	*ret_groups = groups;
	*ret_count = count;
	return 0;
}

const struct group *aggregate__other(const struct aggregate *agg)
{
	return &agg->other;
}

__u64 aggregate__evicted(const struct aggregate *agg)
{
	return agg->evicted;
}

const __u64 *aggregate__causes(const struct aggregate *agg)
{
	return agg->causes;
}

const enum group_key *aggregate__keys(const struct aggregate *agg, size_t *ret_count)
{
	*ret_count = agg->key_count;
	return agg->keys;
}

void aggregate__free(struct aggregate *agg)
{
	struct entry *entry, *next;

	if (!agg)
		return;
	entry = agg->entries;
	HASH_CLEAR(hh, agg->entries); /* the table alone */
	for (; entry; entry = next) {
		next = entry->hh.next;
		entry__free(entry);
	}
	free(agg->sorted);
	free(agg->packets);
	free(agg);
}
