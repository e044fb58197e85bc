/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Makes and removes throwaway directories. What fails ends the test.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/temp_tree.h"

char *temp_tree__new(void)
{
	char *root = strdup("/tmp/dropwhy-unit-XXXXXX");

	cr_assert(root && mkdtemp(root), "a directory in /tmp");
	return root;
}

/* The whole path, its directories made. */
static void make_way(const char *root, const char *path, char *full)
{
	char *slash;

	cr_assert_lt(snprintf(full, PATH_MAX, "%s/%s", root, path), PATH_MAX);
	for (slash = full + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(full, 0755);
		*slash = '/';
	}
}

void temp_tree__write(const char *root, const char *path, const void *data, size_t size)
{
	char full[PATH_MAX];
	FILE *out;

	make_way(root, path, full);
	out = fopen(full, "we");
	cr_assert(out, "%s", full);
	cr_assert_eq(fwrite(data, 1, size, out), size);
	cr_assert_eq(fclose(out), 0);
}

void temp_tree__text(const char *root, const char *path, const char *text)
{
	temp_tree__write(root, path, text, strlen(text));
}

void temp_tree__link(const char *root, const char *path, const char *target)
{
	char full[PATH_MAX];

	make_way(root, path, full);
	unlink(full);
	cr_assert_eq(symlink(target, full), 0, "%s", full);
}

void temp_tree__remove(const char *root, const char *path)
{
	char full[PATH_MAX];

	make_way(root, path, full);
	cr_assert_eq(remove(full), 0, "%s", full);
}

ino_t temp_tree__inode(const char *root, const char *path)
{
	char full[PATH_MAX];
	struct stat st;

	make_way(root, path, full);
	cr_assert_eq(stat(full, &st), 0, "%s", full);
	return st.st_ino;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void temp_tree__free(char *root)
{
	nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(root);
}
