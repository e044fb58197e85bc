// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Finds kube-proxy and reads its flags and file. In microk8s it is a thread of kubelite, whose
 * arguments are in files: canonical/microk8s build-scripts/components/kubernetes/patches,
 * kubelite's options.go and daemon.go, and microk8s-resources/default-args/kube-proxy.
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

#include "user/doctor/kube_proxy_inside.h"

/* What kubeadm makes a ConfigMap into: kubernetes/kubernetes cmd/kubeadm/app/phases/addons/proxy. */
#define KUBEADM_CONFIG "/var/lib/kube-proxy/config.conf"

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

/* Underscores are as good as dashes: k8s.io/component-base/cli/flag, WordSepNormalizeFunc(). */
static bool begins_with_flag(const char *arg, const char *name)
{
	for (; *name; arg++, name++)
		if (*arg != *name && (*arg != '_' || *name != '-'))
			return false;
	return true;
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
	if (!begins_with_flag(arg, name))
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

void kube_proxy__parse_file(char *text, size_t len, struct kube_proxy *proxy)
{
	char *in = text, *end = text + len, *out = text, *next, *line_end;

	for (; in < end; in = next) {
		line_end = memchr(in, '\n', (size_t)(end - in));
		line_end = line_end ? line_end : end;
		next = line_end + 1;
		while (in < line_end && isspace((unsigned char)*in))
			in++;
		while (in < line_end && isspace((unsigned char)line_end[-1]))
			line_end--;
		if (in == line_end || *in == '#')
			continue;
		for (; in < line_end; in++)
			if (*in != '"' && *in != '\'')
				*out++ = (char)(*in == ' ' ? '\0' : *in);
		/* in the place of the newline, at most, or of the NUL behind the text */
		*out++ = '\0';
	}
	kube_proxy__parse_arguments(text, (size_t)(out - text), proxy);
}

/* Closes it. NUL-terminated; -errno or the length. */
static ssize_t read_fd(int fd, char *buf)
{
	ssize_t n;

	*buf = '\0';
	if (fd < 0)
		return fd;
	n = read(fd, buf, KUBE_PROXY_FILE_BYTES - 1);
	if (n < 0)
		n = -errno;
	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	return n;
}

ssize_t kube_proxy__read_proc(const char *root, pid_t pid, const char *name, char *buf)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/proc/%d/%s", root, pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return read_fd(fd < 0 ? -errno : fd, buf);
}

int kube_proxy__open(const char *root, pid_t pid, const char *name, mode_t type)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };
	int root_fd, found, fd = -EINVAL;
	char path[PATH_MAX];
	struct stat st;

	if (snprintf(path, sizeof(path), "%s/proc/%d/root", root, pid) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	root_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root_fd < 0)
		return -errno;
	found = (int)syscall(SYS_openat2, root_fd, name, &how, sizeof(how));
	if (found < 0) {
		fd = -errno;
	} else if (!fstat(found, &st) && (st.st_mode & S_IFMT) == type) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", found);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		fd = fd < 0 ? -errno : fd;
	}
	if (found >= 0)
		close(found);
	close(root_fd);
	return fd;
}

ssize_t kube_proxy__read(const char *root, pid_t pid, const char *name, char *buf)
{
	ssize_t len = read_fd(kube_proxy__open(root, pid, name, S_IFREG), buf);

	return len == KUBE_PROXY_FILE_BYTES - 1 ? -EFBIG : len;
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

/* From another network namespace the node's limit cannot be set, from 5.13 on: kernel commit
 * 2671fa4dc010. One that is not known counts as the node's. */
static bool is_nodes(const char *root, pid_t pid)
{
	char path[PATH_MAX], first[64], its[64];
	ssize_t first_len, its_len;

	snprintf(path, sizeof(path), "%s/proc/1/ns/net", root);
	first_len = readlink(path, first, sizeof(first));
	snprintf(path, sizeof(path), "%s/proc/%d/ns/net", root, pid);
	its_len = readlink(path, its, sizeof(its));
	return first_len < 0 || its_len < 0 ||
	       (first_len == its_len && !memcmp(first, its, (size_t)its_len));
}

void kube_proxy__read_config(const char *root, struct kube_proxy *proxy, char *buf)
{
	ssize_t len = kube_proxy__read(root, proxy->pid, proxy->config, buf);

	kube_proxy__defaults(proxy);
	proxy->config_unread = len < 0 || kube_proxy__parse_config(buf, (size_t)len, proxy);
}

static void read_process(const char *root, struct kube_proxy *proxy, char *buf, size_t len)
{
	kube_proxy__parse_arguments(buf, len, proxy);
	if (!strcmp(proxy->config, KUBEADM_CONFIG))
		proxy->kind = KUBE_PROXY_KUBEADM;
	if (*proxy->config)
		kube_proxy__read_config(root, proxy, buf);
}

/* The last of them counts, as for kubelite. */
static void read_kubelite(const char *root, struct kube_proxy *proxy, char *buf, size_t len)
{
	const char *at, *value, *end = buf + len;
	ssize_t size;

	snprintf(proxy->config, sizeof(proxy->config), "/var/snap/microk8s/current/args/kube-proxy");
	for (at = buf; at < end && memchr(at, '\0', (size_t)(end - at)); at += strlen(at) + 1)
		if ((value = flag_value(at, end, "proxy-args-file")))
			snprintf(proxy->config, sizeof(proxy->config), "%s", value);
	size = kube_proxy__read(root, proxy->pid, proxy->config, buf);
	if (size < 0) {
		proxy->config_unread = true;
		return;
	}
	*proxy->config = '\0';
	kube_proxy__parse_file(buf, (size_t)size, proxy);
	if (*proxy->config)
		kube_proxy__read_config(root, proxy, buf);
}

/* "k3s\0server" until it makes it a title, "k3s server", of one word; NULs behind it were arguments. */
static bool is_rancher(const char *program, const char *name, const char *end,
		       struct kube_proxy *proxy)
{
	size_t len = strlen(name);
	const char *role = program + len + 1;

	if (strncmp(program, name, len) != 0 || (program[len] && program[len] != ' ') || role >= end)
		return false;
	proxy->agent = !strcmp(role, "agent");
	proxy->hidden = role + strlen(role) + 1 < end;
	return proxy->agent || !strcmp(role, "server");
}

/* By the name that it was started by. */
static bool know(const char *args, size_t len, struct kube_proxy *proxy)
{
	const char *slash = strrchr(args, '/'), *program = slash ? slash + 1 : args;

	proxy->embedded = true;
	if (!strcmp(program, "kube-proxy"))
		proxy->embedded = false;
	else if (!strcmp(program, "kubelite"))
		proxy->kind = KUBE_PROXY_MICROK8S;
	else if (is_rancher(program, "k3s", args + len, proxy))
		proxy->kind = KUBE_PROXY_K3S;
	else if (is_rancher(program, "rke2", args + len, proxy))
		proxy->kind = KUBE_PROXY_RKE2;
	else
		return false;
	return true;
}

static bool look_at(const char *root, pid_t pid, struct kube_proxy *proxy)
{
	static char buf[KUBE_PROXY_FILE_BYTES];
	ssize_t len = kube_proxy__read_proc(root, pid, "cmdline", buf);

	*proxy = (struct kube_proxy){ .running = true, .pid = pid };
	kube_proxy__defaults(proxy);
	if (len <= 0 || !know(buf, (size_t)len, proxy) || !is_roots(root, pid) ||
	    !is_nodes(root, pid))
		return false;
	if (!proxy->embedded)
		read_process(root, proxy, buf, (size_t)len);
	else if (proxy->kind == KUBE_PROXY_MICROK8S)
		read_kubelite(root, proxy, buf, (size_t)len);
	else
		return kube_proxy__read_rancher(root, proxy, buf);
	return true;
}

const char *kube_proxy__name(const struct kube_proxy *proxy)
{
	static const char *const names[] = {
		[KUBE_PROXY_K3S] = "k3s",
		[KUBE_PROXY_RKE2] = "rke2",
		[KUBE_PROXY_MICROK8S] = "kubelite",
	};

	return proxy->embedded ? names[proxy->kind] : "kube-proxy";
}

bool kube_proxy__sets(const struct kube_proxy *proxy)
{
	return proxy->running && (proxy->max_per_core || proxy->config_unread);
}

/* RKE2 sets a limit that its kube-proxy then leaves alone. */
static int rank(const struct kube_proxy *proxy)
{
	if (!kube_proxy__sets(proxy))
		return proxy->running;
	return proxy->embedded ? 2 : 3;
}

int kube_proxy__find(const char *root, struct kube_proxy *ret_proxy)
{
	struct kube_proxy proxy, rke2 = {};
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	memset(ret_proxy, 0, sizeof(*ret_proxy));
	snprintf(path, sizeof(path), "%s/proc", root);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		if (!isdigit((unsigned char)*entry->d_name) ||
		    !look_at(root, (pid_t)strtol(entry->d_name, NULL, 10), &proxy))
			continue;
		if (proxy.kind == KUBE_PROXY_RKE2)
			rke2 = proxy;
		if (rank(&proxy) > rank(ret_proxy))
			*ret_proxy = proxy;
	}
	closedir(dir);
	/* whose pod it is */
	if (rke2.running && ret_proxy->running) {
		ret_proxy->kind = KUBE_PROXY_RKE2;
		ret_proxy->agent = rke2.agent;
	}
	return 0;
}
