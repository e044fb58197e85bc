/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Any bytes as the file of every source: containerd's, CRI-O's and Podman's
 * specifications, Docker's configuration, CNI's results, the kernel's lists of
 * the node's addresses: each source reads the same bytes. Whatever becomes known
 * has the form of a name.
 */
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/who/directory.h"
#include "user/who/pod_uid.h"
#include "user/who/sources.h"

#define ID "aa00000000000000000000000000000000000000000000000000000000000001"

static const char podman_list[] = "/var/lib/containers/storage/overlay-containers/containers.json";
static const char list[] = "[{\"id\":\"" ID "\",\"names\":[\"box\"]}]";

static const struct {
	const struct pod_source *source;
	const char *path;
} files[] = {
	{ &source_containerd,
	  "/run/containerd/io.containerd.runtime.v2.task/k8s.io/" ID "/config.json" },
	{ &source_crio, "/run/containers/storage/overlay-containers/" ID "/userdata/config.json" },
	{ &source_docker, "/var/lib/docker/containers/" ID "/config.v2.json" },
	{ &source_cni, "/var/lib/cni/results/net-" ID "-eth0" },
	{ &source_podman, podman_list },
	{ &source_podman,
	  "/var/lib/containers/storage/overlay-containers/" ID "/userdata/config.json" },
	{ &source_node, "/proc/1/net/fib_trie" },
	{ &source_node, "/proc/1/net/if_inet6" },
	{ &source_node, "/proc/1/net/dev" },
};

static char node_name[] = "node1";
static char root[] = "/tmp/dropwhy-fuzz-XXXXXX";
static struct netns_table *netns;

/* NOLINTNEXTLINE(readability-non-const-parameter): as libFuzzer has it */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_file(const char *path, const void *data, size_t size)
{
	char full[PATH_MAX], *slash;
	int fd;

	snprintf(full, sizeof(full), "%s%s", root, path);
	for (slash = full + sizeof(root); (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(full, 0700);
		*slash = '/';
	}
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
}

static void remove_file(const char *path)
{
	char full[PATH_MAX];

	snprintf(full, sizeof(full), "%s%s", root, path);
	unlink(full);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static void remove_all(void)
{
	netns_table__free(netns);
	nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* What files need beside them to be believed: a process in a namespace. */
/* NOLINTNEXTLINE(readability-non-const-parameter): as libFuzzer has it */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char link[] = "net:[4026532999]";
	char path[PATH_MAX];

	(void)argc;
	(void)argv;
	if (!mkdtemp(root) || atexit(remove_all))
		abort();
	write_file("/proc/7/cgroup", "0::/x\n", 6);
	write_file("/proc/7/ns/x", "", 0);
	snprintf(path, sizeof(path), "%s/proc/7/ns/net", root);
	if (symlink(link, path))
		abort();
	write_file("/run/containerd/io.containerd.runtime.v2.task/k8s.io/" ID "/init.pid", "7", 1);
	write_file("/run/containers/storage/overlay-containers/" ID "/userdata/pidfile", "7", 1);
	write_file(podman_list, list, sizeof(list) - 1);
	netns = netns_table__new(root);
	if (!netns || netns_table__refresh(netns))
		abort();
	return 0;
}

static int check_item(const struct directory_item *item, void *ctx)
{
	(void)ctx;
	if (item->who->kind == WHO_POD && item->who->name && !pod_name__is(item->who->name))
		abort();
	if (item->who->uid && !pod_uid__is(item->who->uid))
		abort();
	if (item->who->kind == WHO_NODE && strcmp(item->who->name, node_name) != 0)
		abort();
	return 0;
}

static void scan(const struct pod_source *source)
{
	const struct pod_source_options options = { .root = root, .node = node_name };
	struct source_stats stats = {};
	struct directory *dir = directory__new(root, netns);
	void *state = NULL;
	int id;

	if (!dir || source->open(&options, &state))
		abort();
	id = directory__add_source(dir, source);
	directory__begin(dir, id, DIRECTORY_PODS | DIRECTORY_NODES);
	directory__end(dir, id, !source->scan(state, dir, id, &stats));
	directory__each(dir, check_item, NULL);
	source->close(state);
	directory__free(dir);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		write_file(files[i].path, data, size);
		scan(files[i].source);
		remove_file(files[i].path);
		/* Podman's list is needed for its specifications */
		if (files[i].path == podman_list)
			write_file(podman_list, list, sizeof(list) - 1);
	}
	return 0;
}
