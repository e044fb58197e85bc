/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Drops as JSON lines (RFC 8259): one object a line, members in the order of
 * columns.c, an unknown one absent. Rows are flat and many, so they are written
 * here; the summary is nested and one, so a library writes it.
 */
#include <string.h>

#include "user/sinks/columns.h"
#include "user/sinks/escape.h"
#include "user/sinks/record_columns.h"
#include "user/sinks/sink.h"
#include "user/sinks/summary_json.h"

/* What a member needs beside its name and value: ,"name":"value" */
#define MEMBER_PUNCTUATION 6

static void put_member(struct line *line, const char *name, enum column_kind kind,
		       const char *value, size_t len)
{
	size_t name_len = strlen(name);
	char *at = line__reserve(line, MEMBER_PUNCTUATION + name_len + ESCAPE_JSON_ROOM(len));
	char *to = at;

	if (!at)
		return;
	*to++ = ',';
	*to++ = '"';
	memcpy(to, name, name_len);
	to += name_len;
	*to++ = '"';
	*to++ = ':';
	if (kind == COLUMN_NUMBER) {
		memcpy(to, value, len);
		to += len;
	} else {
		*to++ = '"';
		to += escape__json(value, len, to);
		*to++ = '"';
	}
	line->len += (size_t)(to - at);
}

static void end_object(struct line *line)
{
	line__put(line, "}\n", 2);
	if (!line->failed)
		line->data[0] = '{'; /* in place of the first member's comma; there always is one */
}

static void json__drop(struct sink *sink, const struct drop *drop)
{
	struct line *line = &sink->line;
	char value[COLUMN_VALUE_LEN];
	size_t i, len;

	for (i = 0; i < column_count; i++) {
		len = columns[i].format(drop, value);
		if (len)
			put_member(line, columns[i].name, columns[i].kind, value, len);
	}
	end_object(line);
}

static void json__sysctl(struct sink *sink, const struct sysctl_change *change)
{
	char value[COLUMN_VALUE_LEN];
	size_t i, len;

	for (i = 0; i < sysctl_column_count; i++) {
		len = sysctl_columns[i].format(change, value);
		if (len)
			put_member(&sink->line, sysctl_columns[i].name, sysctl_columns[i].kind,
				   value, len);
	}
	end_object(&sink->line);
}

static void json__notice(struct sink *sink, const struct notice *notice)
{
	char value[COLUMN_VALUE_LEN];
	size_t i, len;

	for (i = 0; i < notice_column_count; i++) {
		len = notice_columns[i].format(notice, value);
		if (len)
			put_member(&sink->line, notice_columns[i].name, notice_columns[i].kind,
				   value, len);
	}
	end_object(&sink->line);
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
	.summary = json__summary,
};
