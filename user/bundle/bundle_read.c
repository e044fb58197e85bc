// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * See bundle_read.h.
 */
#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/bundle/bundle_read.h"

#define BLOCK_BYTES 65536

struct walk {
	const char *only;
	bundle_file_fn fn;
	void *ctx;
};

static bool is_wanted(const struct walk *w, const char *name)
{
	return w->only && !strcmp(w->only, name);
}

/* --- a directory */

static int read_whole(int fd, char *bytes, size_t len)
{
	size_t have = 0;
	ssize_t n;

	while (have < len) {
		n = read(fd, bytes + have, len - have);
		if (n < 0)
			return -errno;
		if (!n)
			return -EIO; /* it became shorter */
		have += (size_t)n;
	}
	return 0;
}

static int visit_file(const struct walk *w, int dir_fd, const char *name)
{
	/* not even a moment in a FIFO that somebody put there */
	int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat stat;
	char *bytes = NULL;
	int err = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &stat) < 0)
		err = -errno;
	else if (!S_ISREG(stat.st_mode))
		goto cleanup;
	else if ((unsigned long)stat.st_size > BUNDLE_FILE_MAX)
		err = -EFBIG;
	if (!err && is_wanted(w, name)) {
		bytes = malloc((size_t)stat.st_size + 1);
		err = bytes ? read_whole(fd, bytes, (size_t)stat.st_size) : -ENOMEM;
	}
	if (!err)
		err = w->fn(w->ctx, name, bytes, (size_t)stat.st_size);
cleanup:
	free(bytes);
	close(fd);
	return err;
}

static int each_in_directory(const struct walk *w, const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int err = 0;

	if (!dir)
		return -errno;
	while (!err && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			err = visit_file(w, dirfd(dir), entry->d_name);
	closedir(dir);
	return err;
}

/* --- an archive */

static int visit_entry(const struct walk *w, struct archive *archive, struct archive_entry *entry)
{
	const char *path = archive_entry_pathname(entry), *slash;
	la_int64_t size = archive_entry_size(entry);
	char *bytes = NULL;
	la_ssize_t have;
	int err = 0;

	if (!path || archive_entry_filetype(entry) != AE_IFREG)
		return 0;
	if (size < 0 || (unsigned long)size > BUNDLE_FILE_MAX)
		return -EFBIG;
	slash = strrchr(path, '/');
	path = slash ? slash + 1 : path;
	if (is_wanted(w, path)) {
		bytes = malloc((size_t)size + 1);
		if (!bytes)
			return -ENOMEM;
		have = archive_read_data(archive, bytes, (size_t)size);
		err = have == size ? 0 : -EINVAL;
	}
	if (!err)
		err = w->fn(w->ctx, path, bytes, (size_t)size);
	free(bytes);
	return err;
}

static int each_in_archive(const struct walk *w, const char *path)
{
	struct archive *archive = archive_read_new();
	struct archive_entry *entry;
	int status, err = 0;

	if (!archive)
		return -ENOMEM;
	archive_read_support_format_tar(archive);
	archive_read_support_filter_zstd(archive);
	if (archive_read_open_filename(archive, path, BLOCK_BYTES) != ARCHIVE_OK)
		err = -EINVAL;
	while (!err) {
		status = archive_read_next_header(archive, &entry);
		if (status == ARCHIVE_EOF)
			break;
		err = status == ARCHIVE_OK ? visit_entry(w, archive, entry) : -EINVAL;
	}
	archive_read_free(archive);
	return err;
}

int bundle__each(const char *path, const char *only, bundle_file_fn fn, void *ctx)
{
	struct walk w = { .only = only, .fn = fn, .ctx = ctx };
	struct stat stat_of;

	if (stat(path, &stat_of) < 0)
		return -errno;
	return S_ISDIR(stat_of.st_mode) ? each_in_directory(&w, path) : each_in_archive(&w, path);
}
