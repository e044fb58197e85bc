/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * /var/log/pods/NAMESPACE_NAME_UID: names for UIDs. The directories outlive
 * their pods, so they prove no life; they are there with every runtime.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/who/directory.h"
#include "user/who/pod_uid.h"
#include "user/who/source_problem.h"

#define DIRECTORY "/var/log/pods"

static int open_logs(const struct pod_source_options *options, void **ret_state)
{
	char *path;

	if (asprintf(&path, "%s" DIRECTORY, options->root) < 0)
		return -ENOMEM;
	*ret_state = path;
	return 0;
}

static int state_directory(struct directory *dir, int id, const char *name)
{
	struct pod_log_dir parts;
	struct pod_facts facts = {};
	char text[NAME_MAX + 1];

	if (pod_uid__from_log_dir(name, &parts))
		return -EINVAL;
	/* two "_" and the end: in a copy they can be cut off */
	snprintf(text, sizeof(text), "%s", name);
	text[parts.namespace_len] = '\0';
	text[parts.namespace_len + 1 + parts.name_len] = '\0';
	facts.namespace = text;
	facts.name = text + parts.namespace_len + 1;
	facts.uid = parts.uid;
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
		err = state_directory(dir, id, entry->d_name);
		if (!err)
			stats->statements++;
		if (err == -EINVAL)
			source_problem__count(stats, path, entry->d_name, err);
		if (err == -EINVAL || err == -ENOSPC)
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

const struct pod_source source_pod_logs = {
	.name = "pod-logs",
	.rank = RANK_NAMES,
	.open = open_logs,
	.scan = scan_logs,
	.watch = watch_logs,
	.close = free,
};
