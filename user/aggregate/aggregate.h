/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Groups drops by any of the --by keys in bounded memory. Pure: no I/O.
 */
#ifndef DROPWHY_AGGREGATE_H
#define DROPWHY_AGGREGATE_H

#include <stddef.h>

#include "user/drop.h"

/* --by keys; a group's label has one value for each. */
enum group_key {
	GROUP_POD,		/* namespace/pod, or a container's name */
	GROUP_SERVICE,		/* namespace/name */
	GROUP_WORKLOAD,		/* namespace/kind/name, or the pod where its owner is not known */
	GROUP_NETNS,		/* name, else inode */
	GROUP_REASON,
	GROUP_CAUSE,
	GROUP_TUPLE,		/* src:sport > dst:dport proto */
	GROUP_SRC,		/* address */
	GROUP_DST,		/* address */
	GROUP_IFACE,
	GROUP_DNS,		/* name asked for, in lower case */
	GROUP_SRC_NAME,		/* the pod, Service, node or container that sent it */
	GROUP_DST_NAME,		/* and the one it was for */
	GROUP_LOCATION,		/* symbol, without offset; else the address */
	__GROUP_KEY_MAX,
};

struct group {
	/* one for each key asked for, in that order; "" is unknown */
	const char *values[__GROUP_KEY_MAX];
	__u64 count;		/* packets */
	__u64 bytes;
	struct timespec first;	/* wall clock of the first and last drop */
	struct timespec last;
};

struct aggregate;

/**
 * @brief **group_key__parse()** reads a list such as "pod,reason".
 * @param list comma-separated key names
 * @param ret_keys room for __GROUP_KEY_MAX keys
 * @param ret_count how many were read, 1 or more
 * @return 0; -EINVAL for an unknown, empty or repeated name
 */
int group_key__parse(const char *list, enum group_key *ret_keys, size_t *ret_count);

/** @brief **group_key__name()** names a key as --by takes it; static string. */
const char *group_key__name(enum group_key key);

/**
 * @brief **aggregate__new()** creates an empty aggregator.
 * @param keys what to group by, copied
 * @param key_count 1 to __GROUP_KEY_MAX
 * @param max_groups most groups kept, 1 or more; beyond it the groups with the
 * fewest packets go to "other", so that the totals stay exact
 * @return the aggregator, free with aggregate__free(); NULL with errno set
 */
struct aggregate *aggregate__new(const enum group_key *keys, size_t key_count, size_t max_groups);

/** @brief **aggregate__add()** counts an enriched drop; in "other" where memory is short. */
void aggregate__add(struct aggregate *agg, const struct drop *drop);

/**
 * @brief **aggregate__sorted()** lists the groups, most packets first, ties by
 * label.
 * @param ret_groups array of pointers, owned by the aggregator, valid until the
 * next call on it
 * @param ret_count number of groups
 * @return 0 or -ENOMEM
 */
int aggregate__sorted(struct aggregate *agg, const struct group *const **ret_groups,
		      size_t *ret_count);

/** @brief **aggregate__other()** what was evicted: packets, bytes, times; count 0: nothing was. */
const struct group *aggregate__other(const struct aggregate *agg);

/** @brief **aggregate__evicted()** how many groups went to "other"; a key may count again. */
__u64 aggregate__evicted(const struct aggregate *agg);

/**
 * @brief **aggregate__causes()** packets added by cause, evicted ones included.
 * @return array of __CAUSE_MAX, owned by the aggregator
 */
const __u64 *aggregate__causes(const struct aggregate *agg);

/** @brief **aggregate__keys()** the keys in use; @p ret_count gets their number. */
const enum group_key *aggregate__keys(const struct aggregate *agg, size_t *ret_count);

/** @brief **aggregate__free()** frees all; NULL is fine. */
void aggregate__free(struct aggregate *agg);

#endif
