/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Of several names the one that somebody who mistyped probably meant.
 */
#ifndef DROPWHY_NEAREST_H
#define DROPWHY_NEAREST_H

#include <stddef.h>

/* Set typed, the rest zeroed. */
struct nearest {
	const char *typed;
	const char *name;	/* NULL: none is near enough */
	size_t distance;	/* of name: letters mistyped, left out, added or exchanged */
};

/**
 * @brief **nearest__offer()** takes @p name if it is near enough, a third of its letters wrong at
 * most or what was typed being a part of it, and nearer than all before. Case does not matter.
 * @param name lives as long as the answer is used
 */
void nearest__offer(struct nearest *n, const char *name);

#endif
