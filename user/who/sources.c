/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Opens the sources, and asks those again whose directories changed: soon, but
 * never for more than a twentieth of the time.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "user/clock.h"
#include "user/who/sources.h"
#include "user/who/watches.h"

#define NS_PER_MS 1000000ull

/* Changes come in bursts: a pod's files within some milliseconds of each other. */
#define SCAN_MIN_GAP_NS (10 * NS_PER_MS)
/* Scans may take one part in so many of the time. */
#define SCAN_SHARE 20
/* What was half written, or came before its process, is looked at again so soon,
 * then after twice the time each: 2 s in all. */
#define UNFINISHED_RETRY_NS  (4 * NS_PER_MS)
#define UNFINISHED_TRIES_MAX 9

struct opened {
	const struct pod_source *source;
	void *state;
	int id;
	int error;
	int fd;
	bool closed;
	struct source_stats stats;
};

struct sources {
	char *root;
	struct directory *dir;
	struct opened list[DIRECTORY_SOURCES_MAX];
	int count;
	struct watches *watches;
	int epoll_fd;
	int timer_fd;
	unsigned int pending;	/* bit 1 << place in the list */
	unsigned int unfinished; /* saw something that is not done yet */
	int unfinished_tries;
	__u64 next_scan_ns;
	__u64 scans;
};

static const struct pod_source *const node_sources[] = {
	&source_containerd, &source_crio, &source_podman,
	&source_docker,	    &source_cni,  &source_pod_logs,
	&source_container_logs, &source_node,
};

/* Where namespaces are born: every source may have something to say. */
static const char *const birthplaces[] = { "/run/netns", "/run/docker/netns" };

/* What a scan cost: time that passed would count others' work on a busy node as ours. */
static __u64 cpu_time_ns(void)
{
	return clock__ns(CLOCK_THREAD_CPUTIME_ID);
}

static int add_to_epoll(struct sources *s, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	return epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static void watch(struct sources *s, const char *below_root, unsigned int mask)
{
	char path[PATH_MAX];

	if (s->watches &&
	    snprintf(path, sizeof(path), "%s%s", s->root, below_root) < (int)sizeof(path))
		watches__add(s->watches, path, mask);
}

static void open_events(struct sources *s)
{
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	s->timer_fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	s->watches = watches__new();
	if (s->epoll_fd < 0)
		return;
	if (s->timer_fd >= 0)
		add_to_epoll(s, s->timer_fd);
	if (s->watches)
		add_to_epoll(s, watches__fd(s->watches));
}

static void scan_one(struct sources *s, int place)
{
	struct opened *o = &s->list[place];
	struct source_stats before = o->stats;
	int err;

	if (!o->source->scan || o->closed)
		return;
	o->stats = (struct source_stats){ .scans = before.scans + 1 };
	directory__begin(s->dir, o->id, DIRECTORY_PODS | DIRECTORY_NODES);
	err = o->source->scan(o->state, s->dir, o->id, &o->stats);
	directory__end(s->dir, o->id, !err);
	o->error = err;
	if (o->stats.unfinished)
		s->unfinished |= 1u << place;
}

/* Scans what is pending; the cache of results last, for it counts by what the others state. */
static void scan_pending(struct sources *s)
{
	unsigned int pending = s->pending;
	__u64 start_ns = cpu_time_ns(), gap_ns;
	int i;

	s->pending = 0;
	s->unfinished = 0;
	for (i = 0; i < s->count; i++)
		if (pending & 1u << i)
			scan_one(s, i);
	s->scans++;
	gap_ns = (cpu_time_ns() - start_ns) * SCAN_SHARE;
	s->next_scan_ns = clock__ns(CLOCK_BOOTTIME) +
			  (gap_ns > SCAN_MIN_GAP_NS ? gap_ns : SCAN_MIN_GAP_NS);
	s->unfinished_tries = s->unfinished ? s->unfinished_tries + 1 : 0;
}

static void set_timer(struct sources *s)
{
	struct itimerspec when = {};
	__u64 at = s->next_scan_ns;

	if (!s->pending && s->unfinished && s->unfinished_tries < UNFINISHED_TRIES_MAX)
		at += UNFINISHED_RETRY_NS << s->unfinished_tries;
	else if (!s->pending)
		at = 0;
	when.it_value.tv_sec = (time_t)(at / 1000000000ull);
	when.it_value.tv_nsec = (long)(at % 1000000000ull);
	if (s->timer_fd >= 0)
		timerfd_settime(s->timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
}

static void scan_if_due(struct sources *s)
{
	if (s->pending && clock__ns(CLOCK_BOOTTIME) >= s->next_scan_ns)
		scan_pending(s);
	set_timer(s);
}

/* A source that failed is closed: what it stated goes the way of what is deleted. */
static void serve(struct sources *s, struct opened *o)
{
	int err = o->source->ready ? o->source->ready(o->state, s->dir, o->id, &o->stats) : 0;

	o->error = err;
	if (!err)
		return;
	o->closed = true;
	epoll_ctl(s->epoll_fd, EPOLL_CTL_DEL, o->fd, NULL);
	directory__begin(s->dir, o->id,
			 DIRECTORY_PODS | DIRECTORY_SERVICES | DIRECTORY_ENDPOINTS |
				 DIRECTORY_NODES);
	directory__end(s->dir, o->id, true);
}

int sources__add(struct sources *s, const struct pod_source *source,
		 const struct pod_source_options *options)
{
	struct opened *o = &s->list[s->count];
	const char *path;
	size_t i;
	int err = 0;

	if (s->count >= DIRECTORY_SOURCES_MAX)
		return -ENOSPC;
	*o = (struct opened){ .source = source, .id = -1, .fd = -1 };
	if (source->open)
		err = source->open(options, &o->state);
	if (err == -ENOENT)
		return err;
	if (!err)
		o->id = directory__add_source(s->dir, source);
	if (!err && o->id < 0) {
		err = o->id;
		if (source->close)
			source->close(o->state);
	}
	o->error = err;
	o->closed = err != 0;
	s->count++;
	if (err)
		return err;
	for (i = 0; source->watch && (path = source->watch(o->state, i)); i++)
		watch(s, path, 1u << (s->count - 1));
	if (source->fd && s->epoll_fd >= 0) {
		o->fd = source->fd(o->state);
		if (o->fd >= 0)
			err = add_to_epoll(s, o->fd);
	}
	if (source->ready && o->fd < 0)
		serve(s, o); /* it waits for nothing more */
	if (source->scan)
		s->pending |= 1u << (s->count - 1);
	return err;
}

struct sources *sources__new(const char *root, const char *node, struct directory *dir)
{
	struct sources *s = calloc(1, sizeof(*s));
	struct pod_source_options options = { .node = node };
	size_t i;

	if (!s)
		return NULL;
	s->dir = dir;
	s->epoll_fd = s->timer_fd = -1;
	s->root = strdup(root ? root : "");
	if (!s->root) {
		free(s);
		return NULL;
	}
	options.root = s->root;
	open_events(s);
	for (i = 0; i < sizeof(node_sources) / sizeof(node_sources[0]); i++)
		sources__add(s, node_sources[i], &options);
	for (i = 0; i < sizeof(birthplaces) / sizeof(birthplaces[0]); i++)
		watch(s, birthplaces[i], ~0u);
	scan_if_due(s);
	return s;
}

int sources__fd(const struct sources *s)
{
	return s->epoll_fd;
}

static void on_event(struct sources *s, int fd)
{
	__u64 times;
	int i;

	if (fd == s->timer_fd) {
		if (read(fd, &times, sizeof(times)) > 0 && !s->pending)
			s->pending = s->unfinished;
		return;
	}
	if (s->watches && fd == watches__fd(s->watches)) {
		s->pending |= watches__read(s->watches);
		s->unfinished_tries = 0;
		return;
	}
	for (i = 0; i < s->count; i++)
		if (s->list[i].fd == fd && !s->list[i].closed)
			serve(s, &s->list[i]);
}

void sources__ready(struct sources *s)
{
	struct epoll_event events[8];
	int n, i;

	n = s->epoll_fd < 0 ? 0 : epoll_wait(s->epoll_fd, events, 8, 0);
	for (i = 0; i < n; i++)
		on_event(s, events[i].data.fd);
	scan_if_due(s);
}

int sources__rescan(struct sources *s)
{
	__u64 before = s->scans;

	s->pending = ~0u;
	scan_if_due(s);
	return s->scans != before;
}

char *sources__notice(struct sources *s, const char **ret_source)
{
	char *text;
	int i;

	for (i = 0; i < s->count; i++) {
		if (s->list[i].closed || !s->list[i].source->notice)
			continue;
		text = s->list[i].source->notice(s->list[i].state);
		if (!text)
			continue;
		*ret_source = s->list[i].source->name;
		return text;
	}
	return NULL;
}

static bool all_settled(const struct sources *s)
{
	int i;

	for (i = 0; i < s->count; i++)
		if (!s->list[i].closed && s->list[i].source->settled &&
		    !s->list[i].source->settled(s->list[i].state))
			return false;
	return true;
}

bool sources__settle(struct sources *s, int timeout_ms)
{
	__u64 end_ns = clock__ns(CLOCK_BOOTTIME) + (__u64)timeout_ms * NS_PER_MS, now_ns;
	struct pollfd poll_fd = { .fd = s->epoll_fd, .events = POLLIN };

	while (!all_settled(s)) {
		now_ns = clock__ns(CLOCK_BOOTTIME);
		if (now_ns >= end_ns ||
		    poll(&poll_fd, 1, (int)((end_ns - now_ns) / NS_PER_MS + 1)) < 0)
			return false;
		sources__ready(s);
	}
	return true;
}

__u64 sources__scans(const struct sources *s)
{
	return s->scans;
}

int sources__each(const struct sources *s, source_report_fn fn, void *ctx)
{
	struct source_report report;
	int i, err = 0;

	for (i = 0; !err && i < s->count; i++) {
		const struct opened *o = &s->list[i];

		report = (struct source_report){
			.source = o->source, .id = o->id, .error = o->error, .stats = &o->stats
		};
		if (o->source->status && !o->closed)
			o->source->status(o->state, report.status, sizeof(report.status));
		report.told = !o->closed && (!o->source->told || o->source->told(o->state));
		err = fn(&report, ctx);
	}
	return err;
}

void sources__free(struct sources *s)
{
	int i;

	if (!s)
		return;
	for (i = 0; i < s->count; i++)
		if (s->list[i].id >= 0 && s->list[i].source->close)
			s->list[i].source->close(s->list[i].state);
	watches__free(s->watches);
	if (s->timer_fd >= 0)
		close(s->timer_fd);
	if (s->epoll_fd >= 0)
		close(s->epoll_fd);
	free(s->root);
	free(s);
}
