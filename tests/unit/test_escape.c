/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Untrusted text for terminals, JSON and CSV.
 */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "user/sinks/escape.h"

struct escape_case {
	const char *in, *terminal, *json, *csv;
};

static const struct escape_case cases[] = {
	{ "", "", "", "" },
	{ "veth0", "veth0", "veth0", "veth0" },
	{ "a b", "a b", "a b", "a b" },
	/* what has a meaning in JSON or CSV */
	{ "a\"b", "a\"b", "a\\\"b", "\"a\"\"b\"" },
	{ "\"", "\"", "\\\"", "\"\"\"\"" },
	{ "a,b", "a,b", "a,b", "\"a,b\"" },
	{ "a\\b", "a\\x5cb", "a\\\\b", "a\\x5cb" },
	{ "a;b'c", "a;b'c", "a;b'c", "a;b'c" },
	/* control characters: C0, DEL, C1 */
	{ "a\nb", "a\\x0ab", "a\\u000ab", "a\\x0ab" },
	{ "\r\t", "\\x0d\\x09", "\\u000d\\u0009", "\\x0d\\x09" },
	{ "\033[31m", "\\x1b[31m", "\\u001b[31m", "\\x1b[31m" },
	{ "\x7f", "\\x7f", "\\u007f", "\\x7f" },
	{ "\xc2\x9b" "2J", "\\xc2\\x9b2J", "\\u009b2J", "\\xc2\\x9b2J" },
	/* text that reorders or breaks lines: NOLINTBEGIN(misc-misleading-bidirectional) */
	{ "a\xe2\x80\xae" "b", "a\\xe2\\x80\\xaeb", "a\\u202eb", "a\\xe2\\x80\\xaeb" },
	{ "\xd8\x9c", "\\xd8\\x9c", "\\u061c", "\\xd8\\x9c" },
	{ "\xe2\x80\xa8", "\\xe2\\x80\\xa8", "\\u2028", "\\xe2\\x80\\xa8" },
	{ "\xe2\x81\xa6", "\\xe2\\x81\\xa6", "\\u2066", "\\xe2\\x81\\xa6" },
	/* NOLINTEND(misc-misleading-bidirectional) */
	/* UTF-8 that may stay: 2, 3 and 4 bytes, first and last of each */
	{ "\xc3\xa4", "\xc3\xa4", "\xc3\xa4", "\xc3\xa4" },
	{ "\xc2\xa0", "\xc2\xa0", "\xc2\xa0", "\xc2\xa0" },
	{ "\xe2\x82\xac", "\xe2\x82\xac", "\xe2\x82\xac", "\xe2\x82\xac" },
	{ "\xf0\x9f\x90\xa7", "\xf0\x9f\x90\xa7", "\xf0\x9f\x90\xa7", "\xf0\x9f\x90\xa7" },
	{ "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf" },
	/* invalid UTF-8: stray, cut off, overlong, surrogate, too large */
	{ "\xff", "\\xff", "\\\\xff", "\\xff" },
	{ "\x80" "a", "\\x80a", "\\\\x80a", "\\x80a" },
	{ "a\xc3", "a\\xc3", "a\\\\xc3", "a\\xc3" },
	{ "\xc3\"", "\\xc3\"", "\\\\xc3\\\"", "\"\\xc3\"\"\"" },
	{ "\xe2\x82", "\\xe2\\x82", "\\\\xe2\\\\x82", "\\xe2\\x82" },
	{ "\xc0\xaf", "\\xc0\\xaf", "\\\\xc0\\\\xaf", "\\xc0\\xaf" },
	{ "\xe0\x80\xaf", "\\xe0\\x80\\xaf", "\\\\xe0\\\\x80\\\\xaf", "\\xe0\\x80\\xaf" },
	{ "\xed\xa0\x80", "\\xed\\xa0\\x80", "\\\\xed\\\\xa0\\\\x80", "\\xed\\xa0\\x80" },
	{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", "\\\\xf4\\\\x90\\\\x80\\\\x80",
	  "\\xf4\\x90\\x80\\x80" },
	/* what spreadsheets would compute */
	{ "=1+1", "=1+1", "=1+1", "\\x3d1+1" },
	{ "+1", "+1", "+1", "\\x2b1" },
	{ "-1", "-1", "-1", "\\x2d1" },
	{ "@SUM(A1,A2)", "@SUM(A1,A2)", "@SUM(A1,A2)", "\"\\x40SUM(A1,A2)\"" },
	{ "a=b", "a=b", "a=b", "a=b" },
	/* all at once */
	{ "=\"\n", "=\"\\x0a", "=\\\"\\u000a", "\"\\x3d\"\"\\x0a\"" },
};

static void expect(const struct escape_case *c, const char *what, const char *expected,
		   size_t (*escape)(const char *in, size_t len, char *out), size_t room)
{
	/* exactly the promised room, so that a sanitizer sees any byte too many */
	char *out = malloc(room ? room : 1);
	size_t len;

	cr_assert_not_null(out);
	len = escape(c->in, strlen(c->in), out);
	cr_expect(len == strlen(expected) && !memcmp(out, expected, len), "%s: got %.*s, not %s",
		  what, (int)len, out, expected);
	free(out);
}

Test(escape, table)
{
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = strlen(cases[i].in);

		expect(&cases[i], "terminal", cases[i].terminal, escape__terminal,
		       ESCAPE_TERMINAL_ROOM(len));
		expect(&cases[i], "json", cases[i].json, escape__json, ESCAPE_JSON_ROOM(len));
		expect(&cases[i], "csv", cases[i].csv, escape__csv, ESCAPE_CSV_ROOM(len));
	}
}

Test(escape, takes_nul_bytes)
{
	char out[32];

	cr_expect_eq(escape__terminal("a\0b", 3, out), 6);
	cr_expect(!memcmp(out, "a\\x00b", 6));
	cr_expect_eq(escape__json("a\0b", 3, out), 8);
	cr_expect(!memcmp(out, "a\\u0000b", 8));
	cr_expect_eq(escape__csv("\0", 1, out), 4);
	cr_expect(!memcmp(out, "\\x00", 4));
}

/* Every pair of bytes stays within its room and gives JSON that an independent reader accepts. */
Test(escape, any_two_bytes_are_valid_json)
{
	unsigned int first, second;

	for (first = 0; first < 256; first++) {
		for (second = 0; second < 256; second++) {
			const char in[2] = { (char)first, (char)second };
			char out[ESCAPE_JSON_ROOM(2) + 4] = "[\"";
			size_t len = 2 + escape__json(in, 2, out + 2);
			json_t *value;

			out[len++] = '"';
			out[len++] = ']';
			value = json_loadb(out, len, JSON_ALLOW_NUL, NULL);
			cr_assert_not_null(value, "%02x %02x: %.*s", first, second, (int)len, out);
			if (first < 0x80 && second < 0x80) {
				const json_t *text = json_array_get(value, 0);

				cr_expect_eq(json_string_length(text), 2);
				cr_expect(!memcmp(json_string_value(text), in, 2));
			}
			json_decref(value);
		}
	}
}

Test(escape, any_two_bytes_are_safe_for_terminals_and_csv)
{
	unsigned int first, second;
	size_t i, len;

	for (first = 0; first < 256; first++) {
		for (second = 0; second < 256; second++) {
			const char in[2] = { (char)first, (char)second };
			char out[ESCAPE_CSV_ROOM(2)];

			len = escape__csv(in, 2, out);
			for (i = 0; i < len; i++)
				cr_assert((unsigned char)out[i] >= 0x20 && out[i] != 0x7f);
			cr_assert(!len || !memchr("=+-@", out[0], 4));
			if (first < 0x80 && second < 0x80)
				cr_assert_eq(escape__is_plain_csv(in, 2),
					     len == 2 && !memcmp(in, out, 2));
			else
				cr_assert_not(escape__is_plain_csv(in, 2));
			len = escape__terminal(in, 2, out);
			for (i = 0; i < len; i++)
				cr_assert((unsigned char)out[i] >= 0x20 && out[i] != 0x7f);
		}
	}
}
