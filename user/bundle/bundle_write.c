// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * See bundle_write.h. libarchive writes both forms; the disk gets its due here.
 */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "user/bundle/bundle_dir.h"
#include "user/bundle/bundle_write.h"

#define PATH_LEN    4096
#define NUMBERS_MAX 99

struct bundle_writer {
	struct archive *archive;
	struct archive_entry *entry;
	bool is_archive;
	int dir_fd;
	int fd;			/* the archive's file, or the directory */
	char name[NAME_MAX + 1];
	char tmp_name[NAME_MAX + 1];
	char tmp_path[PATH_LEN];
	int error;
};

static void note(struct bundle_writer *w, int status)
{
	if (status == ARCHIVE_OK || w->error)
		return;
	w->error = archive_errno(w->archive) ? -archive_errno(w->archive) : -EIO;
}

static int open_archive(struct bundle_writer *w)
{
	w->fd = openat(w->dir_fd, w->tmp_name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (w->fd < 0)
		return -errno;
	w->archive = archive_write_new();
	if (!w->archive)
		return -ENOMEM;
	note(w, archive_write_set_format_pax_restricted(w->archive));
	note(w, archive_write_add_filter_zstd(w->archive));
	note(w, archive_write_open_fd(w->archive, w->fd));
	return w->error;
}

static int open_directory(struct bundle_writer *w)
{
	if (mkdirat(w->dir_fd, w->tmp_name, 0750) < 0)
		return -errno;
	w->fd = openat(w->dir_fd, w->tmp_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (w->fd < 0)
		return -errno;
	w->archive = archive_write_disk_new();
	return w->archive ? 0 : -ENOMEM;
}

/* The first name, of this and of those with a number behind, that nothing has yet. */
static int find_name(struct bundle_writer *w, const char *stem)
{
	const char *suffix = w->is_archive ? BUNDLE_ARCHIVE_SUFFIX : "";
	struct stat there;
	int number, len;

	len = snprintf(w->name, sizeof(w->name), "%s%s", stem, suffix);
	for (number = 2; !fstatat(w->dir_fd, w->name, &there, AT_SYMLINK_NOFOLLOW); number++) {
		if (number > NUMBERS_MAX)
			return -EEXIST;
		len = snprintf(w->name, sizeof(w->name), "%s-%d%s", stem, number, suffix);
	}
	return len < 0 || (size_t)len >= sizeof(w->name) ? -ENAMETOOLONG : 0;
}

struct bundle_writer *bundle_writer__new(const char *dir, const char *name, bool archive)
{
	struct bundle_writer *w = calloc(1, sizeof(*w));
	int len, err;

	if (!w)
		return NULL;
	w->is_archive = archive;
	w->fd = -1;
	w->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* until it is closed: another probe's bundle in the making is nothing torn */
	if (w->dir_fd >= 0)
		flock(w->dir_fd, LOCK_EX);
	err = w->dir_fd < 0 ? -errno : find_name(w, name);
	if (err)
		goto cleanup;
	bundle_dir__remove_torn(w->dir_fd);
	len = snprintf(w->tmp_name, sizeof(w->tmp_name), ".%s" BUNDLE_TORN_SUFFIX, name);
	if (len < 0 || (size_t)len >= sizeof(w->tmp_name))
		err = -ENAMETOOLONG;
	len = snprintf(w->tmp_path, sizeof(w->tmp_path), "%s/%s", dir, w->tmp_name);
	if (len < 0 || (size_t)len >= sizeof(w->tmp_path))
		err = -ENAMETOOLONG;
	w->entry = archive_entry_new();
	if (!err)
		err = !w->entry ? -ENOMEM : archive ? open_archive(w) : open_directory(w);
	if (!err)
		return w;
cleanup:
	w->error = err;
	bundle_writer__finish(w);
	errno = -err;
	return NULL;
}

const char *bundle_writer__name(const struct bundle_writer *w)
{
	return w->name;
}

void bundle_writer__begin_file(struct bundle_writer *w, const char *name, size_t size)
{
	char path[2 * PATH_LEN];
	size_t stem = strlen(w->name) - (w->is_archive ? strlen(BUNDLE_ARCHIVE_SUFFIX) : 0);

	if (w->error)
		return;
	/* on the disk into the directory that is not complete yet, in an archive below the name */
	if (w->is_archive)
		snprintf(path, sizeof(path), "%.*s/%s", (int)stem, w->name, name);
	else
		snprintf(path, sizeof(path), "%s/%s", w->tmp_path, name);
	archive_entry_clear(w->entry);
	archive_entry_set_pathname(w->entry, path);
	archive_entry_set_size(w->entry, (la_int64_t)size);
	archive_entry_set_filetype(w->entry, AE_IFREG);
	archive_entry_set_perm(w->entry, 0640);
	archive_entry_set_mtime(w->entry, time(NULL), 0);
	note(w, archive_write_header(w->archive, w->entry));
}

void bundle_writer__put(struct bundle_writer *w, const char *bytes, size_t len)
{
	la_ssize_t done;

	while (!w->error && len) {
		done = archive_write_data(w->archive, bytes, len);
		if (done <= 0) {
			note(w, ARCHIVE_FATAL);
			return;
		}
		bytes += done;
		len -= (size_t)done;
	}
}

void bundle_writer__add(struct bundle_writer *w, const char *name, const char *bytes, size_t len)
{
	bundle_writer__begin_file(w, name, len);
	bundle_writer__put(w, bytes, len);
}

void bundle_writer__fail(struct bundle_writer *w, int err)
{
	if (!w->error)
		w->error = err;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

int bundle_writer__finish(struct bundle_writer *w)
{
	int err;

	if (w->archive && !w->error)
		note(w, archive_write_close(w->archive));
	archive_write_free(w->archive);
	archive_entry_free(w->entry);
	err = w->error;
	/* the files of a directory, then it, then the name */
	if (!err && !w->is_archive)
		err = bundle_dir__sync_files(w->fd);
	if (!err && fsync(w->fd) < 0)
		err = -errno;
	if (!err && renameat(w->dir_fd, w->tmp_name, w->dir_fd, w->name) < 0)
		err = -errno;
	if (!err && fsync(w->dir_fd) < 0)
		err = -errno;
	if (err && w->dir_fd >= 0)
		bundle_dir__remove_torn(w->dir_fd);
	close_fd(w->fd);
	close_fd(w->dir_fd);
	free(w);
	return err;
}
