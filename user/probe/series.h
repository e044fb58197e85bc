/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Labelled counters in bounded memory, fit to be scraped. At most so many
 * label sets are series of their own; what belongs to others is counted in one
 * series more, "other". Pure: no I/O, no clock.
 *
 * What a scraper sees never lies to rate() or increase():
 *  - Every packet is added to exactly one series, as it comes: no lump of old
 *    packets is ever moved, and no counter ever shrinks.
 *  - A series that appears between two scrapes is 0 in the second, whatever it
 *    has by then: both take what appears for the value before any increase.
 *  - Who outgrows the smallest series takes its place and begins at zero; what
 *    it had until then stays in "other".
 *  - A series that goes is gone as a whole. What was added to it after the last
 *    scrape, which nobody has seen, goes to "other". Should it come back, it
 *    begins at zero, as after a restart.
 * So the increases of all series add up to the packets that came, for the
 * scraper that was last served at least.
 */
#ifndef DROPWHY_SERIES_H
#define DROPWHY_SERIES_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#define SERIES_LABELS_MAX 8
#define SERIES_VALUES_MAX 3
/* A longer label value is cut. A Kubernetes name has at most 253 bytes. */
#define SERIES_LABEL_LEN  256

struct series {
	const char *labels[SERIES_LABELS_MAX]; /* "" is unknown */
	__u64 values[SERIES_VALUES_MAX];
	bool known;		/* to scrapers; else they are to be shown 0 */
};

struct series_set;

/**
 * @brief **series_set__new()** makes an empty set.
 * @param labels how many labels a series has, 1 to SERIES_LABELS_MAX
 * @param max_series most series beside "other", 1 or more
 * @return free with series_set__free(); NULL with errno set
 */
struct series_set *series_set__new(size_t labels, size_t max_series);

/**
 * @brief **series_set__add()** counts. The first value decides who is big.
 * Out of memory is no error: it is counted in "other".
 * @param labels copied; NULL is ""
 * @param values SERIES_VALUES_MAX of them
 * @param now_s any clock that never goes back, seconds
 */
void series_set__add(struct series_set *set, const char *const *labels, const __u64 *values,
		     __u64 now_s);

/* Whether the series is to be kept whatever its age; false: it may go once idle for grace_s. */
typedef bool (*series_alive_fn)(void *ctx, const struct series *series);

/**
 * @brief **series_set__maintain()** lets go of the idle, and gives big newcomers
 * the place of small series. To be called every few seconds.
 * @param idle_s what was not added to for so long goes
 * @param grace_s what is not alive goes after so long
 * @param alive NULL: all are
 */
void series_set__maintain(struct series_set *set, __u64 now_s, __u64 idle_s, __u64 grace_s,
			  series_alive_fn alive, void *ctx);

typedef void (*series_fn)(void *ctx, const struct series *series);

/** @brief **series_set__each()** walks the series, oldest first, without "other". */
void series_set__each(const struct series_set *set, series_fn fn, void *ctx);

/** @brief **series_set__scraped()** to be called when all that each() gave, or 0, has been sent. */
void series_set__scraped(struct series_set *set);

/** @brief **series_set__other()** what is in no series: SERIES_VALUES_MAX values. */
const __u64 *series_set__other(const struct series_set *set);

/** @brief **series_set__count()** how many there are beside "other". */
size_t series_set__count(const struct series_set *set);

/** @brief **series_set__demoted()** how often a series had to make place for a bigger one. */
__u64 series_set__demoted(const struct series_set *set);

/** @brief **series_set__expired()** how many series went for their age. */
__u64 series_set__expired(const struct series_set *set);

/** @brief **series_set__free()** NULL is fine. */
void series_set__free(struct series_set *set);

#endif
