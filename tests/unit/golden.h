/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Whole outputs against files below tests/unit/golden. After a wanted change
 * run the tests once with UPDATE_GOLDEN=1 and read the difference.
 */
#ifndef DROPWHY_GOLDEN_H
#define DROPWHY_GOLDEN_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline void golden__expect(const char *path, const char *text, size_t len)
{
	static char expected[1 << 16];
	size_t expected_len;
	FILE *file;

	if (getenv("UPDATE_GOLDEN")) {
		file = fopen(path, "w");
		cr_assert_not_null(file, "%s", path);
		cr_assert_eq(fwrite(text, 1, len, file), len);
		cr_assert_eq(fclose(file), 0);
		return;
	}
	file = fopen(path, "r");
	cr_assert_not_null(file, "%s: run from the top of the tree", path);
	expected_len = fread(expected, 1, sizeof(expected), file);
	cr_assert_eq(fclose(file), 0);
	cr_expect(len == expected_len && !memcmp(text, expected, len), "%s differs; got:\n%.*s",
		  path, (int)len, text);
}

#endif
