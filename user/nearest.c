/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Compares names by their edit distance: see nearest.h.
 */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "user/nearest.h"

/* SKB_DROP_REASON_IPV6_NDISC_NS_OTHERHOST has 39; what is longer is near nothing. */
#define NAME_MAX_LEN 64

/* Of a part that says something. */
#define PART_MIN_LEN 3

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool is_same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t rows[3][NAME_MAX_LEN + 1], i, j;
	size_t *before = rows[0], *above = rows[1], *row = rows[2], *spare;

	for (j = 0; j <= b_len; j++)
		above[j] = j;
	for (i = 1; i <= a_len; i++) {
		row[0] = i;
		for (j = 1; j <= b_len; j++) {
			row[j] = least(least(above[j], row[j - 1]) + 1,
				       above[j - 1] + !is_same(a[i - 1], b[j - 1]));
			if (i > 1 && j > 1 && is_same(a[i - 1], b[j - 2]) &&
			    is_same(a[i - 2], b[j - 1]))
				row[j] = least(row[j], before[j - 2] + 1);
		}
		spare = before;
		before = above;
		above = row;
		row = spare;
	}
	return above[b_len];
}

void nearest__offer(struct nearest *n, const char *name)
{
	size_t typed_len = strlen(n->typed), len = strlen(name), d;

	if (typed_len > NAME_MAX_LEN || len > NAME_MAX_LEN)
		return;
	d = distance(n->typed, typed_len, name, len);
	if (typed_len >= PART_MIN_LEN && strcasestr(name, n->typed))
		d = least(d, 1);
	if (d >= len || d > (len > 3 ? len / 3 : 1) || (n->name && d >= n->distance))
		return;
	n->name = name;
	n->distance = d;
}
