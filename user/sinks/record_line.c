// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * One record, a value at a time: see record_line.h.
 */
#include <string.h>

#include "user/sinks/escape.h"
#include "user/sinks/record_line.h"

/* What a member needs beside its name and value: ,"name":"value" */
#define MEMBER_PUNCTUATION 6

void json_line__member(struct json_line *json, struct line *out, const char *name,
		       enum column_kind kind, const char *value, size_t len)
{
	size_t name_len;
	char *at, *to;

	if (!len)
		return;
	name_len = strlen(name);
	at = to = line__reserve(out, MEMBER_PUNCTUATION + name_len + ESCAPE_JSON_ROOM(len));
	if (!at)
		return;
	*to++ = json->begun ? ',' : '{';
	json->begun = true;
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
	out->len += (size_t)(to - at);
}

void json_line__end(struct json_line *json, struct line *out)
{
	line__put_text(out, json->begun ? "}\n" : "{}\n");
	json->begun = false;
}

void record_line__csv_value(struct line *out, const char *value, size_t len, bool last)
{
	char *at = line__reserve(out, ESCAPE_CSV_ROOM(len) + 1);

	if (!at)
		return;
	if (len)
		len = escape__csv(value, len, at);
	at[len] = last ? '\n' : ',';
	out->len += len + 1;
}

void record_line__csv_name(struct line *out, const char *name, bool last)
{
	line__put_text(out, name);
	line__put(out, last ? "\n" : ",", 1);
}
