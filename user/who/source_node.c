/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * This node: its name, and the addresses of its own network namespace, which is
 * that of process 1: by /proc, or, where Services' are among them, whose
 * interfaces /proc does not tell for IPv4, by the kernel.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "user/clock.h"
#include "user/who/directory.h"
#include "user/who/node_name.h"
#include "user/who/source_problem.h"

#define INTERFACES_NS 10000000000ULL

struct addresses {
	struct who_address list[SERVICE_ADDRESSES_MAX];
	size_t count;
	bool cut;
	bool of_services;	/* an interface has them, too */
};

static void add_address(struct addresses *a, const struct who_address *address)
{
	size_t i;

	for (i = 0; i < a->count; i++)
		if (memcmp(&a->list[i], address, sizeof(*address)) == 0)
			return;
	if (a->count < SERVICE_ADDRESSES_MAX)
		a->list[a->count++] = *address;
	else
		a->cut = true;
}

static void add(struct addresses *a, const char *text)
{
	struct who_address address;

	if (!who_address__parse(text, &address))
		add_address(a, &address);
}

/* kube-proxy's and kube-router's, in IPVS mode, have every Service's addresses. */
static bool is_of_services(const char *interface)
{
	return strcmp(interface, "kube-ipvs0") == 0 || strcmp(interface, "kube-dummy-if") == 0;
}

static int read_interfaces(struct addresses *a)
{
	char text[INET6_ADDRSTRLEN];
	struct ifaddrs *list, *one;
	const void *ip;

	if (getifaddrs(&list))
		return -errno;
	for (one = list; one; one = one->ifa_next) {
		if (!one->ifa_addr || is_of_services(one->ifa_name))
			continue;
		if (one->ifa_addr->sa_family == AF_INET)
			ip = &((const struct sockaddr_in *)(const void *)one->ifa_addr)->sin_addr;
		else if (one->ifa_addr->sa_family == AF_INET6)
			ip = &((const struct sockaddr_in6 *)(const void *)one->ifa_addr)->sin6_addr;
		else
			continue;
		if (inet_ntop(one->ifa_addr->sa_family, ip, text, sizeof(text)))
			add(a, text);
	}
	freeifaddrs(list);
	return 0;
}

/* "|-- 10.0.0.1", and on the next line "/32 host LOCAL" */
static void read_fib_trie(FILE *in, struct addresses *a)
{
	char line[256], last[64] = "", *at;

	while (fgets(line, sizeof(line), in)) {
		at = strstr(line, "|-- ");
		if (at) {
			snprintf(last, sizeof(last), "%s", at + 4);
			last[strcspn(last, "\n")] = '\0';
		} else if (last[0] && strstr(line, "/32 host LOCAL")) {
			add(a, last);
			last[0] = '\0';
		}
	}
}

/* "  eth0: 123 …": with Services among the addresses nothing is said of those of IPv4 */
static void read_dev(FILE *in, struct addresses *a)
{
	char line[256], *name;

	while (fgets(line, sizeof(line), in)) {
		name = line + strspn(line, " ");
		name[strcspn(name, ":")] = '\0';
		if (is_of_services(name))
			*a = (struct addresses){ .of_services = true };
	}
}

/* 32 digits, index, prefix length, scope, flags, interface */
static void read_if_inet6(FILE *in, struct addresses *a)
{
	char line[256], text[40], interface[16];
	size_t i;

	while (fgets(line, sizeof(line), in)) {
		if (strspn(line, "0123456789abcdef") != 32 ||
		    (sscanf(line + 32, "%*s%*s%*s%*s%15s", interface) == 1 &&
		     is_of_services(interface)))
			continue;
		for (i = 0; i < 8; i++)
			snprintf(text + 5 * i, sizeof(text) - 5 * i, "%.4s%s", line + 4 * i,
				 i < 7 ? ":" : "");
		add(a, text);
	}
}

struct node {
	char *root;
	char name[NODE_NAME_LEN]; /* "": unknown */
	struct addresses interfaces; /* as last read */
	__u64 read_ns;		/* when that was; 0: never */
};

static int open_node(const struct pod_source_options *options, void **ret_state)
{
	struct node *node = calloc(1, sizeof(*node));

	if (!node)
		return -ENOMEM;
	node->root = strdup(options->root);
	if (!node->root) {
		free(node);
		return -ENOMEM;
	}
	node_name__read(options->root, options->node, node->name);
	*ret_state = node;
	return 0;
}

static void close_node(void *state)
{
	struct node *node = state;

	free(node->root);
	free(node);
}

static bool is_our_namespace(const char *root)
{
	struct stat node, ours;
	char path[PATH_MAX];

	return snprintf(path, sizeof(path), "%s/proc/1/ns/net", root) < (int)sizeof(path) &&
	       !stat(path, &node) && !stat("/proc/thread-self/ns/net", &ours) &&
	       node.st_dev == ours.st_dev && node.st_ino == ours.st_ino;
}

/* Those of IPv4 that are no Service's. The kernel may keep one waiting for them: not at each scan. */
static void add_interfaces(struct node *node, struct addresses *a)
{
	__u64 now_ns = clock__ns(CLOCK_BOOTTIME);
	size_t i;

	if (!node->read_ns || now_ns - node->read_ns > INTERFACES_NS) {
		node->interfaces = (struct addresses){};
		node->read_ns = read_interfaces(&node->interfaces) ? 0 : now_ns;
	}
	for (i = 0; i < node->interfaces.count; i++)
		add_address(a, &node->interfaces.list[i]);
	a->cut |= node->interfaces.cut;
}

static void read_files(const char *root, struct addresses *a, struct source_stats *stats)
{
	/* in this order: of IPv4, whether to forget it, of IPv6 */
	static const struct {
		const char *path;
		void (*read)(FILE *in, struct addresses *a);
	} files[] = {
		{ "/proc/1/net/fib_trie", read_fib_trie },
		{ "/proc/1/net/dev", read_dev },
		{ "/proc/1/net/if_inet6", read_if_inet6 },
	};
	char path[PATH_MAX];
	size_t i;
	FILE *in;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (snprintf(path, sizeof(path), "%s%s", root, files[i].path) >= (int)sizeof(path))
			continue;
		in = fopen(path, "re");
		if (!in) {
			source_problem__count(stats, files[i].path, NULL, -errno);
			continue;
		}
		stats->files++;
		files[i].read(in, a);
		fclose(in);
	}
}

static int scan_node(void *state, struct directory *dir, int id, struct source_stats *stats)
{
	struct addresses addresses = {};
	struct node_facts facts = {};
	struct node *node = state;
	int err;

	read_files(node->root, &addresses, stats);
	if (addresses.of_services && is_our_namespace(node->root))
		add_interfaces(node, &addresses);
	if (addresses.cut)
		source_problem__count(stats, "addresses of this node", NULL, -E2BIG);
	if (!node->name[0])
		return 0;
	facts.name = node->name;
	facts.addresses = addresses.list;
	facts.address_count = addresses.count;
	err = directory__node(dir, id, "self", &facts);
	stats->statements += !err;
	return err;
}

const struct pod_source source_node = {
	.name = "node",
	.rank = RANK_RUNTIME,
	.open = open_node,
	.scan = scan_node,
	.close = close_node,
};
