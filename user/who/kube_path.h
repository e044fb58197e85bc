/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where the Kubernetes API keeps each kind, and the query for a list or watch.
 */
#ifndef DROPWHY_KUBE_PATH_H
#define DROPWHY_KUBE_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "user/who/kube_object.h"

struct kube_query {
	enum kube_kind kind;
	unsigned int variant;	/* below kube_path__variants() */
	const char *node;	/* as kube_feed_options.node */
	const char *version;	/* "": the newest, from the server's disk */
	const char *next;	/* "": the first page */
	bool watch;
	unsigned int timeout_s; /* of a watch, after which the server ends it */
	unsigned int limit;	/* of a page; 0: all at once */
};

/** @brief **kube_path__variants()** how many APIs have had this kind. */
unsigned int kube_path__variants(enum kube_kind kind);

/**
 * @brief **kube_path__format()** writes a path with its query.
 * @param buf @p room bytes; gets a NUL
 * @return length; 0: it does not fit
 */
size_t kube_path__format(const struct kube_query *query, char *buf, size_t room);

#endif
