/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Conntrack's own counters against what was attributed to them.
 */
#include <errno.h>
#include <stdlib.h>

#include "user/aggregate/reconcile.h"

/*
 * A counter that seems to have moved so far ran backwards instead: it would
 * take 50 minutes of 700,000 drops a second on one CPU. Who runs for longer
 * under such a storm must compare piece by piece.
 */
#define BACKWARDS (1u << 31)

/* The rows of one namespace in a sorted snapshot. */
struct stat_range {
	const struct conntrack_stat *stats;
	size_t count;
};

struct movement {
	__u64 drop;
	__u64 insert_failed;
	__u64 chaintoolong;
	bool backwards;
};

static int compare_stats(const void *a, const void *b)
{
	const struct conntrack_stat *left = a, *right = b;

	if (left->netns_ino != right->netns_ino)
		return left->netns_ino < right->netns_ino ? -1 : 1;
	return (left->cpu > right->cpu) - (left->cpu < right->cpu);
}

static void snapshot__sort(struct conntrack_snapshot *snapshot)
{
	if (snapshot->count)
		qsort(snapshot->stats, snapshot->count, sizeof(*snapshot->stats), compare_stats);
}

static struct stat_range snapshot__find(const struct conntrack_snapshot *snapshot, __u32 netns_ino)
{
	size_t low = 0, high = snapshot->count, end;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (snapshot->stats[middle].netns_ino < netns_ino)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; end < snapshot->count; end++)
		if (snapshot->stats[end].netns_ino != netns_ino)
			break;
	return (struct stat_range){ .stats = low == end ? NULL : &snapshot->stats[low],
				    .count = end - low };
}

/* Modulo 2^32, so that a counter may wrap. */
static __u64 moved(__u32 from, __u32 to, bool *backwards)
{
	__u32 delta = to - from;

	if (delta >= BACKWARDS)
		*backwards = true;
	return delta;
}

static struct movement range__movement(struct stat_range from, struct stat_range to)
{
	struct movement sum = {};
	size_t i, base = 0;

	for (i = 0; i < to.count; i++) {
		const struct conntrack_stat *now = &to.stats[i], *then;

		while (base < from.count && from.stats[base].cpu < now->cpu)
			base++;
		if (base == from.count || from.stats[base].cpu != now->cpu) {
			/* nothing to compare with: started at zero */
			sum.drop += now->drop;
			sum.insert_failed += now->insert_failed;
			sum.chaintoolong += now->chaintoolong;
			continue;
		}
		then = &from.stats[base];
		sum.drop += moved(then->drop, now->drop, &sum.backwards);
		sum.insert_failed += moved(then->insert_failed, now->insert_failed, &sum.backwards);
		sum.chaintoolong += moved(then->chaintoolong, now->chaintoolong, &sum.backwards);
	}
	return sum;
}

/* How many namespaces had the row's number, as far as the claims know. */
static size_t add_claims(const struct reconcile_input *in, struct conntrack_reconciliation *row)
{
	size_t holders = 0, i;

	for (i = 0; i < in->claim_count; i++) {
		if (in->claims[i].netns_ino != row->netns_ino)
			continue;
		holders++;
		row->drop.attributed += in->claims[i].drop;
		row->insert_failed.attributed += in->claims[i].insert_failed;
		row->chaintoolong.attributed += in->claims[i].chaintoolong;
	}
	return holders;
}

/* Fills in what the counters say of @row; @holders: from add_claims(). */
static void compare_snapshots(const struct reconcile_input *in, size_t holders,
			      struct conntrack_reconciliation *row)
{
	struct stat_range before_arm = snapshot__find(&in->before_arm, row->netns_ino);
	struct stat_range after_arm = snapshot__find(&in->after_arm, row->netns_ino);
	struct stat_range before_disarm = snapshot__find(&in->before_disarm, row->netns_ino);
	struct stat_range last = snapshot__find(&in->after_disarm, row->netns_ino);
	struct movement outer = range__movement(before_arm, last), inner = {};

	/* known before but not after arming: that reading failed, so there is no lower bound */
	if (after_arm.count || !before_arm.count)
		inner = range__movement(after_arm, before_disarm);
	row->gone = in->restarted || !last.count || outer.backwards || inner.backwards ||
		    holders > 1;
	if (row->gone)
		return;
	row->drop.least = inner.drop;
	row->drop.most = outer.drop;
	row->insert_failed.least = inner.insert_failed;
	row->insert_failed.most = outer.insert_failed;
	row->chaintoolong.least = inner.chaintoolong;
	row->chaintoolong.most = outer.chaintoolong;
}

static int compare_inodes(const void *a, const void *b)
{
	const __u32 *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

/* Every namespace that the input speaks of, once, in order. */
static int list_namespaces(const struct reconcile_input *in, __u32 **ret_list, size_t *ret_count)
{
	const struct conntrack_snapshot *snapshots[] = { &in->before_arm, &in->after_arm,
							 &in->before_disarm, &in->after_disarm };
	size_t total = in->claim_count, count = 0, unique = 0, i, k;
	__u32 *list;

	for (i = 0; i < 4; i++)
		total += snapshots[i]->count;
	list = calloc(total + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	for (i = 0; i < 4; i++)
		for (k = 0; k < snapshots[i]->count; k++)
			list[count++] = snapshots[i]->stats[k].netns_ino;
	for (k = 0; k < in->claim_count; k++)
		list[count++] = in->claims[k].netns_ino;
	qsort(list, count, sizeof(*list), compare_inodes);
	for (i = 0; i < count; i++)
		if (!unique || list[unique - 1] != list[i])
			list[unique++] = list[i];
	*ret_list = list;
	*ret_count = unique;
	return 0;
}

static __u64 counter__weight(const struct conntrack_counter *counter)
{
	return counter->most > counter->attributed ? counter->most : counter->attributed;
}

static bool row__matters(const struct conntrack_reconciliation *row)
{
	return counter__weight(&row->drop) || counter__weight(&row->insert_failed) ||
	       counter__weight(&row->chaintoolong);
}

static int compare_rows(const void *a, const void *b)
{
	const struct conntrack_reconciliation *left = a, *right = b;
	__u64 left_drops = counter__weight(&left->drop) + counter__weight(&left->chaintoolong);
	__u64 right_drops = counter__weight(&right->drop) + counter__weight(&right->chaintoolong);

	if (left_drops != right_drops)
		return left_drops > right_drops ? -1 : 1;
	return compare_inodes(&left->netns_ino, &right->netns_ino);
}

int reconcile__conntrack(struct reconcile_input *in, struct conntrack_reconciliation **ret_rows,
			 size_t *ret_count)
{
	struct conntrack_reconciliation *rows = NULL;
	size_t total, count = 0, i;
	__u32 *namespaces;
	int err;

	err = list_namespaces(in, &namespaces, &total);
	if (err)
		return err;
	rows = calloc(total + 1, sizeof(*rows));
	if (!rows) {
		err = -ENOMEM;
		goto cleanup;
	}
	snapshot__sort(&in->before_arm);
	snapshot__sort(&in->after_arm);
	snapshot__sort(&in->before_disarm);
	snapshot__sort(&in->after_disarm);
	for (i = 0; i < total; i++) {
		struct conntrack_reconciliation row = { .netns_ino = namespaces[i] };

		compare_snapshots(in, add_claims(in, &row), &row);
		if (row__matters(&row))
			rows[count++] = row;
	}
	qsort(rows, count, sizeof(*rows), compare_rows);
	*ret_rows = rows;
	*ret_count = count;
cleanup:
	free(namespaces);
	return err;
}

bool reconcile__agrees(const struct conntrack_counter *counter)
{
	return counter->least <= counter->attributed && counter->attributed <= counter->most;
}
