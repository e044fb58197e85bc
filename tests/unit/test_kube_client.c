/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The client against a server that lists, watches, lies, breaks off and
 * refuses; by what arrives in its queue.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/unit/fake_kube.h"
#include "user/who/kube_client.h"
#include "user/who/kube_transfer.h"

#define TLS "tests/unit/fixtures/tls/"

/* Far more than anything takes on a slow machine with sanitizers. */
#define WAIT_MS 30000

struct tally {
	size_t begins, puts, deletes, ends, broken, downs, ups;
	size_t puts_of[__KUBE_KIND_MAX];
	size_t ends_of[__KUBE_KIND_MAX];
	char last[KUBE_NAME_MAX + 1];
	char why[2048];
};

static struct kube_client *start(struct fake_kube *fake, const struct kube_config *more,
				 const enum kube_kind *kinds, size_t count)
{
	struct kube_client_options options = { .server_count = 1, .feed_count = count };
	struct kube_client *client;
	size_t i;

	if (more)
		options.servers[0] = *more;
	options.servers[0].server = strdup(fake_kube__url(fake));
	for (i = 0; i < count; i++)
		options.feeds[i] = (struct kube_feed_options){ .kind = kinds[i], .seed = i + 1 };
	cr_assert_eq(kube_client__start(&options, &client), 0);
	return client;
}

static void count(struct tally *tally, const struct kube_event *event)
{
	size_t *const counts[] = {
		[KUBE_OP_BEGIN] = &tally->begins, [KUBE_OP_PUT] = &tally->puts,
		[KUBE_OP_DELETE] = &tally->deletes, [KUBE_OP_END] = &tally->ends,
		[KUBE_OP_BROKEN] = &tally->broken, [KUBE_OP_DOWN] = &tally->downs,
		[KUBE_OP_UP] = &tally->ups,
	};

	++*counts[event->op];
	if (event->op == KUBE_OP_PUT)
		tally->puts_of[event->kind]++;
	if (event->op == KUBE_OP_END)
		tally->ends_of[event->kind]++;
	if (event->object)
		snprintf(tally->last, sizeof(tally->last), "%s", event->object->name);
	if (event->text)
		snprintf(tally->why, sizeof(tally->why), "%s", event->text);
}

/* Takes events in until @what has reached @number. */
static void wait_for(struct kube_client *client, struct tally *tally, const size_t *what,
		     size_t number)
{
	struct kube_queue *queue = kube_client__queue(client);
	struct pollfd poll_fd = { .fd = kube_queue__fd(queue), .events = POLLIN };
	struct kube_event event;

	while (*what < number) {
		cr_assert_eq(poll(&poll_fd, 1, WAIT_MS), 1, "%zu of %zu came; %s", *what, number,
			     tally->why);
		while (*what < number && kube_queue__pop(queue, &event)) {
			count(tally, &event);
			kube_object__free(event.object);
			free((char *)event.text);
		}
		kube_queue__rearm(queue);
	}
}

static const enum kube_kind pods_only[] = { KUBE_POD };
static const enum kube_kind all_kinds[] = { KUBE_POD, KUBE_SERVICE, KUBE_SLICE, KUBE_NODE };

Test(kube_client, lists_in_pages_one_kind_after_the_other, .timeout = 60)
{
	struct fake_kube *fake = fake_kube__new(&(struct fake_kube_options){
		.pods = 1300, .services = 30, .page = 500, .no_slices_v1 = true });
	struct kube_client *client = start(fake, NULL, all_kinds, 4);
	struct tally tally = { 0 };

	wait_for(client, &tally, &tally.ends, 4);
	cr_expect_eq(tally.puts_of[KUBE_POD], 1300);
	cr_expect_eq(tally.puts_of[KUBE_SERVICE], 30);
	/* v1 is not there: asked once, begun, broken off, then v1beta1 */
	cr_expect_eq(tally.begins, 5);
	cr_expect_eq(tally.broken, 1);
	cr_expect_eq(tally.downs, 0, "%s", tally.why);
	cr_expect_eq(fake_kube__requests(fake, "/v1beta1/endpointslices&limit"), 1);
	cr_expect_eq(fake_kube__requests(fake, "/pods&limit=500&continue="), 2);
	cr_expect_eq(fake_kube__requests(fake, "/pods&limit=500&resourceVersion=0"), 1);
	kube_client__stop(client);
	fake_kube__free(fake);
}

Test(kube_client, watches_from_the_list_on, .timeout = 60)
{
	struct fake_kube *fake = fake_kube__new(&(struct fake_kube_options){
		.pods = 2,
		.watch = "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"new\",\"namespace\":"
			 "\"n\",\"resourceVersion\":\"1001\"}}}\n{\"type\":\"BOOKMARK\",\"object\":{"
			 "\"metadata\":{\"resourceVersion\":\"1005\"}}}\n{\"type\":\"DELETED\",\"object\":"
			 "{\"metadata\":{\"name\":\"pod-1\",\"namespace\":\"ns-1\"}}}\n" });
	struct kube_client *client = start(fake, NULL, pods_only, 1);
	struct tally tally = { 0 };

	wait_for(client, &tally, &tally.deletes, 1);
	cr_expect_eq(tally.puts, 3);
	cr_expect_str_eq(tally.last, "pod-1");
	cr_expect_eq(fake_kube__requests(fake, "&resourceVersion=1000"), 1);
	kube_client__stop(client);
	fake_kube__free(fake);
}

Test(kube_client, lists_again_when_gone, .timeout = 60)
{
	struct fake_kube *fake =
		fake_kube__new(&(struct fake_kube_options){ .pods = 3, .gone_once = true });
	struct kube_client *client = start(fake, NULL, pods_only, 1);
	struct tally tally = { 0 };

	wait_for(client, &tally, &tally.ends, 2);
	cr_expect_eq(tally.puts, 6);
	cr_expect_eq(tally.downs, 0, "%s", tally.why);
	kube_client__stop(client);
	fake_kube__free(fake);
}

Test(kube_client, a_torn_list_is_broken_off_and_asked_for_again, .timeout = 60)
{
	struct fake_kube *fake =
		fake_kube__new(&(struct fake_kube_options){ .pods = 40, .torn = true });
	struct kube_client *client = start(fake, NULL, pods_only, 1);
	struct tally tally = { 0 };

	wait_for(client, &tally, &tally.ups, 1);
	cr_expect_eq(tally.broken, 1);
	cr_expect_eq(tally.ends, 1);
	cr_expect_eq(tally.downs, 1);
	kube_client__stop(client);
	fake_kube__free(fake);
}

Test(kube_client, a_huge_object_is_left_out, .timeout = 60)
{
	struct fake_kube *fake =
		fake_kube__new(&(struct fake_kube_options){ .pods = 3, .huge = true });
	struct kube_client *client = start(fake, NULL, pods_only, 1);
	struct kube_client_stats stats = { 0 };
	struct timespec pause = { .tv_nsec = 10000000 };
	struct tally tally = { 0 };
	int i;

	wait_for(client, &tally, &tally.ends, 1);
	cr_expect_eq(tally.puts, 3);
	for (i = 0; i < 1000 && !stats.too_long; i++) {
		kube_client__stats(client, &stats);
		nanosleep(&pause, NULL);
	}
	cr_expect_eq(stats.too_long, 1);
	kube_client__stop(client);
	fake_kube__free(fake);
}

Test(kube_client, says_what_to_do_about_a_refusal, .timeout = 60)
{
	static const struct {
		struct fake_kube_options server;
		struct kube_config config;
		const char *word, *remedy;
	} cases[] = {
		{ { .refuse = 403 }, { 0 }, "HTTP status 403: it is.forbidden", "grant the account" },
		{ { .refuse = 429 }, { 0 }, "HTTP status 429", "asks again" },
		{ { .refuse = 404 }, { 0 }, "HTTP status 404", "Kubernetes API server?" },
		{ { .refuse = 302 }, { 0 }, "HTTP status 302", "" },
		{ { .token = "abc" }, { 0 }, "HTTP status 401", "renew" },
		{ { .garbage = true }, { 0 }, "not the Kubernetes API's", "" },
		{ { .cert = TLS "server.crt", .key = TLS "server.key" }, { 0 }, "", "certificate-authority" },
		{ { .cert = TLS "other.crt", .key = TLS "other.key" },
		  { .ca_file = TLS "ca.crt" },
		  "",
		  "tls-server-name" },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fake_kube *fake = fake_kube__new(&cases[i].server);
		struct kube_config config = cases[i].config;
		struct tally tally = { 0 };
		struct kube_client *client;

		config.ca_file = config.ca_file ? strdup(config.ca_file) : NULL;
		client = start(fake, &config, pods_only, 1);
		wait_for(client, &tally, &tally.downs, 1);
		cr_expect_eq(tally.puts, 0);
		cr_expect(strstr(tally.why, cases[i].word), "%zu: %s", i, tally.why);
		cr_expect(strstr(tally.why, cases[i].remedy), "%zu: %s", i, tally.why);
		kube_client__stop(client);
		fake_kube__free(fake);
	}
}

Test(kube_client, believes_the_right_certificate, .timeout = 60)
{
	static const struct {
		const char *name; /* the server's certificate is for */
		const char *tls_server_name;
		bool insecure;
	} cases[] = {
		{ TLS "server", NULL, false },
		{ TLS "server", "kube.test", false },
		{ TLS "other", "other.test", false },
		{ TLS "other", NULL, true },
	};
	char cert[128], key[128];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kube_config config = { .insecure = cases[i].insecure };
		struct tally tally = { 0 };
		struct kube_client *client;
		struct fake_kube *fake;

		snprintf(cert, sizeof(cert), "%s.crt", cases[i].name);
		snprintf(key, sizeof(key), "%s.key", cases[i].name);
		fake = fake_kube__new(&(struct fake_kube_options){
			.pods = 5, .cert = cert, .key = key, .token = "s3cret" });
		config.token = strdup("s3cret");
		if (!config.insecure)
			config.ca_file = strdup(TLS "ca.crt");
		if (cases[i].tls_server_name)
			config.tls_server_name = strdup(cases[i].tls_server_name);
		client = start(fake, &config, pods_only, 1);
		wait_for(client, &tally, &tally.ends, 1);
		cr_expect_eq(tally.puts, 5, "%zu: %s", i, tally.why);
		kube_client__stop(client);
		fake_kube__free(fake);
	}
}

static CURLcode without_blobs(CURL *easy, CURLoption option, ...)
{
	(void)easy;
	return option == CURLOPT_CAINFO_BLOB ? CURLE_NOT_BUILT_IN : CURLE_OK;
}

/* As 7.74, and as those with GnuTLS: it would believe the distribution's CAs instead. */
Test(kube_client, sends_nothing_where_libcurl_does_not_take_the_ca)
{
	struct kube_curl curl = *kube_curl__load();
	struct kube_transfer transfer = { .curl = &curl };
	struct kube_feed_options options = { .kind = KUBE_POD };
	struct kube_config config = { .server = "https://127.0.0.1:1" };
	CURLM *multi = curl.multi_init();
	struct kube_answer answer;
	struct kube_feed feed;

	curl.easy_setopt = without_blobs;
	kube_feed__init(&feed, &options, NULL, NULL);
	cr_expect_eq(kube_transfer__begin(&transfer, multi, &config, &feed, "/", 1, &answer), 0);
	kube_transfer__done(&transfer, multi);
	transfer = (struct kube_transfer){ .curl = &curl };
	config.ca.data = (char *)"x";
	config.ca.len = 1;
	cr_expect_eq(kube_transfer__begin(&transfer, multi, &config, &feed, "/", 1, &answer), -ENOTSUP);
	cr_expect_not(transfer.under_way);
	cr_expect(strstr(answer.broken, "does not take certificates"), "%s", answer.broken);
	cr_expect(strstr(answer.remedy, "7.77"), "%s", answer.remedy);
	kube_transfer__done(&transfer, multi);
	kube_feed__done(&feed);
	curl.multi_cleanup(multi);
}

/* Each of them is a long. */
static const struct {
	CURLoption option;
	long list, watch;
} limits[] = {
	{ CURLOPT_TIMEOUT, 7, 7 },
	{ CURLOPT_CONNECTTIMEOUT, 10, 10 },
	/* a watch may be silent */
	{ CURLOPT_LOW_SPEED_LIMIT, 1, 0 },
	{ CURLOPT_LOW_SPEED_TIME, 30, 0 },
	{ CURLOPT_TCP_KEEPALIVE, 1, 1 },
	{ CURLOPT_TCP_KEEPIDLE, 30, 30 },
	{ CURLOPT_TCP_KEEPINTVL, 10, 10 },
	/* the token is for this server alone */
	{ CURLOPT_FOLLOWLOCATION, 0, 0 },
	{ CURLOPT_NOSIGNAL, 1, 1 },
	{ CURLOPT_QUICK_EXIT, 1, 1 },
};
#define LIMIT_COUNT (sizeof(limits) / sizeof(limits[0]))

static long noted[LIMIT_COUNT];
static char noted_protocols[64];

static CURLcode note_limit(CURL *easy, CURLoption option, ...)
{
	va_list value;
	size_t i;

	(void)easy;
	va_start(value, option);
	for (i = 0; i < LIMIT_COUNT; i++)
		if (limits[i].option == option)
			noted[i] = va_arg(value, long);
	if (option == CURLOPT_PROTOCOLS_STR)
		snprintf(noted_protocols, sizeof(noted_protocols), "%s", va_arg(value, char *));
	va_end(value);
	return CURLE_OK;
}

/* No request lasts for ever, or goes where it was not sent. */
Test(kube_client, requests_have_limits)
{
	struct kube_curl curl = *kube_curl__load();
	struct kube_feed_options options = { .kind = KUBE_POD };
	struct kube_config config = { .server = "https://127.0.0.1:1" };
	CURLM *multi = curl.multi_init();
	struct kube_answer answer;
	struct kube_feed feed;
	int watch;
	size_t i;

	curl.easy_setopt = note_limit;
	kube_feed__init(&feed, &options, NULL, NULL);
	for (watch = 0; watch < 2; watch++) {
		struct kube_transfer transfer = { .curl = &curl };

		memset(noted, 0xff, sizeof(noted));
		feed.watching = watch;
		cr_expect_eq(kube_transfer__begin(&transfer, multi, &config, &feed, "/", 7, &answer), 0);
		for (i = 0; i < LIMIT_COUNT; i++)
			cr_expect_eq(noted[i], watch ? limits[i].watch : limits[i].list,
				     "watch %d, limit %zu: %ld", watch, i, noted[i]);
		cr_expect_str_eq(noted_protocols, "http,https");
		kube_transfer__done(&transfer, multi);
	}
	kube_feed__done(&feed);
	curl.multi_cleanup(multi);
}

/* The writer waits for a reader that sleeps, and does not keep it from ending. */
Test(kube_client, is_stopped_while_its_queue_is_full, .timeout = 60)
{
	struct fake_kube *fake = fake_kube__new(&(struct fake_kube_options){ .pods = 5000 });
	struct kube_client *client = start(fake, NULL, pods_only, 1);
	struct tally tally = { 0 };

	wait_for(client, &tally, &tally.puts, 1);
	kube_client__stop(client);
	fake_kube__free(fake);
}
