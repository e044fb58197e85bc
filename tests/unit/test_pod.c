/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Pods by cgroup and log directory: what both cgroup drivers write, and every
 * doubt that must end in no pod.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/unit/temp_tree.h"
#include "user/enrich/pod.h"
#include "user/enrich/pod_uid.h"

#define UID_A	   "01234567-89ab-cdef-0123-456789abcdef"
#define UID_A_SYSD "01234567_89ab_cdef_0123_456789abcdef"
#define UID_B	   "fedcba98-7654-3210-fedc-ba9876543210"
#define UID_STATIC "0123456789abcdef0123456789abcdef"
#define HOST	   4026531833u
#define BOX	   4026532999u

Test(pod, uid_from_cgroup)
{
	static const struct {
		const char *text;
		int err;
		const char *uid;
	} cases[] = {
		{ "0::/kubepods/besteffort/pod" UID_A "/0f1e\n", 0, UID_A },
		{ "0::/kubepods/pod" UID_A "\n", 0, UID_A },
		{ "0::/kubepods/pod" UID_A, 0, UID_A },
		{ "0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" UID_A_SYSD
		  ".slice/cri-containerd-0f1e.scope\n",
		  0, UID_A },
		{ "0::/kubepods.slice/kubepods-pod" UID_A_SYSD ".slice\n", 0, UID_A },
		{ "0::/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/"
		  "kubelet-kubepods-burstable-pod" UID_A_SYSD ".slice/x.scope\n",
		  0, UID_A },
		{ "0::/docker/0f1e/kubelet/kubepods/besteffort/pod" UID_A "/x\n", 0, UID_A },
		{ "0::/kubepods/burstable/pod" UID_STATIC "/0f1e\n", 0, UID_STATIC },
		{ "0::/kubepods.slice/kubepods-pod" UID_STATIC ".slice/x\n", 0, UID_STATIC },
		/* seen from a cgroup namespace of our own */
		{ "0::/../../kubepods/pod" UID_A "/0f1e\n", 0, UID_A },
		{ "12:memory:/kubepods/pod" UID_A "/x\n11:cpu,cpuacct:/kubepods/pod" UID_A
		  "/x\n1:name=systemd:/\n",
		  0, UID_A },
		{ "12:memory:/kubepods/pod" UID_A "/x\n11:cpu:/kubepods/pod" UID_B "/x\n", -EEXIST,
		  "" },
		/* a node in a pod: the outer one is this node's */
		{ "0::/kubepods/pod" UID_A "/x/kubelet/kubepods/pod" UID_B "/y\n", 0, UID_A },

		{ "", -ENOENT, "" },
		{ "\n\n\n", -ENOENT, "" },
		{ "0::/\n", -ENOENT, "" },
		{ "0::", -ENOENT, "" },
		{ "/kubepods/pod" UID_A "\n", -ENOENT, "" },
		{ "0:/kubepods/pod" UID_A "\n", -ENOENT, "" },
		{ "0::/system.slice/kubelet.service\n", -ENOENT, "" },
		{ "0::/system.slice/pod" UID_A "/x\n", -ENOENT, "" },
		{ "0::/mykubepods/pod" UID_A "/x\n", -ENOENT, "" },
		{ "0::/kubepodsx/pod" UID_A "/x\n", -ENOENT, "" },
		{ "0::/kubepods/pod" UID_A "x/y\n", -ENOENT, "" },
		{ "0::/kubepods/pod01234567-89ab-cdef-0123-456789abcde/x\n", -ENOENT, "" },
		{ "0::/kubepods/pod01234567-89ab-cdef-0123-456789abcdeg/x\n", -ENOENT, "" },
		{ "0::/kubepods/pod" UID_A_SYSD "/x\n", -ENOENT, "" },
		{ "0::/kubepods.slice/kubepods-pod" UID_A ".slice/x\n", -ENOENT, "" },
		{ "0::/system-pod" UID_A_SYSD ".slice/x\n", -ENOENT, "" },
		{ "0::/kubepods/pod/x\n", -ENOENT, "" },
		{ "0::/kubepods/pod\n", -ENOENT, "" },
		{ "0::/.slice\n", -ENOENT, "" },
	};
	char uid[POD_UID_LEN];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uid[0] = '\0';
		cr_expect_eq(pod_uid__from_cgroup(cases[i].text, uid), cases[i].err, "%s",
			     cases[i].text);
		cr_expect_str_eq(uid, cases[i].uid, "%s", cases[i].text);
	}
}

Test(pod, uid_from_log_dir)
{
	static const char *const bad[] = {
		"",
		"_",
		"__",
		"ns_" UID_A,
		"ns__" UID_A,
		"_pod_" UID_A,
		"ns_pod_",
		"ns_pod_1",
		"ns_pod_" UID_A "_",
		"NS_pod_" UID_A,
		"n s_pod_" UID_A,
		"ns_a_b_" UID_A,
		"ns_\x1b[31m_" UID_A,
		"ns_pod_" UID_A_SYSD,
	};
	struct pod_log_dir dir;
	char name[400];
	size_t i;

	cr_assert_eq(pod_uid__from_log_dir("kube-system_coredns-5d78c9869d-x2x7v_" UID_A, &dir), 0);
	cr_expect(dir.namespace_len == 11 && memcmp(dir.namespace, "kube-system", 11) == 0);
	cr_expect(dir.name_len == 24 && memcmp(dir.name, "coredns-5d78c9869d-x2x7v", 24) == 0);
	cr_expect_str_eq(dir.uid, UID_A);
	cr_expect_eq(pod_uid__from_log_dir("kube-system_etcd-node.1_" UID_STATIC, &dir), 0);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_eq(pod_uid__from_log_dir(bad[i], &dir), -EINVAL, "%s", bad[i]);

	memset(name, 'a', sizeof(name));
	snprintf(name + 64, sizeof(name) - 64, "_pod_%s", UID_A);
	cr_expect_eq(pod_uid__from_log_dir(name, &dir), -EINVAL, "namespace of 64");
	cr_expect_eq(pod_uid__from_log_dir(name + 1, &dir), 0, "namespace of 63");
}

struct node {
	char *root;
	struct netns_table *netns;
	struct pod_table *pods;
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
	n.pods = pod_table__new(n.root);
	cr_assert(n.netns && n.pods);
	return n;
}

static void free_node(struct node *n)
{
	netns_table__free(n->netns);
	pod_table__free(n->pods);
	temp_tree__free(n->root);
}

static void check_pod(struct node *n, __u32 ino, const char *pod, const char *namespace)
{
	const char *found = NULL, *found_namespace = NULL;
	int err = pod_table__find(n->pods, n->netns, ino, 0, &found, &found_namespace);

	cr_expect_eq(err, pod ? 0 : -ENOENT, "%u: %d", ino, err);
	cr_expect_str_eq(found ? found : "-", pod ? pod : "-");
	cr_expect_str_eq(found_namespace ? found_namespace : "-", namespace ? namespace : "-");
}

static void pause_ms(long ms)
{
	struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

#define CGROUP_A      "0::/kubepods/besteffort/pod" UID_A "/0f1e\n"
#define CGROUP_B      "0::/kubepods/besteffort/pod" UID_B "/0f1e\n"
#define CGROUP_STATIC "0::/kubepods.slice/kubepods-pod" UID_STATIC ".slice/x.scope\n"

Test(pod, found_through_processes)
{
	struct node n = make_node();

	add_process(n.root, 10, BOX, CGROUP_A);
	add_process(n.root, 11, BOX, CGROUP_A);
	add_process(n.root, 12, BOX + 1, CGROUP_STATIC);
	/* no directory has its UID */
	add_process(n.root, 13, BOX + 2, CGROUP_B);
	add_process(n.root, 14, BOX + 3, "0::/user.slice\n");
	cr_assert_eq(netns_table__refresh(n.netns), 0);
	cr_expect_eq(pod_table__prime(n.pods, n.netns), 2);
	check_pod(&n, BOX, "cart-1", "shop");
	check_pod(&n, BOX + 1, "etcd-n1", "kube-system");
	check_pod(&n, BOX + 2, NULL, NULL);
	check_pod(&n, BOX + 3, NULL, NULL);
	check_pod(&n, 4242, NULL, NULL);
	cr_expect_eq(pod_table__evicted(n.pods), 0);
	free_node(&n);
	pod_table__free(NULL);
}

Test(pod, shared_with_the_node)
{
	struct node n = make_node();

	/* a pod of the host's network */
	add_process(n.root, 10, HOST, CGROUP_A);
	cr_assert_eq(netns_table__refresh(n.netns), 0);
	check_pod(&n, HOST, NULL, NULL);
	cr_expect_eq(pod_table__prime(n.pods, n.netns), 0);
	free_node(&n);
}

Test(pod, node_not_to_be_found)
{
	struct node n = make_node();

	/* then any namespace may be the node's */
	add_process(n.root, 10, BOX, CGROUP_A);
	temp_tree__remove(n.root, "proc/1/ns/net");
	cr_assert_eq(netns_table__refresh(n.netns), 0);
	check_pod(&n, BOX, NULL, NULL);
	free_node(&n);
}

Test(pod, ambiguous)
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

Test(pod, two_directories_of_one_uid)
{
	struct node n = make_node();

	temp_tree__text(n.root, "var/log/pods/evil_twin_" UID_A "/log", "");
	add_process(n.root, 10, BOX, CGROUP_A);
	cr_assert_eq(netns_table__refresh(n.netns), 0);
	check_pod(&n, BOX, NULL, NULL);
	free_node(&n);
}

Test(pod, somebody_looks_into_the_sandbox)
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

Test(pod, process_that_moved_on)
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

Test(pod, deleted_one_and_its_successor)
{
	struct node n = make_node();
	const char *pod = NULL, *namespace = NULL;
	struct timespec ts;
	__u64 before;

	add_process(n.root, 10, BOX, CGROUP_A);
	cr_assert_eq(netns_table__refresh(n.netns), 0);
	cr_expect_eq(pod_table__prime(n.pods, n.netns), 1);
	clock_gettime(CLOCK_BOOTTIME, &ts);
	before = (__u64)ts.tv_sec * 1000000000ull + (__u64)ts.tv_nsec;

	temp_tree__remove(n.root, "proc/10/ns/net");
	cr_assert_eq(netns_table__refresh(n.netns), 0);
	cr_expect_eq(pod_table__find(n.pods, n.netns, BOX, before, &pod, &namespace), 0);
	cr_expect_str_eq(pod ? pod : "-", "cart-1");
	check_pod(&n, BOX, NULL, NULL);

	add_process(n.root, 20, BOX, CGROUP_STATIC);
	cr_assert_eq(netns_table__refresh(n.netns), 0);
	check_pod(&n, BOX, "etcd-n1", "kube-system");
	cr_expect_eq(pod_table__find(n.pods, n.netns, BOX, before, &pod, &namespace), -ENOENT);
	free_node(&n);
}

Test(pod, comes_after_its_namespace)
{
	struct node n = make_node();
	__u32 ino;

	temp_tree__text(n.root, "run/netns/cni-" UID_A, "");
	ino = (__u32)temp_tree__inode(n.root, "run/netns/cni-" UID_A);
	cr_assert_eq(netns_table__refresh(n.netns), 0);
	check_pod(&n, ino, NULL, NULL);
	add_process(n.root, 10, ino, CGROUP_A);
	check_pod(&n, ino, NULL, NULL);
	/* the first retry comes after a second */
	pause_ms(1500);
	check_pod(&n, ino, "cart-1", "shop");
	free_node(&n);
}
