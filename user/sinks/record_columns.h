/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The fields of records that are no drops, as named in JSON and CSV. Names
 * that drops have too mean the same; a name of their own belongs into
 * extra_columns as well, which CSV appends to the columns of drops.
 */
#ifndef DROPWHY_RECORD_COLUMNS_H
#define DROPWHY_RECORD_COLUMNS_H

#include "user/counters/counter.h"
#include "user/notice.h"
#include "user/sinks/columns.h"
#include "user/sysctl/change.h"

/* As struct column; format() keeps the same rules. */
struct sysctl_column {
	const char *name;
	enum column_kind kind;
	size_t (*format)(const struct sysctl_change *change, char *buf);
};

struct notice_column {
	const char *name;
	enum column_kind kind;
	size_t (*format)(const struct notice *notice, char *buf);
};

struct counter_column {
	const char *name;
	enum column_kind kind;
	size_t (*format)(const struct counter_moved *moved, char *buf);
};

/* In the order of JSON's members. */
extern const struct sysctl_column sysctl_columns[];
extern const size_t sysctl_column_count;
extern const struct notice_column notice_columns[];
extern const size_t notice_column_count;
extern const struct counter_column counter_columns[];
extern const size_t counter_column_count;

/* Names that no drop has, in the order of the CSV header. */
extern const char *const extra_columns[];
extern const size_t extra_column_count;

/** @brief **sysctl_column__find()** finds a column by name; NULL: there is none. */
const struct sysctl_column *sysctl_column__find(const char *name);

/** @brief **notice_column__find()** likewise. */
const struct notice_column *notice_column__find(const char *name);

/** @brief **counter_column__find()** likewise. */
const struct counter_column *counter_column__find(const char *name);

#endif
