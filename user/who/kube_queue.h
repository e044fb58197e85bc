/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Events from the thread that speaks to the Kubernetes API to the one that
 * traces. It is bounded: a reader that is busy makes the writer wait, the
 * writer's sockets fill, and TCP makes the server wait. Nothing is lost.
 */
#ifndef DROPWHY_KUBE_QUEUE_H
#define DROPWHY_KUBE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "user/who/kube_feed.h"

/* Events, and bytes of their objects, that may wait. */
#define KUBE_QUEUE_EVENTS_MAX 1024
#define KUBE_QUEUE_BYTES_MAX  (1 << 20)

struct kube_queue;

/** @brief **kube_queue__new()** makes an empty one; NULL with errno set. */
struct kube_queue *kube_queue__new(void);

/** @brief **kube_queue__fd()** becomes readable when an event waits; the queue's. */
int kube_queue__fd(const struct kube_queue *queue);

/**
 * @brief **kube_queue__push()** adds an event; waits while there is no room.
 * @param event its text is copied, its object is the queue's from now on, also
 * after a failure
 * @return 0; -ESHUTDOWN: nobody reads any more; -ENOMEM
 */
int kube_queue__push(struct kube_queue *queue, const struct kube_event *event);

/**
 * @brief **kube_queue__pop()** takes the oldest event; never waits.
 * @param ret_event its object and, cast, its text are to be freed
 * @return whether there was one
 */
bool kube_queue__pop(struct kube_queue *queue, struct kube_event *ret_event);

/** @brief **kube_queue__rearm()** makes the descriptor readable if events are left. */
void kube_queue__rearm(struct kube_queue *queue);

/** @brief **kube_queue__shut()** makes all pushes fail, those that wait too. */
void kube_queue__shut(struct kube_queue *queue);

/** @brief **kube_queue__free()** frees it with what waits in it; NULL is fine. */
void kube_queue__free(struct kube_queue *queue);

#endif
