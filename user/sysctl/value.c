// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Reads and compares values: see value.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/sysctl/change.h"
#include "user/sysctl/value.h"

#define BLANKS " \t\n"

void sysctl_value__read(const char *root, const char *path, char *ret_value, bool *ret_cut)
{
	char file[PATH_MAX], text[SYSCTL_VALUE_LEN + 2];
	size_t len;
	ssize_t n;
	int fd;

	ret_value[0] = '\0';
	*ret_cut = false;
	if (snprintf(file, sizeof(file), "%s%s%s", root, path[0] == '/' ? "" : "/proc/sys/",
		     path) >= (int)sizeof(file))
		return;
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return;
	text[n] = '\0';
	len = strcspn(text, "\n");
	if (len >= SYSCTL_VALUE_LEN) {
		*ret_cut = true;
		len = SYSCTL_VALUE_LEN - 1;
	}
	memcpy(ret_value, text, len);
	ret_value[len] = '\0';
}

/* The number that a word is, in the kernel's notations; false: it is none. */
static bool read_number(const char *word, size_t len, long long *ret_number)
{
	char text[32], *end;

	if (!len || len >= sizeof(text))
		return false;
	memcpy(text, word, len);
	text[len] = '\0';
	errno = 0;
	*ret_number = strtoll(text, &end, 0);
	return !*end && !errno;
}

static bool is_same_word(const char *a, size_t a_len, const char *b, size_t b_len)
{
	long long x, y;

	if (read_number(a, a_len, &x) && read_number(b, b_len, &y))
		return x == y;
	return a_len == b_len && !memcmp(a, b, a_len);
}

bool sysctl_value__same(const char *a, const char *b)
{
	for (;;) {
		size_t a_len, b_len;

		a += strspn(a, BLANKS);
		b += strspn(b, BLANKS);
		if (!*a || !*b)
			return *a == *b;
		a_len = strcspn(a, BLANKS);
		b_len = strcspn(b, BLANKS);
		if (!is_same_word(a, a_len, b, b_len))
			return false;
		a += a_len;
		b += b_len;
	}
}
