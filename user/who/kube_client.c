// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * One thread, one libcurl multi handle, one transfer a feed at most. When to
 * ask and what for is kube_feed.c's.
 */
#include <errno.h>
#include <linux/capability.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "user/who/kube_client.h"
#include "user/who/kube_transfer.h"

#define POLL_MS_MAX 60000
/* Memory that ran out, most likely. */
#define PAUSE_US    1000000

struct kube_client {
	struct kube_client_options options;
	struct kube_feed feeds[KUBE_FEEDS_MAX];
	struct kube_transfer transfers[KUBE_FEEDS_MAX];
	struct kube_queue *queue;
	const struct kube_curl *curl;
	CURLM *multi;
	pthread_t thread;
	size_t server;			/* the one that is asked */
	bool answered;			/* it has given an answer once */
	atomic_bool stop;
	atomic_ullong requests;
	atomic_ullong malformed;
	atomic_ullong too_long;
};

static __u64 now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (__u64)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int on_event(void *ctx, const struct kube_event *event)
{
	return kube_queue__push(((struct kube_client *)ctx)->queue, event);
}

/* Tokens and certificates may be readable by another user than root alone. */
static void drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2], keep = { 0 };

	if (syscall(SYS_capget, &header, data))
		return;
	keep.permitted = data[0].permitted & 1u << CAP_DAC_READ_SEARCH;
	keep.effective = keep.permitted;
	data[0] = keep;
	data[1] = (struct __user_cap_data_struct){ 0 };
	syscall(SYS_capset, &header, data);
}

/* The directory takes one list of a source at a time. */
static bool another_lists(const struct kube_client *client, const struct kube_feed *feed)
{
	size_t i;

	for (i = 0; i < client->options.feed_count; i++)
		if (&client->feeds[i] != feed && client->feeds[i].listing)
			return true;
	return false;
}

static void client__end(struct kube_client *client, size_t index, const struct kube_answer *answer)
{
	struct kube_feed *feed = &client->feeds[index];

	if (answer->status)
		client->answered = true;
	else if (!client->answered && client->options.server_count > 1)
		client->server = (client->server + 1) % client->options.server_count;
	kube_feed__end(feed, now_ms(), answer);
}

static void client__begin(struct kube_client *client, size_t index)
{
	struct kube_feed *feed = &client->feeds[index];
	struct kube_answer answer;
	unsigned int timeout_s;
	const char *path = kube_feed__begin(feed, now_ms(), &timeout_s);
	int err;

	err = kube_transfer__begin(&client->transfers[index], client->multi,
				   &client->options.servers[client->server], feed, path, timeout_s,
				   &answer);
	if (err)
		client__end(client, index, &answer);
}

static bool client__may_begin(const struct kube_client *client, const struct kube_feed *feed)
{
	return !feed->busy && (feed->watching || !another_lists(client, feed));
}

static void client__begin_due(struct kube_client *client)
{
	__u64 now = now_ms();
	size_t i;

	for (i = 0; i < client->options.feed_count; i++)
		if (client->feeds[i].due_ms <= now && client__may_begin(client, &client->feeds[i]))
			client__begin(client, i);
}

/* How long nothing becomes due. */
static int client__wait_ms(const struct kube_client *client)
{
	__u64 now = now_ms(), wait = POLL_MS_MAX, due;
	size_t i;

	for (i = 0; i < client->options.feed_count; i++) {
		due = client->feeds[i].due_ms;
		if (client__may_begin(client, &client->feeds[i]) && due < now + wait)
			wait = due > now ? due - now : 0;
	}
	return wait;
}

static void client__collect(struct kube_client *client)
{
	struct kube_answer answer;
	unsigned long long malformed = 0, too_long = 0, requests = 0;
	CURLMsg *message;
	int left;
	size_t i;

	while ((message = client->curl->multi_info_read(client->multi, &left))) {
		if (message->msg != CURLMSG_DONE)
			continue;
		for (i = 0; i < client->options.feed_count; i++)
			if (client->transfers[i].easy == message->easy_handle)
				break;
		if (i == client->options.feed_count)
			continue;
		kube_transfer__end(&client->transfers[i], client->multi, message->data.result,
				   &answer);
		client__end(client, i, &answer);
	}
	for (i = 0; i < client->options.feed_count; i++) {
		malformed += client->feeds[i].malformed;
		too_long += client->feeds[i].split.too_long;
		requests += client->feeds[i].requests;
	}
	client->malformed = malformed;
	client->too_long = too_long;
	client->requests = requests;
}

static void *run(void *ctx)
{
	struct kube_client *client = ctx;
	int running;

	drop_capabilities();
	while (!client->stop) {
		client__begin_due(client);
		/* whoever ended here would be silent for ever, and nobody would know */
		if (client->curl->multi_perform(client->multi, &running))
			usleep(PAUSE_US);
		client__collect(client);
		if (!client->stop &&
		    client->curl->multi_poll(client->multi, NULL, 0, client__wait_ms(client), NULL))
			usleep(PAUSE_US);
	}
	return NULL;
}

static void client__free(struct kube_client *client)
{
	size_t i;

	for (i = 0; i < client->options.feed_count; i++) {
		kube_transfer__done(&client->transfers[i], client->multi);
		kube_feed__done(&client->feeds[i]);
	}
	if (client->multi)
		client->curl->multi_cleanup(client->multi);
	kube_queue__free(client->queue);
	for (i = 0; i < client->options.server_count; i++)
		kube_config__done(&client->options.servers[i]);
	free(client);
}

/* Signals are the main thread's. */
static int start_thread(struct kube_client *client)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&client->thread, NULL, run, client);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -err;
}

int kube_client__start(const struct kube_client_options *options, struct kube_client **ret_client)
{
	struct kube_client *client = calloc(1, sizeof(*client));
	struct kube_feed_options feed;
	size_t i;
	int err;

	if (!client)
		return -ENOMEM;
	client->options = *options;
	client->curl = kube_curl__load();
	for (i = 0; i < options->feed_count; i++) {
		feed = options->feeds[i];
		if (!feed.seed && getrandom(&feed.seed, sizeof(feed.seed), 0) < 0)
			feed.seed = now_ms() + i;
		kube_feed__init(&client->feeds[i], &feed, on_event, client);
		client->transfers[i].curl = client->curl;
	}
	err = -ELIBACC;
	if (!client->curl)
		goto cleanup;
	err = -ENOMEM;
	client->multi = client->curl->multi_init();
	client->queue = kube_queue__new();
	if (!client->multi || !client->queue)
		goto cleanup;
	err = start_thread(client);
	if (err)
		goto cleanup;
	*ret_client = client;
	return 0;
cleanup:
	client__free(client);
	return err;
}

struct kube_queue *kube_client__queue(struct kube_client *client)
{
	return client->queue;
}

void kube_client__stats(struct kube_client *client, struct kube_client_stats *ret_stats)
{
	*ret_stats = (struct kube_client_stats){ .requests = client->requests,
						 .malformed = client->malformed,
						 .too_long = client->too_long };
}

void kube_client__stop(struct kube_client *client)
{
	if (!client)
		return;
	client->stop = true;
	kube_queue__shut(client->queue);
	client->curl->multi_wakeup(client->multi);
	pthread_join(client->thread, NULL);
	client__free(client);
}
