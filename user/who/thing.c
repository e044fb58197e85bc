/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which thing a statement is about, and what all statements about a thing add
 * up to: of each field the best source's word.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/who/directory_inside.h"

#define IDENTITY_LEN 640

static size_t identity_key(char type, const char *first, const char *second, char *buf)
{
	int len = snprintf(buf, IDENTITY_LEN, "%c:%s%s%s", type, first, second ? "/" : "",
			   second ? second : "");

	/* cut short, two of them could be taken for one */
	return len < 0 || len >= IDENTITY_LEN ? 0 : (size_t)len;
}

static struct identity *find_identity(struct directory *dir, char type, const char *first,
				      const char *second)
{
	char key[IDENTITY_LEN];
	struct identity *identity = NULL;
	size_t len;

	len = first ? identity_key(type, first, second, key) : 0;
	if (len)
		HASH_FIND(hh, dir->identities, key, len, identity);
	return identity;
}

struct thing *thing__find(struct directory *dir, char type, const char *first, const char *second)
{
	struct identity *identity = find_identity(dir, type, first, second);

	return identity ? identity->thing : NULL;
}

static void unlink_identity(struct identity *identity)
{
	struct identity **at = &identity->thing->identities;

	while (*at != identity)
		at = &(*at)->next;
	*at = identity->next;
}

static void free_identity(struct directory *dir, struct identity *identity)
{
	unlink_identity(identity);
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): linked, so in the table */
	HASH_DEL(dir->identities, identity);
	dir->bytes -= sizeof(*identity) + strlen(identity->key) + 1;
	free(identity);
}

/* Makes the thing found by it; what was found so before no longer is. */
static int identify(struct directory *dir, struct thing *thing, char type, const char *first,
		    const char *second)
{
	char key[IDENTITY_LEN];
	struct identity *identity;
	size_t len;

	len = first ? identity_key(type, first, second, key) : 0;
	if (!len)
		return 0;
	HASH_FIND(hh, dir->identities, key, len, identity);
	if (!identity) {
		identity = malloc(sizeof(*identity) + len + 1);
		if (!identity)
			return -ENOMEM;
		memcpy(identity->key, key, len + 1);
		identity->thing = NULL;
		HASH_ADD(hh, dir->identities, key[0], len, identity);
		if (!identity->hh.tbl) {
			free(identity);
			return -ENOMEM;
		}
		dir->bytes += sizeof(*identity) + len + 1;
	} else if (identity->thing == thing) {
		return 0;
	} else {
		unlink_identity(identity);
	}
	identity->thing = thing;
	identity->next = thing->identities;
	thing->identities = identity;
	return 0;
}

static bool states_sandbox(const struct thing *thing, const char *id)
{
	const struct statement *s;

	for (s = thing->statements; s; s = s->next)
		if (s->kind == THING_POD && s->pod.sandbox_id &&
		    strcmp(s->pod.sandbox_id, id) == 0)
			return true;
	return false;
}

/* A pod that lives for months may see many containers come and go. */
static void forget_sandbox(struct directory *dir, struct thing *thing, const char *id)
{
	struct identity *identity = find_identity(dir, 's', id, NULL);

	if (identity && identity->thing == thing && !states_sandbox(thing, id))
		free_identity(dir, identity);
}

static struct thing *new_thing(struct directory *dir, enum thing_kind kind)
{
	struct thing *thing = calloc(1, sizeof(*thing));

	if (!thing)
		return NULL;
	thing->kind = kind;
	thing->next = dir->things;
	if (dir->things)
		dir->things->prev = thing;
	dir->things = thing;
	dir->bytes += sizeof(*thing);
	return thing;
}

static void free_thing(struct directory *dir, struct thing *thing)
{
	while (thing->identities)
		free_identity(dir, thing->identities);
	if (thing->prev)
		thing->prev->next = thing->next;
	else
		dir->things = thing->next;
	if (thing->next)
		thing->next->prev = thing->prev;
	dir->bytes -= sizeof(*thing);
	free(thing);
}

static enum source_rank rank_of(const struct directory *dir, const struct statement *s)
{
	return dir->sources[s->source]->rank;
}

bool thing__lives(const struct directory *dir, const struct thing *thing)
{
	const struct statement *s;

	for (s = thing->statements; s; s = s->next)
		if (!s->gone_ns && s->kind == thing->kind &&
		    (rank_of(dir, s) > RANK_NAMES || s->source == dir->proc_id))
			return true;
	return false;
}

/* Whether @s speaks before @best: the living first, then the better source, then the newer. */
static bool speaks_first(const struct directory *dir, const struct statement *s,
			 const struct statement *best)
{
	if (!best)
		return true;
	if (!s->gone_ns != !best->gone_ns)
		return !s->gone_ns;
	return rank_of(dir, s) > rank_of(dir, best);
}

static const char *text_at(const struct statement *s, size_t offset)
{
	return *(const char *const *)((const char *)&s->pod + offset);
}

/*
 * The best word on the field at @offset of struct pod_facts. A source that
 * contradicts itself (two directories of logs for one UID) has said nothing.
 */
static const char *best_text(const struct directory *dir, const struct thing *thing, size_t offset)
{
	const struct statement *s, *best = NULL;
	bool contradicted = false;

	for (s = thing->statements; s; s = s->next) {
		if (!text_at(s, offset))
			continue;
		if (speaks_first(dir, s, best)) {
			best = s;
			contradicted = false;
		} else if (s->source == best->source && !s->gone_ns == !best->gone_ns &&
			   strcmp(text_at(s, offset), text_at(best, offset)) != 0) {
			contradicted = true;
		}
	}
	return best && !contradicted ? text_at(best, offset) : NULL;
}

#define BEST_TEXT(dir, thing, field) best_text(dir, thing, offsetof(struct pod_facts, field))

static void update_pod(struct directory *dir, struct thing *thing)
{
	const struct statement *s, *labels = NULL, *best = NULL;
	struct who *who = &thing->who;
	bool local = false;

	for (s = thing->statements; s; s = s->next) {
		if (speaks_first(dir, s, best))
			best = s;
		if (s->pod.labels && speaks_first(dir, s, labels))
			labels = s;
		/* the runtime, the kubelet and /proc speak of this node alone */
		local |= s->netns_ino || (rank_of(dir, s) >= RANK_RUNTIME &&
					  rank_of(dir, s) <= RANK_KUBELET);
	}
	memset(who, 0, sizeof(*who));
	who->backends = -1;
	who->local = local;
	who->name = BEST_TEXT(dir, thing, name);
	who->namespace = BEST_TEXT(dir, thing, namespace);
	who->uid = BEST_TEXT(dir, thing, uid);
	who->workload = BEST_TEXT(dir, thing, workload);
	who->node = BEST_TEXT(dir, thing, node);
	if (labels) {
		who->labels = labels->pod.labels;
		who->label_count = labels->pod.label_count;
		who->labels_known = true;
	}
	if (!best)
		return;
	who->host_network = best->pod.host_network;
	who->kind = best->pod.container ? WHO_CONTAINER : WHO_POD;
}

/* Ready endpoints of a Service; -1 where no source speaks of endpoints. */
static int count_backends(const struct thing *thing)
{
	const struct statement *s;
	int count = -1;

	for (s = thing->statements; s; s = s->next)
		if (s->kind == THING_ENDPOINTS && !s->gone_ns)
			count = (count < 0 ? 0 : count) + (int)s->endpoints.address_count;
	return count;
}

static void update_service(struct thing *thing)
{
	const struct statement *s = thing->statements;
	struct who *who = &thing->who;

	memset(who, 0, sizeof(*who));
	who->kind = WHO_SERVICE;
	who->backends = count_backends(thing);
	while (s && s->kind == THING_ENDPOINTS && s->next)
		s = s->next;
	if (!s)
		return;
	who->name = s->kind == THING_SERVICE ? s->service.name : s->endpoints.service;
	who->namespace = s->kind == THING_SERVICE ? s->service.namespace : s->endpoints.namespace;
}

void thing__update(struct directory *dir, struct thing *thing)
{
	const struct statement *s, *best = NULL;

	if (thing->kind == THING_POD) {
		update_pod(dir, thing);
		return;
	}
	if (thing->kind == THING_SERVICE) {
		update_service(thing);
		return;
	}
	for (s = thing->statements; s; s = s->next)
		if (speaks_first(dir, s, best))
			best = s;
	memset(&thing->who, 0, sizeof(thing->who));
	thing->who.kind = WHO_NODE;
	thing->who.backends = -1;
	thing->who.name = best ? best->node.name : NULL;
	thing->who.node = thing->who.name;
}

static bool has_other_uid(const struct thing *thing, const struct pod_facts *facts)
{
	return facts->uid && thing->who.uid && strcmp(facts->uid, thing->who.uid) != 0;
}

/* Makes one of two things that turned out to be the same. */
static void merge(struct directory *dir, struct thing *into, struct thing *from)
{
	struct statement *s, **last = &into->statements;
	struct identity *identity;

	while (*last)
		last = &(*last)->next;
	for (s = from->statements; s; s = s->next)
		s->thing = into;
	*last = from->statements;
	from->statements = NULL;
	while ((identity = from->identities)) {
		from->identities = identity->next;
		identity->thing = into;
		identity->next = into->identities;
		into->identities = identity;
	}
	free_thing(dir, from);
}

/* A name alone joins what no UID or sandbox tells apart. */
static struct thing *find_by_name(struct directory *dir, const struct pod_facts *facts)
{
	struct thing *thing;

	if (!facts->name || !facts->namespace)
		return NULL;
	thing = thing__find(dir, 'n', facts->namespace, facts->name);
	if (!thing || (facts->uid && thing->who.uid) || !thing__lives(dir, thing))
		return NULL;
	return thing;
}

static struct thing *find_pod(struct directory *dir, const struct pod_facts *facts)
{
	struct thing *by_uid, *by_sandbox;

	by_uid = thing__find(dir, 'u', facts->uid, NULL);
	if (!by_uid)
		by_uid = thing__find(dir, 'u', facts->alias_uid, NULL);
	by_sandbox = thing__find(dir, 's', facts->sandbox_id, NULL);
	if (by_sandbox && (has_other_uid(by_sandbox, facts) || by_sandbox == by_uid))
		by_sandbox = NULL;
	if (by_uid && by_sandbox)
		merge(dir, by_uid, by_sandbox);
	if (by_uid || by_sandbox)
		return by_uid ? by_uid : by_sandbox;
	return facts->container ? NULL : find_by_name(dir, facts);
}

static int attach_pod(struct directory *dir, struct statement *s)
{
	const struct pod_facts *facts = &s->pod;
	struct thing *thing = find_pod(dir, facts);
	int err;

	if (!thing)
		thing = new_thing(dir, THING_POD);
	if (!thing)
		return -ENOMEM;
	s->thing = thing;
	s->next = thing->statements;
	thing->statements = s;
	err = identify(dir, thing, 'u', facts->uid, NULL);
	if (!err)
		err = identify(dir, thing, 'u', facts->alias_uid, NULL);
	if (!err)
		err = identify(dir, thing, 's', facts->sandbox_id, NULL);
	if (!err && facts->name && facts->namespace)
		err = identify(dir, thing, 'n', facts->namespace, facts->name);
	return err;
}

int thing__attach(struct directory *dir, struct statement *s)
{
	const char *namespace = NULL, *name = s->node.name;
	enum thing_kind kind = s->kind;
	struct thing *thing;
	char type = 'h';

	if (kind == THING_POD)
		return attach_pod(dir, s);
	if (kind != THING_NODE) {
		namespace = kind == THING_SERVICE ? s->service.namespace : s->endpoints.namespace;
		name = kind == THING_SERVICE ? s->service.name : s->endpoints.service;
		kind = THING_SERVICE;
		type = 'v';
	}
	thing = thing__find(dir, type, namespace ? namespace : name, namespace ? name : NULL);
	if (!thing)
		thing = new_thing(dir, kind);
	if (!thing)
		return -ENOMEM;
	s->thing = thing;
	s->next = thing->statements;
	thing->statements = s;
	return identify(dir, thing, type, namespace ? namespace : name, namespace ? name : NULL);
}

void thing__detach(struct directory *dir, struct statement *s)
{
	struct thing *thing = s->thing;
	struct statement **at;

	if (!thing)
		return;
	at = &thing->statements;
	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	s->thing = NULL;
	if (!thing->statements) {
		free_thing(dir, thing);
		return;
	}
	if (s->kind == THING_POD)
		forget_sandbox(dir, thing, s->pod.sandbox_id);
	thing__update(dir, thing);
}
