// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The kubelet and the API server as sources of the directory: turns the
 * client's events into statements.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/who/directory.h"
#include "user/who/kube_client.h"
#include "user/who/kube_servers.h"
#include "user/who/node_name.h"
#include "user/who/pod_source.h"

/* Events taken in at once: a millisecond's work, then the ring has its turn. */
#define EVENTS_AT_ONCE 256

struct kube_source {
	struct kube_client *client; /* NULL: the configuration is wrong, as notice says */
	char node[NODE_NAME_LEN];
	unsigned int down;	    /* kinds that cannot be kept current, 1 << kind */
	unsigned int known;	    /* kinds that were listed once */
	unsigned int want;	    /* kinds that are asked for */
	char *notice;		    /* not yet taken; NULL: none */
	char why[160];		    /* of the last failure */
	__u64 failures;
};

/* Whom to ask, and what; the caller frees the servers. Errors as kube_servers__api(). */
typedef int (*find_fn)(const struct pod_source_options *options, const char *node,
		       struct kube_client_options *ret_client, char error[KUBE_CONFIG_ERROR_LEN]);

static int find_api(const struct pod_source_options *options, const char *node,
		    struct kube_client_options *ret_client, char error[KUBE_CONFIG_ERROR_LEN])
{
	return kube_servers__api(options->kube, node, ret_client, error);
}

static int find_kubelet(const struct pod_source_options *options, const char *node,
			struct kube_client_options *ret_client, char error[KUBE_CONFIG_ERROR_LEN])
{
	return kube_servers__kubelet(options->kube, options->root, node, ret_client, error);
}

static void forget_servers(struct kube_client_options *client)
{
	size_t i;

	for (i = 0; i < client->server_count; i++)
		kube_config__done(&client->servers[i]);
}

static int start(struct kube_source *k, const struct kube_client_options *client,
		 char error[KUBE_CONFIG_ERROR_LEN])
{
	int err = kube_client__start(client, &k->client);

	snprintf(error, KUBE_CONFIG_ERROR_LEN, "%s", err == -ELIBACC ?
		 "libcurl is needed to ask the kubelet or the API server: "
		 "install libcurl4 (Debian), libcurl (Fedora, Alpine)" : strerror(-err));
	return err;
}

static int open_source(const struct pod_source_options *options, find_fn find, void **ret_state)
{
	char error[KUBE_CONFIG_ERROR_LEN] = "out of memory";
	struct kube_client_options client = { 0 };
	struct kube_source *k;
	size_t i;
	int err;

	if (!options->kube)
		return -ENOENT;
	k = calloc(1, sizeof(*k));
	if (!k)
		return -ENOMEM;
	node_name__read(options->root, options->kube->node, k->node);
	err = find(options, k->node, &client, error);
	if (err)
		forget_servers(&client);
	if (err == -ENOENT) {
		free(k);
		return err;
	}
	for (i = 0; i < client.feed_count; i++)
		k->want |= 1u << client.feeds[i].kind;
	if (!err)
		err = start(k, &client, error);
	/* the rest of dropwhy works: this is a word to the user, and no end */
	if (err) {
		k->notice = strdup(error);
		snprintf(k->why, sizeof(k->why), "%s", error);
	}
	*ret_state = k;
	return 0;
}

static int open_api(const struct pod_source_options *options, void **ret_state)
{
	return open_source(options, find_api, ret_state);
}

static int open_kubelet(const struct pod_source_options *options, void **ret_state)
{
	return open_source(options, find_kubelet, ret_state);
}

static int source_fd(void *state)
{
	struct kube_source *k = state;

	return k->client ? kube_queue__fd(kube_client__queue(k->client)) : -1;
}

/* --- events to statements */

static int state_pod(struct directory *dir, int id, const char *key, const struct kube_object *o)
{
	const char *labels[FACTS_LABELS_MAX], *at = o->labels;
	struct pod_facts facts = {
		.name = o->name,
		.namespace = o->namespace,
		.uid = o->static_uid ? o->static_uid : o->uid,
		.alias_uid = o->static_uid ? o->uid : NULL,
		.node = o->node,
		.workload = o->workload,
		.labels = o->labels_known ? labels : NULL,
		.addresses = o->addresses,
		.address_count = o->address_count,
		.claim_count = o->claim_count,
		.host_network = o->host_network,
	};

	for (; facts.label_count < o->label_count; at += strlen(at) + 1)
		labels[facts.label_count++] = at;
	if (facts.address_count > FACTS_ADDRESSES_MAX)
		facts.address_count = FACTS_ADDRESSES_MAX;
	return directory__pod(dir, id, key, &facts);
}

static int state_service(struct directory *dir, int id, const char *key,
			 const struct kube_object *o)
{
	struct service_facts facts = {
		.name = o->name,
		.namespace = o->namespace,
		.addresses = o->addresses,
		.address_count = o->address_count,
		.ports = o->ports,
		.port_count = o->port_count,
	};

	if (facts.address_count > SERVICE_ADDRESSES_MAX)
		facts.address_count = SERVICE_ADDRESSES_MAX;
	return directory__service(dir, id, key, &facts);
}

static int state_slice(struct directory *dir, int id, const char *key, const struct kube_object *o)
{
	struct endpoints_facts facts = {
		.namespace = o->namespace,
		.service = o->service,
		.addresses = o->addresses,
		.address_count = o->address_count,
	};

	/* made by hand for no Service, or its Service's label was taken off */
	if (!o->service) {
		directory__endpoints_gone(dir, id, key);
		return 0;
	}
	return directory__endpoints(dir, id, key, &facts);
}

static int state_object(struct directory *dir, int id, const char *key, const struct kube_object *o)
{
	struct node_facts node = { o->name, o->addresses, o->address_count };

	switch (o->kind) {
	case KUBE_POD:
		return state_pod(dir, id, key, o);
	case KUBE_SERVICE:
		return state_service(dir, id, key, o);
	case KUBE_SLICE:
		return state_slice(dir, id, key, o);
	default:
		if (node.address_count > FACTS_ADDRESSES_MAX)
			node.address_count = FACTS_ADDRESSES_MAX;
		return directory__node(dir, id, key, &node);
	}
}

static void take_back(struct directory *dir, int id, const char *key, const struct kube_object *o)
{
	static void (*const gone[__KUBE_KIND_MAX])(struct directory *, int, const char *) = {
		[KUBE_POD] = directory__pod_gone,
		[KUBE_SERVICE] = directory__service_gone,
		[KUBE_SLICE] = directory__endpoints_gone,
		[KUBE_NODE] = directory__node_gone,
	};

	gone[o->kind](dir, id, key);
}

/* A pod made anew under its old name is another one: its UID is its key. */
static void key_of(const struct kube_object *o, char *buf, size_t room)
{
	if (o->kind == KUBE_POD && o->uid)
		snprintf(buf, room, "%s", o->uid);
	else
		snprintf(buf, room, "%s/%s", o->namespace ? o->namespace : "", o->name);
}

static void count_failure(struct kube_source *k, const char *text, struct source_stats *stats)
{
	k->failures++;
	stats->unreadable++;
	snprintf(stats->example, sizeof(stats->example), "%s", text);
}

static void go_down(struct kube_source *k, const struct kube_event *event,
		    struct source_stats *stats)
{
	count_failure(k, event->text, stats);
	snprintf(k->why, sizeof(k->why), "%s", event->text);
	/* one word for all kinds: they have one server and one account */
	if (!k->down && !k->notice)
		k->notice = strdup(event->text);
	k->down |= 1u << event->kind;
}

static void take_in(struct kube_source *k, struct directory *dir, int id,
		    struct source_stats *stats, const struct kube_event *event)
{
	static const unsigned int kinds[__KUBE_KIND_MAX] = {
		[KUBE_POD] = DIRECTORY_PODS,
		[KUBE_SERVICE] = DIRECTORY_SERVICES,
		[KUBE_SLICE] = DIRECTORY_ENDPOINTS,
		[KUBE_NODE] = DIRECTORY_NODES,
	};
	char key[2 * KUBE_NAME_MAX + 2];

	switch (event->op) {
	case KUBE_OP_BEGIN:
		stats->scans++;
		directory__begin(dir, id, kinds[event->kind]);
		return;
	case KUBE_OP_PUT:
		stats->statements++;
		key_of(event->object, key, sizeof(key));
		/* the directory counts those for which it has no room */
		state_object(dir, id, key, event->object);
		return;
	case KUBE_OP_DELETE:
		key_of(event->object, key, sizeof(key));
		take_back(dir, id, key, event->object);
		return;
	case KUBE_OP_END:
		k->known |= 1u << event->kind;
		directory__end(dir, id, true);
		return;
	case KUBE_OP_BROKEN:
		directory__end(dir, id, false);
		return;
	case KUBE_OP_DOWN:
		go_down(k, event, stats);
		return;
	case KUBE_OP_UP:
		k->down &= ~(1u << event->kind);
		return;
	}
}

static int source_ready(void *state, struct directory *dir, int id, struct source_stats *stats)
{
	struct kube_source *k = state;
	struct kube_client_stats counts;
	struct kube_queue *queue;
	struct kube_event event;
	int i;

	if (!k->client) {
		count_failure(k, k->why, stats);
		return 0;
	}
	queue = kube_client__queue(k->client);
	for (i = 0; i < EVENTS_AT_ONCE && kube_queue__pop(queue, &event); i++) {
		take_in(k, dir, id, stats, &event);
		kube_object__free(event.object);
		free((char *)event.text);
	}
	kube_queue__rearm(queue);
	kube_client__stats(k->client, &counts);
	stats->files = counts.requests;
	stats->torn = counts.malformed;
	stats->huge = counts.too_long;
	return 0;
}

static size_t source_status(void *state, char *buf, size_t size)
{
	const struct kube_source *k = state;
	int len;

	if (!k->client || k->down)
		len = snprintf(buf, size, "%s", k->why);
	else if (k->known != k->want)
		len = snprintf(buf, size, "asked, no answer yet");
	else
		len = snprintf(buf, size, "connected");
	return len < 0 ? 0 : (size_t)len < size ? (size_t)len : size - 1;
}

static bool source_settled(void *state)
{
	const struct kube_source *k = state;

	return !k->client || k->down || k->known == k->want;
}

static bool source_told(void *state)
{
	const struct kube_source *k = state;

	return k->client && !k->down && k->known == k->want;
}

static char *source_notice(void *state)
{
	struct kube_source *k = state;
	char *notice = k->notice;

	k->notice = NULL;
	return notice;
}

static void source_close(void *state)
{
	struct kube_source *k = state;

	kube_client__stop(k->client);
	free(k->notice);
	free(k);
}

const struct pod_source source_kubelet = {
	.name = "kubelet",
	.rank = RANK_KUBELET,
	.open = open_kubelet,
	.fd = source_fd,
	.ready = source_ready,
	.status = source_status,
	.notice = source_notice,
	.settled = source_settled,
	.told = source_told,
	.close = source_close,
};

const struct pod_source source_api = {
	.name = "api",
	.rank = RANK_API,
	.open = open_api,
	.fd = source_fd,
	.ready = source_ready,
	.status = source_status,
	.notice = source_notice,
	.settled = source_settled,
	.told = source_told,
	.close = source_close,
};
