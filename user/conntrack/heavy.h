/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A table of the heaviest keys in fixed memory. When it is full the smaller
 * half is handed back and forgotten: what is left counts at least what it says.
 */
#ifndef DROPWHY_HEAVY_H
#define DROPWHY_HEAVY_H

#include <linux/types.h>
#include <stddef.h>

/* A key and what is kept with it, in one piece; @value is zeroed at first. */
struct heavy_record {
	__u64 count;		/* how often it was added */
	void *value;
	const void *key;
};

struct heavy;

/* Gets a record that is about to be forgotten. */
typedef void (*heavy_forget_fn)(void *ctx, const struct heavy_record *record);

/**
 * @brief **heavy__new()** allocates all that will ever be used.
 * @param key_bytes all of a key counts, so padding is zeroed
 * @param value_bytes kept with each key, aligned to 8
 * @param max keys, at least 2
 * @param forget NULL: nobody cares
 * @return free with heavy__free(); NULL with errno ENOMEM
 */
struct heavy *heavy__new(size_t key_bytes, size_t value_bytes, size_t max, heavy_forget_fn forget,
			 void *ctx);

/**
 * @brief **heavy__add()** counts a key once more.
 * @return its record; valid until the next call
 */
struct heavy_record heavy__add(struct heavy *h, const void *key);

/** @brief **heavy__count()** how many keys there are. */
size_t heavy__count(const struct heavy *h);

/** @brief **heavy__at()** one of them, in no order. @param index below heavy__count() */
struct heavy_record heavy__at(const struct heavy *h, size_t index);

/** @brief **heavy__free()** NULL is fine. */
void heavy__free(struct heavy *h);

#endif
