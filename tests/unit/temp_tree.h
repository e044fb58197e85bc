/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A throwaway directory that stands for a node's root in tests.
 */
#ifndef DROPWHY_TEST_TEMP_TREE_H
#define DROPWHY_TEST_TEMP_TREE_H

#include <stddef.h>
#include <sys/types.h>

/** @brief **temp_tree__new()** makes an empty directory; free with temp_tree__free(). */
char *temp_tree__new(void);

/** @brief **temp_tree__write()** makes a file below @p root and the directories it needs. */
void temp_tree__write(const char *root, const char *path, const void *data, size_t size);

/** @brief **temp_tree__text()** makes a file of text. */
void temp_tree__text(const char *root, const char *path, const char *text);

/** @brief **temp_tree__link()** makes a symbolic link, replacing one that is there. */
void temp_tree__link(const char *root, const char *path, const char *target);

/** @brief **temp_tree__remove()** removes one file or link. */
void temp_tree__remove(const char *root, const char *path);

/** @brief **temp_tree__inode()** the number of a file's inode. */
ino_t temp_tree__inode(const char *root, const char *path);

/** @brief **temp_tree__free()** removes the directory and all in it. */
void temp_tree__free(char *root);

#endif
