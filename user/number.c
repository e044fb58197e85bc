/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Numbers as text. Locale-independent: outputs are read by programs too.
 */
#include <string.h>

#include "user/number.h"

size_t number__decimal(__u64 value, char *buf)
{
	size_t len = 1, at;
	__u64 rest;

	for (rest = value; rest >= 10; rest /= 10)
		len++;
	buf[len] = '\0';
	for (at = len; at; value /= 10)
		buf[--at] = (char)('0' + value % 10);
	return len;
}

size_t number__padded(__u64 value, unsigned int width, char *buf)
{
	unsigned int i;

	for (i = width; i > 0; i--) {
		buf[i - 1] = (char)('0' + value % 10);
		value /= 10;
	}
	buf[width] = '\0';
	return width;
}

size_t number__hex(__u64 value, char *buf)
{
	unsigned int shift = 0;
	size_t len = 2;

	while (shift < 60 && value >> (shift + 4))
		shift += 4;
	buf[0] = '0';
	buf[1] = 'x';
	for (;; shift -= 4) {
		buf[len++] = "0123456789abcdef"[value >> shift & 0xf];
		if (!shift)
			break;
	}
	buf[len] = '\0';
	return len;
}

size_t number__grouped(__u64 value, char *buf)
{
	char plain[NUMBER_LEN];
	size_t digits = number__decimal(value, plain), i, len = 0;

	for (i = 0; i < digits; i++) {
		if (i && (digits - i) % 3 == 0)
			buf[len++] = ',';
		buf[len++] = plain[i];
	}
	buf[len] = '\0';
	return len;
}

const char *number__form(__u64 value, const char *one, const char *many)
{
	return value == 1 ? one : many;
}

size_t number__bytes(__u64 value, char *buf)
{
	static const char units[] = "KMGTPE";
	unsigned int unit = 0;
	__u64 tenths;
	size_t len;

	if (value < 1024) {
		len = number__decimal(value, buf);
		memcpy(buf + len, " B", sizeof(" B"));
		return len + 2;
	}
	while (value >> 10 >= 1024) {
		value >>= 10;
		unit++;
	}
	tenths = (value & 1023) * 10 / 1024;
	len = number__decimal(value >> 10, buf);
	buf[len++] = '.';
	buf[len++] = (char)('0' + tenths);
	buf[len++] = ' ';
	buf[len++] = units[unit];
	memcpy(buf + len, "iB", sizeof("iB"));
	return len + 2;
}
