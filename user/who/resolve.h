/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Whose a dropped packet is: its two ends, the Service between them, and the
 * owner, by what the directory knows of that moment.
 */
#ifndef DROPWHY_RESOLVE_H
#define DROPWHY_RESOLVE_H

#include "user/drop.h"
#include "user/who/directory.h"

struct resolver;

/**
 * @brief **resolver__new()** makes a resolver.
 * @param root as for netns_table__new()
 * @param node as for node_name__read()
 * @param dir outlives the resolver
 * @return free with resolver__free(); NULL with errno ENOMEM
 */
struct resolver *resolver__new(const char *root, const char *node, struct directory *dir,
			       struct netns_table *netns);

/**
 * @brief **resolver__drop()** fills pod, pod_namespace, container, unit, node,
 * workload, src, dst, service and backend of a drop. What is not certain stays
 * unknown. Strings live until the directory is next told something.
 *
 * The owner is the pod or container of the namespace where the packet died;
 * else, of a packet of the node's own namespace, the host-network pod of its
 * socket's cgroup; else the pod of this node that the packet comes from; else
 * the one that it goes to; else nobody: the node itself. In another namespace
 * without any of these it is the unit that its socket, or all of that
 * namespace's processes, belong to.
 *
 * @return false: a source asked again might tell more: directory__doubt()
 */
bool resolver__drop(struct resolver *r, struct drop *drop);

/** @brief **resolver__free()** NULL is fine. */
void resolver__free(struct resolver *r);

#endif
