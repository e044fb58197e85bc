/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * netns → processes → cgroup → UID → /var/log/pods → pod, remembered for as
 * long as the namespace is.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <search.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "user/enrich/netns_scan.h"
#include "user/enrich/pod_uid.h"

#define NS_PER_S 1000000000ull

/* Ten times the pods that the largest nodes run; 16,384 take 3 MB. */
#define PODS_MAX       16384
#define RETRY_FIRST_NS NS_PER_S
#define RETRY_MAX_NS   (64 * NS_PER_S)
/* A line for each of v1's 13 hierarchies, each with a path of some 200 bytes. */
#define CGROUP_MAX 16384

/* What is known of one namespace. */
struct pod_entry {
	__u32 ino;
	__u64 incarnation; /* of the namespace that this was found for */
	char *name;	   /* NULL: no pod */
	char *namespace;
	__u64 retry_ns; /* no pod: do not look again before */
	__u64 backoff_ns;
};

struct pod_table {
	char *root;
	void *tree; /* struct pod_entry by ino */
	size_t count;
	__u64 evicted;
};

static __u64 boot_time_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (__u64)ts.tv_sec * NS_PER_S + (__u64)ts.tv_nsec;
}

static int compare_entries(const void *a, const void *b)
{
	const struct pod_entry *x = a, *y = b;

	return (x->ino > y->ino) - (x->ino < y->ino);
}

static void pod_entry__clear(struct pod_entry *e)
{
	free(e->name);
	free(e->namespace);
	e->name = NULL;
	e->namespace = NULL;
	e->retry_ns = 0;
	e->backoff_ns = 0;
}

static void pod_entry__free(void *entry)
{
	pod_entry__clear(entry);
	free(entry);
}

struct pod_table *pod_table__new(const char *root)
{
	struct pod_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->root = strdup(root ? root : "");
	if (!t->root) {
		free(t);
		return NULL;
	}
	return t;
}

static int read_text(int dir_fd, const char *name, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t n;
	int fd;

	fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	while (len < size - 1 && (n = read(fd, buf + len, size - 1 - len)) > 0)
		len += (size_t)n;
	close(fd);
	buf[len] = '\0';
	/* half a file may hold half the truth */
	return len == size - 1 ? -E2BIG : 0;
}

/* The UID of a process' pod. -ESRCH: it does not live in @ino any more; -ENOENT: no pod's. */
static int uid_of_process(const char *root, pid_t pid, __u32 ino, char *ret_uid)
{
	char path[PATH_MAX], cgroup[CGROUP_MAX];
	int dir_fd, err;
	__u32 now = 0;

	if (snprintf(path, sizeof(path), "%s/proc/%d", root, pid) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	/* stays with this process when its number is used again */
	dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0)
		return -ESRCH;
	err = read_text(dir_fd, "cgroup", cgroup, sizeof(cgroup));
	/* in this order: a process that ended or moved on while we read does not count */
	if (netns_scan__pid_fd(dir_fd, &now) || now != ino)
		err = -ESRCH;
	close(dir_fd);
	return err ? err : pod_uid__from_cgroup(cgroup, ret_uid);
}

/*
 * Whether a container runtime made the namespace for one pod, by the file's
 * name: cni-UUID (containerd), UUID (CRI-O), 12 digits (Docker).
 */
static bool is_sandbox(const char *path)
{
	const char *name = path ? strrchr(path, '/') : NULL;
	size_t len;

	if (!name++)
		return false;
	len = strlen(name);
	if (strncmp(name, "cni-", 4) == 0)
		return true;
	if (strstr(path, "/docker/netns/"))
		return len == 12 && strspn(name, "0123456789abcdef") == len;
	return strstr(path, "/netns/") && len == POD_UID_LEN - 1 &&
	       strspn(name, "0123456789abcdef-") == len;
}

/*
 * The one pod that lives in a namespace. In a runtime's sandbox a process of
 * no pod is somebody who looks around with nsenter; elsewhere it may be that
 * the whole node lives there, with pods that share its network.
 */
static int uid_of_netns(const char *root, const struct netns_info *info, char *ret_uid)
{
	char uid[POD_UID_LEN], first[POD_UID_LEN] = "";
	bool sandbox = is_sandbox(info->path);
	size_t i;
	int err;

	if (info->host)
		return -ENOENT;
	for (i = 0; i < info->pid_count; i++) {
		err = uid_of_process(root, info->pids[i], info->ino, uid);
		if (err == -ESRCH || (err == -ENOENT && sandbox))
			continue;
		if (err || (first[0] && strcmp(first, uid) != 0))
			return -EEXIST;
		memcpy(first, uid, sizeof(first));
	}
	if (!first[0])
		return -ENOENT;
	memcpy(ret_uid, first, sizeof(first));
	return 0;
}

/* Fills in the names of the pod with that UID, if exactly one directory has it. */
static int name_pod(const char *root, const char *uid, struct pod_entry *e)
{
	struct pod_log_dir parts;
	char path[PATH_MAX];
	struct dirent *entry;
	int err = -ENOENT;
	DIR *dir;

	if (snprintf(path, sizeof(path), "%s/var/log/pods", root) >= (int)sizeof(path))
		return -ENOENT;
	dir = opendir(path);
	if (!dir)
		return -ENOENT;
	while ((entry = readdir(dir))) {
		if (pod_uid__from_log_dir(entry->d_name, &parts) || strcmp(parts.uid, uid) != 0)
			continue;
		if (e->name) {
			err = -ENOENT;
			break;
		}
		e->name = strndup(parts.name, parts.name_len);
		e->namespace = strndup(parts.namespace, parts.namespace_len);
		err = e->name && e->namespace ? 0 : -ENOMEM;
		if (err)
			break;
	}
	closedir(dir);
	if (err)
		pod_entry__clear(e);
	return err;
}

static struct pod_entry *get_entry(struct pod_table *t, const struct netns_info *info)
{
	const struct pod_entry key = { .ino = info->ino };
	struct pod_entry *e, **slot;

	slot = tfind(&key, &t->tree, compare_entries);
	if (slot) {
		e = *slot;
		if (e->incarnation != info->incarnation)
			pod_entry__clear(e);
		e->incarnation = info->incarnation;
		return e;
	}
	if (t->count >= PODS_MAX) {
		/* full of namespaces that are long gone: start afresh */
		t->evicted += t->count;
		tdestroy(t->tree, pod_entry__free);
		t->tree = NULL;
		t->count = 0;
	}
	e = calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	e->ino = info->ino;
	e->incarnation = info->incarnation;
	if (!tsearch(e, &t->tree, compare_entries)) {
		free(e);
		return NULL;
	}
	t->count++;
	return e;
}

static void look_up(const struct pod_table *t, const struct netns_info *info, struct pod_entry *e,
		    __u64 now_ns)
{
	__u64 backoff_ns = e->backoff_ns ? 2 * e->backoff_ns : RETRY_FIRST_NS;
	char uid[POD_UID_LEN];

	if (!uid_of_netns(t->root, info, uid) && !name_pod(t->root, uid, e))
		return;
	e->backoff_ns = backoff_ns < RETRY_MAX_NS ? backoff_ns : RETRY_MAX_NS;
	e->retry_ns = now_ns + e->backoff_ns;
}

int pod_table__find(struct pod_table *t, struct netns_table *netns, __u32 ino, __u64 when_ns,
		    const char **ret_pod, const char **ret_namespace)
{
	const struct netns_info *info = netns_table__find(netns, ino, when_ns);
	struct pod_entry *e;
	__u64 now_ns;

	if (!info || info->host)
		return -ENOENT;
	e = get_entry(t, info);
	if (!e)
		return -ENOMEM;
	if (!e->name) {
		now_ns = boot_time_ns();
		if (now_ns < e->retry_ns)
			return -ENOENT;
		/* a namespace is made before the first process enters it */
		if (e->backoff_ns && netns_table__refresh_if_due(netns) == 1) {
			info = netns_table__find(netns, ino, when_ns);
			if (!info || info->incarnation != e->incarnation)
				return -ENOENT;
		}
		look_up(t, info, e, now_ns);
	}
	if (!e->name)
		return -ENOENT;
	*ret_pod = e->name;
	*ret_namespace = e->namespace;
	return 0;
}

struct prime_walk {
	struct pod_table *table;
	size_t found;
};

static int prime_one(const struct netns_info *info, void *ctx)
{
	struct prime_walk *walk = ctx;
	struct pod_entry *e;

	if (info->host)
		return 0;
	e = get_entry(walk->table, info);
	if (!e)
		return -ENOMEM;
	if (!e->name)
		look_up(walk->table, info, e, boot_time_ns());
	walk->found += e->name != NULL;
	return 0;
}

size_t pod_table__prime(struct pod_table *t, struct netns_table *netns)
{
	struct prime_walk walk = { .table = t };

	netns_table__each(netns, prime_one, &walk);
	return walk.found;
}

__u64 pod_table__evicted(const struct pod_table *t)
{
	return t->evicted;
}

void pod_table__free(struct pod_table *t)
{
	if (!t)
		return;
	tdestroy(t->tree, pod_entry__free);
	free(t->root);
	free(t);
}
