// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A ring of events under a lock that is held for a few instructions only.
 */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "user/who/kube_queue.h"

struct kube_queue {
	struct kube_event events[KUBE_QUEUE_EVENTS_MAX];
	size_t first;
	size_t count;
	size_t bytes;
	bool shut;
	int fd;
	pthread_mutex_t lock;
	pthread_cond_t room;
};

struct kube_queue *kube_queue__new(void)
{
	struct kube_queue *queue = calloc(1, sizeof(*queue));

	if (!queue)
		return NULL;
	queue->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (queue->fd < 0) {
		free(queue);
		return NULL;
	}
	pthread_mutex_init(&queue->lock, NULL);
	pthread_cond_init(&queue->room, NULL);
	return queue;
}

int kube_queue__fd(const struct kube_queue *queue)
{
	return queue->fd;
}

static void signal_reader(struct kube_queue *queue)
{
	uint64_t one = 1;

	/* it only fails when the descriptor is readable already */
	if (write(queue->fd, &one, sizeof(one)) < 0)
		return;
}

static size_t bytes_of(const struct kube_event *event)
{
	return (event->object ? event->object->bytes : 0) + (event->text ? strlen(event->text) : 0);
}

static bool is_full(const struct kube_queue *queue)
{
	return queue->count == KUBE_QUEUE_EVENTS_MAX || queue->bytes >= KUBE_QUEUE_BYTES_MAX;
}

int kube_queue__push(struct kube_queue *queue, const struct kube_event *event)
{
	struct kube_event *slot, copy = *event;
	bool shut;

	if (event->text) {
		copy.text = strdup(event->text);
		if (!copy.text) {
			kube_object__free(event->object);
			return -ENOMEM;
		}
	}
	pthread_mutex_lock(&queue->lock);
	while (is_full(queue) && !queue->shut)
		pthread_cond_wait(&queue->room, &queue->lock);
	shut = queue->shut;
	if (!shut) {
		slot = &queue->events[(queue->first + queue->count) % KUBE_QUEUE_EVENTS_MAX];
		*slot = copy;
		queue->bytes += bytes_of(slot);
		if (queue->count++ == 0)
			signal_reader(queue);
	}
	pthread_mutex_unlock(&queue->lock);
	if (!shut)
		return 0;
	kube_object__free(copy.object);
	free((char *)copy.text);
	return -ESHUTDOWN;
}

bool kube_queue__pop(struct kube_queue *queue, struct kube_event *ret_event)
{
	uint64_t number;
	bool any;

	pthread_mutex_lock(&queue->lock);
	any = queue->count > 0;
	if (any) {
		*ret_event = queue->events[queue->first];
		queue->first = (queue->first + 1) % KUBE_QUEUE_EVENTS_MAX;
		queue->count--;
		queue->bytes -= bytes_of(ret_event);
		pthread_cond_signal(&queue->room);
	} else if (read(queue->fd, &number, sizeof(number)) < 0) {
		/* it was not readable: fine */
		any = false;
	}
	pthread_mutex_unlock(&queue->lock);
	return any;
}

void kube_queue__rearm(struct kube_queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	if (queue->count)
		signal_reader(queue);
	pthread_mutex_unlock(&queue->lock);
}

void kube_queue__shut(struct kube_queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->shut = true;
	pthread_cond_broadcast(&queue->room);
	pthread_mutex_unlock(&queue->lock);
}

void kube_queue__free(struct kube_queue *queue)
{
	struct kube_event event;

	if (!queue)
		return;
	while (kube_queue__pop(queue, &event)) {
		kube_object__free(event.object);
		free((char *)event.text);
	}
	pthread_cond_destroy(&queue->room);
	pthread_mutex_destroy(&queue->lock);
	close(queue->fd);
	free(queue);
}
