/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * netns → processes → cgroup → UID or container. Knows no names.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "user/enrich/netns_scan.h"
#include "user/sysctl/cgroup_root.h"
#include "user/who/netns_owner.h"

/* A line for each of v1's 13 hierarchies, each with a path of some 200 bytes. */
#define CGROUP_MAX 16384
/* Longest name of a directory, and its NUL. */
#define UNIT_LEN   256

static int read_text(int dir_fd, const char *name, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t n;
	int fd;

	buf[0] = '\0';
	fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	while (len < size - 1 && (n = read(fd, buf + len, size - 1 - len)) > 0)
		len += (size_t)n;
	close(fd);
	buf[len] = '\0';
	/* half a file may hold half the truth */
	return len == size - 1 ? -E2BIG : 0;
}

/* /proc/PID/cgroup. -ESRCH: the process does not live in @ino any more. */
static int cgroup_of_process(const char *root, pid_t pid, __u32 ino, char *cgroup)
{
	char path[PATH_MAX];
	int dir_fd, err;
	__u32 now = 0;

	if (snprintf(path, sizeof(path), "%s/proc/%d", root, pid) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	/* stays with this process when its number is used again */
	dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0)
		return -ESRCH;
	err = read_text(dir_fd, "cgroup", cgroup, CGROUP_MAX);
	/* in this order: a process that ended or moved on while we read does not count */
	if (netns_scan__pid_fd(dir_fd, &now) || now != ino)
		err = -ESRCH;
	close(dir_fd);
	return err;
}

/* Whose a process is; errors as cgroup_of_process(); -ENOENT: nobody's. */
static int owner_of_process(const char *root, pid_t pid, __u32 ino, struct netns_owner *ret)
{
	char cgroup[CGROUP_MAX];
	int err = cgroup_of_process(root, pid, ino, cgroup);

	if (err)
		return err;
	ret->pid = pid;
	ret->container[0] = '\0';
	err = pod_uid__from_cgroup(cgroup, ret->uid);
	if (err != -ENOENT)
		return err;
	ret->uid[0] = '\0';
	return container_id__from_cgroup(cgroup, ret->container);
}

/*
 * Whether a container runtime made the namespace for one pod, by the file's
 * name: cni-UUID (containerd), UUID (CRI-O), 12 digits (Docker).
 */
static bool is_sandbox(const char *path)
{
	const char *name = path ? strrchr(path, '/') : NULL;
	size_t len;

	if (!name++)
		return false;
	len = strlen(name);
	if (strncmp(name, "cni-", 4) == 0)
		return true;
	if (strstr(path, "/docker/netns/"))
		return len == 12 && strspn(name, "0123456789abcdef") == len;
	return strstr(path, "/netns/") && len == POD_UID_LEN - 1 &&
	       strspn(name, "0123456789abcdef-") == len;
}

/*
 * In a runtime's sandbox a process of nobody's is somebody who looks around
 * with nsenter; elsewhere it may be that the whole node lives there, with pods
 * that share its network.
 */
int netns_owner__find(const char *root, const struct netns_info *info,
		      struct netns_owner *ret_owner)
{
	struct netns_owner owner, first = {};
	bool sandbox = is_sandbox(info->path);
	size_t i;
	int err;

	if (info->host)
		return -ENOENT;
	for (i = 0; i < info->pid_count; i++) {
		err = owner_of_process(root, info->pids[i], info->ino, &owner);
		if (err == -ESRCH || (err == -ENOENT && sandbox))
			continue;
		if (err || (first.pid && (strcmp(first.uid, owner.uid) != 0 ||
					  strcmp(first.container, owner.container) != 0)))
			return -EEXIST;
		if (!first.pid)
			first = owner;
	}
	if (!first.pid)
		return -ENOENT;
	*ret_owner = first;
	return 0;
}

/* The path in the line of cgroup v2, or in that of v1 which systemd keeps; ends the line there. */
static const char *path_of(char *cgroup)
{
	static const char *const prefixes[] = { "0::", "1:name=systemd:" };
	char *line, *rest;
	size_t i, len;

	for (line = cgroup; *line; line = rest) {
		rest = line + strcspn(line, "\n");
		if (*rest)
			*rest++ = '\0';
		for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
			len = strlen(prefixes[i]);
			/* where both are, that of v2 may be the root */
			if (strncmp(line, prefixes[i], len) == 0 && line[len] && line[len + 1])
				return line + len;
		}
	}
	return "";
}

int netns_owner__unit(const char *root, const struct netns_info *info, char *ret_unit, size_t size)
{
	char cgroup[CGROUP_MAX], unit[UNIT_LEN], id[CONTAINER_ID_LEN];
	bool found = false;
	size_t i;
	int err;

	if (info->host)
		return -ENOENT;
	for (i = 0; i < info->pid_count; i++) {
		err = cgroup_of_process(root, info->pids[i], info->ino, cgroup);
		if (err == -ESRCH)
			continue;
		if (err || pod_uid__from_cgroup(cgroup, id) != -ENOENT ||
		    container_id__from_cgroup(cgroup, id) != -ENOENT ||
		    cgroup_root__unit(path_of(cgroup), unit, sizeof(unit)))
			return -ENOENT;
		if (found && strcmp(unit, ret_unit) != 0)
			return -EEXIST;
		if (strlen(unit) >= size)
			return -ENOENT;
		memcpy(ret_unit, unit, strlen(unit) + 1);
		found = true;
	}
	return found ? 0 : -ENOENT;
}
