/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Speaks HTTP to an API server or a kubelet, in a thread of its own: TLS and
 * the reading of megabytes of JSON must not keep the tracer from its ring. The
 * thread has no capability but to read files, and talks to the rest through a
 * bounded queue alone.
 */
#ifndef DROPWHY_KUBE_CLIENT_H
#define DROPWHY_KUBE_CLIENT_H

#include "user/who/kube_config.h"
#include "user/who/kube_queue.h"

#define KUBE_SERVERS_MAX 4
#define KUBE_FEEDS_MAX	 __KUBE_KIND_MAX

struct kube_client_options {
	/* The next one is tried while none has ever answered. The client's from
	 * kube_client__start() on, also after a failure. */
	struct kube_config servers[KUBE_SERVERS_MAX];
	size_t server_count;
	struct kube_feed_options feeds[KUBE_FEEDS_MAX];
	size_t feed_count;
};

struct kube_client;

/* What came of it, for `dropwhy pods`. */
struct kube_client_stats {
	__u64 requests;
	__u64 malformed;
	__u64 too_long;
};

/**
 * @brief **kube_client__start()** starts the thread.
 * @param ret_client end with kube_client__stop()
 * @return 0; -ELIBACC: there is no libcurl; -errno
 */
int kube_client__start(const struct kube_client_options *options, struct kube_client **ret_client);

/** @brief **kube_client__queue()** where its events arrive; the client's. */
struct kube_queue *kube_client__queue(struct kube_client *client);

/** @brief **kube_client__stats()** counts so far. */
void kube_client__stats(struct kube_client *client, struct kube_client_stats *ret_stats);

/** @brief **kube_client__stop()** ends requests and thread, frees all; NULL is fine. */
void kube_client__stop(struct kube_client *client);

#endif
