/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Checks drops against what the user asked to see: what the kernel side cannot
 * (pods, Services, patterns), and all of it for records that it did not see.
 */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/filter_spec.h"
#include "user/flow.h"
#include "user/who/who.h"

static bool any_matches(const struct filter_patterns *patterns, const char *text)
{
	size_t i;

	if (!patterns->count)
		return true;
	for (i = 0; text && i < patterns->count; i++)
		if (!fnmatch(patterns->values[i], text, 0))
			return true;
	return false;
}

/* NAME, or NAMESPACE/NAME. */
static bool is_service(const struct filter_patterns *patterns, const char *namespace,
		       const char *name)
{
	char *whole = NULL;
	bool matches;

	if (!name)
		return false;
	matches = any_matches(patterns, name);
	if (!matches && namespace && asprintf(&whole, "%s/%s", namespace, name) >= 0) {
		matches = any_matches(patterns, whole);
		free(whole);
	}
	return matches;
}

static bool service_matches(const struct filter_spec *spec, const struct drop *drop)
{
	const struct drop_end *src = &drop->src, *dst = &drop->dst;

	if (!spec->services.count)
		return true;
	return is_service(&spec->services, drop->service_namespace, drop->service) ||
	       (src->kind == WHO_SERVICE &&
		is_service(&spec->services, src->namespace, src->name)) ||
	       (dst->kind == WHO_SERVICE && is_service(&spec->services, dst->namespace, dst->name));
}

static bool labels_match(const struct filter_spec *spec, const struct who *who)
{
	size_t i;

	for (i = 0; who && who->labels_known && i < spec->selector_count; i++)
		if (selector__matches(spec->selectors[i], who->labels, who->label_count))
			return true;
	return !spec->selector_count;
}

/* One that the packet concerns: all tests must hold for the same one. */
static bool party_matches(const struct filter_spec *spec, const struct drop_end *party)
{
	if (spec->pods.count && (party->kind != WHO_POD || !any_matches(&spec->pods, party->name)))
		return false;
	return any_matches(&spec->namespaces, party->namespace) &&
	       labels_match(spec, party->kind == WHO_POD ? party->who : NULL);
}

/* The owner, or either end, or the Service or who is behind it. */
static bool parties_match(const struct filter_spec *spec, const struct drop *drop)
{
	const struct drop_end owner = { .kind = drop->pod ? WHO_POD : WHO_UNKNOWN,
					.name = drop->pod,
					.namespace = drop->pod_namespace,
					.who = drop->owner };
	const struct drop_end service = { .kind = drop->service ? WHO_SERVICE : WHO_UNKNOWN,
					  .name = drop->service,
					  .namespace = drop->service_namespace };

	if (!spec->pods.count && !spec->namespaces.count && !spec->selector_count)
		return true;
	return party_matches(spec, &owner) || party_matches(spec, &drop->src) ||
	       party_matches(spec, &drop->dst) || party_matches(spec, &drop->backend) ||
	       party_matches(spec, &service);
}

bool filter_spec__asks_who(const struct filter_spec *spec)
{
	return spec->pods.count || spec->namespaces.count || spec->services.count ||
	       spec->selector_count;
}

bool filter_spec__matches(const struct filter_spec *spec, const struct drop *drop)
{
	if (spec->iface_pattern && !any_matches(&spec->ifaces, drop->rec.iface))
		return false;
	return service_matches(spec, drop) && parties_match(spec, drop);
}

/* --- what bpf/filter.bpf.h checks, for records that it did not see */

static bool in_prefix(const struct filter_prefix *prefix, const __u8 *address)
{
	__u32 words[4];
	int i;

	memcpy(words, address, sizeof(words));
	for (i = 0; i < 4; i++)
		if ((words[i] & prefix->mask_be[i]) != prefix->addr_be[i])
			return false;
	return true;
}

static bool prefixes_match(const struct filter_prefixes *set, const struct flow_tuple *tuple,
			   enum filter_end end)
{
	__u32 i;

	for (i = 0; i < set->count; i++) {
		if (set->values[i].ip_version != tuple->ip_version)
			continue;
		if (end != FILTER_DST && in_prefix(&set->values[i], tuple->saddr))
			return true;
		if (end != FILTER_SRC && in_prefix(&set->values[i], tuple->daddr))
			return true;
	}
	return !set->count;
}

static bool in_range(const struct filter_port_range *range, __u16 port)
{
	return range->first <= port && port <= range->last;
}

static bool ports_match(const struct filter_ports *set, const struct drop *drop,
			enum filter_end end)
{
	__u16 sport = flow__port(&drop->rec.tuple, FLOW_SRC);
	__u16 dport = flow__port(&drop->rec.tuple, FLOW_DST);
	__u32 i;

	if (!set->count)
		return true;
	for (i = 0; drop__has_ports(drop) && i < set->count; i++) {
		if (end != FILTER_DST && in_range(&set->values[i], sport))
			return true;
		if (end != FILTER_SRC && in_range(&set->values[i], dport))
			return true;
	}
	return false;
}

static bool protocol_matches(const struct drop_filter *kernel, const struct drop_record *rec)
{
	__u32 i;

	for (i = 0; i < kernel->l4_proto_count; i++)
		if (kernel->l4_proto[i] == rec->tuple.l4_proto)
			return true;
	for (i = 0; i < kernel->l3_proto_count; i++)
		if (kernel->l3_proto[i] == rec->l3_proto)
			return true;
	return !kernel->l4_proto_count && !kernel->l3_proto_count;
}

static bool netns_matches(const struct drop_filter *kernel, __u32 netns_ino)
{
	__u32 i;

	for (i = 0; i < kernel->netns_count; i++)
		if (kernel->netns_ino[i] == netns_ino)
			return true;
	return !kernel->netns_count;
}

bool filter_spec__matches_all(const struct filter_spec *spec, const struct drop *drop)
{
	const struct drop_filter *kernel = &spec->kernel;
	enum filter_end end;

	if (kernel->cause_mask && !(kernel->cause_mask & 1u << drop->rec.cause))
		return false;
	if (!netns_matches(kernel, drop->rec.netns_ino) || !protocol_matches(kernel, &drop->rec))
		return false;
	for (end = FILTER_EITHER; end < __FILTER_END_MAX; end++)
		if (!prefixes_match(&kernel->prefixes[end], &drop->rec.tuple, end) ||
		    !ports_match(&kernel->ports[end], drop, end))
			return false;
	return any_matches(&spec->ifaces, drop->rec.iface) && filter_spec__matches(spec, drop);
}
