// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * See living.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/probe/living.h"

static char *full_name(const char *namespace, const char *name)
{
	char *full;

	return asprintf(&full, "%s/%s", namespace ? namespace : "", name ? name : "") < 0 ? NULL :
											   full;
}

static int add(const struct directory_item *item, void *ctx)
{
	struct living *living = ctx;
	char **grown;

	if (item->gone || (item->who->kind != WHO_POD && item->who->kind != WHO_CONTAINER))
		return 0;
	if (living->count == living->room) {
		living->room = living->room ? 2 * living->room : 64;
		grown = reallocarray(living->names, living->room, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		living->names = grown;
	}
	living->names[living->count] = full_name(item->who->namespace, item->who->name);
	if (!living->names[living->count])
		return -ENOMEM;
	living->count++;
	return 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int living__list(struct directory *directory, struct living *ret)
{
	int err;

	memset(ret, 0, sizeof(*ret));
	err = directory__each(directory, add, ret);
	if (err) {
		living__done(ret);
		return err;
	}
	if (ret->count)
		qsort(ret->names, ret->count, sizeof(*ret->names), compare);
	return 0;
}

bool living__has(const struct living *living, const char *namespace, const char *name)
{
	char *full = living->count ? full_name(namespace, name) : NULL;
	bool has = full && bsearch(&full, living->names, living->count, sizeof(full), compare);

	free(full);
	return has;
}

void living__done(struct living *living)
{
	size_t i;

	for (i = 0; i < living->count; i++)
		free(living->names[i]);
	free(living->names);
	memset(living, 0, sizeof(*living));
}
