/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The flight recorder: the last rows, as text, in a fixed amount of memory. The
 * oldest make room for the newest. Pure: no I/O, no clock.
 */
#ifndef DROPWHY_RECORDER_H
#define DROPWHY_RECORDER_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

struct recorder;

/**
 * @brief **recorder__new()** takes all the memory that it will ever use.
 * @param bytes for rows; each takes 16 bytes more than its text
 * @return free with recorder__free(); NULL with errno set
 */
struct recorder *recorder__new(size_t bytes);

/**
 * @brief **recorder__add()** keeps a row.
 * @param time_s of the row, by any clock; later rows may be earlier
 * @param packets that it stands for
 * @return false: it is longer than all the memory, and was not kept
 */
bool recorder__add(struct recorder *r, const char *row, size_t len, __u64 time_s, __u64 packets);

/** @brief **recorder__forget()** drops what comes first and is older than @p before_s. */
void recorder__forget(struct recorder *r, __u64 before_s);

/* One row, in up to two pieces: the memory is a ring. 0, or what ends the walk. */
typedef int (*recorder_fn)(void *ctx, const char *first, size_t first_len, const char *second,
			   size_t second_len);

/** @brief **recorder__each()** walks the rows, oldest first; what @p fn returned last. */
int recorder__each(const struct recorder *r, recorder_fn fn, void *ctx);

/** @brief **recorder__rows()** how many there are. */
size_t recorder__rows(const struct recorder *r);

/** @brief **recorder__bytes()** memory in use. */
size_t recorder__bytes(const struct recorder *r);

/** @brief **recorder__overwritten()** packets of rows that made room before their time. */
__u64 recorder__overwritten(const struct recorder *r);

/** @brief **recorder__free()** NULL is fine. */
void recorder__free(struct recorder *r);

#endif
