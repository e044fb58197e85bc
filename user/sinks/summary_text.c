/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The end-of-run summary for people: what was dropped, whether all of it is
 * accounted for, and what conntrack's own counters say. Tables are laid out by
 * text_table.c.
 */
#include <errno.h>
#include <string.h>

#include "user/number.h"
#include "user/sinks/change_text.h"
#include "user/sinks/summary_conntrack.h"
#include "user/sinks/summary_counters.h"
#include "user/sinks/summary_names.h"
#include "user/sinks/summary_text.h"
#include "user/sinks/text_table.h"
#include "user/sinks/timestamp.h"

/* "12 drops seen, 1.2 KiB, from 14:00:00.000 to 14:00:10.000 (10.0 s)" */
static void put_title(struct line *text, const struct summary *summary, bool color)
{
	char start[TIMESTAMP_LEN], end[TIMESTAMP_LEN], bytes[NUMBER_LEN];
	double seconds = (double)(summary->end.tv_sec - summary->start.tv_sec) +
			 (double)(summary->end.tv_nsec - summary->start.tv_nsec) / 1e9;

	line__put_text(text, color ? "\n\033[1m" : "\n");
	line__put_count(text, summary->total.seen, "drop", "drops");
	number__bytes(summary->total.seen_bytes, bytes);
	line__printf(text, " seen, %s", bytes);
	if (timestamp__clock(&summary->start, start) && timestamp__clock(&summary->end, end))
		line__printf(text, ", from %s to %s (%.1f s)", start, end, seconds);
	line__put_text(text, color ? "\033[0m\n" : "\n");
}

static void add_share(struct text_table *table, __u64 part, __u64 whole)
{
	char share[NUMBER_LEN];
	__u64 tenths = whole ? (__u64)((long double)part * 1000 / (long double)whole + 0.5L) : 0;
	size_t len = number__decimal(tenths / 10, share);

	share[len++] = '.';
	share[len++] = (char)('0' + tenths % 10);
	share[len++] = '%';
	text_table__add(table, share, len);
}

static void add_number(struct text_table *table, __u64 value)
{
	char number[NUMBER_LEN];

	text_table__add(table, number, number__grouped(value, number));
}

static void add_bytes(struct text_table *table, __u64 value)
{
	char number[NUMBER_LEN];

	text_table__add(table, number, number__bytes(value, number));
}

static void add_time(struct text_table *table, const struct timespec *time)
{
	char clock[TIMESTAMP_LEN];

	text_table__add(table, clock, timestamp__clock(time, clock));
}

static void add_group(struct text_table *table, const struct group *group, __u64 whole)
{
	add_number(table, group->count);
	add_share(table, group->count, whole);
	add_bytes(table, group->bytes);
	add_time(table, &group->first);
	add_time(table, &group->last);
}

static void put_groups(struct line *text, const struct summary *summary, bool color)
{
	static const char *const titles[] = { "PACKETS", "SHARE", "BYTES", "FIRST", "LAST" };
	const struct group *other, *const *groups;
	struct group rest = {};
	size_t count, key_count, shown, i, k;
	const enum group_key *keys;
	struct text_table table = {};
	__u64 whole;

	if (!summary->groups)
		return;
	if (aggregate__sorted(summary->groups, &groups, &count)) {
		text->failed = true;
		return;
	}
	other = aggregate__other(summary->groups);
	keys = aggregate__keys(summary->groups, &key_count);
	if (!count && !other->count)
		return;
	shown = summary->top && count > summary->top ? summary->top : count;
	for (whole = other->count, i = 0; i < count; i++)
		whole += groups[i]->count;
	for (i = shown; i < count; i++) {
		rest.count += groups[i]->count;
		rest.bytes += groups[i]->bytes;
	}

	text_table__begin(&table, 5 + key_count, 3);
	for (i = 0; i < 5; i++)
		text_table__add_text(&table, titles[i]);
	for (k = 0; k < key_count; k++)
		text_table__add_title(&table, group_key__name(keys[k]));
	for (i = 0; i < shown; i++) {
		add_group(&table, groups[i], whole);
		for (k = 0; k < key_count; k++)
			text_table__add_text(&table, groups[i]->values[k]);
	}
	if (rest.count) {
		add_group(&table, &rest, whole);
		text_table__end_row(&table, "(groups beyond --top)");
	}
	if (other->count) {
		add_group(&table, other, whole);
		text_table__end_row(&table, "(groups beyond --max-keys)");
	}
	text_table__print(&table, text, color);
	text_table__done(&table);
	line__put(text, "\n", 1);
}

static void put_reasons(struct line *text, const struct summary *summary, bool color)
{
	bool folded = summary->total.folded;
	struct text_table table = {};
	size_t i;

	if (summary->reason_count < 2)
		return;
	text_table__begin(&table, 6U + folded, 5U + folded);
	text_table__add_text(&table, "SEEN");
	text_table__add_text(&table, "DELIVERED");
	if (folded)
		text_table__add_text(&table, "FOLDED");
	text_table__add_text(&table, "FILTERED");
	text_table__add_text(&table, "NOISE");
	text_table__add_text(&table, "LOST");
	text_table__add_text(&table, "REASON");
	for (i = 0; i < summary->reason_count; i++) {
		const struct accounting *counts = &summary->reasons[i].counts;

		add_number(&table, counts->seen);
		add_number(&table, counts->delivered);
		if (folded)
			add_number(&table, counts->folded);
		add_number(&table, counts->filtered);
		add_number(&table, counts->noise);
		add_number(&table, counts->lost);
		text_table__add_text(&table, summary->reasons[i].reason);
	}
	text_table__print(&table, text, color);
	text_table__done(&table);
	line__put(text, "\n", 1);
}

static void put_term(struct line *text, const char *name, __u64 value)
{
	line__put_text(text, name);
	line__put_grouped(text, value);
}

static void put_accounting(struct line *text, const struct summary *summary)
{
	const struct accounting *total = &summary->total;

	put_term(text, "seen ", total->seen);
	put_term(text, " = delivered ", total->delivered);
	if (total->folded)
		put_term(text, " + folded ", total->folded);
	put_term(text, " + filtered ", total->filtered);
	put_term(text, " + noise ", total->noise);
	put_term(text, " + lost ", total->lost);
	line__put(text, "\n", 1);
	if (!accounting__balanced(total))
		line__put_text(text, "  the equation does not hold: a bug in dropwhy, "
				     "please report it\n");
	if (total->lost > summary->missed)
		line__put_text(text, "  lost: the ring buffer was full, so details are missing, "
				     "totals are not; a larger --ring-size helps\n");
	if (summary->missed) {
		put_term(text, "  lost: ", summary->missed);
		line__put_text(text, " while the program was already running on that CPU\n");
	}
	if (summary->coarse) {
		put_term(text, "  coarse: ", summary->coarse);
		line__put_text(text, " counted without ports, or without addresses: more flows "
				     "at once than the fold tables hold\n");
	}
	if (summary->packets_failed) {
		line__put_count(text, summary->packets_failed, "delivered drop", "delivered drops");
		line__put_text(text, " could not be written to the output\n");
	}
}

/* "What changed", the likeliest answer to why it began. */
static void put_settings(struct line *text, const struct summary *summary, bool color)
{
	const struct settings_found *found = &summary->settings;
	char clock[TIMESTAMP_LEN];
	size_t i;

	if (!found->count && !found->lost)
		return;
	line__put_text(text, color ? "\n\033[1mwhat changed\033[0m\n" : "\nwhat changed\n");
	for (i = 0; i < found->count; i++) {
		timestamp__clock(&found->changes[i].time, clock);
		line__printf(text, "  %s ", clock);
		change_text__append(text, &found->changes[i]);
		line__put(text, "\n", 1);
	}
	if (found->beyond) {
		line__put_text(text, "  and ");
		line__put_count(text, found->beyond, "further change", "further changes");
		line__put(text, "\n", 1);
	}
	if (found->lost) {
		line__put_text(text, "  ");
		line__put_count(text, found->lost, "write", "writes");
		line__put_text(text, " came too fast to be told one by one\n");
	}
}

void summary_text__append(struct line *text, const struct summary *summary, bool color)
{
	put_title(text, summary, color);
	line__put(text, "\n", 1);
	put_groups(text, summary, color);
	put_reasons(text, summary, color);
	put_accounting(text, summary);
	summary_conntrack__append(text, summary, color);
	summary_counters__append(text, &summary->counters, summary->top, color);
	put_settings(text, summary, color);
	summary_names__append(text, &summary->names);
}

int summary_text__write(FILE *out, const struct summary *summary, bool color)
{
	struct line text = {};
	int err = 0;

	summary_text__append(&text, summary, color);
	if (text.failed) {
		err = -ENOMEM;
		goto cleanup;
	}
	errno = 0;
	if (fwrite(text.data, 1, text.len, out) != text.len || fflush(out))
		err = errno ? -errno : -EIO;
cleanup:
	line__done(&text);
	return err;
}
