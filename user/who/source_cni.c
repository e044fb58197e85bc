/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What CNI plugins answered when the runtime attached pods to networks, as
 * libcni keeps it: the one source on a node that knows addresses with every
 * runtime. It survives reboots and is written in place, so an entry counts
 * only for a sandbox that lives.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/who/file_scan.h"
#include "user/who/json_file.h"
#include "user/who/pod_uid.h"

/* A result has 2 KiB, and its network's configuration with it. */
#define RESULT_MAX (1 << 20)

/* libcni's, and that of versions before 0.7 */
static const char *const directories[] = { "/var/lib/cni/results", "/var/lib/cni/cache/results" };

#define DIRECTORIES (sizeof(directories) / sizeof(directories[0]))

struct result {
	struct pod_facts facts;
	struct who_address addresses[FACTS_ADDRESSES_MAX];
	char id[CONTAINER_ID_LEN];
};

/* [["K8S_POD_NAME", "cart-1"], …] */
static const char *argument(const json_t *arguments, const char *name)
{
	const char *key, *value;
	const json_t *pair;
	size_t i;

	json_array_foreach(arguments, i, pair) {
		key = json_file__string(json_array_get(pair, 0));
		value = json_file__string(json_array_get(pair, 1));
		if (key && value && strcmp(key, name) == 0)
			return value;
	}
	return NULL;
}

static void add_address(struct result *r, const char *text)
{
	if (!text || r->facts.address_count >= FACTS_ADDRESSES_MAX ||
	    who_address__parse(text, &r->addresses[r->facts.address_count]))
		return;
	r->facts.address_count++;
	r->facts.addresses = r->addresses;
}

/* ips[] since version 0.3, ip4 and ip6 before; a Service's or gateway's address is in neither. */
static void add_addresses(struct result *r, const json_t *answer)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(answer, "ips"), i, one)
		add_address(r, json_file__text(one, "address"));
	add_address(r, json_file__text(json_object_get(answer, "ip4"), "ip"));
	add_address(r, json_file__text(json_object_get(answer, "ip6"), "ip"));
}

/* AWS' plugin puts a device number there; only a path is a path. */
static const char *sandbox_path(const json_t *answer)
{
	const char *path;
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(answer, "interfaces"), i, one) {
		path = json_file__text(one, "sandbox");
		if (path && path[0] == '/')
			return path;
	}
	return NULL;
}

/* NETWORK-ID-INTERFACE: all that libcni before 0.7 tells of the container. */
static const char *id_of_name(struct result *r, const char *name)
{
	const size_t len = CONTAINER_ID_LEN - 1;
	const char *at;

	for (at = strchr(name, '-'); at; at = strchr(at + 1, '-')) {
		if (strnlen(at + 1, len + 1) <= len || at[1 + len] != '-')
			continue;
		memcpy(r->id, at + 1, len);
		r->id[len] = '\0';
		if (container_id__is(r->id))
			return r->id;
	}
	return NULL;
}

static int state_result(const struct file_found *found)
{
	const json_t *answer = json_object_get(found->json, "result");
	const json_t *arguments = json_object_get(found->json, "cniArgs");
	struct result r = {};

	if (!json_is_object(answer))
		answer = found->json;
	if (!json_file__text(answer, "cniVersion") && !json_object_get(answer, "ips"))
		return -EINVAL;
	add_addresses(&r, answer);
	/* the loopback interface of its own network */
	if (!r.facts.address_count)
		return -ENOENT;
	r.facts.sandbox_id = json_file__text(found->json, "containerId");
	if (!r.facts.sandbox_id)
		r.facts.sandbox_id = argument(arguments, "K8S_POD_INFRA_CONTAINER_ID");
	if (!r.facts.sandbox_id)
		r.facts.sandbox_id = id_of_name(&r, found->name);
	if (!r.facts.sandbox_id)
		return -EINVAL;
	r.facts.name = argument(arguments, "K8S_POD_NAME");
	r.facts.namespace = argument(arguments, "K8S_POD_NAMESPACE");
	r.facts.uid = argument(arguments, "K8S_POD_UID");
	/* Podman gives the plugins a name of its containers, too, and no namespace */
	r.facts.container = !r.facts.name || !r.facts.namespace;
	r.facts.netns_path = json_file__text(found->json, "netns");
	if (!r.facts.netns_path)
		r.facts.netns_path = sandbox_path(answer);
	r.facts.since_ns = found->changed_ns;
	if (pod_facts__check(&r.facts))
		return -EINVAL;
	return directory__pod(found->dir, found->id, found->key, &r.facts);
}

static const struct file_kind result = {
	.max_bytes = RESULT_MAX,
	.state = state_result,
};

static int open_results(const struct pod_source_options *options, void **ret_state)
{
	*ret_state = file_scan__new(options->root);
	return *ret_state ? 0 : -ENOMEM;
}

static int scan_results(void *state, struct directory *dir, int id, struct source_stats *stats)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < DIRECTORIES; i++)
		err = file_scan__directory(state, directories[i], &result, dir, id, stats);
	return err;
}

static const char *watch_results(void *state, size_t index)
{
	(void)state;
	return index < DIRECTORIES ? directories[index] : NULL;
}

static void close_results(void *state)
{
	file_scan__free(state);
}

const struct pod_source source_cni = {
	.name = "cni",
	.rank = RANK_CACHE,
	.open = open_results,
	.scan = scan_results,
	.watch = watch_results,
	.close = close_results,
};
