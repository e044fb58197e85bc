/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A growing buffer for one line of output.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/number.h"
#include "user/sinks/escape.h"
#include "user/sinks/line.h"

/* More than any ordinary row needs. */
#define LINE_FIRST_ROOM 4096

void line__clear(struct line *line)
{
	line->len = 0;
	line->failed = false;
}

void line__done(struct line *line)
{
	free(line->data);
	*line = (struct line){};
}

char *line__grow(struct line *line, size_t more)
{
	size_t room = line->room ? line->room : LINE_FIRST_ROOM;
	char *data;

	if (line->failed)
		return NULL;
	while (room - line->len < more)
		room *= 2;
	data = realloc(line->data, room);
	if (!data) {
		line->failed = true;
		return NULL;
	}
	line->data = data;
	line->room = room;
	return data + line->len;
}

void line__put(struct line *line, const char *bytes, size_t len)
{
	char *at = line__reserve(line, len);

	if (!at)
		return;
	memcpy(at, bytes, len);
	line->len += len;
}

void line__put_text(struct line *line, const char *text)
{
	line__put(line, text, strlen(text));
}

void line__put_escaped(struct line *line, const char *text, size_t len)
{
	char *at = line__reserve(line, ESCAPE_TERMINAL_ROOM(len));

	if (at)
		line->len += escape__terminal(text, len, at);
}

void line__put_grouped(struct line *line, __u64 value)
{
	char number[NUMBER_LEN];

	line__put(line, number, number__grouped(value, number));
}

void line__put_count(struct line *line, __u64 value, const char *one, const char *many)
{
	line__put_grouped(line, value);
	line__put(line, " ", 1);
	line__put_text(line, number__form(value, one, many));
}

void line__fill(struct line *line, char byte, size_t count)
{
	char *at = line__reserve(line, count);

	if (!at)
		return;
	memset(at, byte, count);
	line->len += count;
}

void line__printf(struct line *line, const char *format, ...)
{
	va_list args;
	char *at;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0)
		return;
	at = line__reserve(line, (size_t)len + 1);
	if (!at)
		return;
	va_start(args, format);
	vsnprintf(at, (size_t)len + 1, format, args);
	va_end(args);
	line->len += (size_t)len;
}
