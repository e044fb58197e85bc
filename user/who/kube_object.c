// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Reads an object twice: first into a draft that points into the JSON, then
 * into one piece of memory that stays.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/who/kube_draft.h"
#include "user/who/kube_object.h"
#include "user/who/pod_uid.h"

static const char *const kind_names[__KUBE_KIND_MAX] = {
	[KUBE_POD] = "pods",
	[KUBE_SERVICE] = "Services",
	[KUBE_SLICE] = "EndpointSlices",
	[KUBE_NODE] = "nodes",
};

const char *kube_kind__name(enum kube_kind kind)
{
	return kind < __KUBE_KIND_MAX ? kind_names[kind] : "objects";
}

/* A text that may serve as a name; anything else counts as missing. */
static const char *get_name(json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	const char *text = json_string_value(value);
	size_t len = json_string_length(value);

	return len > 0 && len <= KUBE_NAME_MAX && strlen(text) == len ? text : NULL;
}

static void add_address(struct kube_draft *draft, const char *text)
{
	struct who_address address;
	size_t i;

	/* a DNS name, "None", or an address that is nobody's alone */
	if (!text || strchr(text, '/') || who_address__parse(text, &address))
		return;
	for (i = 0; i < draft->address_count && draft->unique; i++)
		if (draft->addresses[i].ip_version == address.ip_version &&
		    !memcmp(draft->addresses[i].ip, address.ip, sizeof(address.ip)))
			return;
	kube_draft__add_address(draft, &address);
}

static void add_addresses(struct kube_draft *draft, json_t *list, const char *key)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
		add_address(draft, json_string_value(key ? json_object_get(item, key) : item));
}

static __u16 get_port_be(json_t *object, const char *key)
{
	json_int_t port = json_integer_value(json_object_get(object, key));

	return port > 0 && port <= 0xffff ? htons(port) : 0;
}

static void add_ports(struct kube_draft *draft, json_t *list)
{
	struct service_port port;
	const char *proto;
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item) {
		proto = json_string_value(json_object_get(item, "protocol"));
		port = (struct service_port){ .port_be = get_port_be(item, "port"),
					      .node_port_be = get_port_be(item, "nodePort") };
		if (!proto || !strcmp(proto, "TCP"))
			port.l4_proto = IPPROTO_TCP;
		else if (!strcmp(proto, "UDP"))
			port.l4_proto = IPPROTO_UDP;
		else if (!strcmp(proto, "SCTP"))
			port.l4_proto = IPPROTO_SCTP;
		if (port.port_be && port.l4_proto)
			kube_draft__add_port(draft, &port);
	}
}

/* --- pods */

/*
 * A Deployment's ReplicaSet is the Deployment's name, a dash and the hash that
 * its pods carry as a label (pod-template-hash). Where they do not match, the
 * ReplicaSet was made by someone else and is itself the owner.
 */
static bool made_by(struct kube_draft *draft, const char *replica_set, const char *hash,
		    const char *kind)
{
	size_t len = strlen(replica_set), hash_len = hash ? strlen(hash) : 0;

	if (!hash_len || len < hash_len + 2 || replica_set[len - hash_len - 1] != '-' ||
	    strcmp(replica_set + len - hash_len, hash))
		return false;
	snprintf(draft->workload, sizeof(draft->workload), "%s/%.*s", kind,
		 (int)(len - hash_len - 1), replica_set);
	return true;
}

static void set_workload(struct kube_draft *draft, json_t *metadata)
{
	json_t *labels = json_object_get(metadata, "labels"), *owner;
	const char *kind, *name;
	char *at;
	size_t i;

	json_array_foreach(json_object_get(metadata, "ownerReferences"), i, owner) {
		kind = get_name(owner, "kind");
		name = get_name(owner, "name");
		if (!json_is_true(json_object_get(owner, "controller")) || !kind || !name)
			continue;
		/* a static pod's mirror is "controlled" by its node */
		if (!strcmp(kind, "Node"))
			return;
		if (!strcmp(kind, "ReplicaSet") &&
		    (made_by(draft, name, get_name(labels, "pod-template-hash"), "deployment") ||
		     made_by(draft, name, get_name(labels, "rollouts-pod-template-hash"),
			     "rollout")))
			return;
		snprintf(draft->workload, sizeof(draft->workload), "%s/%s", kind, name);
		for (at = draft->workload; *at != '/'; at++)
			*at = tolower((unsigned char)*at);
		return;
	}
}

/*
 * What Multus and its like write about a pod's further networks. So may whoever
 * may make the pod: no word on anybody outside, nor as good as the others.
 */
static void add_networks(struct kube_draft *draft, json_t *annotations)
{
	const char *text =
		json_string_value(json_object_get(annotations, "k8s.v1.cni.cncf.io/network-status"));
	json_t *networks = text ? json_loads(text, JSON_ALLOW_NUL, NULL) : NULL, *network, *item;
	size_t own = draft->address_count, i, j;
	struct who_address address;

	json_array_foreach(networks, i, network)
		json_array_foreach(json_object_get(network, "ips"), j, item) {
			text = json_string_value(item);
			if (text && draft->address_count < FACTS_ADDRESSES_MAX &&
			    !who_address__parse(text, &address) &&
			    who_address__is_private(address.ip_version, address.ip))
				add_address(draft, text);
		}
	draft->object.claim_count = draft->address_count - own;
	json_decref(networks);
}

/* Of a static pod; anybody may write it. With dashes it would be another pod's UID. */
static const char *get_hash(json_t *annotations)
{
	const char *hash = get_name(annotations, "kubernetes.io/config.hash");

	return hash && !strchr(hash, '-') && pod_uid__is(hash) ? hash : NULL;
}

static void read_pod(struct kube_draft *draft, json_t *json)
{
	json_t *metadata = json_object_get(json, "metadata"), *spec = json_object_get(json, "spec");
	json_t *annotations = json_object_get(metadata, "annotations");
	json_t *status = json_object_get(json, "status");
	const char *phase = json_string_value(json_object_get(status, "phase"));

	draft->object.node = get_name(spec, "nodeName");
	draft->object.static_uid = get_hash(annotations);
	draft->object.host_network = json_is_true(json_object_get(spec, "hostNetwork"));
	set_workload(draft, metadata);
	/* the address of a pod that is done is another's already */
	if (draft->object.host_network ||
	    (phase && (!strcmp(phase, "Succeeded") || !strcmp(phase, "Failed"))))
		return;
	add_address(draft, json_string_value(json_object_get(status, "podIP")));
	add_addresses(draft, json_object_get(status, "podIPs"), "ip");
	add_networks(draft, annotations);
}

/* --- Services and their endpoints */

static void read_service(struct kube_draft *draft, json_t *json)
{
	json_t *spec = json_object_get(json, "spec"), *balancer;

	add_address(draft, json_string_value(json_object_get(spec, "clusterIP")));
	add_addresses(draft, json_object_get(spec, "clusterIPs"), NULL);
	add_addresses(draft, json_object_get(spec, "externalIPs"), NULL);
	balancer = json_object_get(json_object_get(json, "status"), "loadBalancer");
	add_addresses(draft, json_object_get(balancer, "ingress"), "ip");
	add_ports(draft, json_object_get(spec, "ports"));
}

static void read_slice(struct kube_draft *draft, json_t *json)
{
	json_t *labels = json_object_get(json_object_get(json, "metadata"), "labels");
	json_t *item, *ready;
	size_t i;

	draft->unique = false;
	/* Endpoints have no type, and the name of their Service */
	if (!json_object_get(json, "addressType")) {
		draft->object.service = draft->object.name;
		json_array_foreach(json_object_get(json, "subsets"), i, item)
			add_addresses(draft, json_object_get(item, "addresses"), "ip");
		return;
	}
	draft->object.service = get_name(labels, "kubernetes.io/service-name");
	json_array_foreach(json_object_get(json, "endpoints"), i, item) {
		/* unknown counts as ready, says the API */
		ready = json_object_get(json_object_get(item, "conditions"), "ready");
		if (!json_is_false(ready))
			add_addresses(draft, json_object_get(item, "addresses"), NULL);
	}
}

static void read_node(struct kube_draft *draft, json_t *json)
{
	json_t *status = json_object_get(json, "status");

	draft->object.namespace = NULL;
	draft->object.node = draft->object.name;
	add_addresses(draft, json_object_get(status, "addresses"), "address");
}

int kube_object__from_json(enum kube_kind kind, json_t *json, bool want_labels,
			   struct kube_object **ret_object)
{
	json_t *metadata = json_object_get(json, "metadata");
	struct kube_draft draft = { .object.kind = kind, .unique = true };
	int err;

	draft.object.name = get_name(metadata, "name");
	draft.object.namespace = get_name(metadata, "namespace");
	draft.object.uid = get_name(metadata, "uid");
	if (!draft.object.name || (kind != KUBE_NODE && !draft.object.namespace))
		return -EBADMSG;
	if (want_labels)
		kube_draft__set_labels(&draft, json_object_get(metadata, "labels"));
	switch (kind) {
	case KUBE_POD:
		read_pod(&draft, json);
		break;
	case KUBE_SERVICE:
		read_service(&draft, json);
		break;
	case KUBE_SLICE:
		read_slice(&draft, json);
		break;
	default:
		read_node(&draft, json);
	}
	err = kube_draft__finish(&draft, ret_object);
	kube_draft__done(&draft);
	return err;
}

void kube_object__free(struct kube_object *object)
{
	free(object);
}
