// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include "user/probe/recorder.h"

struct text {
	char rows[4096];
	size_t len;
};

static int append(void *ctx, const char *first, size_t first_len, const char *second,
		  size_t second_len)
{
	struct text *text = ctx;

	memcpy(text->rows + text->len, first, first_len);
	memcpy(text->rows + text->len + first_len, second, second_len);
	text->len += first_len + second_len;
	return 0;
}

static const char *rows(const struct recorder *r)
{
	static struct text text;

	text.len = 0;
	recorder__each(r, append, &text);
	text.rows[text.len] = '\0';
	return text.rows;
}

static void add(struct recorder *r, const char *row, __u64 time_s)
{
	cr_assert(recorder__add(r, row, strlen(row), time_s, 10));
}

Test(recorder, keeps_what_fits_and_counts_what_made_room)
{
	struct recorder *r = recorder__new(3UL * (16 + 4));

	cr_assert(eq(str, (char *)rows(r), ""));
	add(r, "one\n", 1);
	add(r, "two\n", 2);
	add(r, "thr\n", 3);
	cr_assert(eq(str, (char *)rows(r), "one\ntwo\nthr\n"));
	cr_assert(eq(u64, recorder__overwritten(r), 0));
	add(r, "four and more\n", 4); /* as long as one and a half of the others */
	cr_assert(eq(str, (char *)rows(r), "thr\nfour and more\n"));
	cr_assert(eq(u64, recorder__overwritten(r), 20));
	cr_assert(eq(sz, recorder__rows(r), 2));
	cr_assert(le(sz, recorder__bytes(r), 60));
	recorder__free(r);
}

Test(recorder, forgets_the_old)
{
	struct recorder *r = recorder__new(1000);

	add(r, "a", 5);
	add(r, "b", 7);
	add(r, "c", 6);
	recorder__forget(r, 5);
	cr_assert(eq(str, (char *)rows(r), "abc"));
	recorder__forget(r, 7);
	cr_assert(eq(str, (char *)rows(r), "bc"));
	recorder__forget(r, 8);
	cr_assert(eq(sz, recorder__rows(r), 0));
	cr_assert(eq(sz, recorder__bytes(r), 0));
	cr_assert(eq(u64, recorder__overwritten(r), 0));
	recorder__free(r);
}

Test(recorder, a_row_too_long_is_refused_and_counted)
{
	struct recorder *r = recorder__new(20), *none = recorder__new(0);

	cr_assert(recorder__add(r, "1234", 4, 0, 1));
	cr_assert(not(recorder__add(r, "12345", 5, 0, 7)));
	cr_assert(eq(str, (char *)rows(r), "1234"));
	cr_assert(eq(u64, recorder__overwritten(r), 7));
	cr_assert(not(recorder__add(none, "", 0, 0, 1)));
	recorder__free(r);
	recorder__free(none);
	recorder__free(NULL);
}

/* Rows of all lengths over the end of a memory of all sizes: what comes out last is what went in. */
Test(recorder, rows_survive_the_end_of_the_memory)
{
	char row[64], last[64] = "";
	size_t size, i;

	for (size = 80; size < 200; size++) {
		struct recorder *r = recorder__new(size);

		for (i = 0; i < 500; i++) {
			int len = snprintf(row, sizeof(row), "%.*s%zu\n", (int)(i * 7 % 40),
					   "abcdefghijklmnopqrstuvwxyzabcdefghijklmnop", i);

			cr_assert(recorder__add(r, row, (size_t)len, i, 1));
			snprintf(last, sizeof(last), "%s", row);
			cr_assert(le(sz, recorder__bytes(r), size));
		}
		i = strlen(rows(r));
		cr_assert(eq(str, (char *)rows(r) + i - strlen(last), last));
		cr_assert(eq(u64, recorder__overwritten(r) + recorder__rows(r), 500));
		recorder__free(r);
	}
}
