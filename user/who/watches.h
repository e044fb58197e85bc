/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Directories watched for files that come and go, those among them that do not
 * exist yet.
 */
#ifndef DROPWHY_WATCHES_H
#define DROPWHY_WATCHES_H

#include <stdbool.h>

struct watches;

/** @brief **watches__new()** NULL with errno: no inotify here. Free with watches__free(). */
struct watches *watches__new(void);

/** @brief **watches__fd()** is readable when something changed. */
int watches__fd(const struct watches *w);

/**
 * @brief **watches__add()** watches a directory; of one that is missing its
 * nearest parent, until it is there.
 * @param path whole, with the root
 * @param mask bits that watches__read() returns when it changes
 * @return 0; -ENOMEM; -ENOSPC: fs.inotify.max_user_watches
 */
int watches__add(struct watches *w, const char *path, unsigned int mask);

/** @brief **watches__read()** takes what changed since the last call: masks ORed. */
unsigned int watches__read(struct watches *w);

/** @brief **watches__free()** NULL is fine. */
void watches__free(struct watches *w);

#endif
