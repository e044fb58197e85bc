/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Checks sandboxes against the kernel's own view.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/enrich/netns_scan.h"
#include "user/who/sandbox.h"

#define CGROUP_MAX 16384

static bool is_safe(const char *path)
{
	return path[0] == '/' && !strstr(path, "/../") && !strstr(path, "/./");
}

/* "/proc/PID/ns/net": its PID; 0: something else. */
static pid_t pid_of_path(const char *path)
{
	char *end;
	long pid;

	if (strncmp(path, "/proc/", 6) != 0 || !isdigit((unsigned char)path[6]))
		return 0;
	pid = strtol(path + 6, &end, 10);
	return pid <= INT_MAX && !strcmp(end, "/ns/net") ? (pid_t)pid : 0;
}

static const struct netns_info *learn_file(const char *root, struct netns_table *netns,
					   const char *path)
{
	char full[PATH_MAX];

	/* /var/run is a link to /run, which would lead out of another root */
	if (strncmp(path, "/var/run/", 9) == 0)
		path += 4;
	if (snprintf(full, sizeof(full), "%s%s", root, path) >= (int)sizeof(full))
		return NULL;
	return netns_table__learn(netns, full);
}

static const struct netns_info *find_of_process(const char *root, struct netns_table *netns,
						pid_t pid)
{
	__u32 ino = 0;

	return netns_scan__pid(root, pid, &ino) ? NULL : netns_table__find(netns, ino, 0);
}

const struct netns_info *sandbox__netns(const char *root, struct netns_table *netns,
					const char *path, const char *id, pid_t pid)
{
	pid_t holder = pid_of_path(path);
	const struct netns_info *info;
	__u32 ino = 0;

	if (!is_safe(path) || (holder && id && sandbox__process(root, holder, id)))
		return NULL;
	info = holder ? find_of_process(root, netns, holder) : learn_file(root, netns, path);
	/* the node's own is nobody's alone */
	if (!info || info->host)
		return NULL;
	if (pid && (netns_scan__pid(root, pid, &ino) || ino != info->ino))
		return NULL;
	return info;
}

int sandbox__process(const char *root, pid_t pid, const char *id)
{
	char path[PATH_MAX], text[CGROUP_MAX], mangled[64];
	size_t i;
	ssize_t n;
	int fd;

	if (snprintf(path, sizeof(path), "%s/proc/%d/cgroup", root, pid) >= (int)sizeof(path))
		return -ESRCH;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -ESRCH;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n < 0)
		return -ESRCH;
	text[n] = '\0';
	if (!id || strstr(text, id))
		return 0;
	/* systemd's names of slices have "_" for "-" */
	if (snprintf(mangled, sizeof(mangled), "%s", id) >= (int)sizeof(mangled))
		return -ESRCH;
	for (i = 0; mangled[i]; i++)
		if (mangled[i] == '-')
			mangled[i] = '_';
	return strstr(text, mangled) ? 0 : -ESRCH;
}
