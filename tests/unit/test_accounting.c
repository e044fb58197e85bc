/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The equation that every run must satisfy.
 */
#include <criterion/criterion.h>

#include "user/aggregate/accounting.h"

Test(accounting, balances_exactly)
{
	static const struct {
		struct accounting a; /* seen, bytes, delivered, folded, filtered, noise, lost */
		bool balanced;
	} cases[] = {
		{ { 0, 0, 0, 0, 0, 0, 0 }, true },
		{ { 15, 9, 1, 2, 3, 4, 5 }, true },
		{ { 15, 0, 1, 2, 3, 4, 4 }, false },
		{ { 15, 0, 1, 2, 3, 4, 6 }, false },
		{ { 14, 0, 1, 2, 3, 4, 5 }, false },
		{ { ~0ULL, 0, ~0ULL, 0, 0, 0, 0 }, true },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cr_expect_eq(accounting__balanced(&cases[i].a), cases[i].balanced, "case %zu", i);
}

Test(accounting, adds_every_field)
{
	struct accounting a = { 1, 2, 3, 4, 5, 6, 7 };
	const struct accounting b = { 10, 20, 30, 40, 50, 60, 70 };

	accounting__add(&a, &b);
	cr_expect_eq(a.seen, 11);
	cr_expect_eq(a.seen_bytes, 22);
	cr_expect_eq(a.delivered, 33);
	cr_expect_eq(a.folded, 44);
	cr_expect_eq(a.filtered, 55);
	cr_expect_eq(a.noise, 66);
	cr_expect_eq(a.lost, 77);
}
