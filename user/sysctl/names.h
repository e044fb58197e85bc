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
 * @brief **sysctl_names__line()** tells which line of the lists a setting is watched by.
 * @param name as in struct sysctl_change
 * @return index into sysctl_names[]; from **sysctl_name_count** on, into sysctl_bypass_files[];
 * -ENOENT: it is on neither
 */
int sysctl_names__line(const char *name);

/**
 * @brief **sysctl_names__label()** writes what all settings of a line are called
 * together: "net.ipv4.conf.*.rp_filter".
 * @param line of sysctl_names__line()
 * @param ret_label SYSCTL_NAME_LEN bytes
 */
void sysctl_names__label(size_t line, char *ret_label);

/**
 * @brief **sysctl_names__of_interface()** tells whether a setting is one interface's own, of which
 * a node has thousands: neither that of "all" nor of "default".
 * @param name as in struct sysctl_change
 */
bool sysctl_names__of_interface(const char *name);

/**
 * @brief **sysctl_names__global()** tells whether a path names one value of the
 * whole node that every namespace shows, so that a write in any of them is one here.
 */
bool sysctl_names__global(const char *path);

/**
 * @brief **sysctl_names__concerns_all()** tells whether a setting that was changed in
 * one namespace is that of all of them: one of these values, one that only the node's own
 * namespace has or may write, or a file of /sys.
 * @param name as sysctl_names__dotted() writes it
 */
bool sysctl_names__concerns_all(const char *name);

/**
 * @brief **sysctl_names__dotted()** writes a path as sysctl(8) does: slashes
 * become dots, dots (of an interface's name) slashes. What begins with a slash
 * is no sysctl and stays. Done twice it is a path again.
 * @param ret_name SYSCTL_NAME_LEN bytes
 */
void sysctl_names__dotted(const char *path, char *ret_name);

#endif
