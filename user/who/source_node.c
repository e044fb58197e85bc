/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * This node: its name, and the addresses of its own network namespace as the
 * kernel lists them for process 1.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/who/directory.h"
#include "user/who/node_name.h"
#include "user/who/source_problem.h"

struct addresses {
	struct who_address list[SERVICE_ADDRESSES_MAX];
	size_t count;
};

static void add(struct addresses *a, const char *text)
{
	size_t i;

	if (a->count >= SERVICE_ADDRESSES_MAX || who_address__parse(text, &a->list[a->count]))
		return;
	for (i = 0; i < a->count; i++)
		if (memcmp(&a->list[i], &a->list[a->count], sizeof(a->list[i])) == 0)
			return;
	a->count++;
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

/* 32 digits, index, prefix length, scope, flags, interface */
static void read_if_inet6(FILE *in, struct addresses *a)
{
	char line[256], text[40];
	size_t i;

	while (fgets(line, sizeof(line), in)) {
		if (strspn(line, "0123456789abcdef") != 32)
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

static int scan_node(void *state, struct directory *dir, int id, struct source_stats *stats)
{
	static const struct {
		const char *path;
		void (*read)(FILE *in, struct addresses *a);
	} files[] = {
		{ "/proc/1/net/fib_trie", read_fib_trie },
		{ "/proc/1/net/if_inet6", read_if_inet6 },
	};
	struct addresses addresses = {};
	struct node_facts facts = {};
	struct node *node = state;
	char path[PATH_MAX];
	size_t i;
	FILE *in;
	int err;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (snprintf(path, sizeof(path), "%s%s", node->root, files[i].path) >= (int)sizeof(path))
			continue;
		in = fopen(path, "re");
		if (!in) {
			source_problem__count(stats, files[i].path, NULL, -errno);
			continue;
		}
		stats->files++;
		files[i].read(in, &addresses);
		fclose(in);
	}
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
