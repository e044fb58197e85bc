/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Indexes from addresses and namespaces to the statements that name them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/who/directory_inside.h"

static int push(struct directory *dir, struct use **uses, struct statement *s, bool claimed)
{
	struct use *use = malloc(sizeof(*use));

	if (!use)
		return -ENOMEM;
	use->by = s;
	use->claimed = claimed;
	use->next = *uses;
	*uses = use;
	dir->bytes += sizeof(*use);
	return 0;
}

static void pull(struct directory *dir, struct use **uses, const struct statement *s)
{
	struct use *use;

	while ((use = *uses)) {
		if (use->by == s) {
			*uses = use->next;
			dir->bytes -= sizeof(*use);
			free(use);
		} else {
			uses = &use->next;
		}
	}
}

static struct address_slot *find_address(struct directory *dir, const struct who_address *address)
{
	struct address_slot *slot;

	HASH_FIND(hh, dir->addresses, address, sizeof(*address), slot);
	return slot;
}

static int add_address(struct directory *dir, const struct who_address *address,
		       struct statement *s, bool claimed)
{
	struct address_slot *slot = find_address(dir, address);

	if (!slot) {
		slot = calloc(1, sizeof(*slot));
		if (!slot)
			return -ENOMEM;
		slot->address = *address;
		HASH_ADD(hh, dir->addresses, address, sizeof(slot->address), slot);
		if (!slot->hh.tbl) {
			free(slot);
			return -ENOMEM;
		}
		dir->bytes += sizeof(*slot);
	}
	return push(dir, &slot->uses, s, claimed);
}

static void remove_address(struct directory *dir, const struct who_address *address,
			   const struct statement *s)
{
	struct address_slot *slot = find_address(dir, address);

	if (!slot)
		return;
	pull(dir, &slot->uses, s);
	if (slot->uses)
		return;
	HASH_DEL(dir->addresses, slot);
	dir->bytes -= sizeof(*slot);
	free(slot);
}

struct netns_slot *use__netns_slot(struct directory *dir, __u32 ino)
{
	struct netns_slot *slot;

	HASH_FIND(hh, dir->namespaces, &ino, sizeof(ino), slot);
	if (slot)
		return slot;
	slot = calloc(1, sizeof(*slot));
	if (!slot)
		return NULL;
	slot->ino = ino;
	HASH_ADD(hh, dir->namespaces, ino, sizeof(slot->ino), slot);
	if (!slot->hh.tbl) {
		free(slot);
		return NULL;
	}
	dir->bytes += sizeof(*slot);
	return slot;
}

void use__free_slot(struct directory *dir, struct netns_slot *slot)
{
	HASH_DEL(dir->namespaces, slot);
	dir->bytes -= sizeof(*slot);
	free((char *)slot->unit.name);
	free(slot);
}

static int add_netns(struct directory *dir, struct statement *s)
{
	struct netns_slot *slot = use__netns_slot(dir, s->netns_ino);

	return slot ? push(dir, &slot->uses, s, false) : -ENOMEM;
}

static void remove_netns(struct directory *dir, const struct statement *s)
{
	struct netns_slot *slot;

	HASH_FIND(hh, dir->namespaces, &s->netns_ino, sizeof(s->netns_ino), slot);
	if (!slot)
		return;
	pull(dir, &slot->uses, s);
	if (!slot->uses)
		use__free_slot(dir, slot);
}

/* NodePorts are found like addresses, under one that no packet has. */
static struct who_address node_port_key(__u16 port_be, __u8 l4_proto)
{
	struct who_address key = {};

	memcpy(key.ip, &port_be, sizeof(port_be));
	key.ip[sizeof(port_be)] = l4_proto;
	return key;
}

static bool node_port(const struct statement *s, size_t i, struct who_address *ret_key)
{
	const struct service_port *port = &s->service.ports[i];

	if (!port->node_port_be)
		return false;
	*ret_key = node_port_key(port->node_port_be, port->l4_proto);
	return true;
}

struct use *use__of_node_port(struct directory *dir, __u16 port_be, __u8 l4_proto)
{
	const struct who_address key = node_port_key(port_be, l4_proto);
	struct address_slot *slot = find_address(dir, &key);

	return slot ? slot->uses : NULL;
}

int use__add(struct directory *dir, struct statement *s)
{
	const struct who_address *addresses;
	struct who_address key;
	size_t count, i;
	int err = 0;

	addresses = statement__addresses(s, &count);
	for (i = 0; !err && i < count; i++)
		err = add_address(dir, &addresses[i], s,
				  s->kind == THING_POD && count - i <= s->pod.claim_count);
	for (i = 0; !err && s->kind == THING_SERVICE && i < s->service.port_count; i++)
		if (node_port(s, i, &key))
			err = add_address(dir, &key, s, false);
	if (!err && s->netns_ino)
		err = add_netns(dir, s);
	return err;
}

void use__remove(struct directory *dir, struct statement *s)
{
	const struct who_address *addresses;
	struct who_address key;
	size_t count, i;

	addresses = statement__addresses(s, &count);
	for (i = 0; i < count; i++)
		remove_address(dir, &addresses[i], s);
	for (i = 0; s->kind == THING_SERVICE && i < s->service.port_count; i++)
		if (node_port(s, i, &key))
			remove_address(dir, &key, s);
	if (s->netns_ino)
		remove_netns(dir, s);
}

struct use *use__of_address(struct directory *dir, __u8 ip_version, const __u8 *ip)
{
	struct who_address address = { .ip_version = ip_version };
	struct address_slot *slot;

	if (ip_version != 4 && ip_version != 6)
		return NULL;
	/* behind an IPv4 address zeroes are promised, not proven */
	memcpy(address.ip, ip, ip_version == 4 ? 4 : 16);
	slot = find_address(dir, &address);
	return slot ? slot->uses : NULL;
}

struct use *use__of_netns(struct directory *dir, __u32 ino)
{
	struct netns_slot *slot;

	HASH_FIND(hh, dir->namespaces, &ino, sizeof(ino), slot);
	return slot ? slot->uses : NULL;
}
