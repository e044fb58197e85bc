// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * An event loop on epoll, timerfd and signalfd: see event_loop.h.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "user/run/event_loop.h"

#define EVENTS_AT_ONCE 16

struct event_source {
	struct event_source *next;
	event_fn fn;
	void *ctx;
	int fd;
	bool is_timer;
	bool removed;	/* freed once no event of this round can point to it */
};

struct event_loop {
	struct event_source *sources;
	int epoll_fd;
	int signal_fd;	/* -1: none are taken */
	sigset_t signals;
	event_fn on_signal;
	void *signal_ctx;
	bool dispatching;
	bool stopped;
};

struct event_loop *event_loop__new(void)
{
	struct event_loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return NULL;
	loop->signal_fd = -1;
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0) {
		free(loop);
		return NULL;
	}
	return loop;
}

struct event_source *event_loop__watch(struct event_loop *loop, int fd, event_fn fn, void *ctx)
{
	struct event_source *source = calloc(1, sizeof(*source));
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = source };

	if (!source)
		return NULL;
	source->fn = fn;
	source->ctx = ctx;
	source->fd = fd;
	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) {
		free(source);
		return NULL;
	}
	source->next = loop->sources;
	loop->sources = source;
	return source;
}

static struct timespec seconds(double s)
{
	struct timespec t = { .tv_sec = (time_t)s };

	t.tv_nsec = (long)((s - (double)t.tv_sec) * 1e9);
	return t;
}

struct event_source *event_loop__timer(struct event_loop *loop, double first_s, double then_s,
				       event_fn fn, void *ctx)
{
	struct itimerspec when = { .it_value = seconds(first_s), .it_interval = seconds(then_s) };
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), err;
	struct event_source *source;

	if (fd < 0)
		return NULL;
	if (!when.it_value.tv_sec && !when.it_value.tv_nsec)
		when.it_value.tv_nsec = 1; /* zero would disarm the timer */
	source = timerfd_settime(fd, 0, &when, NULL) < 0 ? NULL :
							   event_loop__watch(loop, fd, fn, ctx);
	if (!source) {
		err = errno;
		close(fd);
		errno = err;
		return NULL;
	}
	source->is_timer = true;
	return source;
}

static void take_signals(void *ctx, int fd)
{
	struct event_loop *loop = ctx;
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof(info)) == sizeof(info))
		loop->on_signal(loop->signal_ctx, (int)info.ssi_signo);
}

/* What nohup(1) ignores stays so: blocked, it would be read. (SIGINT is ignored by whatever a script
 * starts behind its back, and wanted.) */
static bool is_for_others(int signal)
{
	struct sigaction action;

	return signal == SIGHUP && !sigaction(signal, NULL, &action) &&
	       action.sa_handler == SIG_IGN;
}

int event_loop__signals(struct event_loop *loop, const int *signals, event_fn fn, void *ctx)
{
	sigemptyset(&loop->signals);
	for (; *signals; signals++)
		if (!is_for_others(*signals))
			sigaddset(&loop->signals, *signals);
	loop->on_signal = fn;
	loop->signal_ctx = ctx;
	if (sigprocmask(SIG_BLOCK, &loop->signals, NULL) < 0)
		return -errno;
	loop->signal_fd = signalfd(-1, &loop->signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (loop->signal_fd < 0 ||
	    !event_loop__watch(loop, loop->signal_fd, take_signals, loop))
		return -errno;
	return 0;
}

void event_loop__release_signals(struct event_loop *loop)
{
	struct signalfd_siginfo info;

	if (loop->signal_fd < 0)
		return;
	while (read(loop->signal_fd, &info, sizeof(info)) > 0)
		;
	close(loop->signal_fd);
	loop->signal_fd = -1;
	sigprocmask(SIG_UNBLOCK, &loop->signals, NULL);
}

static void free_removed(struct event_loop *loop)
{
	struct event_source **at = &loop->sources, *source;

	while ((source = *at)) {
		if (!source->removed) {
			at = &source->next;
			continue;
		}
		*at = source->next;
		free(source);
	}
}

void event_loop__remove(struct event_loop *loop, struct event_source *source)
{
	if (!source)
		return;
	epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, source->fd, NULL);
	if (source->is_timer)
		close(source->fd);
	source->removed = true;
	if (!loop->dispatching)
		free_removed(loop);
}

int event_loop__wait(struct event_loop *loop, int timeout_ms)
{
	struct epoll_event events[EVENTS_AT_ONCE];
	int count = epoll_wait(loop->epoll_fd, events, EVENTS_AT_ONCE, timeout_ms), i;
	unsigned long long times;

	if (count < 0)
		return errno == EINTR ? 0 : -errno;
	loop->dispatching = true;
	for (i = 0; i < count; i++) {
		struct event_source *source = events[i].data.ptr;

		if (source->removed)
			continue;
		/* how often it has run off is no matter; not at all: this event is outdated */
		if (source->is_timer && read(source->fd, &times, sizeof(times)) < 0)
			continue;
		source->fn(source->ctx, source->fd);
	}
	loop->dispatching = false;
	free_removed(loop);
	return 0;
}

void event_loop__stop(struct event_loop *loop)
{
	loop->stopped = true;
}

bool event_loop__stopped(const struct event_loop *loop)
{
	return loop->stopped;
}

void event_loop__free(struct event_loop *loop)
{
	struct event_source *source, *next;

	if (!loop)
		return;
	for (source = loop->sources; source; source = next) {
		next = source->next;
		if (source->is_timer && !source->removed)
			close(source->fd);
		free(source);
	}
	event_loop__release_signals(loop);
	close(loop->epoll_fd);
	free(loop);
}
