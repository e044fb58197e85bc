/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One record as a JSON line or a line of CSV, a value at a time.
 */
#ifndef DROPWHY_RECORD_LINE_H
#define DROPWHY_RECORD_LINE_H

#include "user/sinks/columns.h"
#include "user/sinks/line.h"

/* An object under construction; zeroed is empty. */
struct json_line {
	bool begun;
};

/**
 * @brief **json_line__member()** appends a member; with @p len 0 it is unknown
 * and left out.
 * @param value raw; of COLUMN_NUMBER a number as JSON has it
 */
void json_line__member(struct json_line *json, struct line *out, const char *name,
		       enum column_kind kind, const char *value, size_t len);

/** @brief **json_line__end()** ends the object and the line. */
void json_line__end(struct json_line *json, struct line *out);

/** @brief **record_line__csv_value()** appends a field; the last one ends the line. */
void record_line__csv_value(struct line *out, const char *value, size_t len, bool last);

/** @brief **record_line__csv_name()** appends a name of the header. */
void record_line__csv_name(struct line *out, const char *name, bool last);

#endif
