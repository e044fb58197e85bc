/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * CRI-O's sandboxes: an OCI specification each, whose annotations know names,
 * UIDs and labels. CRI-O copies the pod's own annotations over most of its own,
 * then the kubelet's labels over both: only the latter name a pod.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/who/file_scan.h"
#include "user/who/json_file.h"
#include "user/who/oci_spec.h"
#include "user/who/pod_uid.h"

/* Specifications have some 30 KiB; a container of a thousand mounts 500. */
#define CONFIG_MAX (2 << 20)

static const char directory[] = "/run/containers/storage/overlay-containers";

#define CRIO "io.kubernetes.cri-o."

/* Room for what facts point to. */
struct sandbox {
	struct pod_facts facts;
	char *labels[FACTS_LABELS_MAX];
	json_t *label_json;
};

/* The pod's own labels, those of the kubelet among them left aside. */
static int add_labels(struct sandbox *s)
{
	const char *key;
	json_t *value;

	s->facts.labels = (const char *const *)s->labels;
	json_object_foreach(s->label_json, key, value) {
		if (strncmp(key, "io.kubernetes.", 14) == 0 || !json_is_string(value) ||
		    s->facts.label_count >= FACTS_LABELS_MAX)
			continue;
		if (asprintf(&s->labels[s->facts.label_count], "%s=%s", key,
			     json_string_value(value)) < 0)
			return -ENOMEM;
		s->facts.label_count++;
	}
	return 0;
}

static void sandbox__done(struct sandbox *s)
{
	size_t i;

	for (i = 0; i < s->facts.label_count; i++)
		free(s->labels[i]);
	json_decref(s->label_json);
}

static int fill(struct sandbox *s, const struct file_found *found, const struct oci_spec *spec)
{
	const char *labels = oci_spec__annotation(spec, CRIO "Labels");
	struct pod_facts *facts = &s->facts;

	if (labels && json_file__parse(labels, strlen(labels), &s->label_json))
		return -EINVAL;
	facts->name = oci_spec__annotation(spec, "io.kubernetes.pod.name");
	facts->namespace = oci_spec__annotation(spec, "io.kubernetes.pod.namespace");
	facts->uid = oci_spec__annotation(spec, "io.kubernetes.pod.uid");
	facts->sandbox_id = found->name;
	facts->host_network = !spec->own_network;
	/* 0 where CRI-O runs no process for the sandbox: then its namespace is all there is */
	facts->pid = file_scan__number(found->dir_fd, "pidfile");
	facts->netns_path = facts->host_network ? NULL : spec->netns_path;
	if (facts->host_network && !facts->pid)
		return -ESTALE;
	if (!facts->host_network && !facts->netns_path)
		return -ESTALE;
	return s->label_json ? add_labels(s) : 0;
}

static int state_sandbox(const struct file_found *found)
{
	struct sandbox s = {};
	struct oci_spec spec;
	const char *type;
	int err;

	err = oci_spec__parse(found->json, &spec);
	if (err)
		return err;
	type = oci_spec__annotation(&spec, CRIO "ContainerType");
	/* Podman's, or the pod's other containers */
	if (!type || strcmp(type, "sandbox") != 0)
		return -ENOENT;
	err = fill(&s, found, &spec);
	if (!err)
		err = pod_facts__check(&s.facts);
	if (!err)
		err = directory__pod(found->dir, found->id, found->key, &s.facts);
	sandbox__done(&s);
	return err;
}

static const struct file_kind sandbox = {
	.inside = "userdata/config.json",
	.max_bytes = CONFIG_MAX,
	.state = state_sandbox,
};

static int open_sandboxes(const struct pod_source_options *options, void **ret_state)
{
	*ret_state = file_scan__new(options->root);
	return *ret_state ? 0 : -ENOMEM;
}

static int scan_sandboxes(void *state, struct directory *dir, int id, struct source_stats *stats)
{
	return file_scan__directory(state, directory, &sandbox, dir, id, stats);
}

static const char *watch_sandboxes(void *state, size_t index)
{
	(void)state;
	return index ? NULL : directory;
}

static void close_sandboxes(void *state)
{
	file_scan__free(state);
}

const struct pod_source source_crio = {
	.name = "cri-o",
	.rank = RANK_RUNTIME,
	.open = open_sandboxes,
	.scan = scan_sandboxes,
	.watch = watch_sandboxes,
	.close = close_sandboxes,
};
