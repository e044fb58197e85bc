/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Answers of the directory. Of several that are possible none is given.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/who/cgroup_paths.h"
#include "user/who/directory_inside.h"
#include "user/who/netns_owner.h"

#define RETRY_FIRST_NS 200000000ull
#define RETRY_MAX_NS   64000000000ull
#define UNIT_RETRY_NS  1000000000ull
/* Longest name of a directory, and its NUL. */
#define UNIT_LEN       256
/* So long after a pod came or went others may be on their way. */
#define UNSETTLED_NS   2000000000ull

const struct pod_source source_proc = { .name = "proc", .rank = RANK_NAMES };

static const struct who *ambiguous(struct directory *dir)
{
	dir->ambiguous++;
	return NULL;
}

/* --- namespaces */

/* The thing that is stated for this very namespace; *ret_many if there are more. */
static struct thing *stated_for(struct directory *dir, const struct netns_info *info,
				bool *ret_many)
{
	struct thing *found = NULL;
	const struct use *use;

	*ret_many = false;
	for (use = use__of_netns(dir, info->ino); use; use = use->next) {
		struct thing *thing = use->by->thing;

		if (use->by->netns_incarnation != info->incarnation || thing == found)
			continue;
		*ret_many = found != NULL;
		found = thing;
	}
	return found;
}

/* What the processes there tell becomes a statement like any other. */
static struct thing *look_at_processes(struct directory *dir, const struct netns_info *info)
{
	struct netns_owner owner;
	struct pod_facts facts = {};
	struct thing *thing;
	char key[48], path[32];

	if (netns_owner__find(dir->root, info, &owner))
		return NULL;
	thing = owner.uid[0] ? thing__find(dir, 'u', owner.uid, NULL) :
			       thing__find(dir, 's', owner.container, NULL);
	/* nobody has a name for it yet */
	if (!thing || !thing->who.name)
		return NULL;
	snprintf(key, sizeof(key), "%u-%llu", info->ino, (unsigned long long)info->incarnation);
	snprintf(path, sizeof(path), "/proc/%d/ns/net", owner.pid);
	facts.uid = owner.uid[0] ? owner.uid : NULL;
	facts.sandbox_id = owner.uid[0] ? NULL : owner.container;
	facts.container = thing->who.kind == WHO_CONTAINER;
	facts.netns_path = path;
	if (directory__pod(dir, dir->proc_id, key, &facts))
		return NULL;
	return owner.uid[0] ? thing__find(dir, 'u', owner.uid, NULL) :
			      thing__find(dir, 's', owner.container, NULL);
}

static struct thing *ask_proc(struct directory *dir, const struct netns_info *info, __u64 when_ns)
{
	struct netns_slot *slot = use__netns_slot(dir, info->ino);
	__u64 now = directory__now(), backoff;
	struct thing *thing;

	if (!slot)
		return NULL;
	if (slot->incarnation != info->incarnation) {
		slot->incarnation = info->incarnation;
		slot->backoff_ns = slot->retry_ns = 0;
	}
	if (now < slot->retry_ns)
		return NULL;
	/* a namespace is made before the first process enters it */
	if (slot->backoff_ns && netns_table__refresh_if_due(dir->netns) == 1) {
		info = netns_table__find(dir->netns, slot->ino, when_ns);
		if (!info || info->incarnation != slot->incarnation)
			return NULL;
	}
	thing = look_at_processes(dir, info);
	if (thing)
		return thing;
	backoff = slot->backoff_ns ? 2 * slot->backoff_ns : RETRY_FIRST_NS;
	slot->backoff_ns = backoff < RETRY_MAX_NS ? backoff : RETRY_MAX_NS;
	slot->retry_ns = now + slot->backoff_ns;
	dir->doubt = true;
	return NULL;
}

const struct who *directory__by_netns(struct directory *dir, __u32 ino, __u64 when_ns)
{
	const struct netns_info *info = netns_table__find(dir->netns, ino, when_ns);
	struct thing *thing;
	bool many;

	if (!info) {
		dir->doubt = true;
		return NULL;
	}
	if (info->host)
		return NULL;
	thing = stated_for(dir, info, &many);
	if (many)
		return ambiguous(dir);
	if (!thing)
		thing = ask_proc(dir, info, when_ns);
	return thing && thing->who.name ? &thing->who : NULL;
}

/* What a look at /proc finds now; what it found before stays if it finds nobody any more. */
static void look_for_unit(struct directory *dir, struct netns_slot *slot,
			  const struct netns_info *info)
{
	char unit[UNIT_LEN];
	int err = netns_owner__unit(dir->root, info, unit, sizeof(unit));
	char *copy;

	if (slot->unit_incarnation != info->incarnation || err == -EEXIST) {
		free((char *)slot->unit.name);
		slot->unit = (struct who){};
		slot->unit_incarnation = info->incarnation;
	}
	if (err || (slot->unit.name && strcmp(slot->unit.name, unit) == 0))
		return;
	copy = strdup(unit);
	if (!copy)
		return;
	free((char *)slot->unit.name);
	slot->unit = (struct who){ .kind = WHO_PROCESS, .name = copy, .backends = -1 };
}

const struct who *directory__unit_in(struct directory *dir, __u32 ino, __u64 when_ns)
{
	const struct netns_info *info = netns_table__find(dir->netns, ino, when_ns);
	struct netns_slot *slot;
	__u64 now;

	if (!info || info->host)
		return NULL;
	slot = use__netns_slot(dir, ino);
	if (!slot)
		return NULL;
	now = directory__now();
	if (slot->unit_incarnation != info->incarnation || now >= slot->unit_retry_ns) {
		look_for_unit(dir, slot, info);
		slot->unit_retry_ns = now + UNIT_RETRY_NS;
	}
	return slot->unit.name ? &slot->unit : NULL;
}

struct prime_walk {
	__u32 *inos;
	size_t count;
};

static int remember(const struct netns_info *info, void *ctx)
{
	struct prime_walk *walk = ctx;
	__u32 *grown;

	/* grow by powers of two */
	if ((walk->count & (walk->count - 1)) == 0) {
		grown = reallocarray(walk->inos, walk->count ? 2 * walk->count : 1, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		walk->inos = grown;
	}
	walk->inos[walk->count++] = info->ino;
	return 0;
}

size_t directory__prime(struct directory *dir)
{
	struct prime_walk walk = {};
	size_t found = 0, i;

	netns_table__each(dir->netns, remember, &walk);
	for (i = 0; i < walk.count; i++)
		found += directory__by_netns(dir, walk.inos[i], 0) != NULL;
	free(walk.inos);
	return found;
}

/* --- addresses */

static bool is_local(const struct thing *thing)
{
	const struct statement *s;

	for (s = thing->statements; s; s = s->next)
		if (s->kind == THING_POD && s->netns_ino)
			return true;
	return false;
}

/* Whether one of its own namespaces was there at that time. */
static bool sandbox_lived(struct directory *dir, const struct thing *thing, __u64 when_ns)
{
	const struct netns_info *info;
	const struct statement *s;

	for (s = thing->statements; s; s = s->next) {
		if (!s->netns_ino)
			continue;
		info = netns_table__find(dir->netns, s->netns_ino, when_ns);
		if (!info || info->incarnation != s->netns_incarnation)
			continue;
		/* gone since, and its source not asked yet: there may be a successor */
		dir->doubt |= !info->path && !s->gone_ns;
		return true;
	}
	return false;
}

static bool states_at(const struct statement *s, __u64 when_ns)
{
	if (!when_ns)
		return !s->gone_ns;
	return when_ns >= s->since_ns && (!s->gone_ns || when_ns <= s->gone_ns);
}

/*
 * Who of two had the address: 1: @s, -1: @best, 0: nothing can be said. What
 * lives here is proven, what lives elsewhere is hearsay; what came later took
 * the address over, unless the earlier one still lives. What is claimed proves
 * nothing wherever it lives.
 */
static int compare_claims(const struct statement *s, const struct statement *best, bool claimed)
{
	bool s_is_local = s->kind == THING_POD && is_local(s->thing);
	bool best_is_local = s->kind == THING_POD && is_local(best->thing);
	const struct statement *later = s, *earlier = best;

	if (!claimed && s_is_local != best_is_local)
		return s_is_local ? 1 : -1;
	if (s->since_ns == best->since_ns)
		return 0;
	if (s->since_ns < best->since_ns) {
		later = best;
		earlier = s;
	}
	if (!earlier->gone_ns)
		return 0;
	return later == s ? 1 : -1;
}

static const struct thing *owner_of(struct directory *dir, const struct use *use, __u64 when_ns,
				    enum thing_kind kind, bool claimed, bool *ret_many)
{
	const struct statement *best = NULL, *s;
	int order;

	*ret_many = false;
	for (; use; use = use->next) {
		s = use->by;
		if (s->kind != kind || use->claimed != claimed || !states_at(s, when_ns) ||
		    (best && s->thing == best->thing))
			continue;
		if (kind == THING_POD && is_local(s->thing) &&
		    !sandbox_lived(dir, s->thing, when_ns)) {
			dir->doubt = true;
			continue;
		}
		order = best ? compare_claims(s, best, claimed) : 1;
		if (!order)
			*ret_many = true;
		if (order > 0) {
			best = s;
			*ret_many = false;
		}
	}
	return best ? best->thing : NULL;
}

/* Whether pods came or went just now; asks the clock only until that is over. */
static bool is_unsettled(struct directory *dir)
{
	if (dir->changed_ns && directory__now() - dir->changed_ns >= UNSETTLED_NS)
		dir->changed_ns = 0;
	return dir->changed_ns;
}

const struct who *directory__by_address(struct directory *dir, __u8 ip_version, const __u8 *ip,
					__u64 when_ns)
{
	static const struct {
		enum thing_kind kind;
		bool claimed;
	} order[] = {
		{ THING_POD, false },
		{ THING_SERVICE, false },
		{ THING_NODE, false },
		{ THING_POD, true },
	};
	const struct use *uses = use__of_address(dir, ip_version, ip);
	const struct thing *thing;
	bool many;
	size_t i;

	if (!uses) {
		/* most are elsewhere's; while pods come and go it may be a new one's */
		dir->doubt |= ip_version && is_unsettled(dir);
		return NULL;
	}
	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		thing = owner_of(dir, uses, when_ns, order[i].kind, order[i].claimed, &many);
		if (many)
			return ambiguous(dir);
		if (thing && thing->who.name)
			return &thing->who;
	}
	return NULL;
}

/* --- Services */

static bool has_port(const struct service_facts *facts, __u16 port_be, __u8 l4_proto, bool node)
{
	size_t i;

	for (i = 0; i < facts->port_count; i++)
		if (facts->ports[i].l4_proto == l4_proto &&
		    (node ? facts->ports[i].node_port_be : facts->ports[i].port_be) == port_be)
			return true;
	return false;
}

static const struct thing *service_of(const struct use *use, __u16 port_be, __u8 l4_proto,
				      __u64 when_ns, bool node, bool *ret_many)
{
	const struct statement *s, *found = NULL;

	for (; use; use = use->next) {
		s = use->by;
		if (s->kind != THING_SERVICE || !states_at(s, when_ns) ||
		    !has_port(&s->service, port_be, l4_proto, node))
			continue;
		*ret_many |= found && found->thing != s->thing;
		found = s;
	}
	return found ? found->thing : NULL;
}

const struct who *directory__service_at(struct directory *dir, __u8 ip_version, const __u8 *ip,
					__u16 port_be, __u8 l4_proto, __u64 when_ns)
{
	const struct use *uses = use__of_address(dir, ip_version, ip), *use;
	const struct thing *thing = NULL;
	bool node = false, many = false;

	for (use = uses; use; use = use->next)
		node |= use->by->kind == THING_NODE && states_at(use->by, when_ns);
	thing = service_of(uses, port_be, l4_proto, when_ns, false, &many);
	if (!thing && node && port_be)
		thing = service_of(use__of_node_port(dir, port_be, l4_proto), port_be, l4_proto,
				   when_ns, true, &many);
	if (many)
		return ambiguous(dir);
	return thing ? &thing->who : NULL;
}

/* --- cgroups and UIDs */

const struct who *directory__by_uid(struct directory *dir, const char *uid)
{
	const struct thing *thing = thing__find(dir, 'u', uid, NULL);

	return thing ? &thing->who : NULL;
}

const struct who *directory__by_cgroup(struct directory *dir, __u64 cgroup_id, __u64 when_ns)
{
	const struct cgroup_path *cgroup;
	char text[4096 + 8], id[CONTAINER_ID_LEN];
	const struct thing *thing = NULL;
	bool somebodys = true;

	(void)when_ns; /* neither these numbers nor UIDs are used again */
	/* 1 is the root, where the kernel's own sockets are */
	cgroup = cgroup_id > 1 ? cgroup_paths__find(dir->cgroups, cgroup_id) : NULL;
	if (!cgroup || snprintf(text, sizeof(text), "0::%s", cgroup->path) >= (int)sizeof(text))
		return NULL;
	if (!pod_uid__from_cgroup(text, id))
		thing = thing__find(dir, 'u', id, NULL);
	else if (!container_id__from_cgroup(text, id))
		thing = thing__find(dir, 's', id, NULL);
	else
		somebodys = false;
	if (thing && thing->who.name)
		return &thing->who;
	dir->doubt |= somebodys;
	return !somebodys && cgroup->unit.kind ? &cgroup->unit : NULL;
}
