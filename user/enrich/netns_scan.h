/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where network namespaces are found: named files, mounts, processes. Knows no
 * table; netns.h does.
 */
#ifndef DROPWHY_NETNS_SCAN_H
#define DROPWHY_NETNS_SCAN_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

/* What a file's name is worth, best first. */
enum netns_file_kind {
	NETNS_FILE_NAMED,  /* /run/netns: given by somebody */
	NETNS_FILE_DOCKER, /* /run/docker/netns: made up by a program */
	NETNS_FILE_MOUNT,  /* anywhere: the file's name says nothing */
	__NETNS_FILE_MAX,
};

/* Whose processes are seen, and so whose network namespaces that no file holds. */
enum netns_view {
	NETNS_VIEW_MACHINE,   /* all; or what is seen cannot be told */
	NETNS_VIEW_NODE,      /* those of a container that has containers in it: a node of kind or k3d */
	NETNS_VIEW_CONTAINER, /* those of a container, which is no node */
};

struct netns_scan_ops {
	/* A file that holds namespace @ino. @path is complete, with root; @made is
	 * when its inode was made, which tells it from a later one of that number. */
	int (*file)(void *ctx, __u32 ino, enum netns_file_kind kind, const char *path,
		    const struct timespec *made);
	/* A process in namespace @ino. */
	int (*process)(void *ctx, __u32 ino, pid_t pid);
};

/**
 * @brief **netns_scan__files()** looks in the usual directories and at the mounts.
 * @param root as for netns_table__new(), never NULL
 * @return 0, or what a callback returned if that was not 0
 */
int netns_scan__files(const char *root, const struct netns_scan_ops *ops, void *ctx);

/**
 * @brief **netns_scan__processes()** looks at every process's main thread.
 * Processes that end meanwhile or may not be looked at are skipped.
 * @return 0, -errno of opening /proc, or what the callback returned if that was not 0
 */
int netns_scan__processes(const char *root, const struct netns_scan_ops *ops, void *ctx);

/**
 * @brief **netns_scan__directory()** the usual directories of named namespaces.
 * @param index from 0
 * @return its path without root, the best first; NULL: there are no more
 */
const char *netns_scan__directory(size_t index);

/** @brief **netns_scan__kind()** what the name of a file is worth, by the directory it is in. */
enum netns_file_kind netns_scan__kind(const char *root, const char *path);

/**
 * @brief **netns_scan__stat()** looks whose namespace a file holds.
 * @param ret_made may be NULL
 * @return 0; -ENOTTY: it is not of the file system that holds namespaces, or -errno
 */
int netns_scan__stat(const char *root, const char *path, __u32 *ret_ino, struct timespec *ret_made);

/**
 * @brief **netns_scan__pid()** looks where a process's main thread lives.
 * @return 0 or -errno
 */
int netns_scan__pid(const char *root, pid_t pid, __u32 *ret_ino);

/**
 * @brief **netns_scan__pid_fd()** the same by a descriptor of /proc/PID, which
 * stays with that process when its number is used again.
 * @return 0 or -errno
 */
int netns_scan__pid_fd(int proc_pid_fd, __u32 *ret_ino);

/**
 * @brief **netns_scan__command()** the command name of a process.
 * @param ino where it must live
 * @return raw bytes, the caller's to free(); NULL if it cannot be had or the
 * process does not live in @p ino
 */
char *netns_scan__command(const char *root, pid_t pid, __u32 ino);

/**
 * @brief **netns_scan__host()** tells where the node itself lives.
 * @param ret_ino the namespace of the kernel's threads, or of process 1
 * @param ret_is_node false: it is that of a container's process 1, and not the machine's first
 * @return 0 or -errno
 */
int netns_scan__host(const char *root, __u32 *ret_ino, bool *ret_is_node);

/**
 * @brief **netns_scan__view()** tells by their pid namespaces whose processes are seen. A container
 * is taken for a node if it has others in it, and a network of its own.
 */
enum netns_view netns_scan__view(const char *root);

#endif
