/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What `dropwhy conntrack` prints: a row for each namespace's table, and who
 * holds the entries. Pure formatting.
 */
#ifndef DROPWHY_CONNTRACK_ROWS_H
#define DROPWHY_CONNTRACK_ROWS_H

#include "user/conntrack/occupants.h"
#include "user/conntrack/tables.h"
#include "user/sinks/line.h"
#include "user/sysctl/change.h"

enum rows_format {
	ROWS_TEXT,
	ROWS_JSON,
	ROWS_CSV,
};

/* One namespace's table. Strings are raw bytes, NULL is unknown. */
struct conntrack_row {
	struct timespec time;	/* wall clock, UTC */
	const struct conntrack_table *table;
	struct conntrack_pace pace;
	const char *netns_name;
	const char *pod;	/* who lives there */
	const char *namespace;
	/* The last change of the limit while this ran; NULL: none was seen. */
	const struct sysctl_change *limit_change;
};

/** @brief **conntrack_rows__header()** appends CSV's header; nothing for other formats. */
void conntrack_rows__header(struct line *out, enum rows_format format);

/**
 * @brief **conntrack_rows__append()** appends the rows, as a table, as JSON
 * lines or as CSV.
 * @param out failed is set when out of memory
 * @param color text: whether titles are to be bold
 */
void conntrack_rows__append(struct line *out, enum rows_format format,
			    const struct conntrack_row *rows, size_t count, bool color);

struct occupants_view {
	struct timespec time;
	const enum occupant_key *keys;
	size_t key_count;
	size_t top;		/* groups shown; 0: all */
	size_t netns_count;	/* namespaces that were looked at */
	bool again;		/* not the first time: CSV has its header */
};

/**
 * @brief **occupants_rows__append()** appends the groups, the rest, the total
 * and what usually fills a table. In JSON as records of the types "occupant"
 * and "finding", then one "occupants"; in CSV the groups that are shown, alone.
 * @return 0 or -ENOMEM
 */
int occupants_rows__append(struct line *out, enum rows_format format, struct occupants *o,
			   const struct occupants_view *view, bool color);

#endif
