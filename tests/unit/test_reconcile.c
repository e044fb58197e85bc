/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Conntrack's counters against what was attributed: wrap-around, namespaces
 * that come and go, numbers that are given again.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "user/aggregate/reconcile.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SNAPSHOT(array) { .stats = (array), .count = COUNT(array) }
/* Nothing moved while it was armed or disarmed. */
#define READINGS(before, after)                                                                \
	.before_arm = SNAPSHOT(before), .after_arm = SNAPSHOT(before),                         \
	.before_disarm = SNAPSHOT(after), .after_disarm = SNAPSHOT(after)

static const struct conntrack_reconciliation *find(const struct conntrack_reconciliation *rows,
						   size_t count, __u32 netns_ino)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (rows[i].netns_ino == netns_ino)
			return &rows[i];
	return NULL;
}

Test(reconcile, one_namespace)
{
	/* one CPU, one namespace: drop at the four moments */
	static const struct {
		const char *what;
		__u32 drop[4];
		bool exists[4];
		bool gone;
		__u64 least, most;
		bool restarted;
	} cases[] = {
		{ "moved between", { 10, 10, 25, 25 }, { 1, 1, 1, 1 }, false, 15, 15, false },
		{ "moved around, too", { 10, 12, 25, 26 }, { 1, 1, 1, 1 }, false, 13, 16, false },
		{ "wrapped", { 0xfffffff0, 0xfffffff8, 8, 16 }, { 1, 1, 1, 1 }, false, 16, 32, false },
		{ "appeared", { 0, 0, 7, 9 }, { 0, 0, 1, 1 }, false, 7, 9, false },
		{ "appeared while arming", { 0, 3, 7, 9 }, { 0, 1, 1, 1 }, false, 4, 9, false },
		{ "appeared while disarming", { 0, 0, 0, 2 }, { 0, 0, 0, 1 }, false, 0, 2, false },
		{ "gone", { 5, 5, 0, 0 }, { 1, 1, 0, 0 }, true, 0, 0, false },
		{ "gone while disarming", { 5, 5, 8, 0 }, { 1, 1, 1, 0 }, true, 0, 0, false },
		{ "came and went", { 0, 0, 0, 0 }, { 0, 0, 0, 0 }, true, 0, 0, false },
		{ "number given again", { 500, 500, 2, 3 }, { 1, 1, 1, 1 }, true, 0, 0, false },
		{ "one reading failed", { 5, 0, 8, 9 }, { 1, 0, 1, 1 }, false, 0, 4, false },
		/* which ran on from zero, and looks like a counter that moved */
		{ "module unloaded", { 0, 0, 20, 20 }, { 1, 1, 1, 1 }, true, 0, 0, true },
	};
	size_t i, k;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct conntrack_claim claim = { .netns_ino = 1, .drop = 1 };
		struct reconcile_input in = { .claims = &claim, .claim_count = 1,
					      .restarted = cases[i].restarted };
		struct conntrack_snapshot *snapshots[] = { &in.before_arm, &in.after_arm,
							   &in.before_disarm, &in.after_disarm };
		struct conntrack_stat stats[4] = {};
		struct conntrack_reconciliation *rows;
		size_t count;

		for (k = 0; k < 4; k++) {
			stats[k].netns_ino = 1;
			stats[k].drop = cases[i].drop[k];
			snapshots[k]->stats = &stats[k];
			snapshots[k]->count = cases[i].exists[k];
		}
		cr_assert_eq(reconcile__conntrack(&in, &rows, &count), 0);
		cr_assert_eq(count, 1, "%s", cases[i].what);
		cr_expect_eq(rows[0].gone, cases[i].gone, "%s", cases[i].what);
		cr_expect_eq(rows[0].drop.least, cases[i].least, "%s", cases[i].what);
		cr_expect_eq(rows[0].drop.most, cases[i].most, "%s", cases[i].what);
		cr_expect_eq(rows[0].drop.attributed, 1, "%s", cases[i].what);
		cr_expect_null(rows[0].netns_name);
		free(rows);
	}
}

Test(reconcile, adds_cpus_each_modulo_their_width)
{
	/* CPU 0 wraps, CPU 1 does not, CPU 2 came online; rows in no order */
	struct conntrack_stat before[] = {
		{ .netns_ino = 1, .cpu = 1, .drop = 100, .insert_failed = 1, .chaintoolong = 7 },
		{ .netns_ino = 1, .cpu = 0, .drop = 0xffffffff },
	};
	struct conntrack_stat after[] = {
		{ .netns_ino = 1, .cpu = 2, .drop = 4 },
		{ .netns_ino = 1, .cpu = 0, .drop = 9 },
		{ .netns_ino = 1, .cpu = 1, .drop = 103, .insert_failed = 3, .chaintoolong = 7 },
	};
	struct reconcile_input in = { READINGS(before, after) };
	struct conntrack_reconciliation *rows;
	size_t count;

	cr_assert_eq(reconcile__conntrack(&in, &rows, &count), 0);
	cr_assert_eq(count, 1);
	cr_expect_eq(rows[0].drop.most, 10 + 3 + 4);
	cr_expect_eq(rows[0].drop.least, 10 + 3 + 4);
	cr_expect_eq(rows[0].insert_failed.most, 2);
	cr_expect_eq(rows[0].chaintoolong.most, 0);
	free(rows);
}

Test(reconcile, sorts_and_leaves_out_the_quiet)
{
	struct conntrack_stat before[] = {
		{ .netns_ino = 4, .drop = 5 },
		{ .netns_ino = 3, .drop = 5 },
		{ .netns_ino = 2, .drop = 5 },
		{ .netns_ino = 1, .drop = 5 },
	};
	struct conntrack_stat after[] = {
		{ .netns_ino = 1, .drop = 6 },
		{ .netns_ino = 2, .drop = 5 },
		{ .netns_ino = 3, .drop = 15 },
		{ .netns_ino = 4, .drop = 6 },
	};
	const struct conntrack_claim claims[] = {
		{ .netns_ino = 3, .drop = 10, .insert_failed = 1 },
		{ .netns_ino = 9, .drop = 5 },
	};
	struct reconcile_input in = {
		READINGS(before, after), .claims = claims, .claim_count = COUNT(claims),
	};
	struct conntrack_reconciliation *rows;
	size_t count;

	cr_assert_eq(reconcile__conntrack(&in, &rows, &count), 0);
	cr_assert_eq(count, 4);
	cr_expect_eq(rows[0].netns_ino, 3);
	cr_expect_eq(rows[0].drop.attributed, 10);
	cr_expect(reconcile__agrees(&rows[0].drop));
	cr_expect_eq(rows[0].insert_failed.attributed, 1);
	cr_expect_not(reconcile__agrees(&rows[0].insert_failed));
	cr_expect_eq(rows[1].netns_ino, 9);
	cr_expect(rows[1].gone);
	cr_expect_eq(rows[2].netns_ino, 1);
	cr_expect_eq(rows[3].netns_ino, 4);
	cr_expect_null(find(rows, count, 2));
	free(rows);
}

/* Its counters began behind those of the one that had the number before, and outran them. */
Test(reconcile, number_with_two_claims_changed_hands)
{
	struct conntrack_stat before[] = { { .netns_ino = 1, .drop = 5 } };
	struct conntrack_stat after[] = { { .netns_ino = 1, .drop = 8 } };
	const struct conntrack_claim claims[] = {
		{ .netns_ino = 1, .drop = 4 },
		{ .netns_ino = 1, .drop = 8 },
	};
	struct reconcile_input in = {
		READINGS(before, after), .claims = claims, .claim_count = COUNT(claims),
	};
	struct conntrack_reconciliation *rows;
	size_t count;

	cr_assert_eq(reconcile__conntrack(&in, &rows, &count), 0);
	cr_assert_eq(count, 1);
	cr_expect(rows[0].gone);
	cr_expect_eq(rows[0].drop.attributed, 12);
	cr_expect_eq(rows[0].drop.most, 0);
	free(rows);
}

Test(reconcile, of_nothing_is_nothing)
{
	struct reconcile_input in = {};
	struct conntrack_reconciliation *rows;
	size_t count;

	cr_assert_eq(reconcile__conntrack(&in, &rows, &count), 0);
	cr_expect_eq(count, 0);
	free(rows);
}

Test(reconcile, agrees_within_bounds)
{
	static const struct {
		struct conntrack_counter counter;
		bool agrees;
	} cases[] = {
		{ { 0, 0, 0 }, true },	   { { 5, 7, 5 }, true },      { { 5, 7, 7 }, true },
		{ { 5, 7, 4 }, false },	   { { 5, 7, 8 }, false },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cr_expect_eq(reconcile__agrees(&cases[i].counter), cases[i].agrees, "case %zu", i);
}
