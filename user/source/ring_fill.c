// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * See ring_fill.h. The first page of a ring buffer's map holds the consumer's
 * position, the second the producer's (Documentation/bpf/ringbuf.rst); both
 * only grow.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "user/source/ring_fill.h"

struct ring_fill {
	void *pages;
	size_t page_bytes;
};

struct ring_fill *ring_fill__new(int map_fd)
{
	struct ring_fill *fill = calloc(1, sizeof(*fill));

	if (!fill)
		return NULL;
	fill->page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	fill->pages = mmap(NULL, 2 * fill->page_bytes, PROT_READ, MAP_SHARED, map_fd, 0);
	if (fill->pages == MAP_FAILED) {
		free(fill);
		return NULL;
	}
	return fill;
}

size_t ring_fill__bytes(const struct ring_fill *fill)
{
	const unsigned long *consumed = fill->pages;
	const unsigned long *produced = (void *)((char *)fill->pages + fill->page_bytes);
	/* in this order: what is read later can only be more */
	unsigned long from = __atomic_load_n(consumed, __ATOMIC_ACQUIRE);

	return __atomic_load_n(produced, __ATOMIC_ACQUIRE) - from;
}

void ring_fill__free(struct ring_fill *fill)
{
	if (!fill)
		return;
	munmap(fill->pages, 2 * fill->page_bytes);
	free(fill);
}
