/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads in blocks and goes through them in place: see kallsyms_file.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/enrich/kallsyms_file.h"

/* A name, a module and what stands between them. */
#define LINE_MAX_BYTES (SYMBOL_NAME_MAX + MODULE_NAME_MAX + 64)
/* The kernel gives a page at a time. */
#define BLOCK_BYTES 65536

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Length of what stands before a blank or the end. */
static size_t word_length(const char *text)
{
	const char *p = text;

	while (*p && *p != ' ' && *p != '\t')
		p++;
	return (size_t)(p - text);
}

/* Behind the type and the space after it; NUL-terminated. */
static bool parse_names(const char *text, struct kallsyms_line *ret_line)
{
	const char *p;

	ret_line->name = text;
	ret_line->name_len = word_length(text);
	ret_line->module = NULL;
	ret_line->module_len = 0;
	if (!ret_line->name_len || ret_line->name_len >= SYMBOL_NAME_MAX)
		return false;
	p = text + ret_line->name_len;
	if (!*p)
		return true;
	p += strspn(p, " \t");
	if (*p == '[') {
		ret_line->module = p + 1;
		ret_line->module_len = strcspn(p + 1, "]");
		if (!ret_line->module_len || ret_line->module_len >= MODULE_NAME_MAX)
			return false;
	}
	return true;
}

static int hand_over(const struct kallsyms_reader *reader, const char *text)
{
	const char *space = strchr(text, ' '), *p;
	struct kallsyms_line line = {};

	/* most are not wanted: no more of them is looked at than that takes */
	if (!space || !space[1] || space[2] != ' ' || !reader->wants(space[1], space + 3))
		return 0;
	/* by hand: strtoull() takes a sign, spaces and 0x */
	for (p = text; hex_digit(*p) >= 0; p++)
		line.addr = line.addr << 4 | (__u64)hex_digit(*p);
	if (p != space || p == text || p - text > 16)
		return 0;
	line.type = space[1];
	return parse_names(space + 3, &line) ? reader->line(reader->ctx, &line) : 0;
}

/*
 * Hands over the whole lines of a block; the rest is moved to its beginning.
 * Of a line that is too long neither the beginning nor the end counts.
 */
static int take_lines(const struct kallsyms_reader *reader, char *block, size_t *len, bool *torn)
{
	char *line = block, *end = block + *len, *newline;
	int err;

	while ((newline = memchr(line, '\n', (size_t)(end - line)))) {
		*newline = '\0';
		err = *torn ? 0 : hand_over(reader, line);
		if (err)
			return err;
		*torn = false;
		line = newline + 1;
	}
	*len = (size_t)(end - line);
	if (*len > LINE_MAX_BYTES) {
		*torn = true;
		*len = 0;
	}
	memmove(block, line, *len);
	return 0;
}

static int read_all(int fd, char *block, const struct kallsyms_reader *reader)
{
	bool torn = false;
	size_t len = 0;
	ssize_t n;
	int err;

	while ((n = read(fd, block + len, BLOCK_BYTES - len)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		len += (size_t)n;
		err = take_lines(reader, block, &len, &torn);
		if (err)
			return err;
	}
	/* the last one, if nothing ended it */
	block[len] = '\0';
	return len && !torn ? hand_over(reader, block) : 0;
}

int kallsyms_file__read(const char *path, const struct kallsyms_reader *reader)
{
	char *block = malloc(BLOCK_BYTES + 1);
	int fd, err;

	if (!block)
		return -ENOMEM;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	err = fd < 0 ? -errno : read_all(fd, block, reader);
	if (fd >= 0)
		close(fd);
	free(block);
	return err;
}
