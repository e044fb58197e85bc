/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The directory in which bundles are: which there are, how big, and which are
 * one too many. What is not named like a bundle is left alone.
 */
#ifndef DROPWHY_BUNDLE_DIR_H
#define DROPWHY_BUNDLE_DIR_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

/* Names are dropwhy-YYYYMMDDTHHMMSSZ-TRIGGER; what is not complete begins with a dot besides. */
#define BUNDLE_PREFIX	      "dropwhy-"
#define BUNDLE_ARCHIVE_SUFFIX ".tar.zst"
#define BUNDLE_TORN_SUFFIX    ".tmp"

struct bundle_info {
	char *name;
	__u64 bytes;
	bool archive;
};

/**
 * @brief **bundle_dir__list()** lists the complete ones, oldest first.
 * @param dir_fd stays the caller's
 * @param ret_bundles to be freed with bundle_dir__free_list()
 * @return 0 or -errno
 */
int bundle_dir__list(int dir_fd, struct bundle_info **ret_bundles, size_t *ret_count);

/** @brief **bundle_dir__free_list()** NULL is fine. */
void bundle_dir__free_list(struct bundle_info *bundles, size_t count);

/**
 * @brief **bundle_dir__keep_quota()** deletes bundles until all together have
 * at most @p bytes: the oldest by one trigger, then the oldest of the others.
 * @param keep the name of the one that stays whatever its size, though the
 * clock was set back and others seem newer
 * @param first the trigger whose bundles go first, as their names have it
 * @return how many were deleted; -errno of the first that could not be, the
 * next ones were all the same
 */
int bundle_dir__keep_quota(int dir_fd, __u64 bytes, const char *keep, const char *first);

/** @brief **bundle_dir__remove_torn()** removes what is not complete. */
void bundle_dir__remove_torn(int dir_fd);

/** @brief **bundle_dir__sync_files()** brings the files of a directory to the disk. 0 or -errno. */
int bundle_dir__sync_files(int dir_fd);

#endif
