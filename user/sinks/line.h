/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A growing buffer in which a sink builds one line before it is handed to the
 * stream whole. Running out of memory is remembered, not reported each time:
 * look at failed when the line is done.
 */
#ifndef DROPWHY_LINE_H
#define DROPWHY_LINE_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

struct line {
	char *data;		/* not NUL-terminated */
	size_t len;
	size_t room;
	bool failed;		/* out of memory: the line is incomplete */
};

/** @brief **line__clear()** empties the line for the next one; keeps its memory. */
void line__clear(struct line *line);

/** @brief **line__done()** frees the memory of an embedded line. */
void line__done(struct line *line);

/** @brief **line__grow()** is line__reserve() where there is no room yet. */
char *line__grow(struct line *line, size_t more);

/**
 * @brief **line__reserve()** makes room at the end.
 * @param more bytes that are going to be written
 * @return where to write them; add what was written to len. NULL, and failed
 * set, when out of memory
 */
static inline char *line__reserve(struct line *line, size_t more)
{
	/* a row asks for each of its values */
	if (line->room - line->len >= more && !line->failed)
		return line->data + line->len;
	return line__grow(line, more);
}

/** @brief **line__put()** appends @p len bytes as they are. */
void line__put(struct line *line, const char *bytes, size_t len);

/** @brief **line__put_text()** appends a NUL-terminated text as it is. */
void line__put_text(struct line *line, const char *text);

/** @brief **line__put_escaped()** appends a text made harmless for terminals. */
void line__put_escaped(struct line *line, const char *text, size_t len);

/** @brief **line__put_grouped()** appends a number: "9,188". */
void line__put_grouped(struct line *line, __u64 value);

/** @brief **line__put_count()** appends "1 entry" or "9,188 entries". */
void line__put_count(struct line *line, __u64 value, const char *one, const char *many);

/** @brief **line__fill()** appends @p count times the same byte. */
void line__fill(struct line *line, char byte, size_t count);

/** @brief **line__pad()** appends spaces. */
static inline void line__pad(struct line *line, size_t count)
{
	line__fill(line, ' ', count);
}

/** @brief **line__printf()** appends formatted text, made by us alone. */
void line__printf(struct line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
