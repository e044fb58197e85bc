/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From what a user calls a network namespace to its number.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/enrich/netns.h"
#include "user/enrich/netns_scan.h"

static int parse_number(const char *text, unsigned long max, unsigned long *ret_value)
{
	unsigned long value;
	const char *p;

	for (p = text; *p; p++)
		if (!isdigit((unsigned char)*p))
			return -ENOENT;
	if (p == text)
		return -EINVAL;
	errno = 0;
	value = strtoul(text, NULL, 10);
	if (errno || !value || value > max)
		return -EINVAL;
	*ret_value = value;
	return 0;
}

static int resolve_name(const char *root, const char *name, __u32 *ret_ino)
{
	char path[PATH_MAX];
	const char *dir;
	size_t i;
	int err;

	for (i = 0; (dir = netns_scan__directory(i)); i++) {
		if (snprintf(path, sizeof(path), "%s%s/%s", root, dir, name) >= (int)sizeof(path))
			return -ENOENT;
		err = netns_scan__stat(root, path, ret_ino, NULL);
		/* there, but not to be looked at: say that rather than "no such name" */
		if (!err || err == -EACCES)
			return err;
	}
	return -ENOENT;
}

int netns__resolve(const char *root, const char *text, __u32 *ret_ino)
{
	unsigned long value;
	bool is_node;
	int err;

	root = root ? root : "";
	if (!*text)
		return -EINVAL;
	if (strncmp(text, "pid:", 4) == 0) {
		err = parse_number(text + 4, INT_MAX, &value);
		if (err)
			return -EINVAL;
		return netns_scan__pid(root, (pid_t)value, ret_ino);
	}
	if (strchr(text, '/'))
		return netns_scan__stat(root, text, ret_ino, NULL);
	err = resolve_name(root, text, ret_ino);
	if (err != -ENOENT)
		return err;
	/* as tables and records call it, unless a file has that name */
	if (!strcmp(text, "host"))
		return netns_scan__host(root, ret_ino, &is_node);
	err = parse_number(text, UINT_MAX, &value);
	if (!err)
		*ret_ino = (__u32)value;
	return err;
}
