/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Statements in one piece of memory: facts, and behind them what they point to.
 */
#include <stdlib.h>
#include <string.h>

#include "user/who/directory_inside.h"

/* Longest name or path kept; Kubernetes' own limits are below it. */
#define STRING_MAX 4096

/* Measures with at == NULL, copies otherwise. */
struct packer {
	char *at;
	size_t size;
};

static void *pack(struct packer *p, const void *data, size_t size, size_t align)
{
	char *copy = NULL;

	p->size = (p->size + align - 1) & ~(align - 1);
	if (p->at && size) {
		copy = p->at + p->size;
		memcpy(copy, data, size);
	}
	p->size += size;
	return copy;
}

static void pack_string(struct packer *p, const char **text)
{
	size_t len;
	char *copy;

	if (!*text)
		return;
	len = strnlen(*text, STRING_MAX);
	copy = pack(p, *text, len, 1);
	p->size++;
	if (copy) {
		copy[len] = '\0';
		*text = copy;
	}
}

static void pack_addresses(struct packer *p, const struct who_address **addresses, size_t *count,
			   size_t max)
{
	const void *copy;

	if (!*addresses)
		*count = 0;
	if (*count > max)
		*count = max;
	copy = pack(p, *addresses, *count * sizeof(**addresses), _Alignof(struct who_address));
	if (p->at)
		*addresses = *count ? copy : NULL;
}

static void pack_pod(struct packer *p, struct pod_facts *facts)
{
	const char **texts[] = {
		&facts->name, &facts->namespace, &facts->uid,	     &facts->alias_uid,
		&facts->sandbox_id, &facts->node,      &facts->workload, &facts->netns_path,
	};
	const char **labels = NULL;
	size_t i;

	if (!facts->labels)
		facts->label_count = 0;
	if (facts->label_count > FACTS_LABELS_MAX)
		facts->label_count = FACTS_LABELS_MAX;
	if (facts->labels)
		labels = pack(p, facts->labels, facts->label_count * sizeof(*labels),
			      _Alignof(char *));
	pack_addresses(p, &facts->addresses, &facts->address_count, FACTS_ADDRESSES_MAX);
	for (i = 0; i < facts->label_count; i++) {
		const char *label = facts->labels[i];

		pack_string(p, &label);
		if (labels)
			labels[i] = label;
	}
	if (p->at && facts->label_count)
		facts->labels = labels;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		pack_string(p, texts[i]);
}

static void pack_service(struct packer *p, struct service_facts *facts)
{
	const void *copy;

	if (!facts->ports)
		facts->port_count = 0;
	if (facts->port_count > SERVICE_PORTS_MAX)
		facts->port_count = SERVICE_PORTS_MAX;
	copy = pack(p, facts->ports, facts->port_count * sizeof(*facts->ports),
		    _Alignof(struct service_port));
	if (p->at)
		facts->ports = facts->port_count ? copy : NULL;
	pack_addresses(p, &facts->addresses, &facts->address_count, SERVICE_ADDRESSES_MAX);
	pack_string(p, &facts->name);
	pack_string(p, &facts->namespace);
}

static void pack_endpoints(struct packer *p, struct endpoints_facts *facts)
{
	pack_addresses(p, &facts->addresses, &facts->address_count, ENDPOINTS_MAX);
	pack_string(p, &facts->namespace);
	pack_string(p, &facts->service);
}

static void pack_node(struct packer *p, struct node_facts *facts)
{
	pack_addresses(p, &facts->addresses, &facts->address_count, SERVICE_ADDRESSES_MAX);
	pack_string(p, &facts->name);
}

static void pack_facts(struct packer *p, struct statement *s)
{
	switch (s->kind) {
	case THING_POD:
		pack_pod(p, &s->pod);
		break;
	case THING_SERVICE:
		pack_service(p, &s->service);
		break;
	case THING_ENDPOINTS:
		pack_endpoints(p, &s->endpoints);
		break;
	default:
		pack_node(p, &s->node);
	}
}

static void set_facts(struct statement *s, const void *facts)
{
	switch (s->kind) {
	case THING_POD:
		s->pod = *(const struct pod_facts *)facts;
		break;
	case THING_SERVICE:
		s->service = *(const struct service_facts *)facts;
		break;
	case THING_ENDPOINTS:
		s->endpoints = *(const struct endpoints_facts *)facts;
		break;
	default:
		s->node = *(const struct node_facts *)facts;
	}
}

struct statement *statement__new(enum thing_kind kind, int source, const char *key,
				 const void *facts)
{
	struct statement model = { .kind = kind }, *s;
	struct packer p = { .size = sizeof(*s) };
	size_t key_len = strlen(key), room;

	set_facts(&model, facts);
	pack_facts(&p, &model);
	room = p.size + 2 + key_len + 1;
	s = calloc(1, room);
	if (!s)
		return NULL;
	s->kind = kind;
	s->source = source;
	s->size = room;
	set_facts(s, facts);
	p = (struct packer){ .at = (char *)s, .size = sizeof(*s) };
	pack_facts(&p, s);
	s->key = (char *)s + p.size;
	s->key_len = 2 + key_len;
	s->key[0] = (char)('0' + kind);
	s->key[1] = (char)('0' + source);
	memcpy(s->key + 2, key, key_len + 1);
	return s;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_pod(const struct pod_facts *a, const struct pod_facts *b)
{
	size_t i;

	if (a->label_count != b->label_count || !a->labels != !b->labels)
		return false;
	for (i = 0; a->labels && i < a->label_count; i++)
		if (strcmp(a->labels[i], b->labels[i]) != 0)
			return false;
	return same_text(a->name, b->name) && same_text(a->namespace, b->namespace) &&
	       same_text(a->uid, b->uid) && same_text(a->alias_uid, b->alias_uid) &&
	       same_text(a->sandbox_id, b->sandbox_id) && same_text(a->node, b->node) &&
	       same_text(a->workload, b->workload) && same_text(a->netns_path, b->netns_path) &&
	       a->container == b->container && a->claim_count == b->claim_count &&
	       a->host_network == b->host_network;
}

const struct who_address *statement__addresses(const struct statement *s, size_t *ret_count)
{
	switch (s->kind) {
	case THING_POD:
		/* those of its node, and so not its own */
		*ret_count = s->pod.host_network ? 0 : s->pod.address_count;
		return s->pod.addresses;
	case THING_SERVICE:
		*ret_count = s->service.address_count;
		return s->service.addresses;
	case THING_NODE:
		*ret_count = s->node.address_count;
		return s->node.addresses;
	default:
		/* the backends' addresses are the pods' */
		*ret_count = 0;
		return NULL;
	}
}

static bool same_addresses(const struct who_address *a, size_t a_count, const struct who_address *b,
			   size_t b_count)
{
	return a_count == b_count && (!a_count || memcmp(a, b, a_count * sizeof(*a)) == 0);
}

bool statement__same(const struct statement *a, const struct statement *b)
{
	if (a->kind != b->kind || a->netns_ino != b->netns_ino ||
	    a->netns_incarnation != b->netns_incarnation)
		return false;
	switch (a->kind) {
	case THING_POD:
		return same_pod(&a->pod, &b->pod) &&
		       same_addresses(a->pod.addresses, a->pod.address_count, b->pod.addresses,
				      b->pod.address_count);
	case THING_SERVICE:
		return same_text(a->service.name, b->service.name) &&
		       same_text(a->service.namespace, b->service.namespace) &&
		       a->service.port_count == b->service.port_count &&
		       (!a->service.port_count ||
			memcmp(a->service.ports, b->service.ports,
			       a->service.port_count * sizeof(*a->service.ports)) == 0) &&
		       same_addresses(a->service.addresses, a->service.address_count,
				      b->service.addresses, b->service.address_count);
	case THING_ENDPOINTS:
		return same_text(a->endpoints.namespace, b->endpoints.namespace) &&
		       same_text(a->endpoints.service, b->endpoints.service) &&
		       same_addresses(a->endpoints.addresses, a->endpoints.address_count,
				      b->endpoints.addresses, b->endpoints.address_count);
	default:
		return same_text(a->node.name, b->node.name) &&
		       same_addresses(a->node.addresses, a->node.address_count, b->node.addresses,
				      b->node.address_count);
	}
}
