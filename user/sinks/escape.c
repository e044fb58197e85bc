/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Untrusted text for terminals, JSON and CSV.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "user/sinks/escape.h"

static const char hex_digits[] = "0123456789abcdef";

/* One character of the input. */
struct character {
	uint32_t code_point;
	size_t len;		/* bytes; 1 if invalid */
	bool valid;
};

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
static struct character read_character(const unsigned char *in, size_t len)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	struct character c = { .code_point = in[0], .len = 1 };
	size_t need, i;

	if (in[0] < 0x80) {
		c.valid = true;
		return c;
	}
	need = in[0] >= 0xf0 ? 4 : in[0] >= 0xe0 ? 3 : 2;
	if (in[0] < 0xc2 || in[0] > 0xf4 || need > len)
		return c;
	c.code_point = in[0] & (0xffU >> (need + 1));
	for (i = 1; i < need; i++) {
		if ((in[i] & 0xc0) != 0x80)
			return c;
		c.code_point = c.code_point << 6 | (in[i] & 0x3f);
	}
	if (c.code_point < smallest[need] || c.code_point > 0x10ffff ||
	    (c.code_point >= 0xd800 && c.code_point <= 0xdfff))
		return c;
	c.len = need;
	c.valid = true;
	return c;
}

/* Control characters, and those that reorder text or break lines. */
static bool is_unsafe(uint32_t code_point)
{
	return code_point < 0x20 || (code_point >= 0x7f && code_point <= 0x9f) ||
	       code_point == 0x061c || code_point == 0x200e || code_point == 0x200f ||
	       (code_point >= 0x2028 && code_point <= 0x202e) ||
	       (code_point >= 0x2066 && code_point <= 0x2069);
}

static char *put_hex_bytes(const unsigned char *in, size_t len, char *out)
{
	size_t i;

	for (i = 0; i < len; i++) {
		*out++ = '\\';
		*out++ = 'x';
		*out++ = hex_digits[in[i] >> 4];
		*out++ = hex_digits[in[i] & 0xf];
	}
	return out;
}

/* Moves *in on by one character and returns the end of the output. */
static char *put_visible(const unsigned char **in, const unsigned char *end, char *out)
{
	struct character c = read_character(*in, (size_t)(end - *in));

	if (!c.valid || is_unsafe(c.code_point) || c.code_point == '\\') {
		out = put_hex_bytes(*in, c.len, out);
	} else {
		memcpy(out, *in, c.len);
		out += c.len;
	}
	*in += c.len;
	return out;
}

size_t escape__terminal(const char *in, size_t len, char *out)
{
	const unsigned char *at = (const unsigned char *)in, *end = at + len;
	char *to = out;

	while (at < end)
		to = put_visible(&at, end, to);
	return (size_t)(to - out);
}

/* What JSON takes as it is: all of ASCII that prints, but for " and the backslash. */
static const bool is_plain_in_json[256] = {
	[' ' ... '!'] = true,
	['#' ... '['] = true,
	[']' ... '~'] = true,
};

static char *put_json(const unsigned char **in, const unsigned char *end, char *out)
{
	struct character c = read_character(*in, (size_t)(end - *in));
	int shift;

	if (!c.valid) {
		*out++ = '\\'; /* JSON's way to write the backslash of \xNN */
		out = put_hex_bytes(*in, 1, out);
	} else if (is_unsafe(c.code_point)) { /* all of them have at most 16 bits */
		*out++ = '\\';
		*out++ = 'u';
		for (shift = 12; shift >= 0; shift -= 4)
			*out++ = hex_digits[c.code_point >> shift & 0xf];
	} else {
		if (c.code_point == '"' || c.code_point == '\\')
			*out++ = '\\';
		memcpy(out, *in, c.len);
		out += c.len;
	}
	*in += c.len;
	return out;
}

size_t escape__json(const char *in, size_t len, char *out)
{
	const unsigned char *at = (const unsigned char *)in, *end = at + len;
	char *to = out;

	while (at < end) {
		if (is_plain_in_json[*at]) /* nearly every byte of nearly every value */
			*to++ = (char)*at++;
		else
			to = put_json(&at, end, to);
	}
	return (size_t)(to - out);
}

/* What CSV takes as it is: all of ASCII that prints, but for " , and the backslash. */
static const bool is_plain_in_csv[256] = {
	[' ' ... '!'] = true,
	['#' ... '+'] = true,
	['-' ... '['] = true,
	[']' ... '~'] = true,
};

/* What a spreadsheet takes for a formula where a field begins with it. */
static bool is_formula(unsigned char c)
{
	return c == '=' || c == '+' || c == '-' || c == '@';
}

bool escape__is_plain_csv(const char *in, size_t len)
{
	size_t i;

	if (len && is_formula((unsigned char)in[0]))
		return false;
	for (i = 0; i < len; i++)
		if (!is_plain_in_csv[(unsigned char)in[i]])
			return false;
	return true;
}

size_t escape__csv(const char *in, size_t len, char *out)
{
	const unsigned char *at = (const unsigned char *)in, *end = at + len;
	char *to = out + 1; /* leaves room for an opening quote */
	bool quoted = false;

	if (at < end && is_formula(*at))
		to = put_hex_bytes(at++, 1, to);
	while (at < end) {
		if (*at == '"')
			*to++ = '"';
		if (*at == '"' || *at == ',')
			quoted = true;
		if (*at >= 0x20 && *at < 0x7f && *at != '\\')
			*to++ = (char)*at++;
		else
			to = put_visible(&at, end, to);
	}
	if (quoted) {
		out[0] = '"';
		*to++ = '"';
		return (size_t)(to - out);
	}
	memmove(out, out + 1, (size_t)(to - out) - 1);
	return (size_t)(to - out) - 1;
}
