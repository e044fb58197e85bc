/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the directory is told: statements come, are replaced, taken back and
 * forgotten. Which thing they are about is thing.c's, who is found by them
 * directory_lookup.c's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "user/clock.h"
#include "user/who/cgroup_paths.h"
#include "user/who/directory_inside.h"
#include "user/who/sandbox.h"

__u64 directory__now(void)
{
	return clock__ns(CLOCK_BOOTTIME);
}

struct directory *directory__new(const char *root, struct netns_table *netns)
{
	struct directory *dir = calloc(1, sizeof(*dir));
	size_t len;

	if (!dir)
		return NULL;
	dir->netns = netns;
	dir->root = strdup(root ? root : "");
	dir->cgroups = cgroup_paths__new(root ? root : "");
	if (!dir->root || !dir->cgroups) {
		directory__free(dir);
		errno = ENOMEM;
		return NULL;
	}
	for (len = strlen(dir->root); len && dir->root[len - 1] == '/'; len--)
		dir->root[len - 1] = '\0';
	dir->proc_id = directory__add_source(dir, &source_proc);
	return dir;
}

int directory__add_source(struct directory *dir, const struct pod_source *source)
{
	if (dir->source_count >= DIRECTORY_SOURCES_MAX)
		return -ENOSPC;
	dir->sources[dir->source_count] = source;
	return dir->source_count++;
}

const char *directory__source_name(const struct directory *dir, int id)
{
	return id >= 0 && id < dir->source_count ? dir->sources[id]->name : NULL;
}

static struct statement *find_statement(struct directory *dir, const char *key, size_t len)
{
	struct statement *s;

	HASH_FIND(hh, dir->statements, key, len, s);
	return s;
}

static struct statement *find_by_key(struct directory *dir, int id, enum thing_kind kind,
				     const char *key)
{
	size_t len = strlen(key) + 2;
	char *whole = malloc(len + 1);
	struct statement *s;

	if (!whole)
		return NULL;
	whole[0] = (char)('0' + kind);
	whole[1] = (char)('0' + id);
	memcpy(whole + 2, key, len - 1);
	s = find_statement(dir, whole, len);
	free(whole);
	return s;
}

static void forget(struct directory *dir, struct statement *s)
{
	use__remove(dir, s);
	thing__detach(dir, s);
	dir->bytes -= s->size;
	free(s);
}

static void count_change(struct directory *dir, const struct statement *s)
{
	dir->changes++;
	if (s->kind == THING_POD)
		dir->changed_ns = directory__now();
}

static void take_back(struct directory *dir, struct statement *s)
{
	HASH_DEL(dir->statements, s);
	dir->counts[s->kind]--;
	s->gone_ns = directory__now();
	if (dir->gone_last)
		dir->gone_last->next_gone = s;
	else
		dir->gone = s;
	dir->gone_last = s;
	dir->gone_count++;
	count_change(dir, s);
	thing__update(dir, s->thing);
}

static void forget_oldest(struct directory *dir)
{
	struct statement *s = dir->gone;

	dir->gone = s->next_gone;
	if (!dir->gone)
		dir->gone_last = NULL;
	dir->gone_count--;
	forget(dir, s);
}

/* What /proc told of those that had the number before: no source ever takes that back. */
static void expire_processes(struct directory *dir, const struct netns_slot *slot)
{
	const struct use *use;

	for (use = slot->uses; use; use = use->next)
		if (use->by->source == dir->proc_id && !use->by->gone_ns &&
		    netns_table__is_gone(dir->netns, slot->ino, use->by->netns_incarnation))
			take_back(dir, use->by);
}

/* Namespaces that nobody states, once their next look at /proc would be due for long. */
static void expire_namespaces(struct directory *dir, __u64 now)
{
	struct netns_slot *slot, *next;

	HASH_ITER(hh, dir->namespaces, slot, next) {
		expire_processes(dir, slot);
		if (slot->uses || now < slot->retry_ns + DIRECTORY_GRACE_NS)
			continue;
		use__free_slot(dir, slot);
	}
}

bool directory__expire(struct directory *dir)
{
	__u64 now = directory__now();
	bool any = false;

	while (dir->gone && now - dir->gone->gone_ns > DIRECTORY_GRACE_NS) {
		forget_oldest(dir);
		any = true;
	}
	expire_namespaces(dir, now);
	return any;
}

static size_t room_for(enum thing_kind kind)
{
	/* a statement of the runtime, one of its network, one of its logs, one of the API */
	static const size_t room[__THING_MAX] = {
		[THING_POD] = 4UL * DIRECTORY_PODS_MAX,
		[THING_SERVICE] = DIRECTORY_SERVICES_MAX,
		[THING_ENDPOINTS] = 2UL * DIRECTORY_SERVICES_MAX,
		[THING_NODE] = DIRECTORY_NODES_MAX,
	};

	return room[kind];
}

/* What was taken back may fill as much room as what lives: then the oldest goes early. */
static bool make_room(struct directory *dir, enum thing_kind kind)
{
	while (dir->gone && dir->gone_count >= room_for(THING_POD)) {
		forget_oldest(dir);
		dir->evicted++;
	}
	return dir->counts[kind] < room_for(kind);
}

static int enter(struct directory *dir, struct statement *s)
{
	int err;

	HASH_ADD_KEYPTR(hh, dir->statements, s->key, s->key_len, s);
	if (!s->hh.tbl) {
		free(s);
		return -ENOMEM;
	}
	dir->bytes += s->size;
	dir->counts[s->kind]++;
	count_change(dir, s);
	err = thing__attach(dir, s);
	if (!err)
		err = use__add(dir, s);
	if (err) {
		HASH_DEL(dir->statements, s);
		dir->counts[s->kind]--;
		forget(dir, s);
		return err;
	}
	thing__update(dir, s->thing);
	return 0;
}

static int state(struct directory *dir, int id, struct statement *s)
{
	struct statement *old;

	if (!s)
		return -ENOMEM;
	s->list = dir->list[id];
	if (s->kind == THING_POD)
		s->since_ns = s->pod.since_ns;
	old = find_statement(dir, s->key, s->key_len);
	if (old && statement__same(old, s)) {
		old->list = s->list;
		free(s);
		return 0;
	}
	if (old)
		take_back(dir, old);
	if (!make_room(dir, s->kind)) {
		dir->evicted++;
		free(s);
		return -ENOSPC;
	}
	return enter(dir, s);
}

/* Whether a better source than a cache states the sandbox. */
static bool sandbox_stated(struct directory *dir, const char *sandbox_id)
{
	const struct thing *thing = thing__find(dir, 's', sandbox_id, NULL);
	const struct statement *s;

	for (s = thing ? thing->statements : NULL; s; s = s->next)
		if (!s->gone_ns && dir->sources[s->source]->rank > RANK_CACHE &&
		    s->pod.sandbox_id && strcmp(s->pod.sandbox_id, sandbox_id) == 0)
			return true;
	return false;
}

/* Whether the sandbox lives that the facts speak of; which namespace it has. */
static bool find_sandbox(struct directory *dir, int id, const struct pod_facts *facts,
			 struct statement *ret_netns)
{
	const char *name = facts->uid && !facts->container ? facts->uid : facts->sandbox_id;
	const struct netns_info *info = NULL;
	bool proven = dir->sources[id]->rank != RANK_CACHE;
	/* a cache outlives processes, whose numbers are used again */
	const char *holder = proven ? NULL : name;

	if (facts->host_network)
		return !facts->pid || !sandbox__process(dir->root, facts->pid, name);
	if (facts->netns_path) {
		info = sandbox__netns(dir->root, dir->netns, facts->netns_path, holder, facts->pid);
		/* who lives in one that is new takes a look at all processes */
		if (info && !proven && !info->pid_count &&
		    netns_table__refresh_if_due(dir->netns) == 1)
			info = sandbox__netns(dir->root, dir->netns, facts->netns_path, holder,
					      facts->pid);
		if (!info)
			return false;
		proven |= info->pid_count != 0;
		ret_netns->netns_ino = info->ino;
		ret_netns->netns_incarnation = info->incarnation;
	}
	return proven || sandbox_stated(dir, facts->sandbox_id);
}

int directory__pod(struct directory *dir, int id, const char *key, const struct pod_facts *facts)
{
	struct statement *s = statement__new(THING_POD, id, key, facts);

	if (!s)
		return -ENOMEM;
	if (!find_sandbox(dir, id, facts, s)) {
		free(s);
		return -ESTALE;
	}
	return state(dir, id, s);
}

int directory__pod_again(struct directory *dir, int id, const char *key)
{
	struct statement *s = find_by_key(dir, id, THING_POD, key), now = {};

	if (!s || !find_sandbox(dir, id, &s->pod, &now) || now.netns_ino != s->netns_ino ||
	    now.netns_incarnation != s->netns_incarnation)
		return -EAGAIN;
	s->list = dir->list[id];
	return 0;
}

int directory__service(struct directory *dir, int id, const char *key,
		       const struct service_facts *facts)
{
	return state(dir, id, statement__new(THING_SERVICE, id, key, facts));
}

int directory__endpoints(struct directory *dir, int id, const char *key,
			 const struct endpoints_facts *facts)
{
	return state(dir, id, statement__new(THING_ENDPOINTS, id, key, facts));
}

int directory__node(struct directory *dir, int id, const char *key, const struct node_facts *facts)
{
	return state(dir, id, statement__new(THING_NODE, id, key, facts));
}

static void gone(struct directory *dir, int id, enum thing_kind kind, const char *key)
{
	struct statement *s = find_by_key(dir, id, kind, key);

	if (s)
		take_back(dir, s);
}

void directory__pod_gone(struct directory *dir, int id, const char *key)
{
	gone(dir, id, THING_POD, key);
}

void directory__service_gone(struct directory *dir, int id, const char *key)
{
	gone(dir, id, THING_SERVICE, key);
}

void directory__endpoints_gone(struct directory *dir, int id, const char *key)
{
	gone(dir, id, THING_ENDPOINTS, key);
}

void directory__node_gone(struct directory *dir, int id, const char *key)
{
	gone(dir, id, THING_NODE, key);
}

void directory__begin(struct directory *dir, int id, unsigned int what)
{
	dir->list[id]++;
	dir->listed[id] = what;
}

void directory__end(struct directory *dir, int id, bool whole)
{
	struct statement *s, *next;
	unsigned int what = dir->listed[id];

	dir->listed[id] = 0;
	if (!whole)
		return;
	HASH_ITER(hh, dir->statements, s, next)
		if (s->source == id && what & 1u << s->kind && s->list != dir->list[id])
			take_back(dir, s);
}

__u64 directory__changes(const struct directory *dir)
{
	return dir->changes;
}

bool directory__doubt(struct directory *dir)
{
	bool doubt = dir->doubt;

	dir->doubt = false;
	return doubt;
}

void directory__free(struct directory *dir)
{
	struct statement *s, *next;

	if (!dir)
		return;
	while (dir->gone)
		forget_oldest(dir);
	HASH_ITER(hh, dir->statements, s, next) {
		HASH_DEL(dir->statements, s);
		forget(dir, s);
	}
	expire_namespaces(dir, ~0ull);
	cgroup_paths__free(dir->cgroups);
	free(dir->root);
	free(dir);
}
