/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * /var/log/containers/POD_NAMESPACE_CONTAINER-ID.log, links to
 * /var/log/pods/NAMESPACE_POD_UID/CONTAINER/N.log: pods for container ids, where
 * a cgroup's path has nothing but those. Like the directories that they lead to
 * they prove no life.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/who/directory.h"
#include "user/who/pod_uid.h"
#include "user/who/source_problem.h"

#define DIRECTORY "/var/log/containers"

static int open_logs(const struct pod_source_options *options, void **ret_state)
{
	char *path;

	if (asprintf(&path, "%s" DIRECTORY, options->root) < 0)
		return -ENOMEM;
	*ret_state = path;
	return 0;
}

/* Cuts a target down to the directory of its pod: two steps up from the file. */
static char *pod_directory(char *target)
{
	char *slash;
	int up;

	for (up = 0; up < 2; up++) {
		slash = strrchr(target, '/');
		if (!slash)
			return NULL;
		*slash = '\0';
	}
	slash = strrchr(target, '/');
	return slash ? slash + 1 : NULL;
}

static bool same(const char *a, size_t a_len, const char *b, size_t b_len)
{
	return a_len == b_len && memcmp(a, b, a_len) == 0;
}

/* A pod that comes later may have the same name: the link alone says too little. */
static int state_link(struct directory *dir, int id, int dir_fd, const char *name)
{
	char target[PATH_MAX], text[NAME_MAX + 1], *last;
	struct pod_facts facts = {};
	struct container_log log;
	struct pod_log_dir pod;
	ssize_t len;

	/* the kubelet cuts names that are longer, and with them the id */
	if (strlen(name) >= NAME_MAX)
		return -ENOENT;
	if (pod_uid__from_container_log(name, &log))
		return -EINVAL;
	len = readlinkat(dir_fd, name, target, sizeof(target));
	if (len < 0)
		return -errno;
	if (len == (ssize_t)sizeof(target))
		return -EINVAL;
	target[len] = '\0';
	last = pod_directory(target);
	if (!last || pod_uid__from_log_dir(last, &pod) ||
	    !same(pod.name, pod.name_len, log.name, log.name_len) ||
	    !same(pod.namespace, pod.namespace_len, log.namespace, log.namespace_len))
		return -EINVAL;
	/* in a copy what follows each part can be cut off */
	snprintf(text, sizeof(text), "%s", name);
	text[log.name_len] = '\0';
	text[log.name_len + 1 + log.namespace_len] = '\0';
	text[log.id - name + CONTAINER_ID_LEN - 1] = '\0';
	facts.name = text;
	facts.namespace = text + log.name_len + 1;
	facts.sandbox_id = text + (log.id - name);
	facts.uid = pod.uid;
	return directory__pod(dir, id, name, &facts);
}

static int scan_logs(void *state, struct directory *dir, int id, struct source_stats *stats)
{
	const char *path = state;
	struct dirent *entry;
	int err = 0;
	DIR *in;

	in = opendir(path);
	if (!in)
		return errno == ENOENT ? 0 : -errno;
	while (!err && (entry = readdir(in))) {
		if (entry->d_name[0] == '.')
			continue;
		stats->files++;
		err = state_link(dir, id, dirfd(in), entry->d_name);
		if (!err)
			stats->statements++;
		if (err == -ENOMEM)
			break;
		if (err != -ENOSPC)
			source_problem__count(stats, path, entry->d_name, err);
		err = 0;
	}
	closedir(in);
	return err;
}

static const char *watch_logs(void *state, size_t index)
{
	(void)state;
	return index ? NULL : DIRECTORY;
}

const struct pod_source source_container_logs = {
	.name = "container-logs",
	.rank = RANK_NAMES,
	.open = open_logs,
	.scan = scan_logs,
	.watch = watch_logs,
	.close = free,
};
