/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Rows in files that are closed at a size and an age, of which the last few
 * are kept; or on a stream. Uses a sink for their form.
 *
 * Files are DIR/PREFIX-YYYYMMDDTHHMMSSZ-NNNN.SUFFIX, complete under their final
 * name from their first byte on: a reader may follow the newest. A process killed
 * at any moment loses the rows since the last flush, up to 64 KiB of them, and
 * leaves nothing torn behind but the row that it was writing. What cannot be
 * written is counted. It is tried again: a full pipe once it has room, others
 * after a second and more.
 */
#ifndef DROPWHY_ROTATING_LOG_H
#define DROPWHY_ROTATING_LOG_H

#include <stdio.h>

#include "user/sinks/sink.h"

struct rotating_log_options {
	const char *format;	/* of sink__new() */
	const char *dir;	/* NULL: @stream is written, and never closed */
	const char *prefix;	/* of file names; others in the directory are left alone */
	const char *suffix;	/* "csv" */
	FILE *stream;
	int poll_fd;		/* of @stream, where poll(2) tells that there is room */
	size_t bytes;		/* size at which the next file begins */
	double age_s;		/* age likewise */
	size_t files;		/* so many are kept */
};

struct rotating_log;

/**
 * @brief **rotating_log__new()** opens the first file.
 * @param options copied; strings are the caller's while the log lives
 * @return free with rotating_log__free(); NULL with errno set
 */
struct rotating_log *rotating_log__new(const struct rotating_log_options *options);

/** @brief **rotating_log__drop()** writes a row, or counts it as failed. */
void rotating_log__drop(struct rotating_log *log, const struct drop *drop);

/** @brief **rotating_log__sysctl()** likewise, where the format has such rows. */
void rotating_log__sysctl(struct rotating_log *log, const struct sysctl_change *change);

/** @brief **rotating_log__flush()** hands what was written to the file; tries a full pipe again. */
void rotating_log__flush(struct rotating_log *log);

/** @brief **rotating_log__tick()** once a second: rotates by age, tries failed files again. */
void rotating_log__tick(struct rotating_log *log);

/** @brief **rotating_log__written()** rows that reached a file. */
__u64 rotating_log__written(const struct rotating_log *log);

/** @brief **rotating_log__failed()** rows that did not. */
__u64 rotating_log__failed(const struct rotating_log *log);

/** @brief **rotating_log__packets_failed()** drops that those stood for. */
__u64 rotating_log__packets_failed(const struct rotating_log *log);

/** @brief **rotating_log__error()** -errno while writing fails; 0: it works. */
int rotating_log__error(const struct rotating_log *log);

/** @brief **rotating_log__free()** flushes and closes; NULL is fine. */
void rotating_log__free(struct rotating_log *log);

#endif
