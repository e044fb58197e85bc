/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Asks the directory for every party of a packet and decides who is what.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "user/flow.h"
#include "user/who/node_name.h"
#include "user/who/resolve.h"

struct resolver {
	struct directory *dir;
	struct netns_table *netns;
	char node[NODE_NAME_LEN]; /* "": unknown */
};

struct resolver *resolver__new(const char *root, const char *node, struct directory *dir,
			       struct netns_table *netns)
{
	struct resolver *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->dir = dir;
	r->netns = netns;
	node_name__read(root ? root : "", node, r->node);
	return r;
}

static bool is_local(const struct who *who)
{
	return who && who->local && (who->kind == WHO_POD || who->kind == WHO_CONTAINER);
}

static const struct who *at_end(struct resolver *r, const struct flow_tuple *tuple,
				enum flow_end end, __u64 when_ns)
{
	return directory__by_address(r->dir, tuple->ip_version, flow__address(tuple, end), when_ns);
}

/* The Service that an end is: a name for its address and port. */
static const struct who *service_at_end(struct resolver *r, const struct flow_tuple *tuple,
					enum flow_end end, __u64 when_ns)
{
	if (!tuple->ip_version || !flow__has_ports(tuple->l4_proto))
		return NULL;
	return directory__service_at(r->dir, tuple->ip_version, flow__address(tuple, end),
				     htons(flow__port(tuple, end)), tuple->l4_proto, when_ns);
}

/*
 * Not of any cluster's or company's inside: neither private nor shared nor
 * otherwise special (RFC 6890, RFC 4193). Of private addresses nothing is sure.
 */
static bool is_public(const struct flow_tuple *tuple, enum flow_end end)
{
	const __u8 *ip = flow__address(tuple, end);

	if (tuple->ip_version == 6)
		return (ip[0] & 0xe0) == 0x20; /* 2000::/3 */
	if (tuple->ip_version != 4 || !ip[0] || ip[0] == 127 || ip[0] >= 224)
		return false;
	return !(ip[0] == 169 && ip[1] == 254) && !who_address__is_private(4, ip);
}

static struct drop_end describe(const struct who *who)
{
	struct drop_end end = {};

	if (!who)
		return end;
	end.who = who;
	end.kind = who->kind;
	end.name = who->name;
	end.namespace = who->namespace;
	return end;
}

/* The end at which the socket is: it sent the packet, or was to get it. */
static bool socket_is_at(const struct drop *drop, enum flow_end end)
{
	return drop->rec.cgroup_id &&
	       drop->rec.side == (end == FLOW_SRC ? SIDE_TX : SIDE_RX);
}

/*
 * An end by its address. Where that is the node's, the socket's own cgroup
 * tells host-network pods and units apart.
 */
static const struct who *resolve_end(struct resolver *r, const struct drop *drop,
				     enum flow_end end, const struct who *socket_owner,
				     struct drop_end *ret_end)
{
	const struct flow_tuple *tuple = &drop->rec.tuple;
	const struct who *who = NULL, *service;

	if (drop__has_addresses(drop)) {
		who = at_end(r, tuple, end, drop->rec.time_ns);
		service = who && who->kind == WHO_POD ?
				  NULL : service_at_end(r, tuple, end, drop->rec.time_ns);
		if (service)
			who = service;
	}
	if ((!who || who->kind == WHO_NODE) && socket_owner && socket_is_at(drop, end))
		who = socket_owner;
	*ret_end = describe(who);
	if (!who && drop__has_addresses(drop) && is_public(tuple, end))
		ret_end->kind = WHO_EXTERNAL;
	return who;
}

/* The first one of this node among those that a tuple names. */
static const struct who *local_of(struct resolver *r, const struct flow_tuple *tuple, __u64 when_ns)
{
	const struct who *who = at_end(r, tuple, FLOW_SRC, when_ns);

	if (!is_local(who))
		who = at_end(r, tuple, FLOW_DST, when_ns);
	return is_local(who) ? who : NULL;
}

/* The pods behind NAT: what conntrack knows of the two ends. */
static const struct who *local_behind_nat(struct resolver *r, const struct drop *drop)
{
	const struct who *who;

	if (!(drop->rec.sections & DROP_SECTION_CT))
		return NULL;
	who = at_end(r, &drop->ct.orig, FLOW_SRC, drop->rec.time_ns);
	if (!is_local(who))
		who = at_end(r, &drop->ct.reply, FLOW_SRC, drop->rec.time_ns);
	return is_local(who) ? who : NULL;
}

static const struct who *find_owner(struct resolver *r, const struct drop *drop,
				    const struct who *socket_owner, const struct who *src,
				    const struct who *dst)
{
	const struct who *who = NULL;

	if (socket_owner && socket_owner->host_network)
		return socket_owner;
	if (is_local(src))
		return src;
	if (is_local(dst))
		return dst;
	who = local_behind_nat(r, drop);
	if (!who && drop->rec.sections & DROP_SECTION_INNER)
		who = local_of(r, &drop->inner.tuple, drop->rec.time_ns);
	return who ? who : socket_owner;
}

static void set_owner(struct resolver *r, struct drop *drop, const struct who *who)
{
	drop->owner = who;
	drop->node = who && who->node ? who->node : r->node[0] ? r->node : NULL;
	if (!who)
		return;
	switch (who->kind) {
	case WHO_POD:
		drop->pod = who->name;
		drop->pod_namespace = who->namespace;
		drop->workload = who->workload;
		break;
	case WHO_CONTAINER:
		drop->container = who->name;
		break;
	case WHO_PROCESS:
		drop->unit = who->name;
		break;
	default:
		break;
	}
}

static bool same_address(const struct flow_tuple *a, enum flow_end a_end, const struct flow_tuple *b,
			 enum flow_end b_end)
{
	return memcmp(flow__address(a, a_end), flow__address(b, b_end), 16) == 0 &&
	       flow__port(a, a_end) == flow__port(b, b_end);
}

/*
 * Conntrack's first tuple has the Service's address, its second the backend's.
 * Without conntrack, or before DNAT, the packet itself has the Service's.
 */
static void resolve_service(struct resolver *r, struct drop *drop)
{
	const struct flow_tuple *tuple = &drop->rec.tuple;
	__u64 when_ns = drop->rec.time_ns;
	const struct who *service = NULL;

	if (drop->rec.sections & DROP_SECTION_CT) {
		service = service_at_end(r, &drop->ct.orig, FLOW_DST, when_ns);
		if (service && !same_address(&drop->ct.orig, FLOW_DST, &drop->ct.reply, FLOW_SRC)) {
			drop->has_backend = true;
			drop->backend = describe(at_end(r, &drop->ct.reply, FLOW_SRC, when_ns));
		}
	}
	if (!service && drop__has_addresses(drop))
		service = service_at_end(r, tuple, FLOW_DST, when_ns);
	if (!service && drop__has_addresses(drop))
		service = service_at_end(r, tuple, FLOW_SRC, when_ns);
	if (!service)
		return;
	drop->service = service->name;
	drop->service_namespace = service->namespace;
}

static void clear(struct drop *drop)
{
	drop->pod = drop->pod_namespace = drop->container = drop->unit = NULL;
	drop->node = drop->workload = drop->service = drop->service_namespace = NULL;
	drop->owner = NULL;
	drop->has_backend = false;
	memset(&drop->src, 0, sizeof(drop->src));
	memset(&drop->dst, 0, sizeof(drop->dst));
	memset(&drop->backend, 0, sizeof(drop->backend));
}

bool resolver__drop(struct resolver *r, struct drop *drop)
{
	const struct drop_record *rec = &drop->rec;
	const struct who *owner = NULL, *socket_owner = NULL, *src, *dst;
	const struct netns_info *info;
	bool host;

	clear(drop);
	directory__doubt(r->dir);
	/* first, for it may learn */
	if (rec->netns_ino)
		owner = directory__by_netns(r->dir, rec->netns_ino, rec->time_ns);
	info = rec->netns_ino ? netns_table__find(r->netns, rec->netns_ino, rec->time_ns) : NULL;
	host = info && info->host;
	if (rec->cgroup_id && (host || !owner))
		socket_owner = directory__by_cgroup(r->dir, rec->cgroup_id, rec->time_ns);
	src = resolve_end(r, drop, FLOW_SRC, socket_owner, &drop->src);
	dst = resolve_end(r, drop, FLOW_DST, socket_owner, &drop->dst);
	/* in a namespace that nobody knows the ends may be anywhere */
	if (!owner && (host || !rec->netns_ino))
		owner = find_owner(r, drop, socket_owner, src, dst);
	else if (!owner)
		owner = socket_owner;
	if (!owner && info && !host)
		owner = directory__unit_in(r->dir, rec->netns_ino, rec->time_ns);
	set_owner(r, drop, owner);
	resolve_service(r, drop);
	return !directory__doubt(r->dir);
}

void resolver__free(struct resolver *r)
{
	free(r);
}
