/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Writes a bundle: a few files under one name, as a directory or an archive.
 * It appears under its name complete and on the disk, or not at all.
 */
#ifndef DROPWHY_BUNDLE_WRITE_H
#define DROPWHY_BUNDLE_WRITE_H

#include <stdbool.h>
#include <stddef.h>

struct bundle_writer;

/**
 * @brief **bundle_writer__new()** begins a bundle. What a writer that was
 * killed has left in @p dir is removed: there must be only one at a time.
 * @param dir where bundles are
 * @param name of this one. Where something has it already, "-2" or the next free number up to 99
 * comes behind: nothing is written over. The archive's gets ".tar.zst" besides.
 * @return to be given to bundle_writer__finish(); NULL with errno set
 */
struct bundle_writer *bundle_writer__new(const char *dir, const char *name, bool archive);

/** @brief **bundle_writer__name()** under which it will appear; valid as long as the writer. */
const char *bundle_writer__name(const struct bundle_writer *w);

/**
 * @brief **bundle_writer__begin_file()** begins a file; the one before must be complete.
 * @param name without a slash
 * @param size exactly what will be put, bytes
 */
void bundle_writer__begin_file(struct bundle_writer *w, const char *name, size_t size);

/** @brief **bundle_writer__put()** writes a piece. Failures are told by finish. */
void bundle_writer__put(struct bundle_writer *w, const char *bytes, size_t len);

/** @brief **bundle_writer__add()** a whole file. */
void bundle_writer__add(struct bundle_writer *w, const char *name, const char *bytes, size_t len);

/**
 * @brief **bundle_writer__fail()** gives it up: what belongs into it cannot be had.
 * @param err -errno, for finish to tell
 */
void bundle_writer__fail(struct bundle_writer *w, int err);

/**
 * @brief **bundle_writer__finish()** brings it to the disk and gives it its
 * name; after a failure nothing is left of it. Frees the writer.
 * @return 0 or -errno of what failed first
 */
int bundle_writer__finish(struct bundle_writer *w);

#endif
