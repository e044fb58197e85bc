/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which settings are watched: those that decide whether a packet is dropped.
 * The one list, for the kernel side and for comparing.
 */
#ifndef DROPWHY_SYSCTL_NAMES_H
#define DROPWHY_SYSCTL_NAMES_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "bpf/sysctl_record.h"

/* Paths below /proc/sys. A star stands for one part: an interface, "all", "default". */
extern const char *const sysctl_names[];
extern const size_t sysctl_name_count;

/* Files below / that change the same limits without being sysctls. */
extern const char *const sysctl_bypass_files[];
extern const size_t sysctl_bypass_count;

/**
 * @brief **sysctl_names__key()** how the kernel side looks for a name: as it
 * is, or a star, a slash and its last part.
 */
void sysctl_names__key(const char *name, struct sysctl_watched_name *ret_key);

/**
 * @brief **sysctl_names__watched()** tells whether a path below /proc/sys is on
 * the list; the kernel side's keys let some through that are not.
 */
bool sysctl_names__watched(const char *path);

/**
 * @brief **sysctl_names__global()** tells whether a path names one value of the
 * whole node that every namespace shows, so that a write in any of them is one here.
 */
bool sysctl_names__global(const char *path);

/**
 * @brief **sysctl_names__dotted()** writes a path as sysctl(8) does: slashes
 * become dots, dots (of an interface's name) slashes. What begins with a slash
 * is no sysctl and stays.
 * @param ret_name SYSCTL_NAME_LEN bytes
 */
void sysctl_names__dotted(const char *path, char *ret_name);

#endif
