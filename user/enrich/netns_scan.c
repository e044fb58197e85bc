/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Finds network namespaces in /run, among the mounts and in /proc. A source
 * that is missing or torn yields less; it is no error.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/enrich/netns_scan.h"

/* PROC_PID_INIT_INO (include/linux/proc_ns.h): the first pid namespace's number. */
#define INIT_PID_NS_INO 0xEFFFFFFCu

/* TASK_COMM_LEN is 16; kernel threads show up to 64 with their work's name. */
#define COMM_LEN 80

static const struct {
	const char *path;
	enum netns_file_kind kind;
} directories[] = {
	{ "/run/netns", NETNS_FILE_NAMED },
	{ "/var/run/netns", NETNS_FILE_NAMED },
	{ "/run/docker/netns", NETNS_FILE_DOCKER },
	{ "/var/run/docker/netns", NETNS_FILE_DOCKER },
};

/* "net:[4026531840]" */
static int parse_link(const char *text, const char *type, __u32 *ret_ino)
{
	size_t len = strlen(type);
	unsigned long long ino;
	char *end;

	if (strncmp(text, type, len) != 0 || text[len] != ':' || text[len + 1] != '[' ||
	    text[len + 2] < '0' || text[len + 2] > '9')
		return -EINVAL;
	errno = 0;
	ino = strtoull(text + len + 2, &end, 10);
	if (errno || strcmp(end, "]") != 0 || !ino || ino > UINT_MAX)
		return -EINVAL;
	*ret_ino = (__u32)ino;
	return 0;
}

/* Reading the link, unlike stat(), makes the kernel create no inode. */
static int read_link_at(int dir_fd, const char *path, const char *type, __u32 *ret_ino)
{
	char text[64];
	ssize_t n;

	n = readlinkat(dir_fd, path, text, sizeof(text) - 1);
	if (n < 0)
		return -errno;
	text[n] = '\0';
	return parse_link(text, type, ret_ino);
}

int netns_scan__pid_fd(int proc_pid_fd, __u32 *ret_ino)
{
	return read_link_at(proc_pid_fd, "ns/net", "net", ret_ino);
}

int netns_scan__pid(const char *root, pid_t pid, __u32 *ret_ino)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/proc/%d/ns/net", root, pid) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	return read_link_at(AT_FDCWD, path, "net", ret_ino);
}

static pid_t parse_pid(const char *text)
{
	long pid = 0;

	for (; *text >= '0' && *text <= '9' && pid <= INT_MAX / 10 - 1; text++)
		pid = pid * 10 + (*text - '0');
	return *text ? 0 : (pid_t)pid;
}

/* kthreadd never leaves the first namespaces, and may be looked at where 1 may not. */
static const pid_t first_processes[] = { 2, 1 };
#define FIRST_COUNT (sizeof(first_processes) / sizeof(first_processes[0]))

static int read_pid_namespace(const char *root, pid_t pid, __u32 *ret_ino)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/proc/%d/ns/pid", root, pid) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	return read_link_at(AT_FDCWD, path, "pid", ret_ino);
}

static bool is_in_first_pid_namespace(const char *root, pid_t pid)
{
	__u32 ino = 0;

	return !read_pid_namespace(root, pid, &ino) && ino == INIT_PID_NS_INO;
}

/* The whole machine's neighbours are shown in its first network namespace alone. */
static bool is_in_first_netns(const char *root, pid_t pid)
{
	char path[PATH_MAX];

	return snprintf(path, sizeof(path), "%s/proc/%d/net/stat/arp_cache", root, pid) <
		       (int)sizeof(path) &&
	       !access(path, F_OK);
}

int netns_scan__host(const char *root, __u32 *ret_ino, bool *ret_is_node)
{
	size_t i;
	int err;

	for (i = 0; i < FIRST_COUNT; i++) {
		if (!is_in_first_pid_namespace(root, first_processes[i]) ||
		    netns_scan__pid(root, first_processes[i], ret_ino))
			continue;
		*ret_is_node = true;
		return 0;
	}
	/* a container's process 1: in the node's namespace, a node in a container, or no node at all */
	err = netns_scan__pid(root, 1, ret_ino);
	if (!err)
		*ret_is_node = is_in_first_netns(root, 1);
	return err;
}

/* Whether some process lives in another pid namespace than @own: one below it. */
static bool has_containers(const char *root, __u32 own)
{
	char path[PATH_MAX];
	struct dirent *entry;
	bool found = false;
	__u32 ino = 0;
	DIR *dir;

	if (snprintf(path, sizeof(path), "%s/proc", root) >= (int)sizeof(path))
		return false;
	dir = opendir(path);
	while (dir && !found && (entry = readdir(dir))) {
		pid_t pid = parse_pid(entry->d_name);

		found = pid && !read_pid_namespace(root, pid, &ino) && ino != own;
	}
	if (dir)
		closedir(dir);
	return found;
}

enum netns_view netns_scan__view(const char *root)
{
	__u32 ino = 0;
	size_t i;

	for (i = 0; i < FIRST_COUNT; i++)
		if (is_in_first_pid_namespace(root, first_processes[i]))
			return NETNS_VIEW_MACHINE;
	if (read_pid_namespace(root, 1, &ino))
		return NETNS_VIEW_MACHINE;
	/* a container beside others on the machine's own network */
	if (is_in_first_netns(root, 1))
		return NETNS_VIEW_CONTAINER;
	return has_containers(root, ino) ? NETNS_VIEW_NODE : NETNS_VIEW_CONTAINER;
}

/* The device of the file system that holds namespaces; 0: not to be found out. */
static dev_t nsfs_device(const char *root)
{
	char path[PATH_MAX];
	struct stat st;

	if (snprintf(path, sizeof(path), "%s/proc/self/ns/net", root) >= (int)sizeof(path) ||
	    stat(path, &st))
		return 0;
	return st.st_dev;
}

static int stat_on(dev_t device, int dir_fd, const char *path, __u32 *ret_ino,
		   struct timespec *ret_made)
{
	struct stat st;

	if (fstatat(dir_fd, path, &st, 0))
		return -errno;
	/* what ip netns leaves behind when it is interrupted is a plain file */
	if ((device && st.st_dev != device) || !S_ISREG(st.st_mode) || st.st_ino > UINT_MAX)
		return -ENOTTY;
	*ret_ino = (__u32)st.st_ino;
	if (ret_made)
		*ret_made = st.st_ctim;
	return 0;
}

int netns_scan__stat(const char *root, const char *path, __u32 *ret_ino, struct timespec *ret_made)
{
	return stat_on(nsfs_device(root), AT_FDCWD, path, ret_ino, ret_made);
}

const char *netns_scan__directory(size_t index)
{
	return index < sizeof(directories) / sizeof(directories[0]) ? directories[index].path :
								      NULL;
}

enum netns_file_kind netns_scan__kind(const char *root, const char *path)
{
	size_t root_len = strlen(root), len, i;

	for (i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
		len = strlen(directories[i].path);
		if (strncmp(path, root, root_len) == 0 &&
		    strncmp(path + root_len, directories[i].path, len) == 0 &&
		    path[root_len + len] == '/' && !strchr(path + root_len + len + 1, '/'))
			return directories[i].kind;
	}
	return NETNS_FILE_MOUNT;
}

static int scan_directory(const char *path, enum netns_file_kind kind, dev_t device,
			  const struct netns_scan_ops *ops, void *ctx)
{
	char full[PATH_MAX];
	struct dirent *entry;
	struct timespec made = {};
	__u32 ino = 0;
	int err = 0;
	DIR *dir;

	dir = opendir(path);
	if (!dir)
		return 0;
	while (!err && (entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (snprintf(full, sizeof(full), "%s/%s", path, entry->d_name) >=
			    (int)sizeof(full) ||
		    stat_on(device, dirfd(dir), entry->d_name, &ino, &made))
			continue;
		err = ops->file(ctx, ino, kind, full, &made);
	}
	closedir(dir);
	return err;
}

/* proc(5): space, tab, newline and backslash are \040 and so on. */
static void unescape_octal(char *s)
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

static int scan_mounts(const char *root, dev_t device, const struct netns_scan_ops *ops, void *ctx)
{
	char path[PATH_MAX], *line = NULL, *rest, *inside, *mounted;
	struct timespec made = {};
	__u32 listed = 0, ino = 0;
	size_t room = 0;
	int err = 0;
	FILE *in;

	/* another root's mounts are those of its process 1, not ours */
	if (snprintf(path, sizeof(path), "%s/proc/%s/mountinfo", root, *root ? "1" : "self") >=
	    (int)sizeof(path))
		return -ENAMETOOLONG;
	in = fopen(path, "re");
	if (!in)
		return 0;
	while (!err && getline(&line, &room, in) > 0) {
		/* number, parent, device, path inside, where mounted, … */
		rest = line;
		strsep(&rest, " ");
		strsep(&rest, " ");
		strsep(&rest, " ");
		inside = strsep(&rest, " ");
		mounted = strsep(&rest, " ");
		if (!mounted || parse_link(inside, "net", &listed))
			continue;
		unescape_octal(mounted);
		if (snprintf(path, sizeof(path), "%s%s", root, mounted) >= (int)sizeof(path) ||
		    stat_on(device, AT_FDCWD, path, &ino, &made) || ino != listed)
			continue;
		err = ops->file(ctx, ino, NETNS_FILE_MOUNT, path, &made);
	}
	free(line);
	fclose(in);
	return err;
}

int netns_scan__files(const char *root, const struct netns_scan_ops *ops, void *ctx)
{
	dev_t device = nsfs_device(root);
	char path[PATH_MAX];
	int err = 0;
	size_t i;

	for (i = 0; !err && i < sizeof(directories) / sizeof(directories[0]); i++) {
		if (snprintf(path, sizeof(path), "%s%s", root, directories[i].path) >=
		    (int)sizeof(path))
			return -ENAMETOOLONG;
		err = scan_directory(path, directories[i].kind, device, ops, ctx);
	}
	return err ? err : scan_mounts(root, device, ops, ctx);
}

char *netns_scan__command(const char *root, pid_t pid, __u32 ino)
{
	char path[PATH_MAX], comm[COMM_LEN];
	int dir_fd, fd = -1;
	ssize_t n = -1;
	__u32 now = 0;

	if (snprintf(path, sizeof(path), "%s/proc/%d", root, pid) >= (int)sizeof(path))
		return NULL;
	dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0)
		return NULL;
	if (!netns_scan__pid_fd(dir_fd, &now) && now == ino)
		fd = openat(dir_fd, "comm", O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, comm, sizeof(comm) - 1);
		close(fd);
	}
	close(dir_fd);
	if (n > 0 && comm[n - 1] == '\n')
		n--;
	return n > 0 ? strndup(comm, (size_t)n) : NULL;
}

int netns_scan__processes(const char *root, const struct netns_scan_ops *ops, void *ctx)
{
	char path[PATH_MAX], link[32];
	struct dirent *entry;
	__u32 ino = 0;
	int err = 0;
	pid_t pid;
	DIR *dir;

	if (snprintf(path, sizeof(path), "%s/proc", root) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	dir = opendir(path);
	if (!dir)
		return -errno;
	while (!err && (entry = readdir(dir))) {
		pid = parse_pid(entry->d_name);
		if (!pid)
			continue;
		snprintf(link, sizeof(link), "%d/ns/net", pid);
		if (read_link_at(dirfd(dir), link, "net", &ino))
			continue;
		err = ops->process(ctx, ino, pid);
	}
	closedir(dir);
	return err;
}
