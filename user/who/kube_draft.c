// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Growing lists, and their copy into one allocation: with tens of thousands of
 * objects a handful of small allocations each would cost more than they hold.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/who/kube_draft.h"

/* Room for one more in a list; NULL, and failed set, when out of memory. */
static void *draft__grow(struct kube_draft *draft, void *list, size_t count, size_t *room,
			 size_t size)
{
	size_t more = *room ? 2 * *room : 8;
	void *grown;

	if (count < *room)
		return list;
	grown = reallocarray(list, more, size);
	if (!grown) {
		draft->failed = true;
		return NULL;
	}
	*room = more;
	return grown;
}

void kube_draft__add_address(struct kube_draft *draft, const struct who_address *address)
{
	struct who_address *grown;

	if (draft->address_count == ENDPOINTS_MAX)
		return;
	grown = draft__grow(draft, draft->addresses, draft->address_count, &draft->address_room,
			    sizeof(*grown));
	if (!grown)
		return;
	draft->addresses = grown;
	draft->addresses[draft->address_count++] = *address;
}

void kube_draft__add_port(struct kube_draft *draft, const struct service_port *port)
{
	struct service_port *grown;

	if (draft->port_count == SERVICE_PORTS_MAX)
		return;
	grown = draft__grow(draft, draft->ports, draft->port_count, &draft->port_room,
			    sizeof(*grown));
	if (!grown)
		return;
	draft->ports = grown;
	draft->ports[draft->port_count++] = *port;
}

void kube_draft__set_labels(struct kube_draft *draft, json_t *labels)
{
	const char *key, *value;
	size_t bytes;
	json_t *item;
	char *grown;

	draft->object.labels_known = true;
	json_object_foreach(labels, key, item) {
		value = json_string_value(item);
		if (!value || strchr(key, '=') || draft->object.label_count == FACTS_LABELS_MAX)
			continue;
		bytes = strlen(key) + strlen(value) + 2;
		if (draft->labels_len + bytes > KUBE_LABELS_BYTES_MAX)
			continue;
		grown = realloc(draft->labels, draft->labels_len + bytes);
		if (!grown) {
			draft->failed = true;
			return;
		}
		draft->labels = grown;
		snprintf(grown + draft->labels_len, bytes, "%s=%s", key, value);
		draft->labels_len += bytes;
		draft->object.label_count++;
	}
}

#define TEXT_COUNT 7

/* The places of an object's texts. */
static void list_texts(struct kube_object *object, const char **ret_texts[TEXT_COUNT])
{
	const char **const texts[TEXT_COUNT] = {
		&object->name, &object->namespace, &object->uid,     &object->static_uid,
		&object->node, &object->workload,  &object->service,
	};

	memcpy(ret_texts, texts, sizeof(texts));
}

int kube_draft__finish(const struct kube_draft *draft, struct kube_object **ret_object)
{
	size_t address_bytes = draft->address_count * sizeof(*draft->addresses);
	size_t port_bytes = draft->port_count * sizeof(*draft->ports);
	struct kube_object source = draft->object, *object;
	const char **from[TEXT_COUNT], **to[TEXT_COUNT];
	size_t bytes = sizeof(source) + address_bytes + port_bytes + draft->labels_len;
	char *at;
	size_t i;

	if (draft->failed)
		return -ENOMEM;
	source.workload = draft->workload[0] ? draft->workload : NULL;
	list_texts(&source, from);
	for (i = 0; i < TEXT_COUNT; i++)
		bytes += *from[i] ? strlen(*from[i]) + 1 : 0;
	object = malloc(bytes);
	if (!object)
		return -ENOMEM;
	*object = source;
	object->bytes = bytes;
	object->address_count = draft->address_count;
	object->port_count = draft->port_count;
	at = (char *)(object + 1);
	/* ports first: they are aligned to two bytes, addresses to one */
	object->ports = (const struct service_port *)(void *)at;
	if (port_bytes)
		at = mempcpy(at, draft->ports, port_bytes);
	object->addresses = (const struct who_address *)at;
	if (address_bytes)
		at = mempcpy(at, draft->addresses, address_bytes);
	object->labels = at;
	if (draft->labels_len)
		at = mempcpy(at, draft->labels, draft->labels_len);
	list_texts(object, to);
	for (i = 0; i < TEXT_COUNT; i++) {
		if (!*from[i])
			continue;
		*to[i] = at;
		at = stpcpy(at, *from[i]) + 1;
	}
	*ret_object = object;
	return 0;
}

void kube_draft__done(struct kube_draft *draft)
{
	free(draft->addresses);
	free(draft->ports);
	free(draft->labels);
}
