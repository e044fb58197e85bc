/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every source of files with what its writer really writes, and with what is
 * left over.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "tests/unit/temp_tree.h"
#include "tests/unit/who_node.h"
#include "user/clock.h"

#define ID_A  "aa00000000000000000000000000000000000000000000000000000000000001"
#define ID_E  "aa00000000000000000000000000000000000000000000000000000000000002"
#define ID_K  "a300000000000000000000000000000000000000000000000000000000000001"
#define ID_C  "cc00000000000000000000000000000000000000000000000000000000000001"
#define ID_D  "dd00000000000000000000000000000000000000000000000000000000000001"
#define ID_D2 "dd00000000000000000000000000000000000000000000000000000000000002"
#define ID_P  "ee00000000000000000000000000000000000000000000000000000000000001"
#define ID_P3 "ee00000000000000000000000000000000000000000000000000000000000003"
#define ID_P4 "ee00000000000000000000000000000000000000000000000000000000000004"

#define TASKS	"run/containerd/io.containerd.runtime.v2.task/k8s.io/"
#define K3S	"run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io/"
#define MICROK8S "var/snap/microk8s/common/run/containerd/io.containerd.runtime.v2.task/k8s.io/"
#define RESULTS "var/lib/cni/results/"
#define CRIO	"run/containers/storage/overlay-containers/"
#define DOCKER	"var/lib/docker/containers/"
#define PODMAN	"var/lib/containers/storage/overlay-containers/"

#define UID_CART "01234567-89ab-cdef-0123-456789abcdef"

#define CART   "pod shop/cart-6d4b75cb6d-x2x7v"
#define CGROUP "0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod"
#define CART_CGROUP                                                                 \
	CGROUP "01234567_89ab_cdef_0123_456789abcdef.slice/cri-containerd-" ID_A ".scope\n"

static __u32 add_cart(struct who_node *n)
{
	__u32 ino = who_node__netns(n, "run/netns/cni-a");

	who_node__fixture(n, "containerd_sandbox.json", TASKS ID_A "/config.json");
	temp_tree__text(n->root, TASKS ID_A "/init.pid", "10");
	who_node__process(n, 10, ino, CART_CGROUP);
	return ino;
}

Test(sources, containerd)
{
	struct who_node n = who_node__new();
	__u32 ino = add_cart(&n), k3s;

	/* a container of the pod says nothing of its own */
	who_node__fixture(&n, "containerd_container.json", TASKS "ac1/config.json");
	temp_tree__text(n.root, TASKS "ac1/init.pid", "11");
	who_node__process(&n, 11, ino, CART_CGROUP);
	/* k3s in its own directories; a static pod of an older containerd in the node's network */
	k3s = who_node__netns(&n, "run/netns/cni-k3s");
	who_node__fixture(&n, "k3s_sandbox.json", K3S ID_K "/config.json");
	temp_tree__text(n.root, K3S ID_K "/init.pid", "30\n");
	who_node__process(&n, 30, k3s, "0::/kubepods/pod31234567-89ab-cdef-0123-456789abcdef/x\n");
	who_node__fixture(&n, "containerd_1.4_sandbox.json", TASKS ID_E "/config.json");
	temp_tree__text(n.root, TASKS ID_E "/init.pid", "12");
	who_node__process(&n, 12, WHO_NODE_HOST,
			  "0::/kubepods/burstable/pod0123456789abcdef0123456789abcdef/" ID_E "\n");
	who_node__start(&n);
	who_node__check(directory__by_netns(n.dir, ino, 0), CART, "netns");
	who_node__check(directory__by_netns(n.dir, k3s, 0),
			"pod kube-system/svclb-traefik-9d7b2-4hx2p", "k3s");
	who_node__check(directory__by_netns(n.dir, WHO_NODE_HOST, 0), "-", "host");
	who_node__check(directory__by_uid(n.dir, "0123456789abcdef0123456789abcdef"),
			"pod kube-system/etcd-n1", "static pod");
	cr_expect(directory__by_uid(n.dir, "0123456789abcdef0123456789abcdef")->host_network);
	cr_expect_eq(who_node__stats(&n, "containerd").statements, 3);
	who_node__free(&n);
}

/* Where the distributions keep containerd's state; RKE2's is k3s's. */
Test(sources, containerd_roots)
{
	static const char *const roots[] = {
		TASKS,
		K3S,
		MICROK8S,
		"run/k0s/containerd/io.containerd.runtime.v2.task/k8s.io/",
		"run/containerd/io.containerd.runtime.v2.task/default/",
	};
	char path[256];
	size_t i;

	for (i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		struct who_node n = who_node__new();
		__u32 ino = who_node__netns(&n, "run/netns/cni-a");

		snprintf(path, sizeof(path), "%s%s/config.json", roots[i], ID_A);
		who_node__fixture(&n, "containerd_sandbox.json", path);
		snprintf(path, sizeof(path), "%s%s/init.pid", roots[i], ID_A);
		temp_tree__text(n.root, path, "10");
		who_node__process(&n, 10, ino, CART_CGROUP);
		who_node__start(&n);
		who_node__check(directory__by_netns(n.dir, ino, 0), CART, roots[i]);
		who_node__free(&n);
	}
}

/* However often a miss asks for it: ten milliseconds at least lie between two scans. */
Test(sources, rescan_is_limited)
{
	struct who_node n = who_node__new();
	__u64 begin_ns, scans, done = 0;
	int i;

	add_cart(&n);
	begin_ns = clock__ns(CLOCK_BOOTTIME);
	who_node__start(&n);
	scans = sources__scans(n.sources);
	for (i = 0; i < 5000; i++)
		done += (__u64)sources__rescan(n.sources);
	cr_expect_eq(sources__scans(n.sources) - scans, done, "it says which were");
	cr_expect_leq(done, (clock__ns(CLOCK_BOOTTIME) - begin_ns) / 10000000);
	who_node__free(&n);
}

Test(sources, cni)
{
	static const struct {
		const char *fixture;
		const char *four;
		const char *six;
	} cases[] = {
		{ "cni_calico.json", "192.168.219.66", "fd00:10:244::42" },
		{ "cni_cilium.json", "10.244.1.66", "fd00:10:244:1::42" },
		{ "cni_aws.json", "10.0.53.217", NULL },
		{ "cni_0.6.json", "10.22.0.9", NULL },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct who_node n = who_node__new();
		char path[256];

		add_cart(&n);
		snprintf(path, sizeof(path), RESULTS "net-%s-eth0", ID_A);
		who_node__fixture(&n, cases[i].fixture, path);
		who_node__start(&n);
		who_node__check_address(&n, cases[i].four, who_node__now(), CART);
		if (cases[i].six)
			who_node__check_address(&n, cases[i].six, who_node__now(), CART);
		who_node__check_address(&n, "10.244.1.1", who_node__now(), "-");
		cr_expect_eq(who_node__stats(&n, "cni").statements, 1, "%s", cases[i].fixture);
		who_node__free(&n);
	}
}

Test(sources, cni_left_over)
{
	struct who_node n = who_node__new();

	/* no such namespace; no sandbox that lives */
	who_node__fixture(&n, "cni_cilium.json", RESULTS "cilium-" ID_A "-eth0");
	who_node__fixture(&n, "cni_calico.json", RESULTS "calico-" ID_A "-eth0");
	who_node__start(&n);
	who_node__check_address(&n, "10.244.1.66", 0, "-");
	who_node__check_address(&n, "192.168.219.66", 0, "-");
	cr_expect_eq(who_node__stats(&n, "cni").stale, 2);
	who_node__free(&n);

	/* a namespace that nobody lives in yet or any more */
	n = who_node__new();
	who_node__netns(&n, "run/netns/cni-a");
	who_node__fixture(&n, "cni_cilium.json", RESULTS "cilium-" ID_A "-eth0");
	who_node__start(&n);
	who_node__check_address(&n, "10.244.1.66", 0, "-");
	who_node__free(&n);
}

/* What was not believed is, some scans later, however many directories there are. */
Test(sources, cni_is_looked_at_again)
{
	static const struct timespec old[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };
	struct who_node n = who_node__new();
	char path[256];
	int i;

	who_node__fixture(&n, "cni_cilium.json", RESULTS "cilium-" ID_A "-eth0");
	temp_tree__text(n.root, "var/lib/cni/cache/results/other", "{}");
	snprintf(path, sizeof(path), "%s/%scilium-%s-eth0", n.root, RESULTS, ID_A);
	cr_assert_eq(utimensat(AT_FDCWD, path, old, 0), 0);
	who_node__start(&n);
	who_node__check_address(&n, "10.244.1.66", 0, "-");
	add_cart(&n);
	for (i = 0; i < 16; i++)
		who_node__rescan(&n);
	who_node__check_address(&n, "10.244.1.66", 0, CART);
	who_node__free(&n);
}

/* As cri-dockerd has it: the sandbox's process holds its namespace. */
Test(sources, cni_of_a_process)
{
	static const struct {
		const char *cgroup, *expected;
	} cases[] = {
		{ CART_CGROUP, CART },
		{ "0::/kubepods/burstable/" ID_A "\n", CART },
		{ "0::/kubepods.slice/kubepods-pod11234567_89ab_cdef_0123_456789abcdef.slice/x\n", "-" },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct who_node n = who_node__new();
		__u32 ino = who_node__netns(&n, "run/netns/x");

		who_node__process(&n, 10, ino, cases[i].cgroup);
		temp_tree__text(n.root, RESULTS "net-" ID_A "-eth0",
				"{\"containerId\":\"" ID_A "\",\"netns\":\"/proc/10/ns/net\","
				"\"cniArgs\":[[\"K8S_POD_NAME\",\"cart-6d4b75cb6d-x2x7v\"],"
				"[\"K8S_POD_NAMESPACE\",\"shop\"]],\"result\":{\"cniVersion\":\"1.0.0\","
				"\"ips\":[{\"address\":\"10.244.1.66/24\"}]}}");
		who_node__start(&n);
		who_node__check(directory__by_netns(n.dir, ino, 0), cases[i].expected, cases[i].cgroup);
		who_node__check_address(&n, "10.244.1.66", 0, cases[i].expected);
		who_node__free(&n);
	}
}

Test(sources, cni_without_a_runtime_known)
{
	struct who_node n = who_node__new();
	__u32 ino = who_node__netns(&n, "run/netns/cni-a");

	who_node__process(&n, 10, ino, "0::/elsewhere\n");
	who_node__fixture(&n, "cni_cilium.json", RESULTS "cilium-" ID_A "-eth0");
	who_node__start(&n);
	who_node__check_address(&n, "10.244.1.66", 0, CART);
	who_node__check(directory__by_netns(n.dir, ino, 0), CART, "netns");
	who_node__free(&n);
}

Test(sources, two_networks)
{
	struct who_node n = who_node__new();

	add_cart(&n);
	who_node__fixture(&n, "cni_calico.json", RESULTS "calico-" ID_A "-eth0");
	who_node__fixture(&n, "cni_aws.json", RESULTS "storage-" ID_A "-net1");
	who_node__start(&n);
	who_node__check_address(&n, "192.168.219.66", 0, CART);
	who_node__check_address(&n, "10.0.53.217", 0, CART);
	who_node__free(&n);
}

Test(sources, crio)
{
	struct who_node n = who_node__new();
	__u32 ino = who_node__netns(&n, "run/netns/cc5d2f6e-0000-4000-8000-00000000000c");
	const struct who *who;

	who_node__fixture(&n, "crio_sandbox.json", CRIO ID_C "/userdata/config.json");
	who_node__start(&n);
	who = directory__by_netns(n.dir, ino, 0);
	who_node__check(who, "pod prod/web-0", "netns");
	cr_assert(who && who->labels_known);
	cr_assert_eq(who->label_count, 2);
	cr_expect_str_eq(who->labels[0], "app=web");
	cr_expect_str_eq(who->labels[1], "tier=front");
	who_node__free(&n);
}

/* The pod's annotations are among CRI-O's, over most of them. */
Test(sources, crio_annotations_of_the_pod)
{
	struct who_node n = who_node__new();
	__u32 ino = who_node__netns(&n, "run/netns/x");

	temp_tree__text(n.root, CRIO ID_C "/userdata/config.json",
			"{\"ociVersion\":\"1\",\"annotations\":{"
			"\"io.kubernetes.cri-o.ContainerType\":\"sandbox\","
			"\"io.kubernetes.cri-o.HostNetwork\":\"true\","
			"\"io.kubernetes.cri-o.IP.1\":\"10.96.0.1\","
			"\"io.kubernetes.cri-o.KubeName\":\"victim\","
			"\"io.kubernetes.cri-o.Namespace\":\"other\","
			"\"io.kubernetes.cri-o.SandboxID\":\"" ID_A "\","
			"\"io.kubernetes.pod.name\":\"web-0\",\"io.kubernetes.pod.namespace\":\"prod\","
			"\"io.kubernetes.pod.uid\":\"c1234567-89ab-cdef-0123-456789abcdef\"},"
			"\"linux\":{\"namespaces\":[{\"type\":\"network\",\"path\":\"/run/netns/x\"}]}}");
	/* what CNI left is known by the file's name, not by the annotation */
	temp_tree__text(n.root, RESULTS "net-" ID_C "-eth0",
			"{\"cniVersion\":\"0.4.0\",\"ips\":[{\"address\":\"10.85.0.7/16\"}]}");
	who_node__start(&n);
	who_node__check(directory__by_netns(n.dir, ino, 0), "pod prod/web-0", "netns");
	who_node__check_address(&n, "10.85.0.7", 0, "pod prod/web-0");
	who_node__check_address(&n, "10.96.0.1", 0, "-");
	who_node__free(&n);
}

Test(sources, docker_and_podman)
{
	struct who_node n = who_node__new();
	__u32 docker = who_node__netns(&n, "run/docker/netns/dd0000000000");
	__u32 pod = who_node__netns(&n, "run/docker/netns/dd0000000002");
	__u32 podman = who_node__netns(&n, "run/netns/netns-0b6a");

	who_node__fixture(&n, "docker_container.json", DOCKER ID_D "/config.v2.json");
	who_node__fixture(&n, "docker_sandbox.json", DOCKER ID_D2 "/config.v2.json");
	who_node__process(&n, 40, docker, "0::/system.slice/docker-" ID_D ".scope\n");
	who_node__process(&n, 41, pod, "0::/x\n");
	who_node__fixture(&n, "podman_list.json", PODMAN "containers.json");
	who_node__fixture(&n, "podman_config.json", PODMAN ID_P "/userdata/config.json");
	temp_tree__text(n.root, CRIO ID_P "/userdata/pidfile", "50");
	who_node__fixture(&n, "cni_podman.json", RESULTS "podman-" ID_P "-eth0");
	who_node__process(&n, 50, podman, "0::/machine.slice/libpod-" ID_P ".scope\n");
	who_node__start(&n);
	who_node__check(directory__by_netns(n.dir, docker, 0), "container blog-redis-1", "docker");
	who_node__check_address(&n, "172.17.0.2", 0, "container blog-redis-1");
	who_node__check_address(&n, "fd00:17::2", 0, "container blog-redis-1");
	who_node__check_address(&n, "10.88.0.9", 0, "container paperless");
	who_node__check_address(&n, "fd00:88::9", 0, "container paperless");
	who_node__check(directory__by_netns(n.dir, pod, 0), "pod jobs/queue-0", "cri-dockerd");
	who_node__check(directory__by_netns(n.dir, podman, 0), "container paperless", "podman");
	who_node__free(&n);
}

/* Those of "podman run --rm"; a list that is torn hides no other, and takes nothing back. */
Test(sources, podman_containers_of_one_run)
{
	static const struct {
		const char *list, *id, *netns;
	} runs[] = {
		{ PODMAN "volatile-containers.json", ID_P3, "run/netns/netns-0" },
		{ CRIO "volatile-containers.json", ID_P4, "run/netns/netns-1" },
	};
	struct who_node n = who_node__new();
	char text[512], path[256];
	__u32 inos[2];
	size_t i;

	for (i = 0; i < 2; i++) {
		snprintf(text, sizeof(text), "[{\"id\":\"%s\",\"names\":[\"run-%zu\"]}]", runs[i].id, i);
		temp_tree__text(n.root, runs[i].list, text);
		snprintf(text, sizeof(text),
			 "{\"ociVersion\":\"1.0.2\",\"linux\":{\"namespaces\":[{\"type\":\"network\","
			 "\"path\":\"/%s\"}]}}", runs[i].netns);
		snprintf(path, sizeof(path), PODMAN "%s/userdata/config.json", runs[i].id);
		temp_tree__text(n.root, path, text);
		snprintf(path, sizeof(path), CRIO "%s/userdata/pidfile", runs[i].id);
		snprintf(text, sizeof(text), "%zu", 50 + i);
		temp_tree__text(n.root, path, text);
		inos[i] = who_node__netns(&n, runs[i].netns);
		who_node__process(&n, 50 + i, inos[i], "0::/x\n");
	}
	who_node__start(&n);
	who_node__check(directory__by_netns(n.dir, inos[0], 0), "container run-0", "with --rm");
	who_node__check(directory__by_netns(n.dir, inos[1], 0), "container run-1", "transient");
	temp_tree__text(n.root, runs[0].list, "[{");
	temp_tree__text(n.root, PODMAN "containers.json", "[{\"id\":7}]");
	who_node__rescan(&n);
	who_node__check(directory__by_netns(n.dir, inos[0], 0), "container run-0", "its list is torn");
	who_node__check(directory__by_netns(n.dir, inos[1], 0), "container run-1", "another list is torn");
	cr_expect_eq(who_node__stats(&n, "podman").torn, 2);
	cr_expect_str_eq(who_node__stats(&n, "podman").example,
			 "/" PODMAN "containers.json: not what is expected there, or half written");
	who_node__free(&n);
}

/* Which are in the same list: told by it alone, their specifications are not read. */
Test(sources, podman_leaves_containers_of_crio)
{
	struct who_node n = who_node__new();
	__u32 ino = who_node__netns(&n, "run/netns/x");

	temp_tree__text(n.root, PODMAN "containers.json",
			"[{\"id\":\"" ID_C "\",\"names\":[\"k8s_POD_web-0_prod_c1_0\"],\"metadata\":"
			"\"{\\\"pod-name\\\":\\\"k8s_web-0_prod_c1_0\\\",\\\"pod-id\\\":\\\"" ID_C "\\\"}\"}]");
	temp_tree__text(n.root, PODMAN ID_C "/userdata/config.json",
			"{\"ociVersion\":\"1\",\"linux\":{\"namespaces\":[{\"type\":\"network\","
			"\"path\":\"/run/netns/x\"}]}}");
	temp_tree__text(n.root, CRIO ID_C "/userdata/pidfile", "50");
	who_node__process(&n, 50, ino, "0::/x\n");
	who_node__start(&n);
	who_node__check(directory__by_netns(n.dir, ino, 0), "-", "netns");
	cr_expect_eq(who_node__stats(&n, "podman").files, 0);
	who_node__free(&n);
}

/* Where a cgroup has a container's id alone: the link that is named after it has the pod. */
Test(sources, container_logs)
{
	static const char *const bad[][2] = {
		{ "of-nobody.log", "/var/log/pods/shop_cart_" UID_CART "/main/0.log" },
		/* of another pod than it is named after */
		{ "cart_shop_main-" ID_D ".log", "/var/log/pods/shop_other_" UID_CART "/main/0.log" },
		{ "cart_shop_main-" ID_D2 ".log", "/tmp/0.log" },
		{ "cart_shop_main-" ID_E ".log", "0.log" },
	};
	struct who_node n = who_node__new();
	__u32 ino = who_node__netns(&n, "run/netns/x");
	char path[200];
	size_t i;

	temp_tree__link(n.root, "var/log/containers/cart_shop_main-" ID_A ".log",
			"/var/log/pods/shop_cart_" UID_CART "/main/0.log");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(path, sizeof(path), "var/log/containers/%s", bad[i][0]);
		temp_tree__link(n.root, path, bad[i][1]);
	}
	temp_tree__text(n.root, "var/log/containers/cart_shop_main-" ID_P ".log", "no link");
	who_node__process(&n, 10, ino, "0::/system.slice/cri-containerd-" ID_A ".scope\n");
	who_node__start(&n);
	who_node__check(directory__by_netns(n.dir, ino, 0), "pod shop/cart", "netns");
	cr_expect_str_eq(directory__by_netns(n.dir, ino, 0)->uid, UID_CART);
	cr_expect_eq(who_node__stats(&n, "container-logs").statements, 1);
	cr_expect_eq(who_node__stats(&n, "container-logs").torn, 5);
	who_node__free(&n);
}

/* One name for this node, whatever its host is called, or its address would be two nodes'. */
Test(sources, node)
{
	static const struct {
		const char *chosen, *environment, *expected;
	} cases[] = {
		{ NULL, NULL, "node rack7.example" },
		{ NULL, "node-2", "node node-2" },
		{ "node-1", "node-2", "node node-1" },
	};
	struct who_node n;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		n = who_node__new();
		n.name = cases[i].chosen;
		if (cases[i].environment)
			setenv("NODE_NAME", cases[i].environment, 1);
		temp_tree__text(n.root, "etc/hostname", "Rack7.example\n");
		temp_tree__text(n.root, "proc/1/net/fib_trie",
				"Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n"
				"        /0 universe UNICAST\n     |-- 127.0.0.1\n"
				"        /32 host LOCAL\n     |-- 192.0.2.10\n"
				"        /32 host LOCAL\n     |-- 192.0.2.255\n"
				"        /32 link BROADCAST\n");
		temp_tree__text(n.root, "proc/1/net/if_inet6",
				"fd000000000000000000000000000010 02 40 00 80     eth0\n"
				"00000000000000000000000000000001 01 80 10 80       lo\ntorn\n");
		temp_tree__text(n.root, "proc/1/net/dev", "  eth0: 1 2\n    lo: 3 4\n");
		who_node__start(&n);
		who_node__check_address(&n, "192.0.2.10", 0, cases[i].expected);
		who_node__check_address(&n, "fd00::10", 0, cases[i].expected);
		who_node__check_address(&n, "192.0.2.255", 0, "-");
		who_node__check_address(&n, "127.0.0.1", 0, "-");
		who_node__free(&n);
	}
}

/* In IPVS mode every ClusterIP is an address of the node's namespace, and none of the node. */
Test(sources, node_with_services_for_addresses)
{
	struct who_node n = who_node__new();
	char text[8192] = "";
	size_t len = 0;
	int i;

	temp_tree__text(n.root, "etc/hostname", "n1\n");
	for (i = 0; i < 70; i++)
		len += snprintf(text + len, sizeof(text) - len,
				"     |-- 10.96.0.%d\n        /32 host LOCAL\n", i);
	temp_tree__text(n.root, "proc/1/net/fib_trie", text);
	temp_tree__text(n.root, "proc/1/net/dev",
			"Inter-|   Receive\n face |bytes\n  eth0: 1 2\nkube-ipvs0:       0       0\n");
	temp_tree__text(n.root, "proc/1/net/if_inet6",
			"fd000000000000000000000000000010 02 40 00 80     eth0\n"
			"fd000000000000000000000000000020 03 80 00 80 kube-ipvs0\n");
	who_node__start(&n);
	who_node__check_address(&n, "10.96.0.10", 0, "-");
	who_node__check_address(&n, "fd00::10", 0, "node n1");
	who_node__check_address(&n, "fd00::20", 0, "-");
	cr_expect_eq(who_node__stats(&n, "node").huge, 0);
	temp_tree__text(n.root, "proc/1/net/dev", "");
	who_node__rescan(&n);
	who_node__check_address(&n, "10.96.0.10", 0, "node n1");
	cr_expect_eq(who_node__stats(&n, "node").huge, 1, "it has more than are kept");
	who_node__free(&n);
}

Test(sources, process_number_of_somebody_else)
{
	struct who_node n = who_node__new();
	__u32 ino = add_cart(&n);

	/* the sandbox died, its number went to a process of the node */
	who_node__process(&n, 10, WHO_NODE_HOST, "0::/system.slice/cron.service\n");
	who_node__start(&n);
	who_node__check(directory__by_netns(n.dir, ino, 0), "-", "netns");
	cr_expect_eq(who_node__stats(&n, "containerd").stale, 1);
	who_node__free(&n);
}

Test(sources, written_in_place)
{
	struct who_node n = who_node__new();

	add_cart(&n);
	temp_tree__text(n.root, RESULTS "cilium-" ID_A "-eth0", "{\"kind\":\"cniCacheV1\",");
	who_node__start(&n);
	who_node__check_address(&n, "10.244.1.66", 0, "-");
	who_node__fixture(&n, "cni_cilium.json", RESULTS "cilium-" ID_A "-eth0");
	who_node__rescan(&n);
	who_node__check_address(&n, "10.244.1.66", 0, CART);
	/* a scan that changes nothing keeps it; deletion takes it back */
	who_node__rescan(&n);
	who_node__check_address(&n, "10.244.1.66", 0, CART);
	temp_tree__remove(n.root, RESULTS "cilium-" ID_A "-eth0");
	who_node__rescan(&n);
	who_node__check_address(&n, "10.244.1.66", 0, "-");
	who_node__free(&n);
}

Test(sources, pod_gone_with_its_namespace)
{
	struct who_node n = who_node__new();
	__u32 ino = add_cart(&n);
	__u64 before;

	who_node__fixture(&n, "cni_calico.json", RESULTS "calico-" ID_A "-eth0");
	who_node__start(&n);
	who_node__check_address(&n, "192.168.219.66", 0, CART);
	before = who_node__now();
	/* namespaces are looked for again after a hundredth of a second */
	nanosleep(&(struct timespec){ .tv_nsec = 30000000 }, NULL);
	/* no source has been read since, yet nobody is there any more */
	who_node__end_process(&n, 10);
	temp_tree__remove(n.root, "run/netns/cni-a");
	/* which a look-up does by itself, but not more often than is due */
	netns_table__refresh(n.netns);
	cr_expect_not(directory__doubt(n.dir));
	who_node__check_address(&n, "192.168.219.66", 0, "-");
	cr_expect(directory__doubt(n.dir));
	/* an event from before it was seen to be gone: perhaps there is a successor */
	who_node__check_address(&n, "192.168.219.66", before, CART);
	cr_expect(directory__doubt(n.dir));
	who_node__rescan(&n);
	/* late events still find it, new ones do not */
	who_node__check_address(&n, "192.168.219.66", before, CART);
	who_node__check(directory__by_netns(n.dir, ino, before), CART, "late event");
	who_node__check_address(&n, "192.168.219.66", 0, "-");
	who_node__free(&n);
}

Test(sources, watched)
{
	struct who_node n = who_node__new();
	int tries;

	who_node__start(&n);
	cr_assert_geq(sources__fd(n.sources), 0);
	/* directories that did not exist */
	add_cart(&n);
	who_node__fixture(&n, "cni_calico.json", RESULTS "calico-" ID_A "-eth0");
	for (tries = 0; tries < 200; tries++) {
		struct timespec ts = { .tv_nsec = 2000000 };
		struct directory_stats stats;

		sources__ready(n.sources);
		directory__stats(n.dir, &stats);
		if (stats.pods)
			break;
		nanosleep(&ts, NULL);
	}
	cr_expect_lt(tries, 200);
	who_node__free(&n);
}
