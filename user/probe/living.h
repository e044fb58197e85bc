/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which pods live, asked for all at once: for series of those that do not.
 */
#ifndef DROPWHY_LIVING_H
#define DROPWHY_LIVING_H

#include "user/who/directory.h"

struct living {
	char **names;		/* "namespace/name", sorted */
	size_t count;
	size_t room;
};

/**
 * @brief **living__list()** lists pods and containers.
 * @param ret free with living__done()
 * @return 0 or -ENOMEM
 */
int living__list(struct directory *directory, struct living *ret);

/** @brief **living__has()** whether one is among them. */
bool living__has(const struct living *living, const char *namespace, const char *name);

/** @brief **living__done()** frees the list; an empty one is fine. */
void living__done(struct living *living);

#endif
