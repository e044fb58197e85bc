/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The one interface of all output formats. A sink formats; it looks nothing
 * up and counts nothing but what it could not write. To add a format: write
 * sinks/sink_NAME.c with one struct sink_type and list it in sinks/sink.c.
 */
#ifndef DROPWHY_SINK_H
#define DROPWHY_SINK_H

#include <stdbool.h>
#include <stdio.h>

#include "user/counters/counter.h"
#include "user/drop.h"
#include "user/notice.h"
#include "user/sinks/line.h"
#include "user/sysctl/change.h"

struct summary;			/* aggregate/summary.h */

/* Version of the field names and meanings in JSON and CSV; in every row. */
#define OUTPUT_SCHEMA_VERSION 1

struct sink_options {
	bool color;		/* text: ANSI colours */
	bool quiet_rows;	/* only the summary is wanted, no row a drop */
};

struct sink;

/* Each function appends whole lines to sink->line, which is empty; sink.c writes them. */
struct sink_type {
	const char *name;	/* "text", "json", "csv" */
	size_t state_size;	/* of sink->state, bytes; 0: none is needed */

	/* What stands before the first row (CSV: the header); NULL: nothing does. */
	void (*begin)(struct sink *sink);
	/* One drop as one line. */
	void (*drop)(struct sink *sink, const struct drop *drop);
	/* A changed setting, and a word about the run, as one line each; NULL: this
	 * format has no place for them. */
	void (*sysctl)(struct sink *sink, const struct sysctl_change *change);
	void (*notice)(struct sink *sink, const struct notice *notice);
	/* One of the kernel's counters that moved, as one line; NULL: in the summary alone. */
	void (*counter)(struct sink *sink, const struct counter_moved *moved);
	/* The end-of-run summary; NULL: this format has none. */
	void (*summary)(struct sink *sink, const struct summary *summary);
};

struct sink {
	const struct sink_type *type;
	struct sink_options options;
	FILE *out;
	struct line line;	/* under construction */
	void *state;		/* the format's own, zeroed at first */
	__u64 rows_written;
	__u64 rows_failed;	/* rows that could not be written */
	__u64 packets_failed;	/* drops that these rows stood for: a folded row has several */
	__u64 rows_unflushed;	/* part of rows_written that may still sit in a buffer */
	__u64 packets_unflushed; /* drops that they stand for */
	int first_error;	/* -errno of the first failed write, 0: none */
};

/**
 * @brief **sink__new()** creates a sink of a named format.
 *
 * Rows gather in the stream's own buffer and leave it whole: no write(2) ends
 * within a row that fits the buffer. A stream for storms deserves a big one
 * (setvbuf()). An interrupted write counts as failed, so signal handlers belong
 * installed with SA_RESTART.
 *
 * @param name "text", "json" or "csv"
 * @param out stream to write to; stays the caller's, who closes it after sink__free()
 * @param options copied
 * @return the sink, free with sink__free(); NULL with errno EINVAL for an
 * unknown name, ENOMEM, or what writing the header failed with
 */
struct sink *sink__new(const char *name, FILE *out, const struct sink_options *options);

/**
 * @brief **sink__drop()** writes one drop as one line, or counts it in
 * rows_failed. After a failed write nothing more is written, so that a torn
 * row can only be the last one: every further drop is counted as failed.
 * @return 0, or -errno of the write (-ENOSPC, -EPIPE, …); -ENOMEM concerns
 * this drop alone
 */
int sink__drop(struct sink *sink, const struct drop *drop);

/**
 * @brief **sink__sysctl()** writes a changed setting as one line, where the
 * format has one; failures as sink__drop().
 */
int sink__sysctl(struct sink *sink, const struct sysctl_change *change);

/** @brief **sink__notice()** likewise for a word about the run itself. */
int sink__notice(struct sink *sink, const struct notice *notice);

/** @brief **sink__counter()** likewise for a counter of the kernel's that moved. */
int sink__counter(struct sink *sink, const struct counter_moved *moved);

/**
 * @brief **sink__summary()** writes the summary where the format has one.
 * @return 0, or -errno of the write
 */
int sink__summary(struct sink *sink, const struct summary *summary);

/**
 * @brief **sink__flush()** pushes buffered rows to the file.
 * @return 0, or -errno: rows handed over since the last successful flush are
 * then moved from rows_written to rows_failed, though the first of them may
 * have reached the file
 */
int sink__flush(struct sink *sink);

/** @brief **sink__free()** frees the sink, not its stream. NULL is fine. Flush first. */
void sink__free(struct sink *sink);

extern const struct sink_type sink_text;
extern const struct sink_type sink_json;
extern const struct sink_type sink_csv;

#endif
