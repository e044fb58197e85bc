/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Records that wait for a moment because a source may yet tell whose they are.
 * Those that come meanwhile wait behind them, so that their order stays.
 */
#ifndef DROPWHY_HOLDBACK_H
#define DROPWHY_HOLDBACK_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

/* No record waits longer. */
#define HOLDBACK_NS (100 * 1000000ull)

/* No more of them wait: a storm passes by, with what is known. */
#define HOLDBACK_MAX	   4096
#define HOLDBACK_BYTES_MAX (2 << 20)

struct holdback;

/** @brief **holdback__new()** NULL with errno ENOMEM; free with holdback__free(). */
struct holdback *holdback__new(void);

/** @brief **holdback__empty()** whether none waits. */
bool holdback__empty(const struct holdback *h);

/**
 * @brief **holdback__push()** copies a record to the end.
 * @return 0; -ENOSPC, -ENOMEM: it has to go on at once, after all that wait
 */
int holdback__push(struct holdback *h, const void *data, size_t size);

/**
 * @brief **holdback__first()** the one that waits longest.
 * @param ret_due whether its time is over
 * @return lives until holdback__pop(); NULL: none waits
 */
const void *holdback__first(const struct holdback *h, size_t *ret_size, bool *ret_due);

/** @brief **holdback__pop()** takes the first one out. */
void holdback__pop(struct holdback *h);

/** @brief **holdback__held()** how many have waited so far. */
__u64 holdback__held(const struct holdback *h);

/** @brief **holdback__free()** NULL is fine. */
void holdback__free(struct holdback *h);

#endif
