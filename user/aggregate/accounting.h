/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where every drop went. The kernel's per-CPU counters and what the user side
 * did after delivery, brought into one equation that must hold exactly:
 * seen = delivered + folded + filtered + noise + lost.
 */
#ifndef DROPWHY_ACCOUNTING_H
#define DROPWHY_ACCOUNTING_H

#include <stdbool.h>

#include "user/drop.h"

/* All in packets but seen_bytes. */
struct accounting {
	__u64 seen;
	__u64 seen_bytes;
	__u64 delivered;	/* shown, written or aggregated one by one */
	__u64 folded;		/* stood behind a delivered record's count */
	__u64 filtered;		/* rejected by the filters, in the kernel or here */
	__u64 noise;		/* reasons that are no trouble */
	__u64 lost;		/* records that we failed to deliver */
};

/**
 * @brief **accounting__balanced()** tells whether the equation holds.
 */
bool accounting__balanced(const struct accounting *a);

/** @brief **accounting__add()** adds @p b to @p a field by field. */
void accounting__add(struct accounting *a, const struct accounting *b);

/**
 * @brief **accounting__never_fall()** for counters that must not: a record on
 * its way counts as delivered, until the filters here reject it. What was told
 * of it already stays, and is not told as filtered, until others make up for it.
 * @param before what was told the last time
 */
void accounting__never_fall(struct accounting *a, const struct accounting *before);

#endif
