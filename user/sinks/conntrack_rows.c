// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Rows of conntrack's tables: see conntrack_rows.h. One table of columns drives
 * JSON and CSV; people get a choice of it.
 */
#include <stdio.h>
#include <string.h>

#include "user/number.h"
#include "user/sinks/change_text.h"
#include "user/sinks/columns.h"
#include "user/sinks/conntrack_rows.h"
#include "user/sinks/record_line.h"
#include "user/sinks/sink.h"
#include "user/sinks/text_table.h"
#include "user/sinks/timestamp.h"

/* Farther off than that a table does not fill at this pace in any sense that helps. */
#define FULL_IN_MAX_S (100.0 * 86400)

static size_t put_number(__u64 value, char *buf)
{
	return number__decimal(value, buf);
}

static size_t put_known(__u64 value, char *buf)
{
	return value ? number__decimal(value, buf) : 0;
}

static size_t put_decimal(double value, char *buf)
{
	return (size_t)snprintf(buf, COLUMN_VALUE_LEN, "%.1f", value);
}

static size_t row_type(const struct conntrack_row *row, char *buf)
{
	(void)row;
	return field__text("conntrack", buf);
}

static size_t row_schema(const struct conntrack_row *row, char *buf)
{
	(void)row;
	return put_number(OUTPUT_SCHEMA_VERSION, buf);
}

static size_t row_time(const struct conntrack_row *row, char *buf)
{
	return timestamp__rfc3339(&row->time, buf);
}

static size_t row_netns(const struct conntrack_row *row, char *buf)
{
	return put_number(row->table->netns_ino, buf);
}

static size_t row_netns_name(const struct conntrack_row *row, char *buf)
{
	return field__text(row->netns_name, buf);
}

static size_t row_pod(const struct conntrack_row *row, char *buf)
{
	return field__text(row->pod, buf);
}

static size_t row_namespace(const struct conntrack_row *row, char *buf)
{
	return field__text(row->namespace, buf);
}

static size_t row_entries(const struct conntrack_row *row, char *buf)
{
	return put_number(row->table->entries, buf);
}

static size_t row_max(const struct conntrack_row *row, char *buf)
{
	return put_known(row->table->max, buf);
}

static size_t row_buckets(const struct conntrack_row *row, char *buf)
{
	return put_known(row->table->buckets, buf);
}

static size_t row_headroom(const struct conntrack_row *row, char *buf)
{
	double headroom = conntrack_table__headroom(row->table);

	return headroom < 0 ? 0 : put_decimal(100 * headroom, buf);
}

static size_t row_growth(const struct conntrack_row *row, char *buf)
{
	return row->pace.seconds > 0 ? put_decimal(row->pace.growth, buf) : 0;
}

static size_t row_full_in(const struct conntrack_row *row, char *buf)
{
	return row->pace.full_in_s < 0 || row->pace.full_in_s > FULL_IN_MAX_S ?
		       0 : put_decimal(row->pace.full_in_s, buf);
}

static size_t row_source(const struct conntrack_row *row, char *buf)
{
	return field__text(row->table->from_proc ? "proc" : "ctnetlink", buf);
}

static size_t row_full_since(const struct conntrack_row *row, char *buf)
{
	return row->table->full_since.tv_sec ?
		       timestamp__rfc3339(&row->table->full_since, buf) : 0;
}

static size_t row_limit_since(const struct conntrack_row *row, char *buf)
{
	return row->limit_change ? timestamp__rfc3339(&row->limit_change->time, buf) : 0;
}

static size_t row_limit_old(const struct conntrack_row *row, char *buf)
{
	return row->limit_change ? field__text(row->limit_change->old_value, buf) : 0;
}

static size_t row_limit_comm(const struct conntrack_row *row, char *buf)
{
	return row->limit_change ? field__text(row->limit_change->comm, buf) : 0;
}

static size_t put_stat(const struct conntrack_row *row, enum conntrack_stat_kind kind, char *buf)
{
	return row->table->known & 1u << kind ? put_number(row->table->stats[kind], buf) : 0;
}

static size_t put_rate(const struct conntrack_row *row, enum conntrack_stat_kind kind, char *buf)
{
	return row->table->known & 1u << kind && row->pace.seconds > 0 ?
		       put_decimal(row->pace.per_s[kind], buf) : 0;
}

#define STAT(kind, id)                                                                             \
	static size_t row_##id(const struct conntrack_row *row, char *buf)                         \
	{                                                                                          \
		return put_stat(row, kind, buf);                                                   \
	}                                                                                          \
	static size_t row_##id##_per_s(const struct conntrack_row *row, char *buf)                 \
	{                                                                                          \
		return put_rate(row, kind, buf);                                                   \
	}

STAT(CT_STAT_DROP, drop)
STAT(CT_STAT_INSERT_FAILED, insert_failed)
STAT(CT_STAT_EARLY_DROP, early_drop)
STAT(CT_STAT_CHAINTOOLONG, chaintoolong)
STAT(CT_STAT_CLASH_RESOLVE, clash_resolve)
STAT(CT_STAT_INVALID, invalid)

static const struct row_column {
	const char *name;
	enum column_kind kind;
	size_t (*format)(const struct conntrack_row *row, char *buf);
	const char *title;	/* in the table for people; NULL: not there */
} row_columns[] = {
	{ "type", COLUMN_TEXT, row_type, NULL },
	{ "schema", COLUMN_NUMBER, row_schema, NULL },
	{ "time", COLUMN_TEXT, row_time, NULL },
	{ "netns", COLUMN_NUMBER, row_netns, NULL },
	{ "netns_name", COLUMN_TEXT, row_netns_name, NULL },
	{ "pod", COLUMN_TEXT, row_pod, NULL },
	{ "namespace", COLUMN_TEXT, row_namespace, NULL },
	{ "entries", COLUMN_NUMBER, row_entries, "ENTRIES" },
	{ "max", COLUMN_NUMBER, row_max, "LIMIT" },
	{ "headroom_percent", COLUMN_NUMBER, row_headroom, "FREE" },
	{ "buckets", COLUMN_NUMBER, row_buckets, "BUCKETS" },
	{ "growth_per_s", COLUMN_NUMBER, row_growth, "GROWTH/S" },
	{ "full_in_s", COLUMN_NUMBER, row_full_in, "FULL_IN" },
	{ "drop_per_s", COLUMN_NUMBER, row_drop_per_s, "DROP/S" },
	{ "insert_failed_per_s", COLUMN_NUMBER, row_insert_failed_per_s, "INSERT_FAILED/S" },
	{ "early_drop_per_s", COLUMN_NUMBER, row_early_drop_per_s, "EARLY_DROP/S" },
	{ "chaintoolong_per_s", COLUMN_NUMBER, row_chaintoolong_per_s, "CHAINTOOLONG/S" },
	{ "clash_resolve_per_s", COLUMN_NUMBER, row_clash_resolve_per_s, "CLASH_RESOLVE/S" },
	{ "invalid_per_s", COLUMN_NUMBER, row_invalid_per_s, "INVALID/S" },
	{ "drop", COLUMN_NUMBER, row_drop, NULL },
	{ "insert_failed", COLUMN_NUMBER, row_insert_failed, NULL },
	{ "early_drop", COLUMN_NUMBER, row_early_drop, NULL },
	{ "chaintoolong", COLUMN_NUMBER, row_chaintoolong, NULL },
	{ "clash_resolve", COLUMN_NUMBER, row_clash_resolve, NULL },
	{ "invalid", COLUMN_NUMBER, row_invalid, NULL },
	{ "full_since", COLUMN_TEXT, row_full_since, NULL },
	{ "limit_since", COLUMN_TEXT, row_limit_since, NULL },
	{ "limit_old", COLUMN_TEXT, row_limit_old, NULL },
	{ "limit_comm", COLUMN_TEXT, row_limit_comm, NULL },
	{ "source", COLUMN_TEXT, row_source, NULL },
};

#define ROW_COLUMNS (sizeof(row_columns) / sizeof(row_columns[0]))

void conntrack_rows__header(struct line *out, enum rows_format format)
{
	size_t i;

	if (format != ROWS_CSV)
		return;
	for (i = 0; i < ROW_COLUMNS; i++)
		record_line__csv_name(out, row_columns[i].name, i + 1 == ROW_COLUMNS);
}

static void put_row(struct line *out, enum rows_format format, const struct conntrack_row *row)
{
	struct json_line json = {};
	char value[COLUMN_VALUE_LEN];
	size_t i, len;

	for (i = 0; i < ROW_COLUMNS; i++) {
		len = row_columns[i].format(row, value);
		if (format == ROWS_JSON)
			json_line__member(&json, out, row_columns[i].name, row_columns[i].kind,
					  value, len);
		else
			record_line__csv_value(out, value, len, i + 1 == ROW_COLUMNS);
	}
	if (format == ROWS_JSON)
		json_line__end(&json, out);
}

/* --- for people */

static size_t format_duration(double seconds, char *buf)
{
	if (seconds < 120)
		return (size_t)snprintf(buf, COLUMN_VALUE_LEN, "%.0f s", seconds);
	if (seconds < 2 * 3600)
		return (size_t)snprintf(buf, COLUMN_VALUE_LEN, "%.0f min", seconds / 60);
	if (seconds < 2 * 86400)
		return (size_t)snprintf(buf, COLUMN_VALUE_LEN, "%.0f h", seconds / 3600);
	return (size_t)snprintf(buf, COLUMN_VALUE_LEN, "%.0f days", seconds / 86400);
}

static size_t format_full_in(const struct conntrack_row *row, char *buf)
{
	const struct timespec *since = &row->table->full_since;
	double full_s = (double)(row->time.tv_sec - since->tv_sec) +
			(double)(row->time.tv_nsec - since->tv_nsec) / 1e9;
	size_t len;

	if (row->pace.full_in_s >= 0.05)
		return format_duration(row->pace.full_in_s, buf);
	len = field__text("full", buf);
	if (!since->tv_sec || full_s < 1)
		return len;
	len += field__text(" for ", buf + len);
	return len + format_duration(full_s, buf + len);
}

static size_t format_cell(const struct row_column *column, const struct conntrack_row *row,
			  char *buf)
{
	size_t len = column->format(row, buf);

	if (!len)
		return 0;
	if (column->format == row_full_in)
		return format_full_in(row, buf);
	if (column->format == row_entries)
		return number__grouped(row->table->entries, buf);
	if (column->format == row_max)
		return number__grouped(row->table->max, buf);
	if (column->format == row_buckets)
		return number__grouped(row->table->buckets, buf);
	if (column->format == row_headroom) {
		buf[len++] = '%';
		buf[len] = '\0';
	}
	return len;
}

static size_t format_home(const struct conntrack_row *row, char *buf)
{
	size_t len = 0;

	if (row->pod && row->namespace) {
		len = field__text(row->namespace, buf);
		buf[len++] = '/';
	}
	if (row->pod)
		return len + field__text(row->pod, buf + len);
	return row->netns_name ? field__text(row->netns_name, buf) : row_netns(row, buf);
}

static void put_table(struct line *out, const struct conntrack_row *rows, size_t count, bool color)
{
	struct text_table table = {};
	char value[2 * COLUMN_VALUE_LEN];
	size_t i, c, columns = 1;

	for (c = 0; c < ROW_COLUMNS; c++)
		columns += row_columns[c].title != NULL;
	text_table__begin(&table, columns, columns - 1);
	for (c = 0; c < ROW_COLUMNS; c++)
		if (row_columns[c].title)
			text_table__add_text(&table, row_columns[c].title);
	text_table__add_text(&table, "POD/NETNS");
	for (i = 0; i < count; i++) {
		for (c = 0; c < ROW_COLUMNS; c++)
			if (row_columns[c].title)
				text_table__add(&table, value,
						format_cell(&row_columns[c], &rows[i], value));
		text_table__add(&table, value, format_home(&rows[i], value));
	}
	text_table__print(&table, out, color);
	text_table__done(&table);
}

void conntrack_rows__append(struct line *out, enum rows_format format,
			    const struct conntrack_row *rows, size_t count, bool color)
{
	size_t i;

	if (format == ROWS_TEXT) {
		put_table(out, rows, count, color);
		return;
	}
	for (i = 0; i < count; i++)
		put_row(out, format, &rows[i]);
}
