// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Finds kube-proxy and reads its flags and file.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "user/doctor/kube_proxy.h"

#define FILE_BYTES (64 << 10) /* a command line, or a configuration, of some 2 KB */

void kube_proxy__defaults(struct kube_proxy *proxy)
{
	proxy->max_per_core = KUBE_PROXY_MAX_PER_CORE;
	proxy->min = KUBE_PROXY_MIN;
	proxy->set = proxy->config_unread = false;
}

__u64 kube_proxy__limit(__u64 max_per_core, __u64 min, unsigned int cores)
{
	__u64 scaled = max_per_core * cores;

	if (!max_per_core)
		return 0;
	return scaled > min ? scaled : min;
}

/* The value of --NAME=VALUE, or of --NAME with the VALUE as the next whole word before @end; NULL:
 * another option. */
static const char *flag_value(const char *arg, const char *end, const char *name)
{
	size_t len = strlen(name);
	const char *next;

	if (*arg != '-')
		return NULL;
	arg += strspn(arg, "-");
	if (strncmp(arg, name, len))
		return NULL;
	arg += len;
	next = arg + 1;
	if (*arg == '=')
		return next;
	return !*arg && next < end && memchr(next, '\0', (size_t)(end - next)) ? next : NULL;
}

/* An int32 as pflag reads it, 0x10 and 010 too; kube-proxy does not start with another one. */
static void set_number(const char *text, __u64 *value, struct kube_proxy *proxy)
{
	char *end;
	__u64 number;

	errno = 0;
	number = strtoull(text, &end, 0);
	if (!isdigit((unsigned char)*text) || *end || errno || number > INT_MAX) {
		proxy->config_unread = true;
		return;
	}
	*value = number;
	proxy->set = true;
}

void kube_proxy__parse_arguments(const char *args, size_t size, struct kube_proxy *proxy)
{
	const char *at, *end = args + size, *value;

	/* the last word may lack its NUL: it was cut off */
	for (at = args; at < end && memchr(at, '\0', (size_t)(end - at)); at += strlen(at) + 1) {
		if ((value = flag_value(at, end, "conntrack-max-per-core")))
			set_number(value, &proxy->max_per_core, proxy);
		else if ((value = flag_value(at, end, "conntrack-min")))
			set_number(value, &proxy->min, proxy);
		else if ((value = flag_value(at, end, "config")))
			snprintf(proxy->config, sizeof(proxy->config), "%s", value);
	}
}

/* Closes it; one below 0 has its errno. NUL-terminated; -errno or the length. */
static ssize_t read_fd(int fd, char *buf, size_t size)
{
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, buf, size - 1);
	if (n < 0)
		n = -errno;
	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	return n;
}

static ssize_t read_file(const char *path, char *buf, size_t size)
{
	return read_fd(open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), buf, size);
}

/*
 * A plain file below @root as those in it see it: whoever made it must not lead us to the node's
 * own files, nor to devices. Below 0: see errno.
 */
static int open_inside(const char *root, const char *name)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };
	int root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC), found, fd = -1;
	char path[32];
	struct stat st;

	if (root_fd < 0)
		return -1;
	found = (int)syscall(SYS_openat2, root_fd, name, &how, sizeof(how));
	if (found >= 0 && !fstat(found, &st) && S_ISREG(st.st_mode)) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", found);
		fd = open(path, O_RDONLY | O_CLOEXEC);
	} else if (found >= 0) {
		errno = EINVAL;
	}
	if (found >= 0)
		close(found);
	close(root_fd);
	return fd;
}

/* Root's: any other process may call itself as it likes. */
static bool is_roots(const char *root, pid_t pid)
{
	struct stat proc, process;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/proc", root);
	if (stat(path, &proc))
		return false;
	snprintf(path, sizeof(path), "%s/proc/%d", root, pid);
	return !stat(path, &process) && process.st_uid == proc.st_uid;
}

static bool is_kube_proxy(const char *args)
{
	const char *slash = strrchr(args, '/');

	return !strcmp(slash ? slash + 1 : args, "kube-proxy");
}

/* The configuration lies in the container's file system. */
static void read_config(const char *root, struct kube_proxy *proxy, char *buf)
{
	char path[PATH_MAX];
	ssize_t len = -ENAMETOOLONG;

	kube_proxy__defaults(proxy);
	if (snprintf(path, sizeof(path), "%s/proc/%d/root", root, proxy->pid) < (int)sizeof(path))
		len = read_fd(open_inside(path, proxy->config), buf, FILE_BYTES);
	/* one that fills the buffer may go on */
	proxy->config_unread = len < 0 || len == FILE_BYTES - 1 ||
			       kube_proxy__parse_config(buf, (size_t)len, proxy);
}

static bool look_at(const char *root, pid_t pid, struct kube_proxy *proxy)
{
	static char buf[FILE_BYTES];
	char path[PATH_MAX];
	ssize_t len;

	snprintf(path, sizeof(path), "%s/proc/%d/cmdline", root, pid);
	len = read_file(path, buf, sizeof(buf));
	if (len <= 0 || !is_kube_proxy(buf) || !is_roots(root, pid))
		return false;
	*proxy = (struct kube_proxy){ .running = true, .pid = pid };
	kube_proxy__defaults(proxy);
	kube_proxy__parse_arguments(buf, (size_t)len, proxy);
	if (*proxy->config)
		read_config(root, proxy, buf);
	return true;
}

int kube_proxy__find(const char *root, struct kube_proxy *ret_proxy)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	memset(ret_proxy, 0, sizeof(*ret_proxy));
	snprintf(path, sizeof(path), "%s/proc", root);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while ((entry = readdir(dir)))
		if (isdigit((unsigned char)*entry->d_name) &&
		    look_at(root, (pid_t)strtol(entry->d_name, NULL, 10), ret_proxy))
			break;
	closedir(dir);
	return 0;
}
