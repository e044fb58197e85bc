// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Paths of the API. What servers and users chose is percent-encoded (RFC 3986).
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "user/who/kube_path.h"

#define VARIANTS_MAX 3

/* discovery.k8s.io/v1 since 1.21, v1beta1 from 1.17 to 1.24, Endpoints always */
static const char *const paths[__KUBE_KIND_MAX][VARIANTS_MAX] = {
	[KUBE_POD] = { "/api/v1/pods" },
	[KUBE_SERVICE] = { "/api/v1/services" },
	[KUBE_SLICE] = { "/apis/discovery.k8s.io/v1/endpointslices",
			 "/apis/discovery.k8s.io/v1beta1/endpointslices", "/api/v1/endpoints" },
	[KUBE_NODE] = { "/api/v1/nodes" },
};

struct writer {
	char *buf;
	size_t room;
	size_t len;
	bool full;
};

unsigned int kube_path__variants(enum kube_kind kind)
{
	unsigned int count = 0;

	while (count < VARIANTS_MAX && paths[kind][count])
		count++;
	return count;
}

static void put(struct writer *writer, const char *text)
{
	size_t len = strlen(text);

	if (len >= writer->room - writer->len) {
		writer->full = true;
		return;
	}
	memcpy(writer->buf + writer->len, text, len + 1);
	writer->len += len;
}

static void put_encoded(struct writer *writer, const char *text)
{
	char byte[4];

	for (; *text; text++) {
		if (isalnum((unsigned char)*text) || strchr("-._~", *text))
			snprintf(byte, sizeof(byte), "%c", *text);
		else
			snprintf(byte, sizeof(byte), "%%%02X", (unsigned char)*text);
		put(writer, byte);
	}
}

static void put_number(struct writer *writer, const char *name, unsigned int number)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", number);
	put(writer, name);
	put(writer, text);
}

/* NOLINTNEXTLINE(readability-non-const-parameter): it is written through the writer */
size_t kube_path__format(const struct kube_query *query, char *buf, size_t room)
{
	struct writer writer = { .buf = buf, .room = room };

	put(&writer, paths[query->kind][query->variant]);
	if (query->watch) {
		put(&writer, "?watch=1&allowWatchBookmarks=true");
		put_number(&writer, "&timeoutSeconds=", query->timeout_s);
	} else if (query->limit) {
		put_number(&writer, "?limit=", query->limit);
	} else {
		put(&writer, "?resourceVersionMatch=NotOlderThan");
	}
	if (query->next[0]) {
		/* the token says which version; servers refuse both */
		put(&writer, "&continue=");
		put_encoded(&writer, query->next);
	} else if (query->version[0]) {
		put(&writer, "&resourceVersion=");
		put_encoded(&writer, query->version);
	}
	if (query->node && (query->kind == KUBE_POD || query->kind == KUBE_NODE)) {
		put(&writer, "&fieldSelector=");
		put(&writer, query->kind == KUBE_POD ? "spec.nodeName%3D" : "metadata.name%3D");
		put_encoded(&writer, query->node);
	}
	return writer.full ? 0 : writer.len;
}
