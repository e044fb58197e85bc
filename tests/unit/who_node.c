/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Builds nodes of files for the tests of who/.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/unit/temp_tree.h"
#include "tests/unit/who_node.h"

static void pause_ms(long ms)
{
	struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

__u64 who_node__now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (__u64)ts.tv_sec * 1000000000ull + (__u64)ts.tv_nsec;
}

struct who_node who_node__new(void)
{
	struct who_node n = { .root = temp_tree__new() };

	who_node__process(&n, 1, WHO_NODE_HOST, "0::/init.scope\n");
	temp_tree__link(n.root, "proc/1/ns/pid", "pid:[4026531836]");
	return n;
}

void who_node__start(struct who_node *n)
{
	n->netns = netns_table__new(n->root);
	cr_assert(n->netns);
	cr_assert_eq(netns_table__refresh(n->netns), 0);
	n->dir = directory__new(n->root, n->netns);
	cr_assert(n->dir);
	n->sources = sources__new(n->root, n->name, n->dir);
	cr_assert(n->sources);
}

void who_node__rescan(struct who_node *n)
{
	int tries;

	for (tries = 0; tries < 200; tries++) {
		pause_ms(2);
		if (sources__rescan(n->sources))
			return;
	}
	cr_assert_fail("no scan");
}

void who_node__fixture(struct who_node *n, const char *name, const char *path)
{
	char from[256], *data = calloc(1, 1 << 20);
	size_t size;
	FILE *in;

	cr_assert(data);
	snprintf(from, sizeof(from), "tests/unit/fixtures/who/%s", name);
	in = fopen(from, "re");
	cr_assert(in, "%s", from);
	size = fread(data, 1, 1 << 20, in);
	fclose(in);
	temp_tree__write(n->root, path, data, size);
	free(data);
}

__u32 who_node__netns(struct who_node *n, const char *path)
{
	temp_tree__text(n->root, path, "");
	return (__u32)temp_tree__inode(n->root, path);
}

void who_node__process(struct who_node *n, int pid, __u32 ino, const char *cgroup)
{
	char path[64], target[64];

	snprintf(path, sizeof(path), "proc/%d/ns/net", pid);
	snprintf(target, sizeof(target), "net:[%u]", ino);
	temp_tree__link(n->root, path, target);
	snprintf(path, sizeof(path), "proc/%d/comm", pid);
	temp_tree__text(n->root, path, "comm\n");
	snprintf(path, sizeof(path), "proc/%d/cgroup", pid);
	temp_tree__text(n->root, path, cgroup);
}

void who_node__end_process(struct who_node *n, int pid)
{
	static const char *const parts[] = { "/ns/net", "/comm", "/cgroup" };
	char path[64];
	size_t i;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		snprintf(path, sizeof(path), "proc/%d%s", pid, parts[i]);
		temp_tree__remove(n->root, path);
	}
}

void who_node__check(const struct who *who, const char *expected, const char *what)
{
	char text[600] = "-";

	if (who)
		snprintf(text, sizeof(text), "%s %s%s%s", who_kind__name(who->kind),
			 who->namespace ? who->namespace : "", who->namespace ? "/" : "",
			 who->name ? who->name : "(null)");
	cr_expect_str_eq(text, expected, "%s: %s, not %s", what, text, expected);
}

void who_node__check_address(struct who_node *n, const char *address, __u64 when_ns,
			     const char *expected)
{
	int family = strchr(address, ':') ? AF_INET6 : AF_INET;
	__u8 ip[16] = {};

	cr_assert_eq(inet_pton(family, address, ip), 1);
	who_node__check(directory__by_address(n->dir, family == AF_INET ? 4 : 6, ip, when_ns),
			expected, address);
}

struct wanted_stats {
	const char *source;
	struct source_stats stats;
};

static int keep_stats(const struct source_report *report, void *ctx)
{
	struct wanted_stats *wanted = ctx;

	if (strcmp(report->source->name, wanted->source) == 0)
		wanted->stats = *report->stats;
	return 0;
}

struct source_stats who_node__stats(struct who_node *n, const char *source)
{
	struct wanted_stats wanted = { .source = source };

	sources__each(n->sources, keep_stats, &wanted);
	return wanted.stats;
}

void who_node__free(struct who_node *n)
{
	sources__free(n->sources);
	directory__free(n->dir);
	netns_table__free(n->netns);
	temp_tree__free(n->root);
}
