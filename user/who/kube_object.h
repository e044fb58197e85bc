/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One object of the Kubernetes API, reduced to what naming an address takes.
 * Everything else that the API says of it is let go at once.
 */
#ifndef DROPWHY_KUBE_OBJECT_H
#define DROPWHY_KUBE_OBJECT_H

#include <jansson.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "user/who/facts.h"

enum kube_kind {
	KUBE_POD,
	KUBE_SERVICE,
	KUBE_SLICE,	/* EndpointSlice, or the Endpoints of old servers */
	KUBE_NODE,
	__KUBE_KIND_MAX,
};

/* Longest namespace, name or UID: a DNS name (RFC 1123). */
#define KUBE_NAME_MAX 253

/* In one piece of memory: all pointers lead into it. Texts are NULL when the
 * object does not say. */
struct kube_object {
	const char *name;
	const char *namespace;	/* NULL for nodes */
	const char *uid;
	const char *static_uid;	/* a static pod's UID on its node; the API gives its mirror another */
	const char *node;	/* where a pod runs */
	const char *workload;	/* a pod's owner, e.g. "deployment/web" */
	const char *service;	/* that a slice's endpoints belong to, in its namespace */
	const char *labels;	/* label_count times "key=value" and a NUL */
	const struct service_port *ports;
	/* A pod's own, a Service's, a node's; of a slice those that are ready. */
	const struct who_address *addresses;
	__u32 address_count;
	__u32 claim_count;	/* of those the last so many: see struct pod_facts */
	__u32 port_count;
	__u32 label_count;
	__u32 bytes;		/* of the whole piece */
	__u8 kind;		/* enum kube_kind */
	bool host_network;	/* the pod has its node's addresses: none are kept */
	bool labels_known;	/* labels were asked for */
};

/**
 * @brief **kube_object__from_json()** keeps what is used of an object.
 * @param kind what was asked for; the object need not say
 * @param json as the API gives it; anything may be missing or of another type
 * @param want_labels whether to keep the labels
 * @param ret_object free with kube_object__free()
 * @return 0; -EBADMSG: it has no name, or one that cannot be; -ENOMEM
 */
int kube_object__from_json(enum kube_kind kind, json_t *json, bool want_labels,
			   struct kube_object **ret_object);

/** @brief **kube_object__free()** frees it; NULL is fine. */
void kube_object__free(struct kube_object *object);

/** @brief **kube_kind__name()** is a kind's name in messages, e.g. "pods". */
const char *kube_kind__name(enum kube_kind kind);

#endif
