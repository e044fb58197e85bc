/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Drops as CSV (RFC 4180): a header row, then every column in every row, an
 * unknown one empty. Lines end in LF alone, against the letter of the RFC: every
 * reader of CSV takes that, while cut, awk and grep would see a CR as part of
 * the last field. There are no summary rows, all rows have one meaning.
 */
#include <string.h>

#include "user/sinks/columns.h"
#include "user/sinks/escape.h"
#include "user/sinks/sink.h"

static void csv__begin(struct sink *sink)
{
	struct line *line = &sink->line;
	size_t i;

	for (i = 0; i < column_count; i++) {
		if (i)
			line__put(line, ",", 1);
		line__put_text(line, columns[i].name);
	}
	line__put(line, "\n", 1);
}

static void csv__drop(struct sink *sink, const struct drop *drop)
{
	struct line *line = &sink->line;
	char value[COLUMN_VALUE_LEN];
	size_t i, len;
	char *at;

	for (i = 0; i < column_count; i++) {
		len = columns[i].format(drop, value);
		at = line__reserve(line, ESCAPE_CSV_ROOM(len) + 1);
		if (!at)
			return;
		if (len)
			len = escape__csv(value, len, at);
		at[len] = i + 1 < column_count ? ',' : '\n';
		line->len += len + 1;
	}
}

const struct sink_type sink_csv = {
	.name = "csv",
	.begin = csv__begin,
	.drop = csv__drop,
};
