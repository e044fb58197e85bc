/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * containerd's bundles, in the state directories of the distributions that
 * bring their own: a config.json and an init.pid each container. It knows
 * names, UIDs and namespaces, host-network pods among them, but no addresses.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/who/file_scan.h"
#include "user/who/oci_spec.h"
#include "user/who/pod_uid.h"

/* Specifications have some 20 KiB; a container of a thousand mounts 500. */
#define CONFIG_MAX (2 << 20)

#define TASKS "/io.containerd.runtime.v2.task/"

/* containerd; k3s and RKE2; microk8s; k0s. "k8s.io" is the kubelet's, "default" nerdctl's. */
static const char *const directories[] = {
	"/run/containerd" TASKS "k8s.io",
	"/run/k3s/containerd" TASKS "k8s.io",
	"/var/snap/microk8s/common/run/containerd" TASKS "k8s.io",
	"/run/k0s/containerd" TASKS "k8s.io",
	"/run/containerd" TASKS "default",
	"/run/k3s/containerd" TASKS "default",
};

#define DIRECTORIES (sizeof(directories) / sizeof(directories[0]))

/* Room for the path of a process' namespace, and for a UID out of a path. */
struct scratch {
	char netns[32];
	char uid[POD_UID_LEN];
};

/* containerd before 1.5 has no annotation for it: /var/log/pods/NAMESPACE_NAME_UID. */
static const char *uid_of_log_directory(const struct oci_spec *spec, struct scratch *scratch)
{
	const char *path = oci_spec__annotation(spec, "io.kubernetes.cri.sandbox-log-directory");
	const char *last = path ? strrchr(path, '/') : NULL;
	struct pod_log_dir parts;

	if (!last)
		return NULL;
	if (!pod_uid__from_log_dir(last + 1, &parts))
		snprintf(scratch->uid, sizeof(scratch->uid), "%s", parts.uid);
	else if (pod_uid__is(last + 1))
		snprintf(scratch->uid, sizeof(scratch->uid), "%s", last + 1);
	else
		return NULL;
	return scratch->uid;
}

static int pod_from(const struct oci_spec *spec, struct pod_facts *facts, struct scratch *scratch)
{
	const char *type = oci_spec__annotation(spec, "io.kubernetes.cri.container-type");

	if (!type)
		return -ENOENT;
	/* the pod's other containers say nothing more */
	if (strcmp(type, "sandbox") != 0)
		return -ENOENT;
	facts->name = oci_spec__annotation(spec, "io.kubernetes.cri.sandbox-name");
	facts->namespace = oci_spec__annotation(spec, "io.kubernetes.cri.sandbox-namespace");
	facts->uid = oci_spec__annotation(spec, "io.kubernetes.cri.sandbox-uid");
	if (!facts->uid)
		facts->uid = uid_of_log_directory(spec, scratch);
	return 0;
}

/* nerdctl and others that say a name. */
static int container_from(const struct oci_spec *spec, struct pod_facts *facts)
{
	facts->name = oci_spec__annotation(spec, "nerdctl/name");
	facts->container = true;
	return facts->name ? 0 : -ENOENT;
}

static int state_bundle(const struct file_found *found)
{
	struct pod_facts facts = {};
	struct scratch scratch;
	struct oci_spec spec;
	int err;

	err = oci_spec__parse(found->json, &spec);
	if (err)
		return err;
	err = pod_from(&spec, &facts, &scratch);
	if (err == -ENOENT && !oci_spec__annotation(&spec, "io.kubernetes.cri.container-type"))
		err = container_from(&spec, &facts);
	if (err)
		return err;
	facts.sandbox_id = found->name;
	facts.host_network = !spec.own_network;
	facts.pid = file_scan__number(found->dir_fd, "init.pid");
	/* without a process it has not begun, or has ended */
	if (!facts.pid)
		return -ESTALE;
	err = pod_facts__check(&facts);
	if (err)
		return err;
	facts.netns_path = spec.netns_path;
	if (spec.own_network && !facts.netns_path) {
		snprintf(scratch.netns, sizeof(scratch.netns), "/proc/%d/ns/net", facts.pid);
		facts.netns_path = scratch.netns;
	}
	return directory__pod(found->dir, found->id, found->key, &facts);
}

static const struct file_kind bundle = {
	.inside = "config.json",
	.max_bytes = CONFIG_MAX,
	.state = state_bundle,
};

static int open_bundles(const struct pod_source_options *options, void **ret_state)
{
	*ret_state = file_scan__new(options->root);
	return *ret_state ? 0 : -ENOMEM;
}

static int scan_bundles(void *state, struct directory *dir, int id, struct source_stats *stats)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < DIRECTORIES; i++)
		err = file_scan__directory(state, directories[i], &bundle, dir, id, stats);
	return err;
}

static const char *watch_bundles(void *state, size_t index)
{
	(void)state;
	return index < DIRECTORIES ? directories[index] : NULL;
}

static void close_bundles(void *state)
{
	file_scan__free(state);
}

const struct pod_source source_containerd = {
	.name = "containerd",
	.rank = RANK_RUNTIME,
	.open = open_bundles,
	.scan = scan_bundles,
	.watch = watch_bundles,
	.close = close_bundles,
};
