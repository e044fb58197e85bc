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

Test(accounting, counters_never_fall)
{
	static const struct {
		struct accounting now, told; /* seen, bytes, delivered, folded, filtered, noise, lost */
	} steps[] = {
		/* ten records of three packets are on their way */
		{ { 31, 0, 10, 20, 0, 1, 0 }, { 31, 0, 10, 20, 0, 1, 0 } },
		/* eight of them are rejected, one was no record */
		{ { 31, 0, 1, 4, 24, 1, 1 }, { 31, 0, 10, 20, 0, 1, 1 } },
		{ { 36, 0, 6, 4, 24, 1, 1 }, { 36, 0, 10, 20, 4, 1, 1 } },
		{ { 60, 0, 15, 19, 24, 1, 1 }, { 60, 0, 15, 20, 23, 1, 1 } },
		{ { 61, 0, 15, 20, 24, 1, 1 }, { 61, 0, 15, 20, 24, 1, 1 } },
	};
	struct accounting before = {};
	size_t i;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct accounting a = steps[i].now;

		accounting__never_fall(&a, &before);
		cr_expect_eq(a.delivered, steps[i].told.delivered, "step %zu", i);
		cr_expect_eq(a.folded, steps[i].told.folded, "step %zu", i);
		cr_expect_eq(a.filtered, steps[i].told.filtered, "step %zu: %llu", i, a.filtered);
		before = a;
	}
}

/* Its record came here before its CPU had counted it. */
Test(accounting, counters_never_wrap)
{
	const struct accounting before = { .seen = 2, .filtered = 2 };
	struct accounting a = { .seen = 2, .delivered = -1ULL, .filtered = 3 };

	accounting__never_fall(&a, &before);
	cr_expect_eq(a.delivered, 0);
	cr_expect_eq(a.filtered, 2);
}
