// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Rows of conntrack's tables and of who holds them, in every format.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <linux/netfilter/nf_conntrack_common.h>

#include "tests/unit/golden.h"
#include "user/sinks/conntrack_rows.h"

static const struct conntrack_table tables[] = {
	{ .netns_ino = 4026531840, .entries = 522000, .max = 524288, .buckets = 131072, .host = true,
	  .known = (1u << __CT_STAT_MAX) - 1,
	  .stats = { [CT_STAT_DROP] = 9188, [CT_STAT_INVALID] = 7 } },
	/* before 5.9 and 5.14: no limit by ctnetlink, no count of long chains; hostile names */
	{ .netns_ino = 4026532200, .from_proc = true, .known = 1u << CT_STAT_DROP },
	{ .netns_ino = 4026532300, .entries = 16, .max = 16 },
	{ .netns_ino = 4026532400, .entries = 17, .max = 16, .full_since = { 1795442311, 500000000 } },
};

static void append_all(struct line *out, enum rows_format format)
{
	static const struct sysctl_change change = {
		.time = { 1795442400, 0 }, .old_value = "2310720", .new_value = "524288",
		.comm = "kube-proxy",
	};
	struct conntrack_row rows[] = {
		{ .time = { 1795442401, 0 }, .table = &tables[0], .netns_name = "host",
		  .limit_change = &change },
		{ .time = { 1795442401, 0 }, .table = &tables[1], .netns_name = "a\n\x1b[2J,\"",
		  .pod = "p\xff", .namespace = "=n" },
		{ .time = { 1795442401, 0 }, .table = &tables[2] },
		{ .time = { 1795442401, 0 }, .table = &tables[3] },
	};
	struct conntrack_table before = tables[0];

	before.entries = 521000;
	before.stats[CT_STAT_DROP] = 9088;
	conntrack_pace__between(&before, &tables[0], 10, &rows[0].pace);
	conntrack_pace__between(NULL, &tables[1], 0, &rows[1].pace);
	conntrack_pace__between(NULL, &tables[2], 0, &rows[2].pace);
	conntrack_pace__between(NULL, &tables[3], 0, &rows[3].pace);
	conntrack_rows__header(out, format);
	conntrack_rows__append(out, format, rows, 4, false);
}

static void append_occupants(struct line *out, enum rows_format format)
{
	struct occupants_options options = { .key_count = 3, .max_groups = 16,
					     .keys = { OCCUPANT_STATE, OCCUPANT_DST_PORT,
						       OCCUPANT_POD } };
	struct occupants_view view = { .time = { 1795442401, 0 }, .keys = options.keys,
				       .key_count = 3, .top = 1, .netns_count = 1 };
	struct conntrack_entry entry = { .orig = { .ip_version = 4, .l4_proto = IPPROTO_UDP,
						   .saddr = { 10, 0, 0, 1 },
						   .dport_be = htons(53) } };
	struct occupants *o = occupants__new(&options);
	int i;

	for (i = 0; i < 30; i++) {
		entry.status = i < 20 ? 0 : IPS_SEEN_REPLY | IPS_ASSURED;
		occupants__add(o, 1, &entry);
	}
	cr_assert_eq(occupants_rows__append(out, format, o, &view, false), 0);
	occupants__free(o);
}

Test(conntrack_rows, golden_files)
{
	static const char *const paths[] = {
		[ROWS_TEXT] = "tests/unit/golden/conntrack.txt",
		[ROWS_JSON] = "tests/unit/golden/conntrack.json",
		[ROWS_CSV] = "tests/unit/golden/conntrack.csv",
	};
	enum rows_format format;

	for (format = ROWS_TEXT; format <= ROWS_CSV; format++) {
		struct line out = {};

		append_all(&out, format);
		append_occupants(&out, format);
		cr_assert_not(out.failed);
		golden__expect(paths[format], out.data, out.len);
		line__done(&out);
	}
}
