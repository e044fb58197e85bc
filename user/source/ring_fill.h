/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How much of a BPF ring buffer is in use: its two positions, mapped read-only.
 */
#ifndef DROPWHY_RING_FILL_H
#define DROPWHY_RING_FILL_H

#include <stddef.h>

struct ring_fill;

/**
 * @brief **ring_fill__new()** maps the positions.
 * @param map_fd of the ring buffer's map
 * @return free with ring_fill__free(); NULL with errno set
 */
struct ring_fill *ring_fill__new(int map_fd);

/** @brief **ring_fill__bytes()** what waits now, bytes; at most the ring's size. */
size_t ring_fill__bytes(const struct ring_fill *fill);

/** @brief **ring_fill__free()** NULL is fine. */
void ring_fill__free(struct ring_fill *fill);

#endif
