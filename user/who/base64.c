// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Decodes strictly: no other characters, and padding where it belongs.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/who/base64.h"

static int digit(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? at - digits : -1;
}

int base64__decode(const char *text, char **ret_data, size_t *ret_len)
{
	char *data = malloc(strlen(text) / 4 * 3 + 4);
	size_t len = 0, digits = 0, padding = 0;
	unsigned int bits = 0;
	int value;

	if (!data)
		return -ENOMEM;
	for (; *text; text++) {
		if (strchr(" \t\r\n", *text))
			continue;
		value = digit(*text);
		if (*text == '=')
			padding++;
		else if (value < 0 || padding)
			break;
		bits = bits << 6 | (value < 0 ? 0 : value);
		if (++digits % 4)
			continue;
		data[len++] = bits >> 16;
		data[len++] = bits >> 8;
		data[len++] = bits;
	}
	if (*text || digits % 4 || padding > 2) {
		free(data);
		return -EINVAL;
	}
	len -= padding;
	data[len] = '\0';
	*ret_data = data;
	*ret_len = len;
	return 0;
}
