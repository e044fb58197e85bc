// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Visits namespaces in a thread of its own: see netns_visit.h.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/conntrack/netns_visit.h"

struct walk {
	struct netns_table *netns;
	const __u32 *inos;
	size_t ino_count;
	netns_visit_fn fn;
	void *ctx;
	struct netns_visits visits;
	int err;		/* what ends the walk */
};

struct inos {
	__u32 *list;
	size_t count;
	size_t room;
};

static int collect_ino(const struct netns_info *info, void *ctx)
{
	struct inos *inos = ctx;
	__u32 *grown;

	if (inos->count == inos->room) {
		inos->room = inos->room ? 2 * inos->room : 64;
		grown = reallocarray(inos->list, inos->room, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		inos->list = grown;
	}
	inos->list[inos->count++] = info->ino;
	return 0;
}

/* setns() asks for CAP_SYS_ADMIN even for the namespace that one is in. */
static bool is_here(__u32 ino)
{
	struct stat here;

	return !stat("/proc/thread-self/ns/net", &here) && here.st_ino == ino;
}

static int enter(struct walk *w, __u32 ino)
{
	int fd = netns_table__open(w->netns, ino), err = fd < 0 ? fd : 0;

	if (!err && setns(fd, CLONE_NEWNET))
		err = -errno;
	if (fd >= 0)
		close(fd);
	return (err == -EPERM || err == -EACCES) && is_here(ino) ? 0 : err;
}

static void visit(struct walk *w, __u32 ino)
{
	int err = enter(w, ino);

	if (err == -ENOENT) {
		w->visits.vanished++;
		return;
	}
	if (!err)
		err = w->fn(w->ctx, ino);
	if (!err) {
		w->visits.readable++;
		return;
	}
	if (err == -ENOMEM || err == -ECANCELED) {
		w->err = err;
		return;
	}
	w->visits.unreadable++;
	if (!w->visits.first_error)
		w->visits.first_error = err;
}

static void *walk_thread(void *arg)
{
	struct walk *w = arg;
	size_t i;

	for (i = 0; !w->err && i < w->ino_count; i++)
		visit(w, w->inos[i]);
	return NULL;
}

/* Signals are the caller's: the thread takes none. */
static int run_walk(struct walk *w)
{
	sigset_t all, before;
	pthread_t thread;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = -pthread_create(&thread, NULL, walk_thread, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err)
		return err;
	pthread_join(thread, NULL);
	return w->err;
}

int netns_visit__some(struct netns_table *netns, const __u32 *inos, size_t count,
		      netns_visit_fn fn, void *ctx, struct netns_visits *ret_visits)
{
	struct walk w = { .netns = netns, .inos = inos, .ino_count = count, .fn = fn, .ctx = ctx };
	int err = run_walk(&w);

	*ret_visits = w.visits;
	return err || w.visits.readable ? err : w.visits.first_error;
}

int netns_visit__each(struct netns_table *netns, netns_visit_fn fn, void *ctx,
		      struct netns_visits *ret_visits)
{
	struct inos inos = {};
	int err = netns_table__each(netns, collect_ino, &inos);

	memset(ret_visits, 0, sizeof(*ret_visits));
	if (!err)
		err = netns_visit__some(netns, inos.list, inos.count, fn, ctx, ret_visits);
	free(inos.list);
	return err;
}
