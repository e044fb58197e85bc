/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From a kubeconfig to names in the directory: the source as sources.c uses it,
 * against a server with a large cluster.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/fake_kube.h"
#include "tests/unit/temp_tree.h"
#include "user/who/directory.h"
#include "user/who/kube_options.h"
#include "user/who/pod_source.h"
#include "user/who/sources.h"

#define WAIT_MS 60000

struct asked {
	char *root;
	char config[4096];
	struct netns_table *netns;
	struct directory *dir;
	void *state;
	int id;
	struct source_stats stats;
};

static void ask(struct asked *a, const char *url, enum kube_api_mode mode)
{
	struct kube_options kube = { .api = mode, .kubeconfig = a->config, .node = "node-3",
				     .kubelet = "off" };
	const struct pod_source_options options = { .root = "", .kube = &kube };
	char text[512];

	memset(&a->stats, 0, sizeof(a->stats));
	a->root = temp_tree__new();
	snprintf(a->config, sizeof(a->config), "%s/config", a->root);
	snprintf(text, sizeof(text),
		 "current-context: a\ncontexts: [{name: a, context: {cluster: c}}]\n"
		 "clusters: [{name: c, cluster: {server: '%s'}}]\n", url);
	temp_tree__text(a->root, "config", text);
	a->netns = netns_table__new(a->root);
	a->dir = directory__new(a->root, a->netns);
	a->id = directory__add_source(a->dir, &source_api);
	cr_assert_eq(source_api.open(&options, &a->state), 0);
}

static void end(struct asked *a)
{
	source_api.close(a->state);
	directory__free(a->dir);
	netns_table__free(a->netns);
	temp_tree__free(a->root);
}

/* Takes in what comes until the source stands like that. */
static void wait_until(struct asked *a, const char *wanted)
{
	struct pollfd poll_fd = { .fd = source_api.fd(a->state), .events = POLLIN };
	char status[160] = "";

	for (;;) {
		source_api.status(a->state, status, sizeof(status));
		if (strstr(status, wanted))
			return;
		cr_assert_eq(poll(&poll_fd, 1, WAIT_MS), 1, "%s", status);
		source_api.ready(a->state, a->dir, a->id, &a->stats);
	}
}

static const struct who *at(struct asked *a, const char *address, unsigned int port)
{
	__u8 ip[16] = { 0 };

	inet_pton(AF_INET, address, ip);
	if (port)
		return directory__service_at(a->dir, 4, ip, htons(port), IPPROTO_TCP, 0);
	return directory__by_address(a->dir, 4, ip, 0);
}

Test(source_kube, names_a_large_cluster, .timeout = 120)
{
	struct fake_kube *fake = fake_kube__new(&(struct fake_kube_options){
		.pods = 10000, .services = 2000, .page = 500 });
	struct directory_stats stats;
	const struct who *who;
	struct asked a;

	ask(&a, fake_kube__url(fake), KUBE_API_CLUSTER);
	wait_until(&a, "connected");
	directory__stats(a.dir, &stats);
	cr_expect_eq(stats.pods, 10000);
	cr_expect_eq(stats.services, 2000);
	cr_expect_eq(stats.evicted, 0);
	printf("10,000 pods and 2,000 Services: %zu KiB\n", stats.bytes >> 10);
	cr_expect_lt(stats.bytes, 24u << 20);
	who = at(&a, "10.0.39.15", 0);
	cr_assert_not_null(who);
	cr_expect_str_eq(who->name, "pod-9999");
	cr_expect_str_eq(who->namespace, "ns-9");
	cr_expect_str_eq(who->node, "node-49");
	cr_expect_str_eq(who->workload, "deployment/web-99");
	who = at(&a, "172.16.7.207", 80);
	cr_assert_not_null(who);
	cr_expect_str_eq(who->name, "svc-1999");
	cr_expect_null(at(&a, "172.16.7.207", 81));
	end(&a);
	fake_kube__free(fake);
}

Test(source_kube, asks_for_its_own_node_alone, .timeout = 120)
{
	struct fake_kube *fake = fake_kube__new(&(struct fake_kube_options){ .pods = 3 });
	struct asked a;

	ask(&a, fake_kube__url(fake), KUBE_API_NODE);
	wait_until(&a, "connected");
	cr_expect(source_api.told(a.state));
	cr_expect_eq(fake_kube__requests(fake, "/pods&"),
		     fake_kube__requests(fake, "fieldSelector=spec.nodeName=node-3"));
	cr_expect_eq(fake_kube__requests(fake, "/nodes&"),
		     fake_kube__requests(fake, "fieldSelector=metadata.name=node-3"));
	cr_expect_eq(fake_kube__requests(fake, "endpoint"), 0);
	end(&a);
	fake_kube__free(fake);
}

Test(source_kube, a_failure_is_told_once, .timeout = 120)
{
	struct fake_kube *fake = fake_kube__new(&(struct fake_kube_options){ .refuse = 403 });
	struct asked a;
	char *notice;

	ask(&a, fake_kube__url(fake), KUBE_API_CLUSTER);
	wait_until(&a, "HTTP status 403");
	cr_expect(!source_api.told(a.state));
	notice = source_api.notice(a.state);
	cr_assert_not_null(notice);
	cr_expect(strstr(notice, "grant the account get, list and watch"), "%s", notice);
	free(notice);
	cr_expect_null(source_api.notice(a.state));
	cr_expect_gt(a.stats.unreadable, 0);
	end(&a);
	fake_kube__free(fake);
}

Test(source_kube, a_bad_kubeconfig_is_a_word_and_no_end)
{
	struct kube_options kube = { .kubeconfig = "/nonexistent/config" };
	const struct pod_source_options options = { .root = "", .kube = &kube };
	void *state;
	char *notice;

	cr_assert_eq(source_api.open(&options, &state), 0);
	cr_expect_eq(source_api.fd(state), -1);
	cr_expect(!source_api.told(state));
	notice = source_api.notice(state);
	cr_expect(strstr(notice, "cannot read kubeconfig /nonexistent/config"), "%s", notice);
	free(notice);
	source_api.close(state);
	kube.api = KUBE_API_OFF;
	cr_expect_eq(source_api.open(&options, &state), -ENOENT);
}

static int keep_api(const struct source_report *report, void *ctx)
{
	if (report->source == &source_api)
		*(struct source_stats *)ctx = *report->stats;
	return 0;
}

/* As a server that cannot be reached is. */
Test(source_kube, a_bad_kubeconfig_is_counted)
{
	struct kube_options kube = { .kubeconfig = "/nonexistent/config" };
	char *root = temp_tree__new();
	const struct pod_source_options options = { .root = root, .kube = &kube };
	struct netns_table *netns = netns_table__new(root);
	struct directory *dir = directory__new(root, netns);
	struct sources *sources = sources__new(root, NULL, dir);
	struct source_stats stats = {};

	cr_assert_eq(sources__add(sources, &source_api, &options), 0);
	sources__ready(sources);
	sources__each(sources, keep_api, &stats);
	cr_expect_eq(stats.unreadable, 1);
	cr_expect(strstr(stats.example, "cannot read kubeconfig /nonexistent/config"), "%s",
		  stats.example);
	sources__free(sources);
	directory__free(dir);
	netns_table__free(netns);
	temp_tree__free(root);
}
