// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * How full tables are: what /proc says, what two readings say, and this
 * machine's own as far as it may be read.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "user/conntrack/tables.h"

#define NAMES                                                                                      \
	"entries  clashres found new invalid ignore delete chainlength insert insert_failed drop " \
	"early_drop icmp_error  expect_new expect_create expect_delete search_restart\n"

Test(conntrack_tables, parses_proc)
{
	char text[] = NAMES
		"0000000a  00000001 00000000 00000000 00000002 00000000 00000000 00000003 00000000 "
		"00000004 00000005 00000006 00000007  00000000 00000000 00000000 00000008\n"
		"0000000a  00000010 00000000 00000000 00000020 00000000 00000000 00000030 00000000 "
		"00000040 00000050 00000060 00000070  00000000 00000000 00000000 00000080\n";
	struct conntrack_table table = {};

	cr_assert_eq(conntrack_tables__parse_proc(text, &table), 0);
	cr_expect_eq(table.entries, 10);
	cr_expect_eq(table.known, (1u << __CT_STAT_MAX) - 1);
	cr_expect_eq(table.stats[CT_STAT_CLASH_RESOLVE], 0x11);
	cr_expect_eq(table.stats[CT_STAT_INVALID], 0x22);
	cr_expect_eq(table.stats[CT_STAT_CHAINTOOLONG], 0x33);
	cr_expect_eq(table.stats[CT_STAT_INSERT_FAILED], 0x44);
	cr_expect_eq(table.stats[CT_STAT_DROP], 0x55);
	cr_expect_eq(table.stats[CT_STAT_EARLY_DROP], 0x66);
	cr_expect_eq(table.stats[CT_STAT_ERROR], 0x77);
	cr_expect_eq(table.stats[CT_STAT_SEARCH_RESTART], 0x88);
}

Test(conntrack_tables, parses_what_else_proc_may_hold)
{
	static const struct {
		const char *text;
		int err;
		__u32 known;
	} cases[] = {
		/* before 5.14 there is no count of chains too long */
		{ "entries  searched drop delete_list\n1 2 3 4\n", 0, 1u << CT_STAT_DROP },
		{ "entries\n", 0, 0 },
		{ "entries drop\n1", 0, 0 },
		{ "entries drop\n\n\n", 0, 0 },
		{ "entries drop\n1 2 3 4 5\n", 0, 1u << CT_STAT_DROP },
		{ "entries drop\n1 x\n", -EINVAL, 0 },
		{ "entries drop\n1,2\n", -EINVAL, 0 },
		{ "", -EINVAL, 0 },
		{ "drop entries\n", -EINVAL, 0 },
	};
	char text[128];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct conntrack_table table = {};

		snprintf(text, sizeof(text), "%s", cases[i].text);
		cr_expect_eq(conntrack_tables__parse_proc(text, &table), cases[i].err, "%s",
			     cases[i].text);
		if (!cases[i].err)
			cr_expect_eq(table.known, cases[i].known, "%s", cases[i].text);
	}
}

Test(conntrack_tables, pace)
{
	struct conntrack_table before = { .netns_ino = 1, .incarnation = 5, .entries = 100,
					  .max = 1000, .stats = { [CT_STAT_DROP] = 0xfffffff0 } };
	struct conntrack_table now = before;
	struct conntrack_pace pace;

	now.entries = 300;
	now.stats[CT_STAT_DROP] = 0x10;
	conntrack_pace__between(&before, &now, 2, &pace);
	cr_expect_eq(pace.growth, 100);
	cr_expect_eq(pace.full_in_s, 7);
	cr_expect_eq(pace.per_s[CT_STAT_DROP], 16, "counters wrap");
	now.entries = 50;
	conntrack_pace__between(&before, &now, 2, &pace);
	cr_expect_eq(pace.growth, -25);
	cr_expect_lt(pace.full_in_s, 0, "it drains");
	now.entries = 1001;
	/* nf_conntrack was loaded anew in between */
	before.stats[CT_STAT_DROP] = 500;
	now.stats[CT_STAT_DROP] = 20;
	conntrack_pace__between(&before, &now, 2, &pace);
	cr_expect_eq(pace.per_s[CT_STAT_DROP], 10, "%g", pace.per_s[CT_STAT_DROP]);

	conntrack_pace__between(NULL, &now, 2, &pace);
	cr_expect_eq(pace.seconds, 0, "nothing to compare with");
	cr_expect_eq(pace.full_in_s, 0, "full is full");
	cr_expect_eq(conntrack_table__headroom(&now), 0);
	now.incarnation = 6;
	conntrack_pace__between(&before, &now, 2, &pace);
	cr_expect_eq(pace.seconds, 0, "another namespace of that number");
	now.max = 0;
	cr_expect_eq(conntrack_table__headroom(&now), -1);
	conntrack_pace__between(&before, &now, 0, &pace);
	cr_expect_lt(pace.full_in_s, 0, "no limit known");
}

Test(conntrack_tables, full_since)
{
	const struct timespec first = { .tv_sec = 100 }, second = { .tv_sec = 200 };
	struct conntrack_table earlier[] = {
		{ .netns_ino = 1, .incarnation = 5, .entries = 8, .max = 8 },
		{ .netns_ino = 2, .incarnation = 5, .entries = 8, .max = 8 },
		{ .netns_ino = 3, .incarnation = 5, .entries = 8, .max = 8 },
		{ .netns_ino = 4, .incarnation = 5, .entries = 7, .max = 8 },
		{ .netns_ino = 5, .incarnation = 5, .entries = 8 },
	};
	struct conntrack_table later[] = {
		{ .netns_ino = 1, .incarnation = 5, .entries = 9, .max = 8 },
		{ .netns_ino = 2, .incarnation = 6, .entries = 8, .max = 8 },
		{ .netns_ino = 3, .incarnation = 5, .entries = 7, .max = 8 },
		{ .netns_ino = 4, .incarnation = 5, .entries = 8, .max = 8 },
		{ .netns_ino = 5, .incarnation = 5, .entries = 8 },
	};
	static const time_t after_first[] = { 100, 100, 100, 0, 0 };
	static const time_t after_second[] = { 100, 200, 0, 200, 0 };
	const struct conntrack_tables none = {};
	struct conntrack_tables before = { .tables = earlier, .count = 5 };
	struct conntrack_tables now = { .tables = later, .count = 5 };
	size_t i;

	conntrack_tables__note_full(&none, &before, &first);
	conntrack_tables__note_full(&before, &now, &second);
	for (i = 0; i < 5; i++) {
		cr_expect_eq(earlier[i].full_since.tv_sec, after_first[i], "first, %zu", i);
		cr_expect_eq(later[i].full_since.tv_sec, after_second[i], "second, %zu", i);
	}
}

Test(conntrack_tables, this_machine)
{
	struct netns_table *netns = netns_table__new(NULL);
	struct conntrack_tables tables = {};
	size_t i;
	int err;

	cr_assert_eq(netns_table__refresh(netns), 0);
	err = conntrack_tables__read(netns, &tables);
	if (err)
		cr_expect(err == -EPERM || err == -EACCES, "%d", err);
	else if (!tables.no_conntrack)
		cr_expect_eq(tables.count + tables.vanished + tables.unreadable,
			     netns_table__count(netns));
	for (i = 0; i < tables.count; i++) {
		cr_expect_neq(tables.tables[i].max, 0);
		cr_expect_eq(conntrack_tables__find(&tables, tables.tables[i].netns_ino),
			     &tables.tables[i]);
	}
	cr_expect_null(conntrack_tables__find(&tables, 1));
	conntrack_tables__done(&tables);
	conntrack_tables__done(&tables);
	netns_table__free(netns);
}
