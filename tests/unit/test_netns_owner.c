/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Pods by the processes of their namespace and their directory of logs, and
 * every doubt that must end in no pod.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/unit/temp_tree.h"
#include "user/who/directory.h"
#include "user/who/sources.h"

#define UID_A	   "01234567-89ab-cdef-0123-456789abcdef"
#define UID_B	   "fedcba98-7654-3210-fedc-ba9876543210"
#define UID_STATIC "0123456789abcdef0123456789abcdef"
#define HOST	   4026531833u
#define BOX	   4026532999u

struct node {
	char *root;
	struct netns_table *netns;
	struct directory *dir;
	struct sources *sources;
};

static void add_process(const char *root, int pid, __u32 ino, const char *cgroup)
{
	char path[64], target[64];

	snprintf(path, sizeof(path), "proc/%d/ns/net", pid);
	snprintf(target, sizeof(target), "net:[%u]", ino);
	temp_tree__link(root, path, target);
	snprintf(path, sizeof(path), "proc/%d/comm", pid);
	temp_tree__text(root, path, "comm\n");
	snprintf(path, sizeof(path), "proc/%d/cgroup", pid);
	temp_tree__text(root, path, cgroup);
}

static struct node make_node(void)
{
	struct node n = { .root = temp_tree__new() };

	add_process(n.root, 1, HOST, "0::/init.scope\n");
	temp_tree__link(n.root, "proc/1/ns/pid", "pid:[4026531836]");
	temp_tree__text(n.root, "var/log/pods/shop_cart-1_" UID_A "/log", "");
	temp_tree__text(n.root, "var/log/pods/kube-system_etcd-n1_" UID_STATIC "/log", "");
	temp_tree__text(n.root, "var/log/pods/not a pod's/log", "");
	n.netns = netns_table__new(n.root);
	cr_assert(n.netns);
	n.dir = directory__new(n.root, n.netns);
	cr_assert(n.dir);
	n.sources = sources__new(n.root, NULL, n.dir);
	cr_assert(n.sources);
	return n;
}

static void free_node(struct node *n)
{
	sources__free(n->sources);
	directory__free(n->dir);
	netns_table__free(n->netns);
	temp_tree__free(n->root);
}

static void check_pod_at(struct node *n, __u32 ino, __u64 when_ns, const char *pod,
			 const char *namespace)
{
	const struct who *who = directory__by_netns(n->dir, ino, when_ns);

	cr_assert_eq(who != NULL, pod != NULL, "%u: %s", ino, who ? who->name : "nobody");
	if (!who)
		return;
	cr_expect_eq(who->kind, WHO_POD);
	cr_expect_str_eq(who->name, pod);
	cr_expect_str_eq(who->namespace, namespace);
}

static void check_pod(struct node *n, __u32 ino, const char *pod, const char *namespace)
{
	check_pod_at(n, ino, 0, pod, namespace);
}

static void pause_ms(long ms)
{
	struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

#define CGROUP_A      "0::/kubepods/besteffort/pod" UID_A "/0f1e\n"
#define CGROUP_B      "0::/kubepods/besteffort/pod" UID_B "/0f1e\n"
#define CGROUP_STATIC "0::/kubepods.slice/kubepods-pod" UID_STATIC ".slice/x.scope\n"

Test(netns_owner, found_through_processes)
{
	struct node n = make_node();

	add_process(n.root, 10, BOX, CGROUP_A);
	add_process(n.root, 11, BOX, CGROUP_A);
	add_process(n.root, 12, BOX + 1, CGROUP_STATIC);
	/* no directory has its UID */
	add_process(n.root, 13, BOX + 2, CGROUP_B);
	add_process(n.root, 14, BOX + 3, "0::/user.slice\n");
	cr_assert_eq(netns_table__refresh(n.netns), 0);
	cr_expect_eq(directory__prime(n.dir), 2);
	check_pod(&n, BOX, "cart-1", "shop");
	check_pod(&n, BOX + 1, "etcd-n1", "kube-system");
	check_pod(&n, BOX + 2, NULL, NULL);
	check_pod(&n, BOX + 3, NULL, NULL);
	check_pod(&n, 4242, NULL, NULL);
	free_node(&n);
	directory__free(NULL);
	sources__free(NULL);
}

Test(netns_owner, shared_with_the_node)
{
	struct node n = make_node();

	/* a pod of the host's network */
	add_process(n.root, 10, HOST, CGROUP_A);
	cr_assert_eq(netns_table__refresh(n.netns), 0);
	check_pod(&n, HOST, NULL, NULL);
	cr_expect_eq(directory__prime(n.dir), 0);
	free_node(&n);
}

Test(netns_owner, node_not_to_be_found)
{
	struct node n = make_node();

	/* then any namespace may be the node's */
	add_process(n.root, 10, BOX, CGROUP_A);
	temp_tree__remove(n.root, "proc/1/ns/net");
	cr_assert_eq(netns_table__refresh(n.netns), 0);
	check_pod(&n, BOX, NULL, NULL);
	free_node(&n);
}

Test(netns_owner, ambiguous)
{
	struct node n = make_node();
	char huge[20000];

	/* two pods; a pod and something else: perhaps a node in a namespace */
	add_process(n.root, 10, BOX, CGROUP_A);
	add_process(n.root, 11, BOX, CGROUP_STATIC);
	add_process(n.root, 20, BOX + 1, CGROUP_A);
	add_process(n.root, 21, BOX + 1, "0::/system.slice/containerd.service\n");
	/* more text than fits may hide another line */
	memset(huge, 'x', sizeof(huge));
	memcpy(huge, CGROUP_A, sizeof(CGROUP_A) - 1);
	huge[sizeof(huge) - 1] = '\0';
	add_process(n.root, 30, BOX + 2, huge);
	cr_assert_eq(netns_table__refresh(n.netns), 0);
	check_pod(&n, BOX, NULL, NULL);
	check_pod(&n, BOX + 1, NULL, NULL);
	check_pod(&n, BOX + 2, NULL, NULL);
	free_node(&n);
}

Test(netns_owner, two_directories_of_one_uid)
{
	struct node n = make_node();

	temp_tree__text(n.root, "var/log/pods/evil_twin_" UID_A "/log", "");
	pause_ms(20);
	cr_expect_eq(sources__rescan(n.sources), 1);
	add_process(n.root, 10, BOX, CGROUP_A);
	cr_assert_eq(netns_table__refresh(n.netns), 0);
	check_pod(&n, BOX, NULL, NULL);
	free_node(&n);
}

Test(netns_owner, somebody_looks_into_the_sandbox)
{
	struct node n = make_node();
	__u32 ino;

	temp_tree__text(n.root, "run/netns/cni-" UID_A, "");
	ino = (__u32)temp_tree__inode(n.root, "run/netns/cni-" UID_A);
	add_process(n.root, 10, ino, "0::/user.slice/session-1.scope\n");
	add_process(n.root, 11, ino, CGROUP_A);
	cr_assert_eq(netns_table__refresh(n.netns), 0);
	check_pod(&n, ino, "cart-1", "shop");
	free_node(&n);
}

Test(netns_owner, process_that_moved_on)
{
	struct node n = make_node();

	add_process(n.root, 10, BOX, CGROUP_A);
	add_process(n.root, 11, BOX, CGROUP_A);
	cr_assert_eq(netns_table__refresh(n.netns), 0);
	/* the number now is a process of another pod elsewhere */
	add_process(n.root, 11, BOX + 1, CGROUP_STATIC);
	check_pod(&n, BOX, "cart-1", "shop");
	free_node(&n);
}

Test(netns_owner, deleted_one_and_its_successor)
{
	struct node n = make_node();
	struct timespec ts;
	__u64 before;

	add_process(n.root, 10, BOX, CGROUP_A);
	cr_assert_eq(netns_table__refresh(n.netns), 0);
	cr_expect_eq(directory__prime(n.dir), 1);
	clock_gettime(CLOCK_BOOTTIME, &ts);
	before = (__u64)ts.tv_sec * 1000000000ull + (__u64)ts.tv_nsec;

	temp_tree__remove(n.root, "proc/10/ns/net");
	cr_assert_eq(netns_table__refresh(n.netns), 0);
	check_pod_at(&n, BOX, before, "cart-1", "shop");
	check_pod(&n, BOX, NULL, NULL);

	add_process(n.root, 20, BOX, CGROUP_STATIC);
	cr_assert_eq(netns_table__refresh(n.netns), 0);
	check_pod(&n, BOX, "etcd-n1", "kube-system");
	check_pod_at(&n, BOX, before, "cart-1", "shop");
	free_node(&n);
}

Test(netns_owner, comes_after_its_namespace)
{
	struct node n = make_node();
	__u32 ino;

	temp_tree__text(n.root, "run/netns/cni-" UID_A, "");
	ino = (__u32)temp_tree__inode(n.root, "run/netns/cni-" UID_A);
	cr_assert_eq(netns_table__refresh(n.netns), 0);
	check_pod(&n, ino, NULL, NULL);
	add_process(n.root, 10, ino, CGROUP_A);
	check_pod(&n, ino, NULL, NULL);
	/* the first retry comes after a fifth of a second */
	pause_ms(400);
	check_pod(&n, ino, "cart-1", "shop");
	free_node(&n);
}

static void check_unit(struct node *n, __u32 ino, __u64 when_ns, const char *unit)
{
	const struct who *who = directory__unit_in(n->dir, ino, when_ns);

	cr_expect_str_eq(who ? who->name : "(none)", unit, "%u", ino);
	cr_expect(!who || who->kind == WHO_PROCESS);
}

Test(netns_owner, unit_without_a_container)
{
	struct node n = make_node();
	struct timespec ts;

	add_process(n.root, 10, BOX, "0::/system.slice/haproxy.service\n");
	add_process(n.root, 11, BOX, "12:cpu:/\n1:name=systemd:/system.slice/haproxy.service/w\n0::/\n");
	add_process(n.root, 20, BOX + 1, "0::/system.slice/haproxy.service\n");
	add_process(n.root, 21, BOX + 1, "0::/system.slice/squid.service\n");
	add_process(n.root, 30, BOX + 2, CGROUP_B);
	add_process(n.root, 40, BOX + 3, "0::/user.slice\n");
	add_process(n.root, 50, HOST, "0::/system.slice/sshd.service\n");
	cr_assert_eq(netns_table__refresh(n.netns), 0);
	check_unit(&n, BOX, 0, "haproxy.service");
	check_unit(&n, BOX + 1, 0, "(none)");
	check_unit(&n, BOX + 2, 0, "(none)");
	check_unit(&n, BOX + 3, 0, "(none)");
	check_unit(&n, HOST, 0, "(none)");
	check_unit(&n, 4242, 0, "(none)");

	/* gone: still known for what happened before, not for its successor */
	clock_gettime(CLOCK_BOOTTIME, &ts);
	temp_tree__remove(n.root, "proc/10/ns/net");
	temp_tree__remove(n.root, "proc/11/ns/net");
	cr_assert_eq(netns_table__refresh(n.netns), 0);
	check_unit(&n, BOX, (__u64)ts.tv_sec * 1000000000ull + (__u64)ts.tv_nsec, "haproxy.service");
	add_process(n.root, 60, BOX, "0::/system.slice/squid.service\n");
	cr_assert_eq(netns_table__refresh(n.netns), 0);
	check_unit(&n, BOX, 0, "squid.service");
	free_node(&n);
}
