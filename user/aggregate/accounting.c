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
