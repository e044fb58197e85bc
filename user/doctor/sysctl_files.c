// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Reads sysctl.d as systemd-sysctl(8) does.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/doctor/sysctl_files.h"

static const char *const directories[] = { "/etc/sysctl.d", "/run/sysctl.d",
					   "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d" };
#define DIRECTORY_COUNT (sizeof(directories) / sizeof(directories[0]))

struct file {
	char *name;
	size_t directory;	/* the lower wins */
};

struct files {
	struct file *list;
	size_t count, room;
};

static int add_file(struct files *files, const char *name, size_t directory)
{
	struct file *grown;

	if (files->count == files->room) {
		files->room = files->room ? 2 * files->room : 16;
		grown = reallocarray(files->list, files->room, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		files->list = grown;
	}
	files->list[files->count] = (struct file){ strdup(name), directory };
	return files->list[files->count].name ? (files->count++, 0) : -ENOMEM;
}

static int list_directory(const char *root, size_t directory, struct files *files)
{
	char path[PATH_MAX];
	struct dirent *entry;
	int err = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s%s", root, directories[directory]);
	dir = opendir(path);
	if (!dir)
		return 0;
	while (!err && (entry = readdir(dir))) {
		size_t len = strlen(entry->d_name);

		if (len > 5 && !strcmp(entry->d_name + len - 5, ".conf"))
			err = add_file(files, entry->d_name, directory);
	}
	closedir(dir);
	return err;
}

static int by_name(const void *a, const void *b)
{
	const struct file *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : (x->directory > y->directory) - (x->directory < y->directory);
}

/* "net/a/b" and "net.a.b" are the same; so is "-net.a.b", of which a failure does not matter. */
static bool is_name(const char *text, size_t len, const char *const *names)
{
	size_t i;

	if (len && *text == '-') {
		text++;
		len--;
	}
	for (; *names; names++) {
		if (strlen(*names) != len)
			continue;
		for (i = 0; i < len; i++)
			if (text[i] != (*names)[i] && !(text[i] == '/' && (*names)[i] == '.'))
				break;
		if (i == len)
			return true;
	}
	return false;
}

/* Whether the file sets it; the last line that does counts. */
static bool read_file(const char *root, const char *path, const char *const *names, char *value)
{
	char full[PATH_MAX], line[1024];
	bool found = false;
	FILE *file;

	snprintf(full, sizeof(full), "%s%s", root, path);
	file = fopen(full, "re");
	if (!file)
		return false;
	while (fgets(line, sizeof(line), file)) {
		char *key = line + strspn(line, " \t"), *equals = strchr(key, '='), *from;
		size_t len;

		if (*key == '#' || *key == ';' || !equals)
			continue;
		for (len = (size_t)(equals - key); len && strchr(" \t", key[len - 1]); len--)
			;
		if (!is_name(key, len, names))
			continue;
		from = equals + 1 + strspn(equals + 1, " \t");
		len = strcspn(from, "\r\n");
		while (len && strchr(" \t", from[len - 1]))
			len--;
		snprintf(value, SYSCTL_FILES_VALUE_LEN, "%.*s", (int)len, from);
		found = true;
	}
	fclose(file);
	return found;
}

int sysctl_files__find(const char *root, const char *const *names, char *ret_value, char *ret_path)
{
	char path[SYSCTL_FILES_PATH_LEN];
	struct files files = {};
	bool found = false;
	size_t i;
	int err = 0;

	for (i = 0; !err && i < DIRECTORY_COUNT; i++)
		err = list_directory(root, i, &files);
	if (files.count)
		qsort(files.list, files.count, sizeof(files.list[0]), by_name);
	for (i = 0; !err && i < files.count; i++) {
		if (i && !strcmp(files.list[i].name, files.list[i - 1].name))
			continue; /* masked */
		snprintf(path, sizeof(path), "%s/%s", directories[files.list[i].directory],
			 files.list[i].name);
		if (read_file(root, path, names, ret_value)) {
			snprintf(ret_path, SYSCTL_FILES_PATH_LEN, "%s", path);
			found = true;
		}
	}
	if (!err && read_file(root, "/etc/sysctl.conf", names, ret_value)) {
		snprintf(ret_path, SYSCTL_FILES_PATH_LEN, "/etc/sysctl.conf");
		found = true;
	}
	for (i = 0; i < files.count; i++)
		free(files.list[i].name);
	free(files.list);
	return err ? err : found ? 0 : -ENOENT;
}
