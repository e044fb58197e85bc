/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The directory as a whole: its size, and all that it knows in order.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/who/directory_inside.h"

void directory__stats(const struct directory *dir, struct directory_stats *ret_stats)
{
	struct directory_stats stats = { .bytes = dir->bytes,
					 .evicted = dir->evicted,
					 .ambiguous = dir->ambiguous };
	const struct thing *thing;

	for (thing = dir->things; thing; thing = thing->next) {
		if (!thing__lives(dir, thing))
			stats.gone++;
		else if (thing->kind == THING_POD)
			stats.pods++;
		else if (thing->kind == THING_SERVICE)
			stats.services++;
		else
			stats.nodes++;
	}
	stats.endpoints = dir->counts[THING_ENDPOINTS];
	stats.bytes += HASH_OVERHEAD(hh, dir->statements) + HASH_OVERHEAD(hh, dir->identities) +
		       HASH_OVERHEAD(hh, dir->addresses) + HASH_OVERHEAD(hh, dir->namespaces);
	*ret_stats = stats;
}

static int compare_texts(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int compare_things(const void *a, const void *b)
{
	const struct thing *x = *(struct thing *const *)a, *y = *(struct thing *const *)b;
	int order;

	if (x->kind != y->kind)
		return x->kind > y->kind ? 1 : -1;
	order = compare_texts(x->who.namespace, y->who.namespace);
	if (!order)
		order = compare_texts(x->who.name, y->who.name);
	return order ? order : compare_texts(x->who.uid, y->who.uid);
}

static bool has_address(const struct who_address *list, size_t count, const struct who_address *one)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (memcmp(&list[i], one, sizeof(*one)) == 0)
			return true;
	return false;
}

/* Of statements that live what they state, or of gone ones, if all are. */
static void describe(const struct directory *dir, const struct thing *thing,
		     struct directory_item *item, struct who_address addresses[SERVICE_ADDRESSES_MAX])
{
	bool lives = thing__lives(dir, thing);
	const struct who_address *more;
	const struct statement *s;
	size_t count, i;

	memset(item, 0, sizeof(*item));
	item->who = &thing->who;
	item->addresses = addresses;
	item->gone = !lives;
	for (s = thing->statements; s; s = s->next) {
		if (lives && s->gone_ns)
			continue;
		item->sources |= 1u << s->source;
		if (s->netns_ino)
			item->netns_ino = s->netns_ino;
		more = statement__addresses(s, &count);
		for (i = 0; i < count && item->address_count < SERVICE_ADDRESSES_MAX; i++)
			if (!has_address(addresses, item->address_count, &more[i]))
				addresses[item->address_count++] = more[i];
	}
}

int directory__each(struct directory *dir, directory_fn fn, void *ctx)
{
	struct who_address addresses[SERVICE_ADDRESSES_MAX];
	struct directory_item item;
	struct thing *thing, **list;
	size_t count = 0, i = 0;
	int err = 0;

	for (thing = dir->things; thing; thing = thing->next)
		count++;
	list = calloc(count + 1, sizeof(struct thing *));
	if (!list)
		return -ENOMEM;
	for (thing = dir->things; thing; thing = thing->next)
		list[i++] = thing;
	qsort(list, count, sizeof(struct thing *), compare_things);
	for (i = 0; !err && i < count; i++) {
		describe(dir, list[i], &item, addresses);
		err = fn(&item, ctx);
	}
	free(list);
	return err;
}
