/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Numbers as text.
 */
#include <criterion/criterion.h>

#include "user/number.h"

static const struct {
	__u64 value;
	const char *decimal, *hex, *grouped, *bytes;
} cases[] = {
	{ 0, "0", "0x0", "0", "0 B" },
	{ 9, "9", "0x9", "9", "9 B" },
	{ 16, "16", "0x10", "16", "16 B" },
	{ 999, "999", "0x3e7", "999", "999 B" },
	{ 1000, "1000", "0x3e8", "1,000", "1000 B" },
	{ 1023, "1023", "0x3ff", "1,023", "1023 B" },
	{ 1024, "1024", "0x400", "1,024", "1.0 KiB" },
	{ 1536, "1536", "0x600", "1,536", "1.5 KiB" },
	{ 35020, "35020", "0x88cc", "35,020", "34.1 KiB" },
	{ 1048575, "1048575", "0xfffff", "1,048,575", "1023.9 KiB" },
	{ 1048576, "1048576", "0x100000", "1,048,576", "1.0 MiB" },
	{ ~0ULL, "18446744073709551615", "0xffffffffffffffff", "18,446,744,073,709,551,615",
	  "15.9 EiB" },
};

Test(number, formats)
{
	char buf[NUMBER_LEN];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cr_expect_eq(number__decimal(cases[i].value, buf), strlen(cases[i].decimal));
		cr_expect_str_eq(buf, cases[i].decimal);
		cr_expect_eq(number__hex(cases[i].value, buf), strlen(cases[i].hex));
		cr_expect_str_eq(buf, cases[i].hex);
		cr_expect_eq(number__grouped(cases[i].value, buf), strlen(cases[i].grouped));
		cr_expect_str_eq(buf, cases[i].grouped);
		cr_expect_eq(number__bytes(cases[i].value, buf), strlen(cases[i].bytes));
		cr_expect_str_eq(buf, cases[i].bytes);
	}
}

Test(number, goes_with_its_word)
{
	cr_expect_str_eq(number__form(0, "entry", "entries"), "entries");
	cr_expect_str_eq(number__form(1, "entry", "entries"), "entry");
	cr_expect_str_eq(number__form(2, "entry", "entries"), "entries");
	cr_expect_str_eq(number__form(1ULL << 32 | 1, "", "s"), "s");
}

Test(number, pads)
{
	char buf[NUMBER_LEN];

	cr_expect_eq(number__padded(42, 4, buf), 4);
	cr_expect_str_eq(buf, "0042");
	number__padded(12345, 3, buf);
	cr_expect_str_eq(buf, "345");
}
