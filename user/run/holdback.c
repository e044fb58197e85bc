/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A bounded queue of records with the times of their coming.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "user/clock.h"
#include "user/run/holdback.h"

struct held {
	struct held *next;
	__u64 due_ns;
	size_t size;
	_Alignas(8) char data[];
};

struct holdback {
	struct held *first, *last;
	size_t count;
	size_t bytes;
	__u64 held;
};

struct holdback *holdback__new(void)
{
	return calloc(1, sizeof(struct holdback));
}

bool holdback__empty(const struct holdback *h)
{
	return !h->first;
}

int holdback__push(struct holdback *h, const void *data, size_t size)
{
	struct held *held;

	if (h->count >= HOLDBACK_MAX || h->bytes + size > HOLDBACK_BYTES_MAX)
		return -ENOSPC;
	held = malloc(sizeof(*held) + size);
	if (!held)
		return -ENOMEM;
	held->next = NULL;
	held->due_ns = clock__ns(CLOCK_BOOTTIME) + HOLDBACK_NS;
	held->size = size;
	memcpy(held->data, data, size);
	if (h->last)
		h->last->next = held;
	else
		h->first = held;
	h->last = held;
	h->count++;
	h->bytes += size;
	h->held++;
	return 0;
}

const void *holdback__first(const struct holdback *h, size_t *ret_size, bool *ret_due)
{
	if (!h->first)
		return NULL;
	*ret_size = h->first->size;
	*ret_due = clock__ns(CLOCK_BOOTTIME) >= h->first->due_ns;
	return h->first->data;
}

void holdback__pop(struct holdback *h)
{
	struct held *held = h->first;

	h->first = held->next;
	if (!h->first)
		h->last = NULL;
	h->count--;
	h->bytes -= held->size;
	free(held);
}

__u64 holdback__held(const struct holdback *h)
{
	return h->held;
}

void holdback__free(struct holdback *h)
{
	if (!h)
		return;
	while (h->first)
		holdback__pop(h);
	free(h);
}
