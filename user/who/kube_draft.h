/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An object of the Kubernetes API while it is read: lists that grow, and texts
 * that still belong to the JSON.
 */
#ifndef DROPWHY_KUBE_DRAFT_H
#define DROPWHY_KUBE_DRAFT_H

#include "user/who/kube_object.h"

/* Of one object's labels, of which the API limits only the length of each. */
#define KUBE_LABELS_BYTES_MAX (16 << 10)

struct kube_draft {
	struct kube_object object;	/* its texts are the JSON's */
	struct who_address *addresses;
	struct service_port *ports;
	char *labels;
	size_t labels_len;
	size_t address_count;
	size_t address_room;
	size_t port_count;
	size_t port_room;
	bool unique;			/* an address counts once */
	bool failed;			/* out of memory */
	char workload[2 * KUBE_NAME_MAX + 2];
};

/** @brief **kube_draft__add_address()** adds one; above ENDPOINTS_MAX it is left out. */
void kube_draft__add_address(struct kube_draft *draft, const struct who_address *address);

/** @brief **kube_draft__add_port()** adds one; above SERVICE_PORTS_MAX it is left out. */
void kube_draft__add_port(struct kube_draft *draft, const struct service_port *port);

/** @brief **kube_draft__set_labels()** keeps of a JSON object what can be labels. */
void kube_draft__set_labels(struct kube_draft *draft, json_t *labels);

/**
 * @brief **kube_draft__finish()** copies the draft into one piece of memory.
 * @param ret_object free with kube_object__free()
 * @return 0 or -ENOMEM
 */
int kube_draft__finish(const struct kube_draft *draft, struct kube_object **ret_object);

/** @brief **kube_draft__done()** frees the lists, not the draft itself. */
void kube_draft__done(struct kube_draft *draft);

#endif
