/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads a bundle, directory or archive. Its bytes are foreign: it may have come
 * from another node.
 */
#ifndef DROPWHY_BUNDLE_READ_H
#define DROPWHY_BUNDLE_READ_H

#include <stdbool.h>
#include <stddef.h>

/* A file larger than that is none of ours. */
#define BUNDLE_FILE_MAX (1UL << 30)

/* One file. @bytes live until it returns; NULL if only names are wanted. Non-zero ends the walk. */
typedef int (*bundle_file_fn)(void *ctx, const char *name, const char *bytes, size_t len);

/**
 * @brief **bundle__each()** walks the files of a bundle, in no special order.
 * @param path a directory or an archive
 * @param only the name of the only file whose bytes are wanted; NULL: only
 * names and sizes are
 * @return 0; what @p fn returned; -EINVAL: it is no bundle; -EFBIG; or -errno
 */
int bundle__each(const char *path, const char *only, bundle_file_fn fn, void *ctx);

#endif
