// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Series and candidates in one hash table: see series.h. A candidate is a label
 * set that is counted in "other", of which only its recent weight is known.
 * There are at most as many candidates as series; the oldest makes room.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* uthash ends the process when out of memory unless told otherwise */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "user/probe/series.h"

/* A newcomer must be so much bigger than the smallest, or two alike would take turns. */
#define PROMOTION_FACTOR 2

struct entry {
	UT_hash_handle hh;
	struct series series;
	__u64 scraped[SERIES_VALUES_MAX]; /* of these a scraper knows */
	__u64 recent;		/* first value, halved at each maintenance */
	__u64 last_s;		/* last added to */
	bool visible;		/* a series; else a candidate */
	unsigned int key_len;
	char key[];		/* seed, then the labels, each with its NUL */
};

struct series_set {
	struct entry *entries;	/* uthash; iterates oldest first */
	size_t labels;
	size_t max_series;
	size_t visible;
	size_t candidates;
	__u64 other[SERIES_VALUES_MAX];
	__u64 demoted;
	__u64 expired;
	bool scraped;		/* since then what comes is new to scrapers */
	__u64 seed;		/* who names pods cannot choose their hash */
};

struct series_set *series_set__new(size_t labels, size_t max_series)
{
	struct series_set *set;

	if (!labels || labels > SERIES_LABELS_MAX || !max_series) {
		errno = EINVAL;
		return NULL;
	}
	set = calloc(1, sizeof(*set));
	if (!set)
		return NULL;
	set->labels = labels;
	set->max_series = max_series;
	if (getrandom(&set->seed, sizeof(set->seed), GRND_NONBLOCK) != sizeof(set->seed))
		set->seed = 0;
	return set;
}

static unsigned int build_key(const struct series_set *set, const char *const *labels, char *key)
{
	char *at = key;
	size_t i, len;

	memcpy(at, &set->seed, sizeof(set->seed));
	at += sizeof(set->seed);
	for (i = 0; i < set->labels; i++) {
		len = labels[i] ? strnlen(labels[i], SERIES_LABEL_LEN - 1) : 0;
		if (len)
			memcpy(at, labels[i], len);
		at[len] = '\0';
		at += len + 1;
	}
	return (unsigned int)(at - key);
}

static void point_labels(const struct series_set *set, struct entry *entry)
{
	const char *at = entry->key + sizeof(set->seed);
	size_t i;

	for (i = 0; i < set->labels; i++) {
		entry->series.labels[i] = at;
		at += strlen(at) + 1;
	}
}

/*
 * The analyzer cannot follow that no living entry links to a freed one, nor
 * that what has an entry has a table.
 */
static void delete_entry(struct series_set *set, struct entry *entry)
{
	if (entry->visible)
		set->visible--;
	else
		set->candidates--;
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc,clang-analyzer-core.NullDereference) */
	HASH_DEL(set->entries, entry);
	free(entry);
}

static void drop_oldest_candidate(struct series_set *set)
{
	struct entry *entry, *next;

	HASH_ITER(hh, set->entries, entry, next) {
		if (entry->visible)
			continue;
		delete_entry(set, entry);
		return;
	}
}

static struct entry *add_entry(struct series_set *set, const char *key, unsigned int key_len,
			       unsigned int hash)
{
	struct entry *entry;

	if (set->visible >= set->max_series && set->candidates >= set->max_series)
		drop_oldest_candidate(set);
	entry = calloc(1, sizeof(*entry) + key_len);
	if (!entry)
		return NULL;
	memcpy(entry->key, key, key_len);
	entry->key_len = key_len;
	point_labels(set, entry);
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): as in delete_entry() */
	HASH_ADD_KEYPTR_BYHASHVALUE(hh, set->entries, entry->key, key_len, hash, entry);
	if (!entry->hh.tbl) {
		free(entry);
		return NULL;
	}
	entry->series.known = !set->scraped;
	entry->visible = set->visible < set->max_series;
	if (entry->visible)
		set->visible++;
	else
		set->candidates++;
	return entry;
}

static void add_values(__u64 *to, const __u64 *values)
{
	size_t i;

	for (i = 0; i < SERIES_VALUES_MAX; i++)
		to[i] += values[i];
}

void series_set__add(struct series_set *set, const char *const *labels, const __u64 *values,
		     __u64 now_s)
{
	char key[sizeof(set->seed) + sizeof(char[SERIES_LABELS_MAX][SERIES_LABEL_LEN])];
	unsigned int key_len = build_key(set, labels, key), hash;
	struct entry *entry;

	HASH_VALUE(key, key_len, hash);
	HASH_FIND_BYHASHVALUE(hh, set->entries, key, key_len, hash, entry);
	if (!entry)
		entry = add_entry(set, key, key_len, hash);
	add_values(entry && entry->visible ? entry->series.values : set->other, values);
	if (!entry)
		return;
	entry->recent += values[0];
	entry->last_s = now_s;
}

/* What no scraper has seen is not lost with the series. */
static void retire(struct series_set *set, struct entry *entry)
{
	size_t i;

	for (i = 0; i < SERIES_VALUES_MAX; i++)
		set->other[i] += entry->series.values[i] - entry->scraped[i];
	delete_entry(set, entry);
}

static void expire(struct series_set *set, __u64 now_s, __u64 idle_s, __u64 grace_s,
		   series_alive_fn alive, void *ctx)
{
	struct entry *entry, *next;

	HASH_ITER(hh, set->entries, entry, next) {
		__u64 idle = now_s - entry->last_s;

		if (idle < idle_s &&
		    (idle < grace_s || !alive || alive(ctx, &entry->series)))
			continue;
		set->expired += entry->visible;
		if (entry->visible)
			retire(set, entry);
		else
			delete_entry(set, entry);
	}
}

static void find_extremes(const struct series_set *set, struct entry **ret_smallest,
			  struct entry **ret_biggest)
{
	struct entry *entry, *next, *smallest = NULL, *biggest = NULL;

	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): as in delete_entry() */
	HASH_ITER(hh, set->entries, entry, next) {
		if (entry->visible && (!smallest || entry->recent < smallest->recent))
			smallest = entry;
		if (!entry->visible && (!biggest || entry->recent > biggest->recent))
			biggest = entry;
	}
	*ret_smallest = smallest;
	*ret_biggest = biggest;
}

static void promote(struct series_set *set, struct entry *entry)
{
	set->candidates--;
	set->visible++;
	entry->visible = true;
}

void series_set__maintain(struct series_set *set, __u64 now_s, __u64 idle_s, __u64 grace_s,
			  series_alive_fn alive, void *ctx)
{
	struct entry *smallest, *biggest, *entry, *next;
	size_t swaps;

	expire(set, now_s, idle_s, grace_s, alive, ctx);
	/* some at a time: it goes on in a few seconds */
	for (swaps = 0; swaps < 16; swaps++) {
		find_extremes(set, &smallest, &biggest);
		if (!biggest)
			break;
		if (set->visible < set->max_series) {
			promote(set, biggest);
			continue;
		}
		if (!smallest || biggest->recent / PROMOTION_FACTOR <= smallest->recent)
			break;
		retire(set, smallest);
		set->demoted++;
		promote(set, biggest);
	}
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): as in delete_entry() */
	HASH_ITER(hh, set->entries, entry, next)
		entry->recent /= 2;
}

void series_set__each(const struct series_set *set, series_fn fn, void *ctx)
{
	struct entry *entry, *next;

	HASH_ITER(hh, set->entries, entry, next) {
		if (entry->visible)
			fn(ctx, &entry->series);
	}
}

void series_set__scraped(struct series_set *set)
{
	struct entry *entry, *next;

	set->scraped = true;
	HASH_ITER(hh, set->entries, entry, next) {
		if (entry->series.known)
			memcpy(entry->scraped, entry->series.values, sizeof(entry->scraped));
		entry->series.known = entry->visible;
	}
}

const __u64 *series_set__other(const struct series_set *set)
{
	return set->other;
}

size_t series_set__count(const struct series_set *set)
{
	return set->visible;
}

__u64 series_set__demoted(const struct series_set *set)
{
	return set->demoted;
}

__u64 series_set__expired(const struct series_set *set)
{
	return set->expired;
}

void series_set__free(struct series_set *set)
{
	struct entry *entry, *next;

	if (!set)
		return;
	entry = set->entries;
	HASH_CLEAR(hh, set->entries); /* the table alone */
	for (; entry; entry = next) {
		next = entry->hh.next;
		free(entry);
	}
	free(set);
}
