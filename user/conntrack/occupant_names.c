// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Remembers who is who: see occupant_names.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/conntrack/occupant_names.h"

/* A cluster's worth; what comes after has no name. */
#define NAMES_MAX 65536UL
#define NAME_SLOTS (2 * NAMES_MAX)
/* Answers remembered, the newest of those that share a place: 400 kB each. */
#define MEMO_SLOTS 8192

struct memo_key {
	__u8 address[16];
	__u16 port_be;
	__u8 l4_proto;
	__u8 ip_version;
};

struct memo {
	struct memo_key key;
	struct owner owner;	/* of an address */
	__u32 service;		/* of an address and port */
	bool used;
};

struct occupant_names {
	struct directory *directory;
	char **texts;		/* by number; [0] is "" */
	size_t count;
	__u32 *slots;		/* numbers by text */
	struct memo *addresses, *services;
	__u32 netns_ino;	/* whose owner is known: */
	struct owner netns_owner;
	struct {
		__u32 ino;
		struct owner owner;
	} *netns;
	size_t netns_count, netns_room;
};

struct occupant_names *occupant_names__new(struct directory *directory)
{
	struct occupant_names *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->directory = directory;
	n->texts = calloc(NAMES_MAX, sizeof(*n->texts));
	n->slots = calloc(NAME_SLOTS, sizeof(*n->slots));
	n->addresses = calloc(MEMO_SLOTS, sizeof(*n->addresses));
	n->services = calloc(MEMO_SLOTS, sizeof(*n->services));
	n->count = 1;
	if (n->texts && n->slots && n->addresses && n->services)
		return n;
	occupant_names__free(n);
	errno = ENOMEM;
	return NULL;
}

static __u64 hash_bytes(const void *bytes, size_t len)
{
	const unsigned char *at = bytes;
	__u64 value = 0xcbf29ce484222325ULL;

	while (len--)
		value = (value ^ *at++) * 0x100000001b3ULL;
	return value ^ value >> 29;
}

/* The number of a text; 0: no room. */
static __u32 intern(struct occupant_names *n, const char *text)
{
	size_t at = hash_bytes(text, strlen(text));
	__u32 *slot;

	for (;; at++) {
		slot = &n->slots[at % NAME_SLOTS];
		if (!*slot)
			break;
		if (!strcmp(n->texts[*slot], text))
			return *slot;
	}
	if (n->count == NAMES_MAX)
		return 0;
	n->texts[n->count] = strdup(text);
	if (!n->texts[n->count])
		return 0;
	*slot = (__u32)n->count++;
	return *slot;
}

static __u32 intern_qualified(struct occupant_names *n, const struct who *who)
{
	char text[512];

	if (!who->name)
		return 0;
	if (!who->namespace)
		return intern(n, who->name);
	snprintf(text, sizeof(text), "%s/%s", who->namespace, who->name);
	return intern(n, text);
}

static struct owner own(struct occupant_names *n, const struct who *who)
{
	struct owner owner = {};

	if (!who || who->kind == WHO_UNKNOWN || who->kind == WHO_EXTERNAL ||
	    who->kind == WHO_SERVICE)
		return owner;
	owner.pod = intern_qualified(n, who);
	owner.namespace = who->namespace ? intern(n, who->namespace) : 0;
	owner.workload = who->workload ? intern(n, who->workload) : 0;
	return owner;
}

void occupant_names__learn(struct occupant_names *n, __u32 netns_ino)
{
	void *grown;

	if (!n->directory)
		return;
	if (n->netns_count == n->netns_room) {
		n->netns_room = n->netns_room ? 2 * n->netns_room : 64;
		grown = reallocarray(n->netns, n->netns_room, sizeof(*n->netns));
		if (!grown) {
			n->netns_room = n->netns_count;
			return;
		}
		n->netns = grown;
	}
	n->netns[n->netns_count].ino = netns_ino;
	n->netns[n->netns_count++].owner = own(n, directory__by_netns(n->directory, netns_ino, 0));
}

/* Entries of one namespace come one after the other. */
static const struct owner *owner_of_netns(struct occupant_names *n, __u32 ino)
{
	size_t i;

	if (n->netns_ino == ino)
		return &n->netns_owner;
	n->netns_ino = ino;
	memset(&n->netns_owner, 0, sizeof(n->netns_owner));
	for (i = 0; i < n->netns_count; i++)
		if (n->netns[i].ino == ino)
			n->netns_owner = n->netns[i].owner;
	return &n->netns_owner;
}

static const struct owner *owner_of_address(struct occupant_names *n, __u8 ip_version,
					    const __u8 *address)
{
	struct memo_key key = { .ip_version = ip_version };
	struct memo *memo;

	memcpy(key.address, address, sizeof(key.address));
	memo = &n->addresses[hash_bytes(&key, sizeof(key)) % MEMO_SLOTS];
	if (!memo->used || memcmp(&memo->key, &key, sizeof(key))) {
		memo->key = key;
		memo->used = true;
		memo->owner = own(n, directory__by_address(n->directory, ip_version, address, 0));
	}
	return &memo->owner;
}

void occupant_names__owner(struct occupant_names *n, __u32 netns_ino,
			   const struct conntrack_entry *entry, struct owner *ret_owner)
{
	memset(ret_owner, 0, sizeof(*ret_owner));
	if (!n->directory)
		return;
	*ret_owner = *owner_of_netns(n, netns_ino);
	if (!ret_owner->pod)
		*ret_owner = *owner_of_address(n, entry->orig.ip_version, entry->orig.saddr);
	if (!ret_owner->pod && entry->reply.ip_version)
		*ret_owner = *owner_of_address(n, entry->reply.ip_version, entry->reply.saddr);
}

__u32 occupant_names__service(struct occupant_names *n, const struct flow_tuple *orig)
{
	struct memo_key key = { .port_be = orig->dport_be, .l4_proto = orig->l4_proto,
				.ip_version = orig->ip_version };
	const struct who *who;
	struct memo *memo;

	if (!n->directory)
		return 0;
	memcpy(key.address, orig->daddr, sizeof(key.address));
	memo = &n->services[hash_bytes(&key, sizeof(key)) % MEMO_SLOTS];
	if (!memo->used || memcmp(&memo->key, &key, sizeof(key))) {
		who = directory__service_at(n->directory, orig->ip_version, orig->daddr,
					    orig->dport_be, orig->l4_proto, 0);
		memo->key = key;
		memo->used = true;
		memo->service = who ? intern_qualified(n, who) : 0;
	}
	return memo->service;
}

const char *occupant_names__text(const struct occupant_names *n, __u32 number)
{
	return number && number < n->count ? n->texts[number] : "";
}

void occupant_names__free(struct occupant_names *n)
{
	size_t i;

	if (!n)
		return;
	for (i = 1; n->texts && i < n->count; i++)
		free(n->texts[i]);
	free(n->texts);
	free(n->slots);
	free(n->addresses);
	free(n->services);
	free(n->netns);
	free(n);
}
