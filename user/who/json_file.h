/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * JSON out of files that somebody else writes, perhaps just now.
 */
#ifndef DROPWHY_JSON_FILE_H
#define DROPWHY_JSON_FILE_H

#include <jansson.h>
#include <stddef.h>
#include <sys/stat.h>

/**
 * @brief **json_file__load()** reads a whole regular file.
 * @param dir_fd, name as for openat(); links are followed
 * @param max_bytes larger ones are not read
 * @param ret_json an object or array, the caller's to json_decref()
 * @return 0; -EINVAL: neither (empty and half written ones); -E2BIG;
 * -EILSEQ: no regular file; or -errno of opening
 */
int json_file__load(int dir_fd, const char *name, size_t max_bytes, json_t **ret_json);

/** @brief **json_file__parse()** the same of bytes in memory. */
int json_file__parse(const char *text, size_t len, json_t **ret_json);

/**
 * @brief **json_file__text()** a member that is a text without NUL bytes.
 * @param object any value, also NULL
 * @return NULL: there is none, or it is empty; lives as long as @p object
 */
const char *json_file__text(const json_t *object, const char *name);

/** @brief **json_file__string()** the same of a value. */
const char *json_file__string(const json_t *value);

#endif
