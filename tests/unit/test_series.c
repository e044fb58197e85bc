// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/probe/series.h"

#define IDLE_S	100
#define GRACE_S 10

static void add(struct series_set *set, const char *pod, __u64 packets, __u64 now_s)
{
	const char *labels[] = { "shop", pod };
	__u64 values[SERIES_VALUES_MAX] = { packets, packets * 100 };

	series_set__add(set, labels, values, now_s);
}

struct found {
	const char *pod;
	__u64 packets;
	bool is_there;
	bool known;
};

static void look(void *ctx, const struct series *series)
{
	struct found *found = ctx;

	if (strcmp(series->labels[1], found->pod))
		return;
	found->is_there = true;
	found->packets = series->values[0];
	found->known = series->known;
	cr_assert(eq(u64, series->values[1], series->values[0] * 100));
}

/* What it has; -1: no series. */
static long long value(struct series_set *set, const char *pod)
{
	struct found found = { .pod = pod };

	series_set__each(set, look, &found);
	return found.is_there ? (long long)found.packets : -1;
}

static bool is_known(struct series_set *set, const char *pod)
{
	struct found found = { .pod = pod };

	series_set__each(set, look, &found);
	return found.known;
}

Test(series, counts_by_label_set)
{
	struct series_set *set = series_set__new(2, 10);

	add(set, "a", 3, 0);
	add(set, "b", 1, 0);
	add(set, "a", 4, 1);
	cr_assert(eq(i64, value(set, "a"), 7));
	cr_assert(eq(i64, value(set, "b"), 1));
	cr_assert(eq(u64, series_set__other(set)[0], 0));
	cr_assert(eq(sz, series_set__count(set), 2));
	series_set__free(set);
}

Test(series, label_sets_differ_by_where_their_text_stands)
{
	struct series_set *set = series_set__new(2, 10);
	const char *one[] = { "ab", "" }, *other[] = { "a", "b" }, *unknown[] = { "ab", NULL };
	__u64 values[SERIES_VALUES_MAX] = { 1 };

	series_set__add(set, one, values, 0);
	series_set__add(set, other, values, 0);
	series_set__add(set, unknown, values, 0);
	cr_assert(eq(sz, series_set__count(set), 2));
	series_set__free(set);
}

Test(series, what_finds_no_place_is_in_other)
{
	struct series_set *set = series_set__new(2, 2);

	add(set, "a", 1, 0);
	add(set, "b", 1, 0);
	add(set, "c", 5, 0);
	cr_assert(eq(i64, value(set, "c"), -1));
	cr_assert(eq(u64, series_set__other(set)[0], 5));
	cr_assert(eq(u64, series_set__other(set)[1], 500));
	series_set__free(set);
}

Test(series, a_big_newcomer_takes_the_smallest_place_and_begins_at_zero)
{
	struct series_set *set = series_set__new(2, 2);

	add(set, "small", 1, 0);
	add(set, "big", 100, 0);
	series_set__scraped(set);
	add(set, "small", 2, 1); /* seen by no scraper */
	add(set, "new", 50, 1);
	series_set__maintain(set, 2, IDLE_S, GRACE_S, NULL, NULL);
	cr_assert(eq(i64, value(set, "small"), -1));
	cr_assert(eq(i64, value(set, "new"), 0));
	cr_assert(eq(i64, value(set, "big"), 100));
	cr_assert(eq(u64, series_set__other(set)[0], 52));
	cr_assert(eq(u64, series_set__demoted(set), 1));
	add(set, "new", 7, 3);
	add(set, "small", 1, 3);
	cr_assert(eq(i64, value(set, "new"), 7));
	cr_assert(eq(u64, series_set__other(set)[0], 53));
	series_set__free(set);
}

Test(series, a_newcomer_that_is_hardly_bigger_waits)
{
	struct series_set *set = series_set__new(2, 1);

	add(set, "a", 10, 0);
	add(set, "b", 20, 0);
	series_set__maintain(set, 1, IDLE_S, GRACE_S, NULL, NULL);
	cr_assert(eq(i64, value(set, "a"), 10));
	cr_assert(eq(u64, series_set__demoted(set), 0));
	series_set__free(set);
}

static bool is_alive(void *ctx, const struct series *series)
{
	return strcmp(series->labels[1], ctx) != 0;
}

Test(series, the_idle_and_the_dead_go)
{
	struct series_set *set = series_set__new(2, 10);
	char dead[] = "dead";

	add(set, "dead", 1, 0);
	add(set, "idle", 1, 0);
	add(set, "live", 1, 0);
	series_set__scraped(set);
	series_set__maintain(set, GRACE_S - 1, IDLE_S, GRACE_S, is_alive, dead);
	cr_assert(eq(sz, series_set__count(set), 3));
	series_set__maintain(set, GRACE_S, IDLE_S, GRACE_S, is_alive, dead);
	cr_assert(eq(i64, value(set, "dead"), -1));
	cr_assert(eq(sz, series_set__count(set), 2));
	add(set, "live", 1, IDLE_S - 1);
	series_set__maintain(set, IDLE_S, IDLE_S, GRACE_S, NULL, NULL);
	cr_assert(eq(i64, value(set, "idle"), -1));
	cr_assert(eq(i64, value(set, "live"), 2));
	cr_assert(eq(u64, series_set__expired(set), 2));
	cr_assert(eq(u64, series_set__other(set)[0], 0));
	series_set__free(set);
}

Test(series, what_appears_between_two_scrapes_begins_at_zero)
{
	struct series_set *set = series_set__new(2, 10);

	add(set, "first", 5, 0);
	cr_assert(is_known(set, "first"), "a lone scrape shows what there is");
	series_set__scraped(set);
	add(set, "second", 7, 1);
	cr_assert(is_known(set, "first"));
	cr_assert_not(is_known(set, "second"));
	series_set__scraped(set);
	cr_assert(is_known(set, "second"));
	cr_assert(eq(i64, value(set, "second"), 7));
	/* nobody has seen its seven */
	series_set__maintain(set, 1 + IDLE_S, IDLE_S, GRACE_S, NULL, NULL);
	cr_assert(eq(u64, series_set__other(set)[0], 7));
	series_set__free(set);
}

struct scraper {
	__u64 last[64];
	bool had[64], has[64];
	bool first;		/* nothing was there before it */
	__u64 increase;		/* as increase() adds it up: a new series' first value is none */
	__u64 hidden;		/* of what it was shown as 0, to come with the next scrape */
	__u64 last_other;
};

static void scrape_one(void *ctx, const struct series *series)
{
	struct scraper *scraper = ctx;
	size_t pod = strtoul(series->labels[1], NULL, 10);
	__u64 shown = series->known ? series->values[0] : 0;

	if (scraper->had[pod])
		cr_assert(ge(u64, shown, scraper->last[pod]), "a counter shrank");
	if (scraper->had[pod] || scraper->first)
		scraper->increase += shown - scraper->last[pod];
	scraper->hidden += series->values[0] - shown;
	scraper->last[pod] = shown;
	scraper->has[pod] = true;
}

/* 64 pods whose rates change all the time on 8 places. */
Test(series, increases_add_up_whoever_comes_and_goes)
{
	struct series_set *set = series_set__new(2, 8);
	struct scraper scraper = { .first = true };
	__u64 sent = 0, state = 1, now;
	char pod[8];
	int i;

	for (now = 0; now < 2000; now++) {
		for (i = 0; i < 20; i++) {
			state = state * 6364136223846793005ULL + 1442695040888963407ULL;
			snprintf(pod, sizeof(pod), "%d",
				 (int)((state >> 33) % (1 + (now / 100) % 64)));
			add(set, pod, state >> 60, now);
			sent += state >> 60;
		}
		if (now % 5 == 0)
			series_set__maintain(set, now, 50, 10, NULL, NULL);
		if (now % 15)
			continue;
		memset(scraper.has, 0, sizeof(scraper.has));
		scraper.hidden = 0;
		series_set__each(set, scrape_one, &scraper);
		cr_assert(ge(u64, series_set__other(set)[0], scraper.last_other));
		scraper.increase += series_set__other(set)[0] - scraper.last_other;
		scraper.last_other = series_set__other(set)[0];
		series_set__scraped(set);
		memcpy(scraper.had, scraper.has, sizeof(scraper.had));
		scraper.first = false;
		cr_assert(eq(u64, scraper.increase + scraper.hidden, sent), "after %llu s", now);
		cr_assert(le(sz, series_set__count(set), 8));
	}
	cr_assert(gt(u64, series_set__demoted(set), 10));
	series_set__free(set);
}

Test(series, wrong_sizes_are_refused)
{
	cr_assert(series_set__new(0, 1) == NULL);
	cr_assert(series_set__new(SERIES_LABELS_MAX + 1, 1) == NULL);
	cr_assert(series_set__new(1, 0) == NULL);
	cr_assert(eq(int, errno, EINVAL));
	series_set__free(NULL);
}
