/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The table of network namespaces: what a scan found, for how long it was
 * proven to be so, and when to look again. Where to look is netns_scan.c's.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "user/clock.h"
#include "user/enrich/netns_list.h"

#define NS_PER_MS 1000000ull

/* A number that no scan finds is held by a descriptor or a thread alone. */
#define RETRY_FIRST_NS	   NS_PER_S
#define RETRY_MAX_NS	   (64 * NS_PER_S)
#define REFRESH_MIN_GAP_NS (10 * NS_PER_MS)
/* Scans may take one part in so many of the time, by what they cost. */
#define REFRESH_SHARE 20

/* Names given up that stay readable, for whoever holds on to one. */
#define RETIRED_NAMES 4096

struct netns_table {
	char *root;
	struct netns_list list;
	size_t living;
	__u64 incarnations;
	__u64 evicted;
	__u64 next_refresh_ns;
	__u64 refreshed_ns; /* when the last refresh began */
	char *retired[RETIRED_NAMES]; /* a ring */
	size_t retired_next;
};

struct netns_scan {
	struct netns_table *table;
	struct netns_list found;
	__u32 host_ino; /* 0: cannot be told */
	bool host_is_node;
};

struct netns_table *netns_table__new(const char *root)
{
	struct netns_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->root = strdup(root ? root : "");
	if (!t->root) {
		free(t);
		return NULL;
	}
	/* paths are put behind it as they are */
	while (*t->root && t->root[strlen(t->root) - 1] == '/')
		t->root[strlen(t->root) - 1] = '\0';
	return t;
}

static int get_found(struct netns_scan *scan, __u32 ino, struct netns_entry **ret_entry)
{
	int err = netns_list__get(&scan->found, ino, ret_entry);

	if (err == -ENOSPC)
		scan->table->evicted++;
	return err;
}

static int found_file(void *ctx, __u32 ino, enum netns_file_kind kind, const char *path,
		      const struct timespec *made)
{
	struct netns_scan *scan = ctx;
	struct netns_entry *e;
	char *copy;
	int err;

	err = get_found(scan, ino, &e);
	if (err)
		return err == -ENOSPC ? 0 : err;
	/* of several names the best kind, then the first in order: always the same one */
	if (e->path && (e->kind < kind || (e->kind == kind && strcmp(e->path, path) <= 0)))
		return 0;
	copy = strdup(path);
	if (!copy)
		return -ENOMEM;
	free(e->path);
	e->path = copy;
	e->kind = kind;
	e->made = *made;
	return 0;
}

static int found_process(void *ctx, __u32 ino, pid_t pid)
{
	struct netns_scan *scan = ctx;
	struct netns_entry *e;
	pid_t *grown;
	size_t n;
	int err;

	err = get_found(scan, ino, &e);
	if (err)
		return err == -ENOSPC ? 0 : err;
	n = e->info.pid_count;
	if (n && ino == scan->host_ino) {
		if (pid < e->pids[0])
			e->pids[0] = pid;
		return 0;
	}
	/* grow by powers of two */
	if ((n & (n - 1)) == 0) {
		grown = reallocarray(e->pids, n ? 2 * n : 1, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		e->pids = grown;
	}
	e->pids[n] = pid;
	e->info.pid_count = n + 1;
	return 0;
}

static int compare_pids(const void *a, const void *b)
{
	const pid_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Gives a found namespace its name and path. A name that cannot be had is no error. */
static int complete_entry(struct netns_scan *scan, struct netns_entry *e)
{
	const char *root = scan->table->root;
	bool node;

	if (e->info.pid_count)
		qsort(e->pids, e->info.pid_count, sizeof(*e->pids), compare_pids);
	e->info.host = !scan->host_ino || scan->host_ino == e->info.ino;
	node = e->info.host && scan->host_is_node;
	if (e->kind == NETNS_FILE_NAMED || (e->kind == NETNS_FILE_DOCKER && !node))
		e->name = strdup(strrchr(e->path, '/') + 1);
	else if (node)
		e->name = strdup("host");
	else if (e->info.pid_count)
		e->name = netns_scan__command(root, e->pids[0], e->info.ino);
	if (!e->path && asprintf(&e->path, "%s/proc/%d/ns/net", root, e->pids[0]) < 0) {
		e->path = NULL;
		return -ENOMEM;
	}
	e->info.name = e->name;
	e->info.path = e->path;
	e->info.pids = e->pids;
	return 0;
}

/* Frees an entry; its name outlives it, in @heir or in the ring. */
static void retire(struct netns_table *t, struct netns_entry *e, struct netns_entry *heir)
{
	if (heir && heir->info.incarnation == e->info.incarnation && heir->name && e->name &&
	    strcmp(heir->name, e->name) == 0) {
		free(heir->name);
		heir->name = e->name;
		heir->info.name = e->name;
	} else if (e->name) {
		free(t->retired[t->retired_next]);
		t->retired[t->retired_next] = e->name;
		t->retired_next = (t->retired_next + 1) % RETIRED_NAMES;
	}
	e->name = NULL;
	netns_entry__free(e);
}

/* @e, and all that had its number before. */
static void retire_chain(struct netns_table *t, struct netns_entry *e, struct netns_entry *heir)
{
	struct netns_entry *former;

	for (; e; e = former) {
		former = e->former;
		e->former = NULL;
		retire(t, e, heir);
	}
}

/* Puts what was found in the place of the old table, of which it keeps what is gone or unknown. */
static int replace_list(struct netns_scan *scan, __u64 start_ns, __u64 end_ns)
{
	struct netns_list *found = &scan->found, *old = &scan->table->list, merged = {};
	struct netns_entry *e, *o;
	size_t i = 0, j = 0;

	merged.room = found->count + old->count + 1;
	merged.entries = calloc(merged.room, sizeof(*merged.entries));
	if (!merged.entries)
		return -ENOMEM;
	while (i < found->count || j < old->count) {
		e = i < found->count ? found->entries[i] : NULL;
		o = j < old->count ? old->entries[j] : NULL;
		if (e && (!o || e->info.ino <= o->info.ino)) {
			bool both = o && e->info.ino == o->info.ino;

			/* what was seen is proven for the scan's beginning, not for its end */
			e->checked_ns = start_ns;
			netns_entry__inherit(e, both ? o : NULL, scan->table->refreshed_ns,
					     &scan->table->incarnations);
			merged.entries[merged.count++] = e;
			if (both)
				retire_chain(scan->table, netns_entry__succeed(e, o), e);
			i++;
			j += both;
			continue;
		}
		j++;
		if (!o->unknown && !o->gone_ns)
			netns_entry__mark_gone(o, end_ns);
		if ((o->gone_ns && end_ns - o->gone_ns > NETNS_GONE_KEPT_NS) ||
		    merged.count + (found->count - i) >= NETNS_MAX)
			retire_chain(scan->table, o, NULL);
		else
			merged.entries[merged.count++] = o;
	}
	scan->table->living = found->count;
	scan->table->refreshed_ns = start_ns;
	free(old->entries);
	*old = merged;
	found->count = 0;
	return 0;
}

int netns_table__refresh(struct netns_table *t)
{
	static const struct netns_scan_ops ops = { .file = found_file, .process = found_process };
	struct netns_scan scan = { .table = t };
	__u64 start_ns = clock__ns(CLOCK_BOOTTIME), end_ns, gap_ns;
	/* time that passed would count others' work on a busy node as ours */
	__u64 start_cpu_ns = clock__ns(CLOCK_THREAD_CPUTIME_ID);
	size_t i;
	int err;

	if (netns_scan__host(t->root, &scan.host_ino, &scan.host_is_node))
		scan.host_ino = 0;
	err = netns_scan__files(t->root, &ops, &scan);
	if (!err)
		err = netns_scan__processes(t->root, &ops, &scan);
	for (i = 0; !err && i < scan.found.count; i++)
		err = complete_entry(&scan, scan.found.entries[i]);
	end_ns = clock__ns(CLOCK_BOOTTIME);
	if (!err)
		err = replace_list(&scan, start_ns, end_ns);
	netns_list__done(&scan.found);
	gap_ns = (clock__ns(CLOCK_THREAD_CPUTIME_ID) - start_cpu_ns) * REFRESH_SHARE;
	t->next_refresh_ns = end_ns + (gap_ns > REFRESH_MIN_GAP_NS ? gap_ns : REFRESH_MIN_GAP_NS);
	return err;
}

int netns_table__refresh_if_due(struct netns_table *t)
{
	int err;

	if (clock__ns(CLOCK_BOOTTIME) < t->next_refresh_ns)
		return 0;
	err = netns_table__refresh(t);
	return err ? err : 1;
}

static bool still_there(const struct netns_table *t, const struct netns_entry *e)
{
	struct stat st;
	__u32 ino;

	if (e->kind == __NETNS_FILE_MAX)
		return !netns_scan__pid(t->root, e->pids[0], &ino) && ino == e->info.ino;
	return !stat(e->path, &st) && st.st_ino == e->info.ino &&
	       st.st_ctim.tv_sec == e->made.tv_sec && st.st_ctim.tv_nsec == e->made.tv_nsec;
}

/* Not found: do not scan for this number again too soon. */
static void back_off(struct netns_table *t, __u32 ino, __u64 now_ns)
{
	struct netns_entry *e;

	if (netns_list__get(&t->list, ino, &e)) {
		t->evicted++;
		return;
	}
	if (!e->info.incarnation)
		e->unknown = true;
	e->backoff_ns = e->backoff_ns ? 2 * e->backoff_ns : RETRY_FIRST_NS;
	if (e->backoff_ns > RETRY_MAX_NS)
		e->backoff_ns = RETRY_MAX_NS;
	e->retry_ns = now_ns + e->backoff_ns;
}

const struct netns_info *netns_table__find(struct netns_table *t, __u32 ino, __u64 when_ns)
{
	struct netns_entry *e = netns_list__find(&t->list, ino);
	__u64 now_ns;

	/* nearly always: known, and proven since it happened */
	if (e && !e->unknown && when_ns && when_ns >= e->since_ns && when_ns <= e->checked_ns)
		return &e->info;
	if (e && when_ns && when_ns < e->since_ns)
		return netns_entry__former(e, when_ns);
	now_ns = clock__ns(CLOCK_BOOTTIME);
	if (e && !e->unknown && !e->gone_ns && still_there(t, e)) {
		e->checked_ns = now_ns;
		return netns_entry__had(e, when_ns) ? &e->info : NULL;
	}
	if (e && (e->unknown || e->gone_ns)) {
		if (netns_entry__had(e, when_ns))
			return &e->info;
		if (now_ns < e->retry_ns)
			return NULL;
	}
	if (netns_table__refresh_if_due(t) != 1)
		return NULL;
	e = netns_list__find(&t->list, ino);
	if (netns_entry__had(e, when_ns))
		return &e->info;
	if (e && when_ns && when_ns < e->since_ns)
		return netns_entry__former(e, when_ns);
	if (!e || e->unknown || e->gone_ns)
		back_off(t, ino, now_ns);
	return NULL;
}

bool netns_table__is_gone(const struct netns_table *t, __u32 ino, __u64 incarnation)
{
	const struct netns_entry *e = netns_list__find(&t->list, ino);

	return !e || e->unknown || e->gone_ns || e->info.incarnation != incarnation;
}

/* A namespace seen by its file alone. */
static struct netns_entry *new_entry(struct netns_table *t, __u32 ino, const char *path,
				     const struct timespec *made)
{
	struct netns_scan scan = { .table = t };
	struct netns_entry *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->info.ino = ino;
	e->path = strdup(path);
	e->kind = netns_scan__kind(t->root, path);
	e->made = *made;
	e->checked_ns = clock__ns(CLOCK_BOOTTIME);
	if (netns_scan__host(t->root, &scan.host_ino, &scan.host_is_node))
		scan.host_ino = 0;
	if (!e->path || complete_entry(&scan, e)) {
		netns_entry__free(e);
		return NULL;
	}
	return e;
}

const struct netns_info *netns_table__learn(struct netns_table *t, const char *path)
{
	struct netns_entry *e, *old;
	struct timespec made = {};
	__u32 ino = 0;

	if (netns_scan__stat(t->root, path, &ino, &made))
		return NULL;
	old = netns_list__find(&t->list, ino);
	if (old && !old->unknown && !old->gone_ns && still_there(t, old)) {
		old->checked_ns = clock__ns(CLOCK_BOOTTIME);
		return &old->info;
	}
	e = new_entry(t, ino, path, &made);
	if (!e)
		return NULL;
	old = netns_list__put(&t->list, e);
	if (old == e) {
		t->evicted++;
		netns_entry__free(e);
		return NULL;
	}
	t->living += !old || old->unknown || old->gone_ns;
	netns_entry__inherit(e, old, t->refreshed_ns, &t->incarnations);
	if (old)
		retire_chain(t, netns_entry__succeed(e, old), e);
	return &e->info;
}

const char *netns_table__name(struct netns_table *t, __u32 ino, __u64 when_ns)
{
	const struct netns_info *info = netns_table__find(t, ino, when_ns);

	return info ? info->name : NULL;
}

/* Opens @path if it is namespace @ino. */
static int open_checked(const char *path, __u32 ino)
{
	struct stat st;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) || st.st_ino != ino) {
		close(fd);
		return -ENOENT;
	}
	return fd;
}

int netns_table__open(struct netns_table *t, __u32 ino)
{
	const struct netns_info *info = netns_table__find(t, ino, 0);
	int fd = -ENOENT, i;
	char path[PATH_MAX];

	if (!info || !info->path)
		return -ENOENT;
	fd = open_checked(info->path, ino);
	/* the file may be out of reach where a process is not, or have gone since */
	for (i = 0; fd < 0 && i < (int)info->pid_count && i < 4; i++) {
		int err = snprintf(path, sizeof(path), "%s/proc/%d/ns/net", t->root, info->pids[i]);
		int other = err < (int)sizeof(path) ? open_checked(path, ino) : -ENAMETOOLONG;

		if (other >= 0)
			fd = other;
	}
	return fd;
}

int netns_table__each(struct netns_table *t, netns_fn fn, void *ctx)
{
	const struct netns_entry *e;
	size_t i;
	int err;

	for (i = 0; i < t->list.count; i++) {
		e = t->list.entries[i];
		if (e->unknown || e->gone_ns)
			continue;
		err = fn(&e->info, ctx);
		if (err)
			return err;
	}
	return 0;
}

size_t netns_table__count(const struct netns_table *t)
{
	return t->living;
}

__u64 netns_table__evicted(const struct netns_table *t)
{
	return t->evicted;
}

void netns_table__free(struct netns_table *t)
{
	size_t i;

	if (!t)
		return;
	for (i = 0; i < RETIRED_NAMES; i++)
		free(t->retired[i]);
	netns_list__done(&t->list);
	free(t->root);
	free(t);
}
