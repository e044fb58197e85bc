// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * k3s and RKE2 set conntrack's limit themselves when they start, whether they run kube-proxy or
 * not, by the arguments that they are given for it and its defaults:
 * k3s-io/k3s pkg/agent/run.go, getConntrackConfig(), and pkg/agent/syssetup/setup.go,
 * getConntrackMax(), since https://github.com/k3s-io/k3s/pull/3337 (2021). To kube-proxy, a thread
 * of k3s and a static pod of RKE2 (rancher/rke2 pkg/podexecutor/staticpod.go), they say
 * --conntrack-max-per-core=0 where nobody says otherwise (pkg/daemons/agent/agent_linux.go).
 *
 * The arguments are in config.yaml, then in files beside it in the order of their names
 * (pkg/configfilearg/parser.go, readConfigFile()), then in the command line, which they wipe
 * (pkg/cli/server/server.go, SetProcTitle()).
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/doctor/kube_proxy_inside.h"

#define FILES_MAX 64 /* in its directory */

/* Its file is another one if its environment says so; -ENAMETOOLONG. */
static int find_config(const char *root, struct kube_proxy *proxy, char *buf)
{
	bool rke2 = proxy->kind == KUBE_PROXY_RKE2;
	const char *name = rke2 ? "RKE2_CONFIG_FILE=" : "K3S_CONFIG_FILE=", *at;
	ssize_t size = kube_proxy__read_proc(root, proxy->pid, "environ", buf);
	int len;

	len = snprintf(proxy->config, sizeof(proxy->config), "/etc/rancher/%s/config.yaml",
		       rke2 ? "rke2" : "k3s");
	for (at = buf; size > 0 && at < buf + size; at += strlen(at) + 1)
		if (!strncmp(at, name, strlen(name)) && at[strlen(name)])
			len = snprintf(proxy->config, sizeof(proxy->config), "%s", at + strlen(name));
	return len < (int)sizeof(proxy->config) ? 0 : -ENAMETOOLONG;
}

static int add_file(const char *root, const struct kube_proxy *proxy, const char *path, char *buf,
		    struct rancher_settings *settings)
{
	ssize_t len = kube_proxy__read(root, proxy->pid, path, buf);

	return len < 0 ? (int)len : rancher_settings__add(buf, (size_t)len, settings);
}

static int is_wanted(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return entry->d_type != DT_DIR && dot &&
	       (!strcasecmp(dot, ".yaml") || !strcasecmp(dot, ".yml"));
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int add_directory(const char *root, const struct kube_proxy *proxy, char *buf,
			 struct rancher_settings *settings)
{
	char path[KUBE_PROXY_PATH_LEN + NAME_MAX + 4], proc[32];
	struct dirent **entries;
	int fd, count, i, err = 0;

	snprintf(path, sizeof(path), "%s.d", proxy->config);
	fd = kube_proxy__open(root, proxy->pid, path, S_IFDIR);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	count = scandir(proc, &entries, is_wanted, by_name);
	if (count < 0)
		err = -errno;
	else if (count > FILES_MAX)
		err = -E2BIG;
	for (i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s.d/%s", proxy->config, entries[i]->d_name);
		if (!err)
			err = add_file(root, proxy, path, buf, settings);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	close(fd);
	return err;
}

static int read_settings(const char *root, struct kube_proxy *proxy, char *buf,
			 struct rancher_settings *settings)
{
	int err = find_config(root, proxy, buf);

	if (err)
		return err;
	err = add_file(root, proxy, proxy->config, buf, settings);
	/* a file may be missing, but not what would be fetched */
	if (err && (err != -ENOENT || strstr(proxy->config, "://")))
		return err;
	return add_directory(root, proxy, buf, settings);
}

bool kube_proxy__read_rancher(const char *root, struct kube_proxy *proxy, char *buf)
{
	struct rancher_settings settings = {};
	struct kube_proxy by_file;

	if (read_settings(root, proxy, buf, &settings)) {
		proxy->config_unread = true;
		return true;
	}
	if (settings.disable_agent)
		return false;
	*proxy->config = '\0';
	kube_proxy__parse_arguments(settings.args, settings.len, proxy);
	if (settings.disable_kube_proxy)
		*proxy->config = '\0';
	if (!*proxy->config)
		return true;
	/* kube-proxy comes after it and goes by its file alone, which may leave the limit as it is */
	by_file = *proxy;
	kube_proxy__read_config(root, &by_file, buf);
	if (by_file.max_per_core)
		*proxy = by_file;
	else
		*proxy->config = '\0';
	return true;
}
