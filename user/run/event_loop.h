/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Waits for descriptors, timers and signals, and calls who asked for them.
 * One thread; knows nothing of what it waits for.
 */
#ifndef DROPWHY_EVENT_LOOP_H
#define DROPWHY_EVENT_LOOP_H

#include <stdbool.h>

struct event_loop;
struct event_source;

/* @fd is the one watched; of a signal, its number. May add and remove sources, its own too. */
typedef void (*event_fn)(void *ctx, int fd);

/**
 * @brief **event_loop__new()** makes a loop without sources.
 * @return free with event_loop__free(); NULL with errno set
 */
struct event_loop *event_loop__new(void);

/**
 * @brief **event_loop__watch()** calls @p fn each time that @p fd can be read.
 * @param fd stays the caller's, who removes the source before closing it
 * @return the source, to be given to event_loop__remove(); NULL with errno set
 */
struct event_source *event_loop__watch(struct event_loop *loop, int fd, event_fn fn, void *ctx);

/**
 * @brief **event_loop__timer()** calls @p fn after a time, then perhaps again
 * and again. Runs that come late are not made up for. The timer stands still
 * while the machine sleeps.
 * @param first_s seconds from now, 0 or more
 * @param then_s seconds between further calls; 0: only once
 * @return as event_loop__watch()
 */
struct event_source *event_loop__timer(struct event_loop *loop, double first_s, double then_s,
				       event_fn fn, void *ctx);

/**
 * @brief **event_loop__signals()** blocks signals and calls @p fn for each that
 * arrives from now on. To be called once.
 * @param signals ends in 0; SIGHUP that is ignored, as by nohup(1), stays so
 * @return 0 or -errno
 */
int event_loop__signals(struct event_loop *loop, const int *signals, event_fn fn, void *ctx);

/**
 * @brief **event_loop__release_signals()** forgets those that wait and unblocks
 * them: from now on they do what they do by default. Does nothing a second time.
 */
void event_loop__release_signals(struct event_loop *loop);

/** @brief **event_loop__remove()** ends a watch or a timer; NULL is fine. */
void event_loop__remove(struct event_loop *loop, struct event_source *source);

/**
 * @brief **event_loop__wait()** waits for something to happen and calls for it.
 * @param timeout_ms at most so long; -1: without limit
 * @return 0, also if nothing happened; -errno
 */
int event_loop__wait(struct event_loop *loop, int timeout_ms);

/** @brief **event_loop__stop()** to be seen by who runs the loop. */
void event_loop__stop(struct event_loop *loop);

/** @brief **event_loop__stopped()** whether that was asked for. */
bool event_loop__stopped(const struct event_loop *loop);

/** @brief **event_loop__free()** closes timers, unblocks signals; NULL is fine. */
void event_loop__free(struct event_loop *loop);

#endif
