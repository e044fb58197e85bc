/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Files of every source that are torn, empty, hostile, huge or left over: none
 * is believed, and all are counted.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/unit/temp_tree.h"
#include "tests/unit/who_node.h"
#include "user/who/json_file.h"
#include "user/who/source_problem.h"

/* as the fixtures have them */
#define ID_A "aa00000000000000000000000000000000000000000000000000000000000001"
#define ID_C "cc00000000000000000000000000000000000000000000000000000000000001"
#define ID_D "dd00000000000000000000000000000000000000000000000000000000000001"

/* of hostile files, some of which have to agree with their names */
#define ID_H0 "ff00000000000000000000000000000000000000000000000000000000000000"
#define ID_H1 "ff00000000000000000000000000000000000000000000000000000000000001"

#define TASKS	"run/containerd/io.containerd.runtime.v2.task/k8s.io/"
#define RESULTS "var/lib/cni/results/"
#define CRIO	"run/containers/storage/overlay-containers/"
#define DOCKER	"var/lib/docker/containers/"

#define UID_CART "01234567-89ab-cdef-0123-456789abcdef"

/* A specification of its own namespace with these annotations. */
#define SPEC(annotations)                                                               \
	"{\"ociVersion\":\"1\",\"linux\":{\"namespaces\":[{\"type\":\"network\","       \
	"\"path\":\"/run/netns/x\"}]},\"annotations\":{" annotations "}}"
#define CRIO_SPEC(annotations)                                                          \
	SPEC("\"io.kubernetes.cri-o.ContainerType\":\"sandbox\"," annotations)
#define CONTAINERD_SPEC(annotations)                                                    \
	SPEC("\"io.kubernetes.cri.container-type\":\"sandbox\"," annotations)
#define DOCKER_CONFIG(id, more)                                                         \
	"{\"State\":{\"Running\":true,\"Pid\":10},\"NetworkSettings\":{},\"ID\":\"" id "\"," more "}"
#define CNI_RESULT(id, name)                                                            \
	"{\"containerId\":\"" id "\",\"netns\":\"/run/netns/x\",\"cniArgs\":[[\"K8S_POD_NAME\"," \
	"\"" name "\"],[\"K8S_POD_NAMESPACE\",\"shop\"]],\"result\":{\"cniVersion\":\"1.0.0\"," \
	"\"ips\":[{\"address\":\"10.0.0.1/24\"}]}}"

/* Nothing that any of them writes; the last one is of another container than it is named after. */
static const char *const torn[] = {
	"",
	"{",
	"{}",
	"[]",
	"null",
	"\xff\xfe",
	"{\"ociVersion\":\"1\"}",
	"{\"ociVersion\":1,\"linux\":{}}",
	"{\"cniArgs\":[[\"K8S_POD_NAME\",\"cart\"],[\"K8S_POD_NAMESPACE\",\"shop\"]],\"result\":{}}",
	DOCKER_CONFIG("x", "\"Name\":\"/box\""),
};

#define TORN (sizeof(torn) / sizeof(torn[0]))

static const struct writer {
	const char *source, *before, *after; /* of the id in a file's path */
	const char *hostile[2];
	const char *left_over, *id; /* a fixture, whose process and namespace are gone */
} writers[] = {
	{ "containerd", TASKS, "/config.json",
	  { CONTAINERD_SPEC("\"io.kubernetes.cri.sandbox-name\":\"\\u001b[31mred\","
			    "\"io.kubernetes.cri.sandbox-namespace\":\"shop\""),
	    CONTAINERD_SPEC("\"io.kubernetes.cri.sandbox-name\":\"cart\","
			    "\"io.kubernetes.cri.sandbox-namespace\":\"../../etc\"") },
	  "containerd_sandbox.json", ID_A },
	{ "cri-o", CRIO, "/userdata/config.json",
	  { CRIO_SPEC("\"io.kubernetes.pod.name\":\"\\u001b[31mred\","
		      "\"io.kubernetes.pod.namespace\":\"shop\""),
	    CRIO_SPEC("\"io.kubernetes.pod.name\":\"cart\","
		      "\"io.kubernetes.pod.namespace\":\"shop\",\"io.kubernetes.cri-o.Labels\":\"{\"") },
	  "crio_sandbox.json", ID_C },
	{ "docker", DOCKER, "/config.v2.json",
	  { DOCKER_CONFIG(ID_H0, "\"Name\":\"/\\u001b[31mred\""),
	    DOCKER_CONFIG(ID_H1, "\"Config\":{\"Labels\":{\"io.kubernetes.docker.type\":\"podsandbox\","
				 "\"io.kubernetes.pod.name\":\"cart\","
				 "\"io.kubernetes.pod.namespace\":\"a\\nb\"}}") },
	  "docker_container.json", ID_D },
	{ "cni", RESULTS "net-", "-eth0",
	  { CNI_RESULT(ID_H0, "\\u001b[31mred"), CNI_RESULT(ID_H1 "0", "cart") },
	  "cni_cilium.json", ID_A },
};

static void put(struct who_node *n, const struct writer *w, const char *id, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s%s%s", w->before, id, w->after);
	temp_tree__text(n->root, path, text);
	/* what the runtimes keep beside: a process that lives, so that the file alone decides */
	snprintf(path, sizeof(path), TASKS "%s/init.pid", id);
	if (strcmp(w->before, TASKS) == 0)
		temp_tree__text(n->root, path, "10");
}

static void put_huge(struct who_node *n, const struct writer *w)
{
	static const char id[] = "ee00000000000000000000000000000000000000000000000000000000000000";
	const size_t size = 3 << 20;
	char path[256], *spaces = malloc(size);

	cr_assert(spaces);
	memset(spaces, ' ', size);
	snprintf(path, sizeof(path), "%s%s%s", w->before, id, w->after);
	temp_tree__write(n->root, path, spaces, size);
	free(spaces);
}

static void put_all(struct who_node *n, const struct writer *w)
{
	char id[65], path[256];
	size_t i;

	who_node__process(n, 10, who_node__netns(n, "run/netns/x"), "0::/x\n");
	for (i = 0; i < TORN; i++) {
		snprintf(id, sizeof(id), "%064zx", i);
		put(n, w, id, torn[i]);
	}
	put(n, w, ID_H0, w->hostile[0]);
	put(n, w, ID_H1, w->hostile[1]);
	put_huge(n, w);
	snprintf(path, sizeof(path), "%s%s%s", w->before, w->id, w->after);
	who_node__fixture(n, w->left_over, path);
}

Test(bad_sources, are_skipped_and_counted)
{
	size_t i;

	for (i = 0; i < sizeof(writers) / sizeof(writers[0]); i++) {
		const struct writer *w = &writers[i];
		struct who_node n = who_node__new();
		struct directory_stats known;
		struct source_stats stats;

		put_all(&n, w);
		who_node__start(&n);
		directory__stats(n.dir, &known);
		stats = who_node__stats(&n, w->source);
		cr_expect_eq(known.pods, 0, "%s", w->source);
		cr_expect_eq(stats.statements, 0, "%s: %llu", w->source, stats.statements);
		cr_expect_eq(stats.files, TORN + 4, "%s: %llu", w->source, stats.files);
		cr_expect_eq(stats.torn, TORN + 2, "%s: %llu", w->source, stats.torn);
		cr_expect_eq(stats.huge, 1, "%s: %llu", w->source, stats.huge);
		cr_expect_eq(stats.stale, 1, "%s: %llu", w->source, stats.stale);
		cr_expect_eq(source_problem__total(&stats), TORN + 3, "%s", w->source);
		cr_expect_neq(stats.example[0], '\0', "%s", w->source);
		who_node__free(&n);
	}
}

/* Half of a file that is whole a moment later. */
Test(bad_sources, cut_anywhere)
{
	size_t i, size, len;

	for (i = 0; i < sizeof(writers) / sizeof(writers[0]); i++) {
		char path[256], *text = calloc(1, 1 << 16);
		FILE *in;

		cr_assert(text);
		snprintf(path, sizeof(path), "tests/unit/fixtures/who/%s", writers[i].left_over);
		in = fopen(path, "re");
		cr_assert(in, "%s", path);
		len = fread(text, 1, (1 << 16) - 1, in);
		fclose(in);
		/* with a line's end or without */
		while (len && text[len - 1] != '}')
			len--;
		for (size = 0; size < len; size += len / 16) {
			struct who_node n = who_node__new();

			snprintf(path, sizeof(path), "%s%s%s", writers[i].before, writers[i].id,
				 writers[i].after);
			temp_tree__write(n.root, path, text, size);
			who_node__start(&n);
			cr_expect_eq(who_node__stats(&n, writers[i].source).torn, 1, "%s of %zu bytes",
				     writers[i].source, size);
			who_node__free(&n);
		}
		free(text);
	}
}

/* Neither files nor worth waiting for. */
/* CRI-O copies a pod's annotations, and the API takes any text there. */
Test(bad_sources, a_nul_hides_nobody)
{
	static const char text[] = "{\"name\":\"web\",\"mine\":\"a\\u0000b\",\"other\":\"web\\u0000x\"}";
	json_t *json = NULL;

	cr_assert_eq(json_file__parse(text, sizeof(text) - 1, &json), 0);
	cr_expect_str_eq(json_file__text(json, "name"), "web");
	cr_expect_null(json_file__text(json, "other"));
	json_decref(json);
}

Test(bad_sources, are_no_files)
{
	struct who_node n = who_node__new();
	struct source_stats stats;
	char path[256];

	temp_tree__text(n.root, RESULTS "torn", "{");
	snprintf(path, sizeof(path), "%s/" RESULTS "fifo", n.root);
	cr_assert_eq(mkfifo(path, 0600), 0);
	temp_tree__link(n.root, RESULTS "loop", "loop");
	who_node__start(&n);
	stats = who_node__stats(&n, "cni");
	cr_expect_eq(stats.torn, 2, "%llu", stats.torn);
	cr_expect_eq(stats.unreadable, 1, "%llu", stats.unreadable);
	cr_expect_eq(source_problem__total(&stats), 3);
	who_node__free(&n);
}

/* Where names are all there is: one of a pod that is gone says no more than its name. */
Test(bad_sources, names_of_logs)
{
	static const char *const names[] = {
		"shop_cart",
		"shop_cart_",
		"_cart_" UID_CART,
		"shop__" UID_CART,
		"shop_cart_" UID_CART "0",
		"shop_\033[31mred_" UID_CART,
		"sh op_cart_" UID_CART,
		"lost+found",
	};
	struct who_node n = who_node__new();
	char name[256], path[512];
	struct source_stats stats;
	__u32 ino;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "var/log/pods/%s/0.log", names[i]);
		temp_tree__text(n.root, path, "");
	}
	/* as long as a name can be */
	memset(name, 'a', sizeof(name) - 1);
	name[255] = '\0';
	name[4] = '_';
	snprintf(path, sizeof(path), "var/log/pods/%s/0.log", name);
	temp_tree__text(n.root, path, "");
	temp_tree__text(n.root, "var/log/pods/left_over_" UID_CART "/0.log", "");
	ino = who_node__netns(&n, "run/netns/x");
	who_node__process(&n, 10, ino, "0::/x\n");
	who_node__start(&n);
	stats = who_node__stats(&n, "pod-logs");
	cr_expect_eq(stats.torn, sizeof(names) / sizeof(names[0]) + 1, "%llu", stats.torn);
	cr_expect_eq(source_problem__total(&stats), stats.torn);
	cr_expect_eq(stats.statements, 1);
	cr_expect(strstr(stats.example, "/var/log/pods/"), "%s", stats.example);
	who_node__check(directory__by_netns(n.dir, ino, 0), "-", "netns");
	who_node__check_address(&n, "10.0.0.1", 0, "-");
	who_node__free(&n);
}
