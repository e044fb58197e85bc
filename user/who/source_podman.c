/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Podman's containers: names in the storage library's lists, namespaces in
 * their OCI specifications, processes in their run directory.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/who/file_scan.h"
#include "user/who/json_file.h"
#include "user/who/oci_spec.h"
#include "user/who/pod_uid.h"
#include "user/who/source_problem.h"

#define LIST_MAX   (16 << 20)
#define CONFIG_MAX (2 << 20)

#define STORAGE "/var/lib/containers/storage/overlay-containers"
#define RUN	"/run/containers/storage/overlay-containers"

/* Newer versions have those of "podman run --rm" in a list of their own, which
 * is below /run, with all others in it, where the storage is transient. */
static const char *const lists[] = {
	STORAGE "/containers.json",
	STORAGE "/volatile-containers.json",
	RUN "/volatile-containers.json",
};

#define LISTS (sizeof(lists) / sizeof(lists[0]))

static int open_root(const struct pod_source_options *options, void **ret_state)
{
	*ret_state = strdup(options->root);
	return *ret_state ? 0 : -ENOMEM;
}

static int load(const char *root, const char *path, size_t max_bytes, json_t **ret_json)
{
	char full[PATH_MAX];

	if (snprintf(full, sizeof(full), "%s%s", root, path) >= (int)sizeof(full))
		return -ENAMETOOLONG;
	return json_file__load(AT_FDCWD, full, max_bytes, ret_json);
}

/* The process that conmon wrote down; 0: it does not run. */
static pid_t process_of(const char *root, const char *id)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s" RUN "/%s/userdata/pidfile", root, id) >=
	    (int)sizeof(path))
		return 0;
	return file_scan__number(AT_FDCWD, path);
}

static int state_container(const char *root, struct directory *dir, int source, const char *id,
			   const char *name)
{
	struct pod_facts facts = { .container = true, .name = name, .sandbox_id = id };
	char path[sizeof(STORAGE) + CONTAINER_ID_LEN + 32], netns[32];
	struct oci_spec spec;
	json_t *json = NULL;
	int err;

	facts.pid = process_of(root, id);
	if (!facts.pid)
		return -ENOENT;
	if (pod_facts__check(&facts))
		return -EINVAL;
	snprintf(path, sizeof(path), STORAGE "/%s/userdata/config.json", id);
	err = load(root, path, CONFIG_MAX, &json);
	if (err)
		return err;
	err = oci_spec__parse(json, &spec);
	if (!err) {
		facts.host_network = !spec.own_network;
		snprintf(netns, sizeof(netns), "/proc/%d/ns/net", facts.pid);
		facts.netns_path = spec.netns_path ? spec.netns_path : netns;
		if (facts.host_network)
			facts.netns_path = NULL;
		err = directory__pod(dir, source, id, &facts);
	}
	json_decref(json);
	return err;
}

/* CRI-O keeps its own in the same list, each with its pod's id. */
static bool is_of_crio(const json_t *one)
{
	const char *text = json_file__text(one, "metadata");
	json_t *metadata = NULL;
	bool has_pod;

	if (!text || json_file__parse(text, strlen(text), &metadata))
		return false;
	has_pod = json_file__text(metadata, "pod-id");
	json_decref(metadata);
	return has_pod;
}

static int state_list(const char *root, struct directory *dir, int source, size_t which,
		      const json_t *list, struct source_stats *stats)
{
	const char *id, *name;
	const json_t *one;
	size_t i;
	int err;

	json_array_foreach(list, i, one) {
		if (is_of_crio(one))
			continue;
		id = json_file__text(one, "id");
		name = json_file__string(json_array_get(json_object_get(one, "names"), 0));
		if (!id || !name || !container_id__is(id)) {
			source_problem__count(stats, lists[which], NULL, -EINVAL);
			continue;
		}
		stats->files++;
		err = state_container(root, dir, source, id, name);
		if (err == -ENOMEM)
			return err;
		if (!err)
			stats->statements++;
		source_problem__count(stats, STORAGE, id, err);
	}
	return 0;
}

static int scan_lists(void *state, struct directory *dir, int id, struct source_stats *stats)
{
	json_t *list;
	size_t i;
	int err, first_err = 0;

	for (i = 0; i < LISTS; i++) {
		list = NULL;
		err = load(state, lists[i], LIST_MAX, &list);
		if (err == -ENOENT)
			continue;
		if (err) {
			source_problem__count(stats, lists[i], NULL, err);
			/* half a list must take nothing back */
			stats->unfinished = true;
		} else {
			err = state_list(state, dir, id, i, list, stats);
			json_decref(list);
		}
		if (!first_err)
			first_err = err;
	}
	return first_err;
}

static const char *watch_list(void *state, size_t index)
{
	static const char *const directories[] = { STORAGE, RUN };

	(void)state;
	return index < sizeof(directories) / sizeof(directories[0]) ? directories[index] : NULL;
}

const struct pod_source source_podman = {
	.name = "podman",
	.rank = RANK_RUNTIME,
	.open = open_root,
	.scan = scan_lists,
	.watch = watch_list,
	.close = free,
};
