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
	/* Writes the value with its NUL into @p buf (COLUMN_VALUE_LEN bytes).
	 * Returns its length, or 0 when it is unknown or does not apply. The text
	 * is raw: the sink escapes it as its format demands. */
	size_t (*format)(const struct drop *drop, char *buf);
};

/* All columns, in the order of the CSV header. */
extern const struct column columns[];
extern const size_t column_count;

/** @brief **column__find()** finds a column by name; NULL if there is none. */
const struct column *column__find(const char *name);

#endif
