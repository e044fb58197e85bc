// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "user/run/event_loop.h"

struct seen {
	struct event_loop *loop;
	struct event_source *source, *other;
	int calls, last;
};

static void count(void *ctx, int fd)
{
	struct seen *seen = ctx;

	seen->calls++;
	seen->last = fd;
}

static void remove_both(void *ctx, int fd)
{
	struct seen *seen = ctx;

	count(seen, fd);
	event_loop__remove(seen->loop, seen->source);
	event_loop__remove(seen->loop, seen->other);
}

static void stop(void *ctx, int fd)
{
	struct seen *seen = ctx;

	count(seen, fd);
	event_loop__stop(seen->loop);
}

Test(event_loop, calls_for_readable_descriptors_until_removed)
{
	struct event_loop *loop = event_loop__new();
	struct seen seen = {};
	int fds[2];

	cr_assert(eq(int, pipe(fds), 0));
	seen.source = event_loop__watch(loop, fds[0], count, &seen);
	cr_assert(eq(int, event_loop__wait(loop, 0), 0));
	cr_assert(eq(int, seen.calls, 0));
	cr_assert(eq(int, (int)write(fds[1], "x", 1), 1));
	event_loop__wait(loop, -1);
	event_loop__wait(loop, -1); /* nobody read it */
	cr_assert(eq(int, seen.calls, 2));
	cr_assert(eq(int, seen.last, fds[0]));
	event_loop__remove(loop, seen.source);
	event_loop__wait(loop, 0);
	cr_assert(eq(int, seen.calls, 2));
	event_loop__free(loop);
}

Test(event_loop, a_source_may_remove_itself_and_another_that_is_due)
{
	struct seen seen = { .loop = event_loop__new() };
	int fds[2];

	cr_assert(eq(int, pipe(fds), 0));
	cr_assert(eq(int, (int)write(fds[1], "x", 1), 1));
	seen.source = event_loop__watch(seen.loop, fds[0], remove_both, &seen);
	seen.other = event_loop__watch(seen.loop, dup(fds[0]), remove_both, &seen);
	event_loop__wait(seen.loop, -1);
	event_loop__wait(seen.loop, 0);
	cr_assert(eq(int, seen.calls, 1));
	event_loop__free(seen.loop);
}

Test(event_loop, timers_run_once_or_again)
{
	struct seen once = { .loop = event_loop__new() }, again = once;

	cr_assert(event_loop__timer(once.loop, 0, 0, count, &once) != NULL);
	cr_assert(event_loop__timer(once.loop, 0.001, 0.001, count, &again) != NULL);
	while (again.calls < 3)
		cr_assert(eq(int, event_loop__wait(once.loop, 1000), 0));
	cr_assert(eq(int, once.calls, 1));
	event_loop__free(once.loop);
}

Test(event_loop, signals_arrive_as_calls_and_stop_the_loop)
{
	static const int signals[] = { SIGUSR1, SIGTERM, 0 };
	struct seen seen = { .loop = event_loop__new() };

	cr_assert(eq(int, event_loop__signals(seen.loop, signals, stop, &seen), 0));
	raise(SIGUSR1);
	cr_assert(not(event_loop__stopped(seen.loop)));
	event_loop__wait(seen.loop, 1000);
	cr_assert(eq(int, seen.calls, 1));
	cr_assert(eq(int, seen.last, SIGUSR1));
	cr_assert(event_loop__stopped(seen.loop));
	raise(SIGTERM); /* waits, and is forgotten */
	event_loop__release_signals(seen.loop);
	event_loop__release_signals(seen.loop);
	event_loop__free(seen.loop);
}

/* As nohup(1) has it. */
Test(event_loop, a_hangup_that_is_ignored_stays_so)
{
	static const int signals[] = { SIGHUP, SIGINT, 0 };
	struct seen seen = { .loop = event_loop__new() };

	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN); /* as of what a script starts behind its back, which it may end */
	event_loop__signals(seen.loop, signals, stop, &seen);
	raise(SIGHUP);
	raise(SIGINT);
	event_loop__wait(seen.loop, 1000);
	cr_assert(eq(int, seen.calls, 1));
	cr_assert(eq(int, seen.last, SIGINT));
	event_loop__free(seen.loop);
}

Test(event_loop, released_signals_do_what_they_do, .signal = SIGTERM)
{
	static const int signals[] = { SIGTERM, 0 };
	struct seen seen = { .loop = event_loop__new() };

	event_loop__signals(seen.loop, signals, count, &seen);
	event_loop__release_signals(seen.loop);
	raise(SIGTERM);
}

Test(event_loop, what_cannot_be_watched_is_refused)
{
	struct event_loop *loop = event_loop__new();

	cr_assert(event_loop__watch(loop, -1, count, NULL) == NULL);
	cr_assert(eq(int, errno, EBADF));
	event_loop__remove(loop, NULL);
	event_loop__free(loop);
	event_loop__free(NULL);
}
