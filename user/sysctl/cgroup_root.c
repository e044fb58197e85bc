// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Finds the root of cgroup v2: see cgroup_root.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "user/sysctl/cgroup_root.h"

/* include/linux/exportfs.h: FILEID_KERNFS, a handle that is the inode number */
#define HANDLE_KERNFS 0xfe
/* kernfs numbers the root of a hierarchy first */
#define ROOT_ID 1
/* A node with thousands of mounts, and an end to it. */
#define MOUNTINFO_MAX (16u << 20)

/* proc(5): a blank, tab, newline or backslash is \040 and so on. */
static void unescape(char *s)
{
	char *out = s;

	while (*s) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
		    s[3] >= '0' && s[3] <= '7') {
			*out++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 4;
		} else {
			*out++ = *s++;
		}
	}
	*out = '\0';
}

/*
 * "/": the root of our cgroup namespace; "/../..": something above it, which
 * somebody outside mounted. Which of them is the node's root its number tells.
 */
static bool is_upward(const char *path)
{
	while (!strncmp(path, "/..", 3))
		path += 3;
	return !*path || !strcmp(path, "/");
}

/* "30 24 0:26 / /sys/fs/cgroup rw shared:9 - cgroup2 cgroup2 rw": the mount point or NULL. */
static char *take_line(char *line)
{
	char *fields[5], *type = strstr(line, " - cgroup2 ");
	int i;

	if (!type)
		return NULL;
	*type = '\0';
	for (i = 0; i < 5; i++) {
		fields[i] = strsep(&line, " ");
		if (!fields[i])
			return NULL;
	}
	/* what is mounted: a part of the hierarchy is not its root */
	if (!is_upward(fields[3]) || fields[4][0] != '/')
		return NULL;
	unescape(fields[4]);
	return fields[4];
}

char *cgroup_root__from_mounts(char **text)
{
	char *line, *found;

	while ((line = strsep(text, "\n"))) {
		found = take_line(line);
		if (found)
			return found;
	}
	return NULL;
}

/* Any size: /proc tells none. */
static char *read_all(const char *path)
{
	size_t room = 1 << 16, len = 0;
	char *text = malloc(room), *grown;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;

	while (text && fd >= 0 && (n = read(fd, text + len, room - len - 1)) > 0) {
		len += (size_t)n;
		if (room - len > 1)
			continue;
		room *= 2;
		grown = room > MOUNTINFO_MAX ? NULL : realloc(text, room);
		if (!grown) {
			n = -1;
			break;
		}
		text = grown;
	}
	if (fd >= 0)
		close(fd);
	if (n < 0) {
		free(text);
		return NULL;
	}
	text[len] = '\0';
	return text;
}

static int open_checked(int fd, bool *ret_whole)
{
	struct statfs fs;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstatfs(fd, &fs) || fs.f_type != CGROUP2_SUPER_MAGIC || fstat(fd, &st)) {
		close(fd);
		return -ENOENT;
	}
	*ret_whole = st.st_ino == ROOT_ID;
	return fd;
}

/* The node's root if one of the mounts is that, else the first. */
static int open_mounted(const char *root, bool *ret_whole)
{
	char path[PATH_MAX], *text, *rest, *found;
	int fd = -ENOENT, other;

	/* the node's first process sees the node's mounts */
	snprintf(path, sizeof(path), "%s/proc/%s/mountinfo", root, *root ? "1" : "self");
	text = rest = read_all(path);
	while (rest && !*ret_whole && (found = cgroup_root__from_mounts(&rest))) {
		if (snprintf(path, sizeof(path), "%s%s", root, found) >= (int)sizeof(path))
			continue;
		other = open_checked(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), ret_whole);
		if (other >= 0 && fd >= 0 && !*ret_whole) {
			close(other);
			continue;
		}
		if (other >= 0 && fd >= 0)
			close(fd);
		fd = other >= 0 || fd < 0 ? other : fd;
	}
	free(text);
	return fd;
}

/* A mount that is attached nowhere: it ends with its last descriptor. */
static int open_own(bool *ret_whole)
{
	int context, mount, fd, err;

	context = (int)syscall(SYS_fsopen, "cgroup2", FSOPEN_CLOEXEC);
	if (context < 0)
		return errno == ENOSYS ? -ENODEV : -errno;
	mount = -1;
	if (!syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		mount = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC,
				     MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	err = -errno;
	close(context);
	if (mount < 0)
		return err;
	fd = open_checked(openat(mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), ret_whole);
	close(mount);
	return fd;
}

int cgroup_root__open(const char *root, bool *ret_whole)
{
	bool whole = false, own_whole = false;
	int fd = open_mounted(root, &whole), own;

	if (fd >= 0 && whole) {
		*ret_whole = true;
		return fd;
	}
	own = open_own(&own_whole);
	if (own >= 0 && (own_whole || fd < 0)) {
		if (fd >= 0)
			close(fd);
		*ret_whole = own_whole;
		return own;
	}
	if (own >= 0)
		close(own);
	if (fd < 0)
		return own;
	*ret_whole = false;
	return fd;
}

int cgroup_root__path(int root_fd, __u64 id, char *ret_path, size_t size)
{
	struct {
		struct file_handle handle;
		__u64 id;
	} by_id = { .handle = { .handle_bytes = sizeof(id), .handle_type = HANDLE_KERNFS } };
	char link[64], top[PATH_MAX], path[PATH_MAX];
	ssize_t top_len, len;
	int fd;

	memcpy(by_id.handle.f_handle, &id, sizeof(id));
	fd = open_by_handle_at(root_fd, &by_id.handle, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", root_fd);
	top_len = readlink(link, top, sizeof(top) - 1);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof(path) - 1);
	close(fd);
	if (len < 0 || top_len < 0)
		return -errno;
	top[top_len] = path[len] = '\0';
	if (top_len == 1) /* a mount of one's own begins at / */
		top_len = 0;
	if (strncmp(path, top, (size_t)top_len))
		return -ENOENT;
	snprintf(ret_path, size, "%s", path[top_len] ? path + top_len : "/");
	return 0;
}

static bool ends_in(const char *text, size_t len, const char *suffix)
{
	size_t suffix_len = strlen(suffix);

	return len > suffix_len && !memcmp(text + len - suffix_len, suffix, suffix_len);
}

int cgroup_root__unit(const char *path, char *ret_unit, size_t size)
{
	const char *unit = NULL;
	size_t unit_len = 0, len;

	while (*path) {
		path += strspn(path, "/");
		len = strcspn(path, "/");
		if (ends_in(path, len, ".service") || ends_in(path, len, ".scope")) {
			unit = path;
			unit_len = len;
		}
		path += len;
	}
	if (!unit || unit_len >= size)
		return -ENOENT;
	memcpy(ret_unit, unit, unit_len);
	ret_unit[unit_len] = '\0';
	return 0;
}
