// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Counts for metrics__write() in metrics_write.c: see metrics.h.
 */
#include <stdlib.h>
#include <string.h>

#include "user/conntrack/tables.h"
#include "user/probe/living.h"
#include "user/probe/metrics_state.h"
#include "user/sysctl/names.h"

/* Longer than any sensible range of rate(): a series that comes back begins at zero. */
#define IDLE_SECONDS  3600
/* Prometheus looks back five minutes for the last sample of a series. */
#define GRACE_SECONDS 600

struct metrics *metrics__new(size_t max_series)
{
	struct metrics *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->max_series = max_series;
	m->drops = series_set__new(METRICS_DROP_LABELS, max_series);
	m->conntrack = series_set__new(METRICS_CONNTRACK_LABELS, max_series);
	m->sysctls = series_set__new(1, sysctl_name_count + sysctl_bypass_count);
	m->counters = series_set__new(1, max_series);
	if (!m->drops || !m->conntrack || !m->sysctls || !m->counters) {
		metrics__free(m);
		return NULL;
	}
	return m;
}

static const char *side_name(__u8 side)
{
	switch (side) {
	case SIDE_RX:
		return "rx";
	case SIDE_TX:
		return "tx";
	default:
		return "";
	}
}

void metrics__drop(struct metrics *m, const struct drop *drop, __u64 now_s)
{
	const char *labels[METRICS_DROP_LABELS] = {
		drop->pod_namespace,
		drop->pod,
		drop->workload,
		side_name(drop->rec.side),
		drop->reason,
		drop_cause__name(drop->rec.cause),
	};
	__u64 values[SERIES_VALUES_MAX] = { drop->count, drop->bytes };

	series_set__add(m->drops, labels, values, now_s);
	m->causes[drop->rec.cause < __CAUSE_MAX ? drop->rec.cause : CAUSE_NONE] += drop->count;
}

void metrics__sysctl(struct metrics *m, const char *name, __u64 now_s)
{
	__u64 values[SERIES_VALUES_MAX] = { 1 };
	int line = sysctl_names__line(name);
	char label[SYSCTL_NAME_LEN];
	const char *labels[] = { label };

	if (line < 0)
		return;
	sysctl_names__label((size_t)line, label);
	series_set__add(m->sysctls, labels, values, now_s);
}

void metrics__counters(struct metrics *m, struct counters *counters, __u64 now_s)
{
	struct counters moved = {};
	size_t i;

	/* the first reading is what everything is compared with */
	if (m->last_counters.count && !counters__moved(&m->last_counters, counters, &moved)) {
		for (i = 0; i < moved.count; i++) {
			const char *labels[] = { moved.list[i].name };
			__u64 values[SERIES_VALUES_MAX] = { moved.list[i].value };

			series_set__add(m->counters, labels, values, now_s);
		}
	}
	counters__done(&moved);
	counters__done(&m->last_counters);
	m->last_counters = *counters;
	memset(counters, 0, sizeof(*counters));
}

/* --- conntrack */

static int compare_stats(const void *a, const void *b)
{
	const struct conntrack_stat *x = a, *y = b;

	if (x->netns_ino != y->netns_ino)
		return x->netns_ino < y->netns_ino ? -1 : 1;
	return x->cpu < y->cpu ? -1 : x->cpu > y->cpu;
}

static const struct conntrack_stat *find_stat(const struct conntrack_snapshot *snapshot,
					      const struct conntrack_stat *like)
{
	if (!snapshot->count)
		return NULL;
	return bsearch(like, snapshot->stats, snapshot->count, sizeof(*like), compare_stats);
}

static void name_netns(struct enricher *enricher, __u32 ino, const char **labels)
{
	const struct who *who = directory__by_netns(enricher__directory(enricher), ino, 0);

	labels[0] = who ? who->namespace : NULL;
	labels[1] = who ? who->name : NULL;
	labels[2] = who ? who->workload : NULL;
	labels[3] = netns_table__name(enricher__netns(enricher), ino, 0);
	/* that name stands for all the rest */
	if (!labels[1] && labels[3] && !strcmp(labels[3], "other"))
		labels[3] = NULL;
}

static void add_moved(struct metrics *m, const struct conntrack_stat *now,
		      struct enricher *enricher, __u64 now_s)
{
	static const struct conntrack_stat none;
	const struct conntrack_stat *before = find_stat(&m->reading.snapshot, now);
	const char *labels[METRICS_CONNTRACK_LABELS];
	__u64 values[SERIES_VALUES_MAX];

	if (!before) {
		/* what a namespace counted before the first look is not of this run; if one
		 * could not be read the last time, it was counted already */
		if (!m->reading.snapshot.count || m->reading.unreadable || m->reading.vanished)
			return;
		before = &none;
	}
	values[0] = conntrack_stat__moved(before->drop, now->drop);
	values[1] = conntrack_stat__moved(before->insert_failed, now->insert_failed);
	values[2] = conntrack_stat__moved(before->chaintoolong, now->chaintoolong);
	if (!values[0] && !values[1] && !values[2])
		return;
	name_netns(enricher, now->netns_ino, labels);
	series_set__add(m->conntrack, labels, values, now_s);
}

static void free_usage(struct metrics *m)
{
	size_t i, label;

	for (i = 0; i < m->usage_count; i++)
		for (label = 0; label < METRICS_CONNTRACK_LABELS; label++)
			free(m->usage[i].labels[label]);
	free(m->usage);
	m->usage = NULL;
	m->usage_count = 0;
}

static bool same_text(const char *a, const char *b)
{
	return !strcmp(a ? a : "", b ? b : "");
}

/* Two samples of the same name would spoil the whole scrape. */
static bool is_taken(const struct metrics *m, const char *const *labels)
{
	size_t i;

	for (i = 0; i < m->usage_count; i++) {
		const struct metrics_usage *usage = &m->usage[i];

		if (same_text(usage->labels[0], labels[0]) &&
		    same_text(usage->labels[1], labels[1]) &&
		    same_text(usage->labels[2], labels[2]) &&
		    same_text(usage->labels[3], labels[3]))
			return true;
	}
	return false;
}

static int more_entries(const void *a, const void *b)
{
	const struct conntrack_usage *x = a, *y = b;

	if (x->entries != y->entries)
		return x->entries > y->entries ? -1 : 1;
	return x->netns_ino < y->netns_ino ? -1 : 1;
}

/* The fullest tables, with their names as of now; what is unnamed or named like a fuller one is
 * added to the rest. Empty ones, as most pods have, are three series each that say nothing; but
 * one is always there, for the limit. */
static void keep_usage(struct metrics *m, struct enricher *enricher)
{
	const struct conntrack_reading *reading = &m->reading;
	const char *labels[METRICS_CONNTRACK_LABELS];
	size_t i, label;

	free_usage(m);
	m->rest_entries = 0;
	m->usage = calloc(m->max_series, sizeof(*m->usage));
	if (!m->usage)
		return;
	if (reading->usage_count)
		qsort(reading->usage, reading->usage_count, sizeof(*reading->usage), more_entries);
	for (i = 0; i < reading->usage_count; i++) {
		struct metrics_usage *usage = &m->usage[m->usage_count];

		name_netns(enricher, reading->usage[i].netns_ino, labels);
		if (!reading->usage[i].entries && m->usage_count)
			break;
		if (m->usage_count == m->max_series || (!labels[1] && !labels[3]) ||
		    is_taken(m, labels)) {
			m->rest_entries += reading->usage[i].entries;
			continue;
		}
		usage->usage = reading->usage[i];
		for (label = 0; label < METRICS_CONNTRACK_LABELS; label++)
			usage->labels[label] = labels[label] ? strdup(labels[label]) : NULL;
		m->usage_count++;
	}
}

void metrics__conntrack(struct metrics *m, struct conntrack_reading *reading,
			struct enricher *enricher, __u64 now_s)
{
	size_t i;

	if (reading->snapshot.count)
		qsort(reading->snapshot.stats, reading->snapshot.count,
		      sizeof(*reading->snapshot.stats), compare_stats);
	for (i = 0; i < reading->snapshot.count; i++)
		add_moved(m, &reading->snapshot.stats[i], enricher, now_s);
	conntrack_reading__done(&m->reading);
	m->reading = *reading;
	memset(reading, 0, sizeof(*reading));
	keep_usage(m, enricher);
}

const struct conntrack_reading *metrics__reading(const struct metrics *m)
{
	return &m->reading;
}

/* --- the rest */

/* Both kinds of series that name pods begin with namespace and pod. */
static bool is_alive(void *ctx, const struct series *series)
{
	return !*series->labels[1] || living__has(ctx, series->labels[0], series->labels[1]);
}

void metrics__maintain(struct metrics *m, struct directory *directory, __u64 now_s)
{
	struct living living;
	/* out of memory: those of deleted pods go with the idle ones */
	series_alive_fn alive = living__list(directory, &living) ? NULL : is_alive;

	series_set__maintain(m->drops, now_s, IDLE_SECONDS, GRACE_SECONDS, alive, &living);
	series_set__maintain(m->conntrack, now_s, IDLE_SECONDS, GRACE_SECONDS, alive, &living);
	series_set__maintain(m->sysctls, now_s, 24UL * IDLE_SECONDS, GRACE_SECONDS, NULL, NULL);
	series_set__maintain(m->counters, now_s, 24UL * IDLE_SECONDS, GRACE_SECONDS, NULL, NULL);
	living__done(&living);
}

const struct series_set *metrics__drops(const struct metrics *m)
{
	return m->drops;
}

const __u64 *metrics__causes(const struct metrics *m)
{
	return m->causes;
}

void metrics__free(struct metrics *m)
{
	if (!m)
		return;
	series_set__free(m->drops);
	series_set__free(m->conntrack);
	series_set__free(m->sysctls);
	series_set__free(m->counters);
	counters__done(&m->last_counters);
	conntrack_reading__done(&m->reading);
	free_usage(m);
	free(m);
}
