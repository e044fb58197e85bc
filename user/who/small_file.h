/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Configuration and credentials as whole files of bounded size.
 */
#ifndef DROPWHY_SMALL_FILE_H
#define DROPWHY_SMALL_FILE_H

#include <stddef.h>

/**
 * @brief **small_file__read()** reads a regular file, following links.
 * @param max bytes it may have
 * @param ret_data to be freed; has a NUL behind its bytes
 * @return 0 or -errno; -EFBIG: it is longer; -EINVAL: it is no regular file
 */
int small_file__read(const char *path, size_t max, char **ret_data, size_t *ret_len);

#endif
