/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Docker's containers: config.v2.json each. Those that a kubelet made (through
 * cri-dockerd) are pods by their labels.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/who/file_scan.h"
#include "user/who/json_file.h"
#include "user/who/pod_uid.h"

/* They have some 5 KiB; large environments and label sets 200. */
#define CONFIG_MAX (1 << 20)

static const char directory[] = "/var/lib/docker/containers";

struct container {
	struct pod_facts facts;
	struct who_address addresses[FACTS_ADDRESSES_MAX];
	char netns[32];
};

static void add_address(struct container *c, const char *text)
{
	if (!text || c->facts.address_count >= FACTS_ADDRESSES_MAX ||
	    who_address__parse(text, &c->addresses[c->facts.address_count]))
		return;
	c->facts.address_count++;
}

static void add_networks(struct container *c, const json_t *settings)
{
	const char *name;
	json_t *network;

	json_object_foreach(json_object_get(settings, "Networks"), name, network) {
		add_address(c, json_file__text(network, "IPAddress"));
		add_address(c, json_file__text(network, "GlobalIPv6Address"));
	}
	c->facts.addresses = c->addresses;
}

static bool is_host_network(const json_t *settings)
{
	return json_object_get(json_object_get(settings, "Networks"), "host") != NULL;
}

/* -ENOENT: a container of a pod, whose sandbox says all there is to say. */
static int name_it(struct container *c, const json_t *json, const json_t *labels)
{
	const char *type = json_file__text(labels, "io.kubernetes.docker.type");
	const char *name = json_file__text(json, "Name");

	if (type && strcmp(type, "podsandbox") != 0)
		return -ENOENT;
	if (type) {
		c->facts.name = json_file__text(labels, "io.kubernetes.pod.name");
		c->facts.namespace = json_file__text(labels, "io.kubernetes.pod.namespace");
		c->facts.uid = json_file__text(labels, "io.kubernetes.pod.uid");
	} else {
		c->facts.name = name && *name == '/' ? name + 1 : name;
		c->facts.container = true;
	}
	if (!c->facts.name)
		return -EINVAL;
	return pod_facts__check(&c->facts);
}

static int state_container(const struct file_found *found)
{
	const json_t *settings = json_object_get(found->json, "NetworkSettings");
	const json_t *run = json_object_get(found->json, "State");
	const json_t *config = json_object_get(found->json, "Config");
	struct container c = {};
	json_int_t pid;
	int err;

	if (!json_is_object(run) || !json_is_object(settings))
		return -EINVAL;
	pid = json_integer_value(json_object_get(run, "Pid"));
	if (!json_is_true(json_object_get(run, "Running")) || pid <= 0 || pid > 0x7fffffff)
		return -ENOENT;
	c.facts.sandbox_id = json_file__text(found->json, "ID");
	/* the file of another container */
	if (!c.facts.sandbox_id || strcmp(c.facts.sandbox_id, found->name) != 0)
		return -EINVAL;
	err = name_it(&c, found->json, json_object_get(config, "Labels"));
	if (err)
		return err;
	c.facts.pid = (pid_t)pid;
	c.facts.host_network = is_host_network(settings);
	if (!c.facts.host_network) {
		/* empty where it shares another container's */
		c.facts.netns_path = json_file__text(settings, "SandboxKey");
		snprintf(c.netns, sizeof(c.netns), "/proc/%d/ns/net", c.facts.pid);
		if (!c.facts.netns_path)
			c.facts.netns_path = c.netns;
	}
	add_networks(&c, settings);
	c.facts.since_ns = found->changed_ns;
	return directory__pod(found->dir, found->id, found->key, &c.facts);
}

static bool is_container(const char *name)
{
	return container_id__is(name);
}

static const struct file_kind container = {
	.inside = "config.v2.json",
	.max_bytes = CONFIG_MAX,
	.wanted = is_container,
	.state = state_container,
};

static int open_containers(const struct pod_source_options *options, void **ret_state)
{
	*ret_state = file_scan__new(options->root);
	return *ret_state ? 0 : -ENOMEM;
}

static int scan_containers(void *state, struct directory *dir, int id, struct source_stats *stats)
{
	return file_scan__directory(state, directory, &container, dir, id, stats);
}

static const char *watch_containers(void *state, size_t index)
{
	(void)state;
	return index ? NULL : directory;
}

static void close_containers(void *state)
{
	file_scan__free(state);
}

const struct pod_source source_docker = {
	.name = "docker",
	.rank = RANK_RUNTIME,
	.open = open_containers,
	.scan = scan_containers,
	.watch = watch_containers,
	.close = close_containers,
};
