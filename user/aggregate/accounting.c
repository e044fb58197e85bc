/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where every drop went, as one equation.
 */
#include "user/aggregate/accounting.h"

bool accounting__balanced(const struct accounting *a)
{
	return a->seen == a->delivered + a->folded + a->filtered + a->noise + a->lost;
}

void accounting__add(struct accounting *a, const struct accounting *b)
{
	a->seen += b->seen;
	a->seen_bytes += b->seen_bytes;
	a->delivered += b->delivered;
	a->folded += b->folded;
	a->filtered += b->filtered;
	a->noise += b->noise;
	a->lost += b->lost;
}

/* By how much; a difference below 0 is one, though it is written as a large number. */
static __u64 raise(__u64 *value, __u64 least)
{
	__u64 by = least - *value;

	if ((__s64)by <= 0)
		return 0;
	*value = least;
	return by;
}

void accounting__never_fall(struct accounting *a, const struct accounting *before)
{
	a->filtered -= raise(&a->delivered, before->delivered);
	a->filtered -= raise(&a->folded, before->folded);
	raise(&a->filtered, before->filtered);
}
