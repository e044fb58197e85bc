/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From a network namespace to the Kubernetes pod that lives there, by what lies
 * on the node: the cgroup of its processes and the directories of its logs.
 * Wherever that is not certain there is no pod: never a wrong one.
 */
#ifndef DROPWHY_POD_H
#define DROPWHY_POD_H

#include <linux/types.h>
#include <stddef.h>

#include "user/enrich/netns.h"

/* 8-4-4-4-12 hexadecimal digits, or 32 of a static pod, and a NUL. */
#define POD_UID_LEN 37

struct pod_table;

/**
 * @brief **pod_table__new()** creates an empty table.
 * @param root as for netns_table__new()
 * @return the table, free with pod_table__free(); NULL with errno ENOMEM
 */
struct pod_table *pod_table__new(const char *root);

/**
 * @brief **pod_table__find()** finds the pod that lived in a namespace.
 *
 * There is none for the node's own namespace, which host-network pods share,
 * for one with processes of different pods, and where nothing on this node
 * names the pod.
 *
 * @param netns asked who lives there; pointers that it handed out before are
 * gone, for it may look again
 * @param when_ns CLOCK_BOOTTIME of what happened there; 0: now
 * @param ret_pod its name; lives until the next call on the table
 * @param ret_namespace its Kubernetes namespace; likewise
 * @return 0; -ENOENT: no pod, or not known; -ENOMEM
 */
int pod_table__find(struct pod_table *t, struct netns_table *netns, __u32 ino, __u64 when_ns,
		    const char **ret_pod, const char **ret_namespace);

/**
 * @brief **pod_table__prime()** finds the pods of all namespaces, so that they
 * are known should they be deleted before their first drop is looked at.
 * @return how many were found
 */
size_t pod_table__prime(struct pod_table *t, struct netns_table *netns);

/** @brief **pod_table__evicted()** how often a pod found no room in the table. */
__u64 pod_table__evicted(const struct pod_table *t);

/** @brief **pod_table__free()** frees all; NULL is fine. */
void pod_table__free(struct pod_table *t);

#endif
