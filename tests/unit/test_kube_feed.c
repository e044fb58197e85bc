/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is asked next and when, with a clock made by hand.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "user/who/kube_feed.h"

#define LIST "{\"metadata\":{\"resourceVersion\":\"50\"},\"items\":[]}"

struct log {
	char text[256]; /* B, P, D, E, b(roken), d(own), u(p) */
	char why[2048];
};

static int on_event(void *ctx, const struct kube_event *event)
{
	struct log *log = ctx;

	size_t len = strlen(log->text);

	cr_assert_lt(len + 1, sizeof(log->text));
	log->text[len] = "BPDEbdu"[event->op];
	if (event->text)
		snprintf(log->why, sizeof(log->why), "%s", event->text);
	kube_object__free(event->object);
	return 0;
}

/* One request with its answer; returns its path. */
static const char *ask(struct kube_feed *feed, __u64 now_ms, long status, const char *body,
		       const char *broken)
{
	struct kube_answer answer = { .status = status, .broken = broken };
	unsigned int timeout_s;
	const char *path = kube_feed__begin(feed, now_ms, &timeout_s);

	if (status)
		kube_feed__bytes(feed, status, body, strlen(body));
	kube_feed__end(feed, now_ms + 5000, &answer);
	return path;
}

static void init(struct kube_feed *feed, struct log *log, enum kube_kind kind)
{
	const struct kube_feed_options options = { .kind = kind, .seed = 42, .node = "w 1" };

	kube_feed__init(feed, &options, on_event, log);
}

Test(kube_feed, list_then_watch_from_the_last_version)
{
	struct kube_feed feed;
	struct log log = { 0 };
	const char *path;

	init(&feed, &log, KUBE_POD);
	path = ask(&feed, 1000, 200, LIST, NULL);
	cr_expect_str_eq(path, "/api/v1/pods?limit=500&resourceVersion=0&fieldSelector="
			       "spec.nodeName%3Dw%201");
	cr_expect_eq(feed.due_ms, 6000);
	path = ask(&feed, 6000, 200,
		   "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"5/1\"}}}", NULL);
	cr_expect(strstr(path, "/api/v1/pods?watch=1&allowWatchBookmarks=true&timeoutSeconds="));
	cr_expect(strstr(path, "&resourceVersion=50&"));
	path = ask(&feed, 12000, 200, "", NULL);
	cr_expect(strstr(path, "&resourceVersion=5%2F1&"), "%s", path);
	cr_expect_str_eq(log.text, "BE");
	kube_feed__done(&feed);
}

Test(kube_feed, what_is_too_old_is_listed_again)
{
	struct kube_feed feed;
	struct log log = { 0 };
	const char *path;

	init(&feed, &log, KUBE_SERVICE);
	ask(&feed, 0, 200, LIST, NULL);
	ask(&feed, 5000, 410, "{\"message\":\"too old\"}", NULL);
	cr_expect_eq(feed.due_ms, 10000, "at once");
	/* from the server's memory, which it does not do by pages */
	path = ask(&feed, 10000, 200, LIST, NULL);
	cr_expect_str_eq(path, "/api/v1/services?resourceVersionMatch=NotOlderThan&resourceVersion=50");
	cr_expect(feed.watching);
	/* that was of no use: from its disk */
	ask(&feed, 20000, 410, "", NULL);
	cr_expect_eq(feed.due_ms, 25000, "at once");
	path = ask(&feed, 25000, 200, LIST, NULL);
	cr_expect_str_eq(path, "/api/v1/services?limit=500");
	/* a third time in a row is a server in trouble */
	ask(&feed, 30000, 410, "", NULL);
	cr_expect_gt(feed.due_ms, 35000);
	ask(&feed, 40000, 200, LIST, NULL);
	ask(&feed, 50000, 200, "{\"type\":\"BOOKMARK\",\"object\":{}}", NULL);
	cr_expect_eq(feed.gone, 0);
	cr_expect_str_eq(log.text, "BEBEBEBE");
	kube_feed__done(&feed);
}

Test(kube_feed, a_server_set_back_is_listed_from_its_disk)
{
	struct kube_feed feed;
	struct log log = { 0 };
	const char *path;
	int i;

	init(&feed, &log, KUBE_SERVICE);
	ask(&feed, 0, 200, LIST, NULL);
	for (i = 1; i <= 5; i++)
		ask(&feed, 10000ULL * i, 0, "", "Connection refused");
	path = ask(&feed, 60000, 504, "{\"message\":\"Too large resource version: 50, current: 7\"}", NULL);
	cr_expect_str_eq(path, "/api/v1/services?resourceVersionMatch=NotOlderThan&resourceVersion=50");
	cr_expect_eq(feed.due_ms, 65000, "at once");
	path = ask(&feed, 65000, 200, LIST, NULL);
	cr_expect_str_eq(path, "/api/v1/services?limit=500");
	kube_feed__done(&feed);
}

Test(kube_feed, waits_longer_and_speaks_once)
{
	__u64 now = 0, first = 0, wait = 0;
	struct kube_feed feed;
	struct log log = { 0 };
	int i;

	init(&feed, &log, KUBE_POD);
	for (i = 0; i < 20; i++) {
		ask(&feed, now, 0, "", "Connection refused");
		wait = feed.due_ms - (now + 5000);
		first = i ? first : wait;
		cr_expect_leq(wait, 30000);
		now = feed.due_ms;
	}
	cr_expect_leq(first, 1000);
	cr_expect_geq(first, 500);
	cr_expect_geq(wait, 15000);
	cr_expect_eq(strchr(log.text, 'd'), strrchr(log.text, 'd'));
	cr_expect(strstr(log.why, "no pods from the API server: Connection refused"), "%s", log.why);
	ask(&feed, now, 200, LIST, NULL);
	cr_expect_eq(feed.failures, 0);
	cr_expect_eq(log.text[strlen(log.text) - 1], 'u');
	kube_feed__done(&feed);
}

Test(kube_feed, a_refusal_is_not_asked_about_every_second_for_ever)
{
	__u64 now = 0;
	struct kube_feed feed;
	struct log log = { 0 };
	int i;

	init(&feed, &log, KUBE_POD);
	for (i = 0; i < 20; i++) {
		ask(&feed, now, 403, "{\"message\":\"no\\u001b[2Jway\"}", NULL);
		now = feed.due_ms;
	}
	cr_expect_geq(feed.due_ms, 300000);
	cr_expect(strstr(log.why, "HTTP status 403: no.[2Jway; grant the account"), "%s", log.why);
	kube_feed__done(&feed);
}

Test(kube_feed, a_nul_in_an_annotation_hides_nothing)
{
	struct kube_feed feed;
	struct log log = { 0 };

	init(&feed, &log, KUBE_POD);
	ask(&feed, 0, 200, LIST, NULL);
	ask(&feed, 10000, 200,
	    "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"n\",\"namespace\":\"s\","
	    "\"annotations\":{\"a\":\"\\u0000\"}}}}", NULL);
	cr_expect_str_eq(log.text, "BEP");
	/* nor is what is before it a name */
	ask(&feed, 20000, 200,
	    "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"n\\u0000x\",\"namespace\":\"s\"}}}",
	    NULL);
	cr_expect_str_eq(log.text, "BEP");
	cr_expect_eq(feed.malformed, 1);
	kube_feed__done(&feed);
}

Test(kube_feed, a_watch_that_breaks_goes_on_where_it_was)
{
	struct kube_feed feed;
	struct log log = { 0 };
	const char *path;

	init(&feed, &log, KUBE_POD);
	ask(&feed, 0, 200, LIST, NULL);
	path = ask(&feed, 10000, 0, "", "reset");
	cr_expect(strstr(path, "watch=1"));
	path = ask(&feed, 20000, 0, "", "reset");
	cr_expect(strstr(path, "&resourceVersion=50&"));
	/* quiet so far; then it is said; then a list is tried */
	cr_expect_str_eq(log.text, "BE");
	ask(&feed, 30000, 0, "", "reset");
	cr_expect_str_eq(log.text, "BEd");
	ask(&feed, 40000, 0, "", "reset");
	ask(&feed, 50000, 0, "", "reset");
	path = ask(&feed, 60000, 200, LIST, NULL);
	/* not older than what is known */
	cr_expect(strstr(path, "?resourceVersionMatch=NotOlderThan&resourceVersion=50"), "%s", path);
	cr_expect_str_eq(log.text, "BEdBEu");
	kube_feed__done(&feed);
}

Test(kube_feed, who_is_overloaded_is_not_asked_for_a_list)
{
	struct kube_feed feed;
	struct log log = { 0 };
	int i;

	init(&feed, &log, KUBE_POD);
	ask(&feed, 0, 200, LIST, NULL);
	for (i = 1; i < 10; i++)
		cr_expect(strstr(ask(&feed, 60000ULL * i, 429, "", NULL), "watch=1"));
	kube_feed__done(&feed);
}

Test(kube_feed, older_servers_have_other_apis)
{
	static const char *const paths[] = { "/apis/discovery.k8s.io/v1/endpointslices?",
					     "/apis/discovery.k8s.io/v1beta1/endpointslices?",
					     "/api/v1/endpoints?" };
	struct kube_feed feed;
	struct log log = { 0 };
	const char *path;
	unsigned int i;

	init(&feed, &log, KUBE_SLICE);
	for (i = 0; i < 3; i++) {
		path = ask(&feed, i * 5000ULL, 404, "404 page not found", NULL);
		cr_expect_eq(strncmp(path, paths[i], strlen(paths[i])), 0, "%s", path);
	}
	/* none of them: from the start, later */
	cr_expect_gt(feed.due_ms, 15000);
	cr_expect_eq(feed.variant, 0);
	cr_expect(strstr(log.why, "404 page not found"), "%s", log.why);
	kube_feed__done(&feed);
}

Test(kube_feed, what_is_malformed_is_counted_and_the_rest_counts)
{
	struct kube_feed feed;
	struct log log = { 0 };

	init(&feed, &log, KUBE_POD);
	ask(&feed, 0, 200,
	    "{\"metadata\":{},\"items\":[{\"a\":tru},{\"metadata\":{\"name\":\"a\",\"namespace\":\"b\"}},"
	    "{}]}",
	    NULL);
	cr_expect_str_eq(log.text, "BPE");
	cr_expect_eq(feed.malformed, 2);
	ask(&feed, 9000, 200, "{\"type\":\"WHAT\"}{}{\"type\":\"ADDED\"}", NULL);
	cr_expect_eq(feed.malformed, 5);
	kube_feed__done(&feed);
}

Test(kube_feed, a_kubelet_is_asked_now_and_then)
{
	const struct kube_feed_options options = { .kubelet = true, .poll_ms = 10000, .seed = 1 };
	struct kube_feed feed;
	struct log log = { 0 };
	const char *path;

	kube_feed__init(&feed, &options, on_event, &log);
	path = ask(&feed, 0, 200, "{\"metadata\":{},\"items\":null}", NULL);
	cr_expect_str_eq(path, "/pods");
	cr_expect_eq(feed.due_ms, 15000);
	ask(&feed, 15000, 401, "Unauthorized", NULL);
	cr_expect_str_eq(log.text, "BEBbd");
	cr_expect(strstr(log.why, "from the kubelet: HTTP status 401: Unauthorized; the kubelet wants"),
		  "%s", log.why);
	kube_feed__done(&feed);
}
