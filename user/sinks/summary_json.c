/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The end-of-run summary as one JSON object. Members that do not apply are
 * absent, as in rows; numbers of the accounting always apply.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "user/sinks/escape.h"
#include "user/sinks/record_columns.h"
#include "user/sinks/sink.h"
#include "user/sinks/summary_json.h"
#include "user/sinks/timestamp.h"

/* Out of memory anywhere shows in the end: a NULL member makes the object NULL. */
static void set(json_t **object, const char *name, json_t *value)
{
	if (!*object || !json_object_set_new(*object, name, value)) {
		if (!*object)
			json_decref(value);
		return;
	}
	json_decref(*object);
	*object = NULL;
}

static void append(json_t **array, json_t *value)
{
	if (!*array) {
		json_decref(value);
		return;
	}
	if (!json_array_append_new(*array, value))
		return;
	json_decref(*array);
	*array = NULL;
}

static void set_number(json_t **object, const char *name, __u64 value)
{
	set(object, name, json_integer((json_int_t)value));
}

/* Any bytes: those that are no UTF-8 as in rows, the rest is the library's work. */
static json_t *make_text(const char *text)
{
	size_t len = strlen(text);
	json_t *value = json_stringn(text, len);
	char *visible;

	if (value)
		return value;
	visible = malloc(ESCAPE_TERMINAL_ROOM(len));
	if (!visible)
		return NULL;
	value = json_stringn_nocheck(visible, escape__terminal(text, len, visible));
	free(visible);
	return value;
}

static void set_text(json_t **object, const char *name, const char *text)
{
	if (text && *text)
		set(object, name, make_text(text));
}

static void set_time(json_t **object, const char *name, const struct timespec *time)
{
	char text[TIMESTAMP_LEN];

	timestamp__rfc3339(time, text);
	set_text(object, name, text);
}

static void set_accounting(json_t **object, const struct accounting *counts)
{
	set_number(object, "delivered", counts->delivered);
	set_number(object, "folded", counts->folded);
	set_number(object, "filtered", counts->filtered);
	set_number(object, "noise", counts->noise);
	set_number(object, "lost", counts->lost);
}

static json_t *make_reasons(const struct summary *summary)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < summary->reason_count; i++) {
		const struct reason_accounting *reason = &summary->reasons[i];
		json_t *row = json_object();

		set_text(&row, "reason", reason->reason);
		set_number(&row, "seen", reason->counts.seen);
		set_number(&row, "bytes", reason->counts.seen_bytes);
		set_accounting(&row, &reason->counts);
		append(&list, row);
	}
	return list;
}

static json_t *make_group(const struct group *group, const enum group_key *keys, size_t key_count)
{
	json_t *row = json_object();
	size_t k;

	for (k = 0; k < key_count; k++)
		set_text(&row, group_key__name(keys[k]), group->values[k]);
	set_number(&row, "count", group->count);
	set_number(&row, "bytes", group->bytes);
	set_time(&row, "first", &group->first);
	set_time(&row, "last", &group->last);
	return row;
}

/* The groups up to --top, and in "other" all that is in none of them. */
static void set_groups(json_t **object, const struct summary *summary)
{
	const struct group *const *groups;
	const enum group_key *keys;
	size_t count, key_count, i;
	__u64 packets, bytes;
	json_t *list, *row;

	if (!summary->groups)
		return;
	packets = aggregate__other(summary->groups)->count;
	bytes = aggregate__other(summary->groups)->bytes;
	keys = aggregate__keys(summary->groups, &key_count);
	if (aggregate__sorted(summary->groups, &groups, &count)) {
		set(object, "groups", NULL);
		return;
	}
	list = json_array();
	for (i = 0; i < count; i++) {
		if (!summary->top || i < summary->top) {
			append(&list, make_group(groups[i], keys, key_count));
		} else {
			packets += groups[i]->count;
			bytes += groups[i]->bytes;
		}
	}
	set(object, "groups", list);
	if (!packets)
		return;
	row = json_object();
	set_number(&row, "count", packets);
	set_number(&row, "bytes", bytes);
	set(object, "other", row);
}

static void set_counter(json_t **object, const char *name, const struct conntrack_counter *counter,
			bool gone)
{
	json_t *row = json_object();

	if (!gone) {
		set_number(&row, "least", counter->least);
		set_number(&row, "most", counter->most);
	}
	set_number(&row, "attributed", counter->attributed);
	set(object, name, row);
}

static json_t *make_conntrack(const struct summary *summary)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < summary->conntrack_count; i++) {
		const struct conntrack_reconciliation *ct = &summary->conntrack[i];
		json_t *row = json_object();

		set_number(&row, "netns", ct->netns_ino);
		set_text(&row, "netns_name", ct->netns_name);
		set(&row, "gone", json_boolean(ct->gone));
		set_counter(&row, "drop", &ct->drop, ct->gone);
		set_counter(&row, "insert_failed", &ct->insert_failed, ct->gone);
		set_counter(&row, "chaintoolong", &ct->chaintoolong, ct->gone);
		append(&list, row);
	}
	return list;
}

json_t *summary_json__change(const struct sysctl_change *change)
{
	char value[COLUMN_VALUE_LEN];
	json_t *row = json_object();
	size_t c;

	/* as in the stream, but for the type and the version */
	for (c = 2; c < sysctl_column_count; c++) {
		if (!sysctl_columns[c].format(change, value))
			continue;
		if (sysctl_columns[c].kind == COLUMN_NUMBER)
			set_number(&row, sysctl_columns[c].name, strtoull(value, NULL, 10));
		else
			set_text(&row, sysctl_columns[c].name, value);
	}
	return row;
}

static json_t *make_changes(const struct settings_found *found)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < found->count; i++)
		append(&list, summary_json__change(&found->changes[i]));
	return list;
}

static json_t *make_counter(const struct counter_moved *moved)
{
	json_t *object = json_object();
	char value[FIELD_LEN];
	size_t i, len;

	for (i = 0; i < counter_column_count; i++) {
		const struct counter_column *column = &counter_columns[i];

		/* as in rows, but that this is no record of its own */
		if (!strcmp(column->name, "type") || !strcmp(column->name, "schema") ||
		    !strcmp(column->name, "time"))
			continue;
		len = column->format(moved, value);
		if (!len)
			continue;
		if (column->kind == COLUMN_NUMBER)
			set_number(&object, column->name, strtoull(value, NULL, 10));
		else
			set(&object, column->name, make_text(value));
	}
	return object;
}

static void set_counters(json_t **object, const struct counters_found *found)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < found->count; i++)
		append(&array, make_counter(&found->rows[i]));
	set(object, "counters", array);
	if (found->unreadable)
		set_number(object, "counters_unreadable", found->unreadable);
	if (found->error)
		set(object, "counters_error", json_string(strerror(-found->error)));
}

static json_t *make_trouble(const struct source_trouble *trouble)
{
	json_t *object = json_object();

	set(&object, "name", make_text(trouble->source));
	set_number(&object, "torn", trouble->torn);
	set_number(&object, "huge", trouble->huge);
	set_number(&object, "unreadable", trouble->unreadable);
	if (trouble->example)
		set(&object, "example", make_text(trouble->example));
	if (trouble->error)
		set(&object, "error", json_string(strerror(-trouble->error)));
	return object;
}

static void set_names(json_t **object, const struct names_found *found)
{
	json_t *array;
	size_t i;

	set_number(object, "held_back", found->held_back);
	if (!found->trouble_count)
		return;
	array = json_array();
	for (i = 0; i < found->trouble_count; i++)
		append(&array, make_trouble(&found->troubles[i]));
	set(object, "sources", array);
}

static void set_settings(json_t **object, const struct settings_found *found)
{
	if (!found->count && !found->lost)
		return;
	set(object, "changes", make_changes(found));
	if (found->beyond)
		set_number(object, "changes_beyond", found->beyond);
	if (found->lost)
		set_number(object, "changes_lost", found->lost);
}

void summary_json__append(struct line *line, const struct summary *summary)
{
	json_t *object = json_object();
	char *text = NULL;

	set_text(&object, "type", "summary");
	set_number(&object, "schema", OUTPUT_SCHEMA_VERSION);
	set_time(&object, "start", &summary->start);
	set_time(&object, "end", &summary->end);
	set_number(&object, "seen", summary->total.seen);
	set_number(&object, "seen_bytes", summary->total.seen_bytes);
	set_accounting(&object, &summary->total);
	set_number(&object, "missed", summary->missed);
	set_number(&object, "no_baseline", summary->no_baseline);
	if (summary->compared) {
		set_number(&object, "compared", summary->compared);
		set_number(&object, "disagreed", summary->disagreed);
	}
	if (summary->evictions_known) {
		set_number(&object, "evictions", summary->evictions);
		set_number(&object, "evictions_lost", summary->evictions_lost);
	}
	set_counters(&object, &summary->counters);
	if (summary->coarse)
		set_number(&object, "coarse", summary->coarse);
	set_settings(&object, &summary->settings);
	set_names(&object, &summary->names);
	set_number(&object, "rows_failed", summary->rows_failed);
	set_number(&object, "packets_failed", summary->packets_failed);
	set(&object, "reasons", make_reasons(summary));
	set_groups(&object, summary);
	if (summary->conntrack_error)
		set_text(&object, "conntrack_error", strerror(-summary->conntrack_error));
	else
		set(&object, "conntrack", make_conntrack(summary));

	/* ASCII alone: the library would leave C1 control characters as they are */
	if (object)
		text = json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII);
	if (text) {
		line__put_text(line, text);
		line__put(line, "\n", 1);
	} else {
		line->failed = true;
	}
	free(text);
	json_decref(object);
}
