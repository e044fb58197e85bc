/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The directory: statements of several sources put together, used again
 * addresses, Services; and whose a packet is by it.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/temp_tree.h"
#include "tests/unit/who_node.h"
#include "user/drop.h"
#include "user/who/directory_inside.h"
#include "user/who/resolve.h"

#define UID_A "01234567-89ab-cdef-0123-456789abcdef"
#define UID_B "fedcba98-7654-3210-fedc-ba9876543210"

static const struct pod_source runtime = { .name = "runtime", .rank = RANK_RUNTIME };
static const struct pod_source api = { .name = "api", .rank = RANK_API };

struct cluster {
	struct who_node node;
	int runtime;
	int api;
};

static struct cluster make_cluster(void)
{
	struct cluster c = { .node = who_node__new() };

	who_node__start(&c.node);
	c.runtime = directory__add_source(c.node.dir, &runtime);
	c.api = directory__add_source(c.node.dir, &api);
	return c;
}

static struct who_address address(const char *text)
{
	struct who_address a = {};

	cr_assert_eq(who_address__parse(text, &a), 0, "%s", text);
	return a;
}

static void api_pod(struct cluster *c, const char *uid, const char *name, const char *ip,
		    __u64 since_ns)
{
	struct who_address a = {};
	struct pod_facts facts = { .uid = uid, .name = name, .namespace = "shop",
				   .since_ns = since_ns, .node = "node-2",
				   .workload = "deployment/cart" };

	if (ip) {
		a = address(ip);
		facts.addresses = &a;
		facts.address_count = 1;
	}
	cr_assert_eq(directory__pod(c->node.dir, c->api, uid, &facts), 0);
}

/* A pod of this node in a namespace of its own. */
static __u32 local_pod(struct cluster *c, const char *uid, const char *name, const char *ip,
		       const char *netns)
{
	struct who_address a = address(ip);
	struct pod_facts facts = { .uid = uid, .name = name, .namespace = "shop",
				   .netns_path = netns, .addresses = &a, .address_count = 1 };
	__u32 ino = who_node__netns(&c->node, netns + 1);

	cr_assert_eq(netns_table__refresh(c->node.netns), 0);
	cr_assert_eq(directory__pod(c->node.dir, c->runtime, uid, &facts), 0);
	return ino;
}

static void service(struct cluster *c, const char *name, const char *ip, int port, int node_port)
{
	struct who_address a = address(ip);
	struct service_port p = { .port_be = htons(port), .node_port_be = htons(node_port),
				  .l4_proto = IPPROTO_UDP };
	struct service_facts facts = { .name = name, .namespace = "infra", .addresses = &a,
				       .address_count = 1, .ports = &p, .port_count = 1 };

	cr_assert_eq(directory__service(c->node.dir, c->api, name, &facts), 0);
}

static void check_service(struct cluster *c, const char *ip, int port, __u8 proto,
			  const char *expected)
{
	struct who_address a = {};

	cr_assert_eq(inet_pton(AF_INET, ip, a.ip), 1);
	who_node__check(directory__service_at(c->node.dir, 4, a.ip, htons(port), proto, 0),
			expected, ip);
}

Test(directory, sources_add_up)
{
	struct cluster c = make_cluster();
	__u32 ino = local_pod(&c, UID_A, "cart-1", "10.1.0.5", "/run/netns/cni-a");
	struct directory_stats stats;
	const struct who *who;

	api_pod(&c, UID_A, "cart-1", "10.1.0.5", 0);
	directory__stats(c.node.dir, &stats);
	cr_expect_eq(stats.pods, 1);
	who = directory__by_netns(c.node.dir, ino, 0);
	who_node__check(who, "pod shop/cart-1", "netns");
	cr_assert(who);
	cr_expect_str_eq(who->workload, "deployment/cart");
	cr_expect_str_eq(who->node, "node-2");
	cr_expect(who->local);
	/* the API server is gone: what is here stays */
	directory__begin(c.node.dir, c.api, DIRECTORY_PODS);
	directory__end(c.node.dir, c.api, true);
	who_node__check_address(&c.node, "10.1.0.5", 0, "pod shop/cart-1");
	/* a list that broke off takes nothing back */
	directory__begin(c.node.dir, c.runtime, DIRECTORY_PODS);
	directory__end(c.node.dir, c.runtime, false);
	who_node__check_address(&c.node, "10.1.0.5", 0, "pod shop/cart-1");
	who_node__free(&c.node);
}

Test(directory, mirror_pod)
{
	struct cluster c = make_cluster();
	struct pod_facts sandbox = { .uid = "0123456789abcdef0123456789abcdef",
				     .name = "etcd-n1", .namespace = "kube-system",
				     .host_network = true };
	struct pod_facts mirror = { .uid = "0123456789abcdef0123456789abcdef",
				    .alias_uid = UID_B, .name = "etcd-n1",
				    .namespace = "kube-system", .workload = "node/n1" };
	struct directory_stats stats;

	cr_assert_eq(directory__pod(c.node.dir, c.runtime, "x", &sandbox), 0);
	cr_assert_eq(directory__pod(c.node.dir, c.api, UID_B, &mirror), 0);
	directory__stats(c.node.dir, &stats);
	cr_expect_eq(stats.pods, 1);
	cr_expect_eq(directory__by_uid(c.node.dir, UID_B),
		     directory__by_uid(c.node.dir, "0123456789abcdef0123456789abcdef"));
	who_node__free(&c.node);
}

Test(directory, address_used_again_elsewhere)
{
	struct cluster c = make_cluster();
	__u64 first = who_node__now(), second;

	api_pod(&c, UID_A, "old", "10.2.0.7", first);
	directory__pod_gone(c.node.dir, c.api, UID_A);
	second = who_node__now();
	api_pod(&c, UID_B, "new", "10.2.0.7", second);
	who_node__check_address(&c.node, "10.2.0.7", first, "pod shop/old");
	who_node__check_address(&c.node, "10.2.0.7", second, "pod shop/new");
	who_node__check_address(&c.node, "10.2.0.7", 0, "pod shop/new");
	who_node__check_address(&c.node, "10.2.0.7", first - 1, "-");
	who_node__free(&c.node);
}

/* What a file says again holds as long as who it speaks of lives. */
Test(directory, said_again)
{
	struct cluster c = make_cluster();
	struct pod_facts facts = { .uid = UID_A, .name = "proxy", .namespace = "kube-system",
				   .host_network = true, .pid = 40 };

	who_node__process(&c.node, 40, WHO_NODE_HOST, "0::/kubepods/pod" UID_A "/x\n");
	cr_assert_eq(directory__pod(c.node.dir, c.runtime, "a", &facts), 0);
	local_pod(&c, UID_B, "web", "10.1.0.5", "/run/netns/cni-b");
	directory__begin(c.node.dir, c.runtime, DIRECTORY_PODS);
	cr_expect_eq(directory__pod_again(c.node.dir, c.runtime, "a"), 0);
	cr_expect_eq(directory__pod_again(c.node.dir, c.runtime, UID_B), 0);
	cr_expect_eq(directory__pod_again(c.node.dir, c.runtime, "b"), -EAGAIN, "never said");
	cr_expect_eq(directory__pod_again(c.node.dir, c.api, "a"), -EAGAIN, "said by another");
	directory__end(c.node.dir, c.runtime, true);
	who_node__check_address(&c.node, "10.1.0.5", 0, "pod shop/web");
	who_node__end_process(&c.node, 40);
	cr_expect_eq(directory__pod_again(c.node.dir, c.runtime, "a"), -EAGAIN, "its process ended");
	temp_tree__remove(c.node.root, "run/netns/cni-b");
	cr_expect_eq(directory__pod_again(c.node.dir, c.runtime, UID_B), -EAGAIN, "its namespace went");
	who_node__free(&c.node);
}

Test(directory, two_at_once_are_nobody)
{
	struct cluster c = make_cluster();
	struct directory_stats stats;

	api_pod(&c, UID_A, "one", "10.2.0.7", 0);
	api_pod(&c, UID_B, "two", "10.2.0.7", 0);
	who_node__check_address(&c.node, "10.2.0.7", 0, "-");
	directory__stats(c.node.dir, &stats);
	cr_expect_eq(stats.ambiguous, 1);
	who_node__free(&c.node);
}

Test(directory, what_is_here_beats_hearsay)
{
	struct cluster c = make_cluster();

	api_pod(&c, UID_A, "late", "10.1.0.5", 0);
	local_pod(&c, UID_B, "here", "10.1.0.5", "/run/netns/cni-b");
	who_node__check_address(&c.node, "10.1.0.5", 0, "pod shop/here");
	who_node__free(&c.node);
}

/* What anyone may write into a pod names nobody whom somebody else knows. */
Test(directory, claims_lose)
{
	static const char *const claims[] = { "10.1.0.5", "10.2.0.7", "10.96.0.10", "192.168.2.10",
					      "10.8.0.1", "10.8.0.2" };
	struct cluster c = make_cluster();
	struct who_address a[6], node = address("192.168.2.10");
	struct node_facts node_facts = { .name = "node-1", .addresses = &node, .address_count = 1 };
	struct pod_facts facts = { .uid = UID_A, .name = "thief", .namespace = "shop",
				   .netns_path = "/run/netns/cni-a", .addresses = a,
				   .address_count = 6, .claim_count = 6 };
	size_t i;

	for (i = 0; i < 6; i++)
		a[i] = address(claims[i]);
	who_node__netns(&c.node, "run/netns/cni-a");
	local_pod(&c, UID_B, "here", claims[0], "/run/netns/cni-b");
	cr_assert_eq(directory__pod(c.node.dir, c.runtime, UID_A, &facts), 0);
	api_pod(&c, "11234567-89ab-cdef-0123-456789abcdef", "away", claims[1], 0);
	service(&c, "dns", claims[2], 53, 0);
	cr_assert_eq(directory__node(c.node.dir, c.api, "node-1", &node_facts), 0);
	facts = (struct pod_facts){ .uid = "21234567-89ab-cdef-0123-456789abcdef", .name = "other",
				    .namespace = "shop", .addresses = &a[5], .address_count = 1,
				    .claim_count = 1 };
	cr_assert_eq(directory__pod(c.node.dir, c.api, "other", &facts), 0);
	who_node__check_address(&c.node, claims[0], 0, "pod shop/here");
	who_node__check_address(&c.node, claims[1], 0, "pod shop/away");
	who_node__check_address(&c.node, claims[2], 0, "service infra/dns");
	who_node__check_address(&c.node, claims[3], 0, "node node-1");
	who_node__check_address(&c.node, claims[4], 0, "pod shop/thief");
	/* two claim it, and where they live proves nothing */
	who_node__check_address(&c.node, claims[5], 0, "-");
	who_node__free(&c.node);
}

/* What the processes in a namespace told is over with it, though no source says so. */
Test(directory, processes_of_a_number_used_again)
{
	enum { NETNS = 4026532999u, PODS = 20 };
	struct cluster c = make_cluster();
	struct directory_stats stats;
	char uid[40], cgroup[80];
	int i;

	for (i = 0; i < PODS; i++) {
		snprintf(uid, sizeof(uid), "%08d-89ab-cdef-0123-456789abcdef", i);
		snprintf(cgroup, sizeof(cgroup), "0::/kubepods/pod%s/x\n", uid);
		api_pod(&c, uid, "web-0", NULL, 0);
		who_node__process(&c.node, 10 + i, NETNS, cgroup);
		cr_assert_eq(netns_table__refresh(c.node.netns), 0);
		who_node__check(directory__by_netns(c.node.dir, NETNS, 0), "pod shop/web-0", uid);
		directory__expire(c.node.dir);
		directory__stats(c.node.dir, &stats);
		cr_expect_eq(stats.pods, 1, "%d: %zu", i, stats.pods);
		directory__pod_gone(c.node.dir, c.api, uid);
		who_node__end_process(&c.node, 10 + i);
		cr_assert_eq(netns_table__refresh(c.node.netns), 0);
	}
	directory__expire(c.node.dir);
	directory__stats(c.node.dir, &stats);
	cr_expect_eq(stats.pods, 0);
	who_node__free(&c.node);
}

/* The kubelet has a link for each container, until the next one. */
Test(directory, a_pod_whose_containers_begin_again_for_months)
{
	static const struct pod_source logs = { .name = "logs", .rank = RANK_NAMES };
	struct cluster c = make_cluster();
	int id = directory__add_source(c.node.dir, &logs), i;
	struct directory_stats stats;
	size_t first = 0;
	char container[65];

	api_pod(&c, UID_A, "web-0", NULL, 0);
	for (i = 0; i < 100; i++) {
		struct pod_facts facts = { .name = "web-0", .namespace = "shop", .uid = UID_A,
					   .sandbox_id = container };

		snprintf(container, sizeof(container), "%064x", i);
		directory__begin(c.node.dir, id, DIRECTORY_PODS);
		cr_assert_eq(directory__pod(c.node.dir, id, container, &facts), 0);
		directory__end(c.node.dir, id, true);
		if (c.node.dir->gone)
			c.node.dir->gone->gone_ns = 1; /* a minute passes */
		directory__expire(c.node.dir);
		directory__stats(c.node.dir, &stats);
		first = first ? first : stats.bytes;
		cr_assert_leq(stats.bytes, first, "%d", i);
		cr_assert(thing__find(c.node.dir, 's', container, NULL) != NULL);
	}
	who_node__free(&c.node);
}

Test(directory, same_name_again)
{
	struct cluster c = make_cluster();

	/* a StatefulSet's pod comes back with another UID */
	api_pod(&c, UID_A, "web-0", "10.2.0.7", 0);
	directory__pod_gone(c.node.dir, c.api, UID_A);
	api_pod(&c, UID_B, "web-0", "10.2.0.8", who_node__now());
	cr_expect_neq(directory__by_uid(c.node.dir, UID_A), directory__by_uid(c.node.dir, UID_B));
	who_node__check_address(&c.node, "10.2.0.7", 0, "-");
	who_node__check_address(&c.node, "10.2.0.8", 0, "pod shop/web-0");
	who_node__free(&c.node);
}

Test(directory, services)
{
	struct cluster c = make_cluster();
	struct who_address node = address("192.0.2.10"), backend = address("10.1.0.5");
	struct node_facts node_facts = { .name = "node-1", .addresses = &node, .address_count = 1 };
	struct endpoints_facts slice = { .namespace = "infra", .service = "dns",
					 .addresses = &backend, .address_count = 1 };
	const struct who *who;

	service(&c, "dns", "10.96.0.10", 53, 30053);
	service(&c, "log", "10.96.0.11", 514, 0);
	cr_assert_eq(directory__node(c.node.dir, c.api, "node-1", &node_facts), 0);
	check_service(&c, "10.96.0.10", 53, IPPROTO_UDP, "service infra/dns");
	check_service(&c, "10.96.0.10", 53, IPPROTO_TCP, "-");
	check_service(&c, "10.96.0.10", 54, IPPROTO_UDP, "-");
	check_service(&c, "192.0.2.10", 30053, IPPROTO_UDP, "service infra/dns");
	check_service(&c, "192.0.2.10", 53, IPPROTO_UDP, "-");
	check_service(&c, "192.0.2.11", 30053, IPPROTO_UDP, "-");
	who_node__check_address(&c.node, "10.96.0.10", 0, "service infra/dns");
	who_node__check_address(&c.node, "192.0.2.10", 0, "node node-1");
	who = directory__by_address(c.node.dir, 4, (const __u8 *)"\x0a\x60\x00\x0a", 0);
	cr_assert(who);
	cr_expect_eq(who->backends, -1);
	cr_assert_eq(directory__endpoints(c.node.dir, c.api, "dns-1", &slice), 0);
	cr_expect_eq(who->backends, 1);
	directory__endpoints_gone(c.node.dir, c.api, "dns-1");
	directory__service_gone(c.node.dir, c.api, "dns");
	check_service(&c, "10.96.0.10", 53, IPPROTO_UDP, "-");
	who_node__free(&c.node);
}

/* --- whose a packet is */

static void tuple(struct flow_tuple *t, const char *src, int sport, const char *dst, int dport)
{
	memset(t, 0, sizeof(*t));
	t->ip_version = 4;
	t->l4_proto = IPPROTO_UDP;
	inet_pton(AF_INET, src, t->saddr);
	inet_pton(AF_INET, dst, t->daddr);
	t->sport_be = htons(sport);
	t->dport_be = htons(dport);
}

static struct drop packet(__u32 netns, const char *src, const char *dst, int dport)
{
	struct drop drop = { .rec.netns_ino = netns, .rec.flags = DROP_F_L3 | DROP_F_L4,
			     .count = 1 };

	drop.rec.time_ns = who_node__now();
	tuple(&drop.rec.tuple, src, 40000, dst, dport);
	return drop;
}

static const char *text_of(const char *text)
{
	return text ? text : "-";
}

static void check_drop(struct resolver *r, struct drop *drop, const char *pod, const char *src,
		       const char *dst, const char *service_name)
{
	resolver__drop(r, drop);
	cr_expect_str_eq(text_of(drop->pod), pod);
	cr_expect_str_eq(text_of(drop->src.name), src);
	cr_expect_str_eq(text_of(drop->dst.name), dst);
	cr_expect_str_eq(text_of(drop->service), service_name);
}

Test(resolve, parties)
{
	struct cluster c = make_cluster();
	__u32 cart = local_pod(&c, UID_A, "cart-1", "10.1.0.5", "/run/netns/cni-a");
	struct resolver *r = resolver__new(c.node.root, NULL, c.node.dir, c.node.netns);
	struct drop drop;

	cr_assert(r);
	api_pod(&c, UID_B, "dns-0", "10.2.0.7", 0);
	service(&c, "dns", "10.96.0.10", 53, 0);

	/* in its own namespace */
	drop = packet(cart, "10.2.0.7", "10.1.0.5", 8080);
	check_drop(r, &drop, "cart-1", "dns-0", "cart-1", "-");
	/* in the node's: by the source, before DNAT */
	drop = packet(WHO_NODE_HOST, "10.1.0.5", "10.96.0.10", 53);
	check_drop(r, &drop, "cart-1", "cart-1", "dns", "dns");
	cr_expect_eq(drop.dst.kind, WHO_SERVICE);
	cr_expect_not(drop.has_backend);
	/* by the destination; the other end is of the internet */
	drop = packet(WHO_NODE_HOST, "198.18.5.5", "10.1.0.5", 80);
	check_drop(r, &drop, "cart-1", "-", "cart-1", "-");
	cr_expect_eq(drop.src.kind, WHO_EXTERNAL);
	/* of a private address nothing is said */
	drop = packet(WHO_NODE_HOST, "172.16.0.9", "10.9.9.9", 80);
	check_drop(r, &drop, "-", "-", "-", "-");
	cr_expect_eq(drop.src.kind, WHO_UNKNOWN);
	/* two pods elsewhere: forwarded for others */
	drop = packet(WHO_NODE_HOST, "10.2.0.7", "10.2.0.9", 80);
	check_drop(r, &drop, "-", "dns-0", "-", "-");
	resolver__free(r);
	who_node__free(&c.node);
}

/* Of the internet is what may be nowhere else. */
Test(resolve, external_ends)
{
	static const struct {
		const char *address;
		bool external;
	} cases[] = {
		{ "8.8.8.8", true },	   { "8.254.8.8", true },    { "169.253.1.1", true },
		{ "169.254.1.1", false },  { "127.0.0.1", false },   { "223.255.255.255", true },
		{ "224.0.0.1", false },	   { "0.1.2.3", false },     { "10.9.9.9", false },
		{ "255.255.255.255", false },
	};
	struct cluster c = make_cluster();
	struct resolver *r = resolver__new(c.node.root, NULL, c.node.dir, c.node.netns);
	size_t i;

	cr_assert(r);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct drop drop = packet(WHO_NODE_HOST, cases[i].address, "10.9.9.8", 80);

		check_drop(r, &drop, "-", "-", "-", "-");
		cr_expect_eq(drop.src.kind, cases[i].external ? WHO_EXTERNAL : WHO_UNKNOWN, "%s",
			     cases[i].address);
	}
	resolver__free(r);
	who_node__free(&c.node);
}

Test(resolve, behind_nat)
{
	struct cluster c = make_cluster();
	struct resolver *r;
	struct drop drop;

	local_pod(&c, UID_A, "cart-1", "10.1.0.5", "/run/netns/cni-a");
	r = resolver__new(c.node.root, NULL, c.node.dir, c.node.netns);
	cr_assert(r);
	api_pod(&c, UID_B, "dns-0", "10.2.0.7", 0);
	service(&c, "dns", "10.96.0.10", 53, 0);
	/* after DNAT and SNAT the packet names neither the pod nor the Service */
	drop = packet(WHO_NODE_HOST, "192.0.2.10", "10.2.0.7", 5353);
	drop.rec.sections = DROP_SECTION_CT;
	tuple(&drop.ct.orig, "10.1.0.5", 40000, "10.96.0.10", 53);
	tuple(&drop.ct.reply, "10.2.0.7", 5353, "192.0.2.10", 40000);
	check_drop(r, &drop, "cart-1", "-", "dns-0", "dns");
	cr_expect(drop.has_backend);
	cr_expect_str_eq(text_of(drop.backend.name), "dns-0");
	/* a tunnel between nodes: the pod is inside */
	drop = packet(WHO_NODE_HOST, "192.0.2.10", "192.0.2.11", 4789);
	drop.rec.sections = DROP_SECTION_INNER;
	tuple(&drop.inner.tuple, "10.2.0.7", 1, "10.1.0.5", 2);
	check_drop(r, &drop, "cart-1", "-", "-", "-");
	resolver__free(r);
	who_node__free(&c.node);
}
