// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A ring of rows: see recorder.h. Each is a head and its text, and either may
 * lie partly at the end and partly at the beginning of the memory.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/probe/recorder.h"

struct head {
	__u32 len;
	__u32 time_s;		/* lasts until 2106 */
	__u64 packets;
};

struct recorder {
	char *memory;
	size_t size;
	size_t begin;		/* of the oldest row */
	size_t used;
	size_t rows;
	__u64 overwritten;
};

struct recorder *recorder__new(size_t bytes)
{
	struct recorder *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->size = bytes;
	r->memory = malloc(bytes ? bytes : 1);
	if (!r->memory) {
		free(r);
		errno = ENOMEM;
		return NULL;
	}
	return r;
}

static void put(struct recorder *r, size_t offset, const void *from, size_t len)
{
	size_t at = (r->begin + offset) % r->size, until_end = r->size - at;
	size_t first = len < until_end ? len : until_end;

	memcpy(r->memory + at, from, first);
	memcpy(r->memory, (const char *)from + first, len - first);
}

static struct head get_head(const struct recorder *r, size_t offset)
{
	size_t at = (r->begin + offset) % r->size, until_end = r->size - at;
	size_t first = sizeof(struct head) < until_end ? sizeof(struct head) : until_end;
	struct head head;

	memcpy(&head, r->memory + at, first);
	memcpy((char *)&head + first, r->memory, sizeof(head) - first);
	return head;
}

static void drop_oldest(struct recorder *r, const struct head *head)
{
	size_t len = sizeof(*head) + head->len;

	r->begin = (r->begin + len) % r->size;
	r->used -= len;
	r->rows--;
}

bool recorder__add(struct recorder *r, const char *row, size_t len, __u64 time_s, __u64 packets)
{
	struct head head = { .len = (__u32)len, .time_s = (__u32)time_s, .packets = packets };
	size_t needed = sizeof(head) + len;

	if (len > (__u32)-1 || needed > r->size) {
		r->overwritten += packets;
		return false;
	}
	while (r->size - r->used < needed) {
		struct head oldest = get_head(r, 0);

		r->overwritten += oldest.packets;
		drop_oldest(r, &oldest);
	}
	put(r, r->used, &head, sizeof(head));
	put(r, r->used + sizeof(head), row, len);
	r->used += needed;
	r->rows++;
	return true;
}

void recorder__forget(struct recorder *r, __u64 before_s)
{
	while (r->rows) {
		struct head oldest = get_head(r, 0);

		if (oldest.time_s >= before_s)
			return;
		drop_oldest(r, &oldest);
	}
}

int recorder__each(const struct recorder *r, recorder_fn fn, void *ctx)
{
	size_t offset = 0, row;
	int err = 0;

	for (row = 0; row < r->rows && !err; row++) {
		struct head head = get_head(r, offset);
		size_t at = (r->begin + offset + sizeof(head)) % r->size;
		size_t until_end = r->size - at;
		size_t first = head.len < until_end ? head.len : until_end;

		err = fn(ctx, r->memory + at, first, r->memory, head.len - first);
		offset += sizeof(head) + head.len;
	}
	return err;
}

size_t recorder__rows(const struct recorder *r)
{
	return r->rows;
}

size_t recorder__bytes(const struct recorder *r)
{
	return r->used;
}

__u64 recorder__overwritten(const struct recorder *r)
{
	return r->overwritten;
}

void recorder__free(struct recorder *r)
{
	if (!r)
		return;
	free(r->memory);
	free(r);
}
