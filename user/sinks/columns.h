/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The fields of a drop as named in JSON and CSV: one table that drives both. To
 * add a field: add a row to columns.c.
 */
#ifndef DROPWHY_COLUMNS_H
#define DROPWHY_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

#include "user/drop.h"
#include "user/sinks/fields.h"

enum column_kind {
	COLUMN_TEXT,		/* a JSON string */
	COLUMN_NUMBER,		/* a JSON number */
};

/* Longest value of any column with its NUL, bytes; what is longer is cut. */
#define COLUMN_VALUE_LEN FIELD_LEN

struct column {
	const char *name;	/* as in JSON and the CSV header */
	enum column_kind kind;
	__u8 section;		/* the one of DROP_SECTION_* that it is read from; 0: none */
	/* See column__format(), which asks only where the record has the section. */
	size_t (*format)(const struct drop *drop, char *buf);
};

/* All columns, in the order of the CSV header. */
extern const struct column columns[];
extern const size_t column_count;

/**
 * @brief **column__format()** writes a value with its NUL, raw: the sink escapes
 * text as its format demands, numbers are digits alone.
 * @param buf COLUMN_VALUE_LEN bytes
 * @return its length; 0: it is unknown or does not apply
 */
static inline size_t column__format(const struct column *column, const struct drop *drop, char *buf)
{
	if (column->section && !(drop->rec.sections & column->section)) {
		buf[0] = '\0';
		return 0;
	}
	return column->format(drop, buf);
}

/** @brief **column__find()** finds a column by name; NULL if there is none. */
const struct column *column__find(const char *name);

#endif
