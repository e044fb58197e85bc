/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A group's identity as bytes that compare fast, and those bytes as text. The
 * names of the keys and their parsing are in aggregate.h.
 */
#ifndef DROPWHY_GROUP_KEY_H
#define DROPWHY_GROUP_KEY_H

#include "user/aggregate/aggregate.h"

/* Strings in a key are cut to this, NUL included: KSYM_NAME_LEN (linux/kallsyms.h). */
#define GROUP_KEY_STRING_LEN 512

/* Upper bound of a key with all __GROUP_KEY_MAX parts, and of its text. */
#define GROUP_KEY_MAX_BYTES (15 * GROUP_KEY_STRING_LEN + 512)

/**
 * @brief **group_key__build()** turns a drop into the key of its group: two
 * drops belong together exactly when their keys are the same bytes.
 * @param keys parts of the key, in order
 * @param key_count how many, 1 to __GROUP_KEY_MAX
 * @param drop enriched drop
 * @param buf GROUP_KEY_MAX_BYTES
 * @return length of the key, bytes
 */
size_t group_key__build(const enum group_key *keys, size_t key_count, const struct drop *drop,
			__u8 *buf);

/**
 * @brief **group_key__format()** writes a key's parts as text, each with its
 * NUL, one behind the other; an unknown part is an empty text.
 * @param keys as given to group_key__build()
 * @param key_count as given to group_key__build()
 * @param key what group_key__build() made
 * @param buf GROUP_KEY_MAX_BYTES
 * @return length of all texts with their NULs, bytes
 */
size_t group_key__format(const enum group_key *keys, size_t key_count, const __u8 *key, char *buf);

#endif
