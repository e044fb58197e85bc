/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Notices that a setting has another value than before, whoever changed it and
 * by what way. Of the names with a star only "all" and "default" are compared:
 * a node has thousands of interfaces' own.
 */
#ifndef DROPWHY_SYSCTL_COMPARE_H
#define DROPWHY_SYSCTL_COMPARE_H

#include <stddef.h>

#include "user/sysctl/change.h"

struct sysctl_compare;

/**
 * @brief **sysctl_compare__new()** reads all values for the first time.
 * @param root directory in which the node's / is found; "" if it is ours
 * @return free with sysctl_compare__free(); NULL with errno ENOMEM
 */
struct sysctl_compare *sysctl_compare__new(const char *root);

/** @brief **sysctl_compare__read()** reads all values again. Some 2 µs each. */
void sysctl_compare__read(struct sysctl_compare *c);

/**
 * @brief **sysctl_compare__read_some()** reads again what no sysctl program can watch, what was
 * explained lately, and **how_many** of the others, which take turns; all, if there is news.
 */
void sysctl_compare__read_some(struct sysctl_compare *c, size_t how_many);

/**
 * @brief **sysctl_compare__explain()** tells that a write was seen: what the
 * value has become since is no news.
 * @param path as in struct sysctl_record: "net/core/somaxconn"
 */
void sysctl_compare__explain(struct sysctl_compare *c, const char *path);

/* Gets a change with name, values and seen_by; the rest is empty. */
typedef void (*sysctl_change_fn)(void *ctx, const struct sysctl_change *change);

/**
 * @brief **sysctl_compare__report()** hands over what differs from the reading
 * before the last and was not explained. A setting that came or went with its
 * module, or cannot be read, is none.
 */
void sysctl_compare__report(struct sysctl_compare *c, sysctl_change_fn fn, void *ctx);

/** @brief **sysctl_compare__free()** frees; NULL is fine. */
void sysctl_compare__free(struct sysctl_compare *c);

#endif
