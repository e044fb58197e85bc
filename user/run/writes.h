/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Watched writes whose outcome is not known yet. The kernel side sees a write
 * before the kernel looks at the value and perhaps refuses it: whether it was
 * taken the next write of the same setting tells, by what it finds there, or
 * else the setting itself. Changes are handed over in the order in which they
 * were added: what is known waits for older ones that are not.
 */
#ifndef DROPWHY_WRITES_H
#define DROPWHY_WRITES_H

#include "user/enrich/netns.h"
#include "user/sysctl/change.h"

/* When more are under way, the oldest is handed over by the last look, or else as it was written. */
#define WRITES_MAX 64
/* After so long a value that is still the old one says: refused. A table of buckets takes a while. */
#define WRITES_PATIENCE_NS 2000000000ULL

struct writes;

/* Gets a change whose outcome is known: refused or not. */
typedef void (*writes_fn)(void *ctx, const struct sysctl_change *change);

/**
 * @brief **writes__new()** begins with none.
 * @param root directory in which the node's / is found; "" if it is ours; the caller's
 * @param netns to get into other namespaces; the caller's
 * @param own_netns number of the namespace this process is in
 * @return free with writes__free(); NULL with errno ENOMEM
 */
struct writes *writes__new(const char *root, struct netns_table *netns, __u32 own_netns,
			   writes_fn fn, void *ctx);

/**
 * @brief **writes__add()** takes in a write, which decides the one before it of the same setting.
 * @param path as in struct sysctl_record: "net/core/somaxconn"
 * @param time_ns CLOCK_BOOTTIME of the write
 */
void writes__add(struct writes *w, const char *path, const struct sysctl_change *change,
		 __u64 time_ns);

/**
 * @brief **writes__add_difference()** takes in a change that was found by comparing: it is handed
 * over behind the writes before it, at once if there are none.
 */
void writes__add_difference(struct writes *w, const struct sysctl_change *change);

/**
 * @brief **writes__read()** looks at the settings of the open writes. What has been written since
 * must be added before writes__decide(), or it would be taken for the outcome of an earlier one.
 */
void writes__read(struct writes *w);

/**
 * @brief **writes__decide()** hands over what can be decided by the last look.
 * @param now_ns CLOCK_BOOTTIME
 * @param final nothing is under way any more: all are decided
 * @return how many are not handed over yet
 */
size_t writes__decide(struct writes *w, __u64 now_ns, bool final);

/** @brief **writes__free()** frees; what is open is not handed over; NULL is fine. */
void writes__free(struct writes *w);

#endif
