/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Wall-clock times as text.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "user/sinks/timestamp.h"

Test(timestamp, rfc3339)
{
	static const struct {
		struct timespec time;
		const char *expected;
	} cases[] = {
		{ { 0, 0 }, "" },
		{ { 0, 1 }, "1970-01-01T00:00:00.000000001Z" },
		{ { 1795442400, 123456789 }, "2026-11-23T14:00:00.123456789Z" },
		{ { 1709164799, 999999999 }, "2024-02-28T23:59:59.999999999Z" },
		{ { 1709164800, 0 }, "2024-02-29T00:00:00.000000000Z" },
		{ { 253402300799, 0 }, "9999-12-31T23:59:59.000000000Z" },
		{ { 253402300800, 0 }, "" },
		{ { -1, 0 }, "" },
		{ { 1, -1 }, "" },
		{ { 1, 1000000000 }, "" },
	};
	char buf[TIMESTAMP_LEN];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cr_expect_eq(timestamp__rfc3339(&cases[i].time, buf), strlen(cases[i].expected));
		cr_expect_str_eq(buf, cases[i].expected);
	}
}

Test(timestamp, clock_is_local)
{
	static const struct timespec time = { 1795442400, 123456789 }, unknown = { 0, 0 };
	char buf[TIMESTAMP_LEN];

	setenv("TZ", "UTC-2", 1); /* POSIX counts westward: two hours east */
	tzset();
	cr_expect_eq(timestamp__clock(&time, buf), 12);
	cr_expect_str_eq(buf, "16:00:00.123");
	cr_expect_eq(timestamp__clock(&unknown, buf), 0);
}
