/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Any bytes as an answer of the Kubernetes API, in two pieces, and as a
 * kubeconfig: what comes out is within its bounds, and the same whatever the
 * pieces are.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "user/who/kube_config.h"
#include "user/who/kube_feed.h"
#include "user/who/kube_servers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct sums {
	size_t events;
	size_t bytes;
};

static int on_event(void *ctx, const struct kube_event *event)
{
	const struct kube_object *o = event->object;
	struct sums *sums = ctx;

	sums->events++;
	if (o) {
		if (!o->name || strlen(o->name) > KUBE_NAME_MAX || o->address_count > ENDPOINTS_MAX ||
		    o->port_count > SERVICE_PORTS_MAX || o->label_count > FACTS_LABELS_MAX)
			abort();
		sums->bytes += o->bytes;
	}
	kube_object__free(event->object);
	return 0;
}

/* One list or watch, cut at @cut. */
static struct sums answer(enum kube_kind kind, bool watch, const char *bytes, size_t size, size_t cut)
{
	const struct kube_feed_options options = { .kind = kind, .want_labels = true, .seed = 1 };
	struct kube_answer end = { .status = 200 };
	struct sums sums = { 0 };
	struct kube_feed feed;
	unsigned int timeout_s;

	kube_feed__init(&feed, &options, on_event, &sums);
	feed.watching = watch;
	kube_feed__begin(&feed, 0, &timeout_s);
	if (!kube_feed__bytes(&feed, 200, bytes, cut))
		kube_feed__bytes(&feed, 200, bytes + cut, size - cut);
	kube_feed__end(&feed, 5000, &end);
	/* what the server said last is part of the next path */
	if (!strlen(kube_feed__begin(&feed, 9000, &timeout_s)))
		abort();
	kube_feed__bytes(&feed, 500, bytes, size);
	end.status = 500;
	kube_feed__end(&feed, 9000, &end);
	kube_feed__done(&feed);
	return sums;
}

static void read_config(const char *bytes, size_t size)
{
	char error[KUBE_CONFIG_ERROR_LEN];
	struct kube_config config = { 0 };

	if (!kube_config__parse(bytes, size, "/x/config", NULL, &config, error))
		kube_config__check(&config, "/x/config", error);
	kube_config__done(&config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sums whole, cut;
	enum kube_kind kind;
	bool watch;
	char *text;

	if (size < 3)
		return 0;
	kind = data[0] % __KUBE_KIND_MAX;
	watch = data[0] & 0x80;
	text = malloc(size - 1);
	if (!text)
		return 0;
	memcpy(text, data + 2, size - 2);
	text[size - 2] = '\0';
	whole = answer(kind, watch, text, size - 2, size - 2);
	cut = answer(kind, watch, text, size - 2, data[1] % (size - 1));
	if (whole.events != cut.events || whole.bytes != cut.bytes)
		abort();
	read_config(text, size - 2);
	kube_servers__listener_is_root(text, 10255);
	free(text);
	return 0;
}
