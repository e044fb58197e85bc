/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The value of a setting: reading it, and whether two texts mean the same.
 */
#ifndef DROPWHY_SYSCTL_VALUE_H
#define DROPWHY_SYSCTL_VALUE_H

#include <stdbool.h>

/**
 * @brief **sysctl_value__read()** reads a setting, in the network namespace of
 * the calling thread.
 * @param root directory in which the node's / is found; "" if it is ours
 * @param path below /proc/sys; or from / if it begins with a slash
 * @param ret_value SYSCTL_VALUE_LEN bytes: the first line; "": it cannot be read
 * @param ret_cut there is more of it than there was room for
 */
void sysctl_value__read(const char *root, const char *path, char *ret_value, bool *ret_cut);

/**
 * @brief **sysctl_value__same()** compares as the kernel reads values: blanks
 * only divide, and a number is the same in each notation ("0x10", "16").
 */
bool sysctl_value__same(const char *a, const char *b);

#endif
