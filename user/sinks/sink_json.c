/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Drops as JSON lines (RFC 8259): one object a line, members in the order of
 * columns.c, an unknown one absent. Rows are flat and many, so they are written
 * here; the summary is nested and one, so a library writes it.
 */
#include "user/sinks/columns.h"
#include "user/sinks/record_columns.h"
#include "user/sinks/record_line.h"
#include "user/sinks/sink.h"
#include "user/sinks/summary_json.h"

static void json__drop(struct sink *sink, const struct drop *drop)
{
	struct json_line json = {};
	char value[COLUMN_VALUE_LEN];
	size_t i;

	for (i = 0; i < column_count; i++)
		json_line__member(&json, &sink->line, columns[i].name, columns[i].kind, value,
				  column__format(&columns[i], drop, value));
	json_line__end(&json, &sink->line);
}

static void json__sysctl(struct sink *sink, const struct sysctl_change *change)
{
	struct json_line json = {};
	char value[COLUMN_VALUE_LEN];
	size_t i;

	for (i = 0; i < sysctl_column_count; i++)
		json_line__member(&json, &sink->line, sysctl_columns[i].name, sysctl_columns[i].kind,
				  value, sysctl_columns[i].format(change, value));
	json_line__end(&json, &sink->line);
}

static void json__notice(struct sink *sink, const struct notice *notice)
{
	struct json_line json = {};
	char value[COLUMN_VALUE_LEN];
	size_t i;

	for (i = 0; i < notice_column_count; i++)
		json_line__member(&json, &sink->line, notice_columns[i].name, notice_columns[i].kind,
				  value, notice_columns[i].format(notice, value));
	json_line__end(&json, &sink->line);
}

static void json__counter(struct sink *sink, const struct counter_moved *moved)
{
	struct json_line json = {};
	char value[COLUMN_VALUE_LEN];
	size_t i;

	for (i = 0; i < counter_column_count; i++)
		json_line__member(&json, &sink->line, counter_columns[i].name,
				  counter_columns[i].kind, value,
				  counter_columns[i].format(moved, value));
	json_line__end(&json, &sink->line);
}

static void json__summary(struct sink *sink, const struct summary *summary)
{
	summary_json__append(&sink->line, summary);
}

const struct sink_type sink_json = {
	.name = "json",
	.drop = json__drop,
	.sysctl = json__sysctl,
	.notice = json__notice,
	.counter = json__counter,
	.summary = json__summary,
};
