// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Who holds conntrack's entries, as rows: see conntrack_rows.h.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "user/number.h"
#include "user/sinks/conntrack_rows.h"
#include "user/sinks/record_line.h"
#include "user/sinks/sink.h"
#include "user/sinks/text_table.h"
#include "user/sinks/timestamp.h"

static double share_of(__u64 part, const struct occupants_total *total)
{
	return total->all.count ? 100.0 * (double)part / (double)total->all.count : 0;
}

static bool is_number(enum occupant_key key)
{
	return key == OCCUPANT_DST_PORT || key == OCCUPANT_ZONE || key == OCCUPANT_NETNS;
}

/* --- JSON */

static void member_number(struct json_line *json, struct line *out, const char *name, __u64 value)
{
	char text[NUMBER_LEN];

	json_line__member(json, out, name, COLUMN_NUMBER, text, number__decimal(value, text));
}

static void member_text(struct json_line *json, struct line *out, const char *name,
			const char *text)
{
	json_line__member(json, out, name, COLUMN_TEXT, text, strlen(text));
}

static void member_share(struct json_line *json, struct line *out, double percent)
{
	char text[32];

	json_line__member(json, out, "share_percent", COLUMN_NUMBER, text,
			  (size_t)snprintf(text, sizeof(text), "%.2f", percent));
}

static void begin_record(struct json_line *json, struct line *out, const char *type,
			 const struct occupants_view *view)
{
	char time[TIMESTAMP_LEN];

	member_text(json, out, "type", type);
	member_number(json, out, "schema", OUTPUT_SCHEMA_VERSION);
	json_line__member(json, out, "time", COLUMN_TEXT, time,
			  timestamp__rfc3339(&view->time, time));
}

static void member_counts(struct json_line *json, struct line *out,
			  const struct occupant_group *group)
{
	member_number(json, out, "entries", group->count);
	member_number(json, out, "assured_entries", group->assured);
	member_number(json, out, "unreplied_entries", group->unreplied);
}

static void put_json_group(struct line *out, const struct occupants *o,
			   const struct occupant_group *group, const struct occupants_view *view)
{
	char value[OCCUPANT_VALUE_LEN];
	struct json_line json = {};
	size_t k;

	begin_record(&json, out, "occupant", view);
	for (k = 0; k < view->key_count; k++)
		json_line__member(&json, out, occupant_key__name(view->keys[k]),
				  is_number(view->keys[k]) ? COLUMN_NUMBER : COLUMN_TEXT, value,
				  occupants__value(o, group, k, value));
	member_counts(&json, out, group);
	member_share(&json, out, share_of(group->count, occupants__total(o)));
	json_line__end(&json, out);
}

static void put_json_finding(struct line *out, const struct occupant_finding *finding,
			     const struct occupants_view *view)
{
	struct json_line json = {};

	begin_record(&json, out, "finding", view);
	member_text(&json, out, "name", finding->name);
	member_number(&json, out, "entries", finding->count);
	member_share(&json, out, 100 * finding->share);
	member_text(&json, out, "who", finding->who);
	if (finding->destinations)
		member_number(&json, out, "destinations", finding->destinations);
	member_text(&json, out, "text", finding->text);
	member_text(&json, out, "remedy", finding->remedy);
	json_line__end(&json, out);
}

static void put_json_total(struct line *out, const struct occupants_total *total,
			   const struct occupant_group *hidden, const struct occupants_view *view)
{
	struct json_line json = {};

	begin_record(&json, out, "occupants", view);
	member_counts(&json, out, &total->all);
	member_number(&json, out, "entries_below_top", hidden->count);
	member_number(&json, out, "entries_beyond_max_keys", total->rest.count);
	member_number(&json, out, "namespaces", view->netns_count);
	member_number(&json, out, "unreadable", total->dump.unreadable);
	if (total->dump.interrupted)
		json_line__member(&json, out, "incomplete", COLUMN_NUMBER, "true", 4);
	json_line__end(&json, out);
}

/* --- CSV */

static void put_csv(struct line *out, const struct occupants *o,
		    const struct occupant_group *group, const struct occupants_view *view)
{
	char value[OCCUPANT_VALUE_LEN];
	size_t k;

	record_line__csv_value(out, value, timestamp__rfc3339(&view->time, value), false);
	for (k = 0; k < view->key_count; k++)
		record_line__csv_value(out, value, occupants__value(o, group, k, value), false);
	record_line__csv_value(out, value, number__decimal(group->count, value), false);
	record_line__csv_value(out, value, number__decimal(group->assured, value), false);
	record_line__csv_value(out, value, number__decimal(group->unreplied, value), false);
	record_line__csv_value(out, value,
			       (size_t)snprintf(value, sizeof(value), "%.2f",
						share_of(group->count, occupants__total(o))), true);
}

static void put_csv_header(struct line *out, const struct occupants_view *view)
{
	size_t k;

	record_line__csv_name(out, "time", false);
	for (k = 0; k < view->key_count; k++)
		record_line__csv_name(out, occupant_key__name(view->keys[k]), false);
	line__put_text(out, "entries,assured_entries,unreplied_entries,share_percent\n");
}

/* --- for people */

static void add_counts(struct text_table *table, const struct occupant_group *group,
		       const struct occupants_total *total)
{
	char text[NUMBER_LEN];

	text_table__add(table, text, number__grouped(group->count, text));
	text_table__add(table, text, (size_t)snprintf(text, sizeof(text), "%.1f%%",
						      share_of(group->count, total)));
	text_table__add(table, text, number__grouped(group->assured, text));
	text_table__add(table, text, number__grouped(group->unreplied, text));
}

static void put_table(struct line *out, const struct occupants *o,
		      const struct occupant_group *const *groups, size_t shown,
		      const struct occupant_group *hidden, const struct occupants_view *view,
		      bool color)
{
	const struct occupants_total *total = occupants__total(o);
	char value[OCCUPANT_VALUE_LEN];
	struct text_table table = {};
	size_t i, k;

	text_table__begin(&table, 4 + view->key_count, 4);
	text_table__add_text(&table, "ENTRIES");
	text_table__add_text(&table, "SHARE");
	text_table__add_text(&table, "ASSURED");
	text_table__add_text(&table, "UNREPLIED");
	for (k = 0; k < view->key_count; k++)
		text_table__add_title(&table, occupant_key__name(view->keys[k]));
	for (i = 0; i < shown; i++) {
		add_counts(&table, groups[i], total);
		for (k = 0; k < view->key_count; k++)
			text_table__add(&table, value, occupants__value(o, groups[i], k, value));
	}
	if (hidden->count) {
		add_counts(&table, hidden, total);
		text_table__end_row(&table, "(groups beyond --top)");
	}
	if (total->rest.count) {
		add_counts(&table, &total->rest, total);
		text_table__end_row(&table, "(groups beyond --max-keys)");
	}
	text_table__print(&table, out, color);
	text_table__done(&table);
}

static void put_finding(struct line *out, const struct occupant_finding *finding)
{
	char number[NUMBER_LEN];

	number__grouped(finding->count, number);
	line__printf(out, "%.1f%% (%s): %s", 100 * finding->share, number, finding->text);
	if (finding->who[0]) {
		line__put_text(out, ": ");
		line__put_escaped(out, finding->who, strlen(finding->who));
	}
	if (finding->destinations) {
		number__grouped(finding->destinations, number);
		line__printf(out, ", about %s destinations", number);
	}
	line__printf(out, "\n  %c%s\n", toupper((unsigned char)finding->remedy[0]),
		     finding->remedy + 1);
}

static void put_text_total(struct line *out, const struct occupants *o,
			   const struct occupants_view *view)
{
	const struct occupants_total *total = occupants__total(o);
	struct occupant_finding findings[__FINDING_MAX];
	size_t count = occupants__findings(o, findings), i;
	char number[NUMBER_LEN];

	line__put(out, "\n", 1);
	line__put_count(out, total->all.count, "entry", "entries");
	line__put_text(out, " in ");
	line__put_count(out, view->netns_count, "namespace", "namespaces");
	number__grouped(total->all.assured, number);
	line__printf(out, "; %s ASSURED, which are never evicted to make room\n", number);
	if (total->dump.unreadable)
		line__printf(out, "%llu %s made no sense\n", total->dump.unreadable,
			     number__form(total->dump.unreadable, "entry", "entries"));
	if (total->dump.interrupted)
		line__put_text(out, "the table changed its size meanwhile: some are missing\n");
	if (count)
		line__put_text(out, "\nwhat fills it\n");
	for (i = 0; i < count; i++)
		put_finding(out, &findings[i]);
}

static void put_groups(struct line *out, enum rows_format format, const struct occupants *o,
		       const struct occupant_group *const *groups, size_t count,
		       const struct occupants_view *view)
{
	size_t i;

	if (format == ROWS_CSV && !view->again)
		put_csv_header(out, view);
	for (i = 0; i < count; i++) {
		if (format == ROWS_CSV)
			put_csv(out, o, groups[i], view);
		else
			put_json_group(out, o, groups[i], view);
	}
}

int occupants_rows__append(struct line *out, enum rows_format format, struct occupants *o,
			   const struct occupants_view *view, bool color)
{
	struct occupant_finding findings[__FINDING_MAX];
	const struct occupant_group *const *groups;
	struct occupant_group hidden = {};
	size_t count, shown, found, i;
	int err = occupants__sorted(o, &groups, &count);

	if (err)
		return err;
	shown = view->top && count > view->top ? view->top : count;
	for (i = shown; i < count; i++) {
		hidden.count += groups[i]->count;
		hidden.assured += groups[i]->assured;
		hidden.unreplied += groups[i]->unreplied;
	}
	if (format == ROWS_TEXT) {
		put_table(out, o, groups, shown, &hidden, view, color);
		put_text_total(out, o, view);
	} else {
		put_groups(out, format, o, groups, shown, view);
	}
	if (format == ROWS_JSON) {
		found = occupants__findings(o, findings);
		for (i = 0; i < found; i++)
			put_json_finding(out, &findings[i], view);
		put_json_total(out, occupants__total(o), &hidden, view);
	}
	return out->failed ? -ENOMEM : 0;
}
