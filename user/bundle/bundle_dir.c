// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * See bundle_dir.h. Follows no symbolic link and goes one level deep: bundles
 * hold plain files only.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/bundle/bundle_dir.h"
#include "user/file_stamp.h"

/* Calls for each name but . and ..; what @fn returned if that was not 0, or -errno. */
typedef int (*name_fn)(void *ctx, int dir_fd, const char *name);

static int each_name(int dir_fd, name_fn fn, void *ctx)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	while (!err && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			err = fn(ctx, dirfd(dir), entry->d_name);
	closedir(dir);
	return err;
}

static bool has_suffix(const char *name, const char *suffix)
{
	size_t len = strlen(name), suffix_len = strlen(suffix);

	return len > suffix_len && !strcmp(name + len - suffix_len, suffix);
}

/* dropwhy-YYYYMMDDTHHMMSSZ-TRIGGER: whatever else begins so is somebody else's. */
static bool is_bundle(const char *name)
{
	const char *stamp = name + strlen(BUNDLE_PREFIX);

	return !strncmp(name, BUNDLE_PREFIX, strlen(BUNDLE_PREFIX)) && file_stamp__begins(stamp) &&
	       stamp[FILE_STAMP_LEN - 1] == '-' && stamp[FILE_STAMP_LEN];
}

/* A number or a suffix may follow. */
static bool is_by(const char *name, const char *trigger)
{
	const char *by = name + strlen(BUNDLE_PREFIX) + FILE_STAMP_LEN;
	size_t len = strlen(trigger);

	return !strncmp(by, trigger, len) && strchr("-.", by[len]);
}

static int open_sub(int dir_fd, const char *name)
{
	return openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* --- sizes */

static int add_size(void *ctx, int dir_fd, const char *name)
{
	__u64 *bytes = ctx;
	struct stat stat;

	if (!fstatat(dir_fd, name, &stat, AT_SYMLINK_NOFOLLOW))
		*bytes += (__u64)stat.st_size;
	return 0;
}

static __u64 size_of(int dir_fd, const char *name, bool archive)
{
	__u64 bytes = 0;
	int fd;

	if (archive) {
		add_size(&bytes, dir_fd, name);
		return bytes;
	}
	fd = open_sub(dir_fd, name);
	if (fd < 0)
		return 0;
	each_name(fd, add_size, &bytes);
	close(fd);
	return bytes;
}

/* --- the list */

struct list {
	struct bundle_info *bundles;
	size_t count;
};

static int add_bundle(void *ctx, int dir_fd, const char *name)
{
	struct bundle_info *grown, *bundle;
	struct list *list = ctx;

	if (!is_bundle(name))
		return 0;
	grown = reallocarray(list->bundles, list->count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	list->bundles = grown;
	bundle = &grown[list->count];
	bundle->name = strdup(name);
	if (!bundle->name)
		return -ENOMEM;
	bundle->archive = has_suffix(name, BUNDLE_ARCHIVE_SUFFIX);
	bundle->bytes = size_of(dir_fd, name, bundle->archive);
	list->count++;
	return 0;
}

/* Names begin with the time. */
static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct bundle_info *)a)->name, ((const struct bundle_info *)b)->name);
}

int bundle_dir__list(int dir_fd, struct bundle_info **ret_bundles, size_t *ret_count)
{
	struct list list = {};
	int err = each_name(dir_fd, add_bundle, &list);

	if (err) {
		bundle_dir__free_list(list.bundles, list.count);
		return err;
	}
	if (list.count)
		qsort(list.bundles, list.count, sizeof(*list.bundles), by_name);
	*ret_bundles = list.bundles;
	*ret_count = list.count;
	return 0;
}

void bundle_dir__free_list(struct bundle_info *bundles, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		free(bundles[i].name);
	free(bundles);
}

/* --- removing */

static int remove_file(void *ctx, int dir_fd, const char *name)
{
	(void)ctx;
	unlinkat(dir_fd, name, 0);
	return 0;
}

static int remove_bundle(int dir_fd, const char *name)
{
	int fd;

	if (!unlinkat(dir_fd, name, 0))
		return 0;
	fd = open_sub(dir_fd, name);
	if (fd < 0)
		return -errno;
	each_name(fd, remove_file, NULL);
	close(fd);
	return unlinkat(dir_fd, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

int bundle_dir__keep_quota(int dir_fd, __u64 bytes, const char *keep, const char *first)
{
	struct bundle_info *bundles, *bundle;
	__u64 total = 0;
	size_t count, i;
	int err, first_error = 0, deleted = 0;

	err = bundle_dir__list(dir_fd, &bundles, &count);
	if (err)
		return err;
	for (i = 0; i < count; i++)
		total += bundles[i].bytes;
	/* twice: those by that trigger, then the others */
	for (i = 0; i < 2 * count && total > bytes; i++) {
		bundle = &bundles[i % count];
		if (!strcmp(bundle->name, keep) || is_by(bundle->name, first) != (i < count))
			continue;
		err = remove_bundle(dir_fd, bundle->name);
		total -= bundle->bytes;
		if (err) /* its directory may be all that is left */
			total += size_of(dir_fd, bundle->name, bundle->archive);
		first_error = first_error ? first_error : err;
		deleted += !err;
	}
	bundle_dir__free_list(bundles, count);
	return first_error ? first_error : deleted;
}

static int remove_if_torn(void *ctx, int dir_fd, const char *name)
{
	(void)ctx;
	if (name[0] == '.' && is_bundle(name + 1) && has_suffix(name, BUNDLE_TORN_SUFFIX))
		remove_bundle(dir_fd, name);
	return 0;
}

void bundle_dir__remove_torn(int dir_fd)
{
	each_name(dir_fd, remove_if_torn, NULL);
}

static int sync_file(void *ctx, int dir_fd, const char *name)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), err = 0;

	(void)ctx;
	if (fd < 0)
		return -errno;
	if (fsync(fd) < 0)
		err = -errno;
	close(fd);
	return err;
}

int bundle_dir__sync_files(int dir_fd)
{
	return each_name(dir_fd, sync_file, NULL);
}
