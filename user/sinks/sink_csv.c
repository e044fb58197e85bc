/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Drops as CSV (RFC 4180): a header row, then every column in every row, an
 * unknown one empty. What is no drop has rows of its own type, and a few columns
 * behind those of drops. Lines end in LF alone, against the letter of the RFC: every
 * reader of CSV takes that, while cut, awk and grep would see a CR as part of
 * the last field. There are no summary rows, all rows have one meaning.
 */
#include <string.h>

#include "user/sinks/columns.h"
#include "user/sinks/escape.h"
#include "user/sinks/record_columns.h"
#include "user/sinks/record_line.h"
#include "user/sinks/sink.h"

static void csv__begin(struct sink *sink)
{
	struct line *line = &sink->line;
	size_t i;

	for (i = 0; i < column_count; i++)
		record_line__csv_name(line, columns[i].name, false);
	for (i = 0; i < extra_column_count; i++)
		record_line__csv_name(line, extra_columns[i], i + 1 == extra_column_count);
}

/* Escapes what a column wrote at @at, where the line ends; its new length. */
static size_t escape_in_place(char *at, size_t len)
{
	char raw[COLUMN_VALUE_LEN];

	if (escape__is_plain_csv(at, len))
		return len;
	memcpy(raw, at, len);
	return escape__csv(raw, len, at);
}

static void csv__drop(struct sink *sink, const struct drop *drop)
{
	struct line *line = &sink->line;
	size_t i, len;
	char *at;

	for (i = 0; i < column_count; i++) {
		at = line__reserve(line, ESCAPE_CSV_ROOM(COLUMN_VALUE_LEN) + 1);
		if (!at)
			return;
		len = column__format(&columns[i], drop, at);
		if (len && columns[i].kind == COLUMN_TEXT)
			len = escape_in_place(at, len);
		at[len] = ',';
		line->len += len + 1;
	}
	line__fill(line, ',', extra_column_count - 1);
	line__put(line, "\n", 1);
}

/* Writes the value of a record's column into @buf: its length, 0 without it. */
typedef size_t (*value_fn)(const char *name, const void *record, char *buf);

static size_t sysctl_value(const char *name, const void *record, char *buf)
{
	const struct sysctl_column *column = sysctl_column__find(name);

	return column ? column->format(record, buf) : 0;
}

static size_t notice_value(const char *name, const void *record, char *buf)
{
	const struct notice_column *column = notice_column__find(name);

	return column ? column->format(record, buf) : 0;
}

static size_t counter_value(const char *name, const void *record, char *buf)
{
	const struct counter_column *column = counter_column__find(name);

	return column ? column->format(record, buf) : 0;
}

static void put_record(struct line *line, const void *record, value_fn value_of)
{
	char value[COLUMN_VALUE_LEN];
	size_t i;

	for (i = 0; i < column_count; i++)
		record_line__csv_value(line, value, value_of(columns[i].name, record, value),
				       false);
	for (i = 0; i < extra_column_count; i++)
		record_line__csv_value(line, value, value_of(extra_columns[i], record, value),
				       i + 1 == extra_column_count);
}

static void csv__sysctl(struct sink *sink, const struct sysctl_change *change)
{
	put_record(&sink->line, change, sysctl_value);
}

static void csv__notice(struct sink *sink, const struct notice *notice)
{
	put_record(&sink->line, notice, notice_value);
}

static void csv__counter(struct sink *sink, const struct counter_moved *moved)
{
	put_record(&sink->line, moved, counter_value);
}

const struct sink_type sink_csv = {
	.name = "csv",
	.begin = csv__begin,
	.drop = csv__drop,
	.sysctl = csv__sysctl,
	.notice = csv__notice,
	.counter = csv__counter,
};
