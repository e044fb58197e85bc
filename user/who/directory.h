/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The directory of pods, containers, Services and nodes: it puts together what
 * sources state, and answers who was behind a namespace, an address or a
 * cgroup at a given time. Wherever that is not certain the answer is nobody.
 *
 * Numbers and addresses are used again: every answer is for the time of the
 * event. What was taken back stays known for a minute, for events that come
 * late. Every pointer to a struct who lives until the directory is next told
 * something (upsert, delete, end, expire); those of one lookup survive others.
 */
#ifndef DROPWHY_DIRECTORY_H
#define DROPWHY_DIRECTORY_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "user/enrich/netns.h"
#include "user/who/facts.h"
#include "user/who/pod_source.h"

/* Ten clusters' worth of the largest that Kubernetes supports would be 1.5
 * million pods; a node needs those that it talks to. Beyond it: evictions. */
#define DIRECTORY_PODS_MAX     65536
#define DIRECTORY_SERVICES_MAX 16384
#define DIRECTORY_NODES_MAX    8192
#define DIRECTORY_SOURCES_MAX  16
#define DIRECTORY_GRACE_NS     (60 * 1000000000ull)

struct directory;

/**
 * @brief **directory__new()** creates an empty directory.
 * @param root as for netns_table__new()
 * @param netns asked whether namespaces live; outlives the directory
 * @return free with directory__free(); NULL with errno ENOMEM
 */
struct directory *directory__new(const char *root, struct netns_table *netns);

/** @brief **directory__free()** frees all; NULL is fine. */
void directory__free(struct directory *dir);

/* --- for sources: @id is the number that the source was opened with */

/**
 * @brief **directory__add_source()** makes a source known.
 * @return its number, from 0; -ENOSPC: there are DIRECTORY_SOURCES_MAX
 */
int directory__add_source(struct directory *dir, const struct pod_source *source);

/**
 * @brief **directory__begin()** begins a whole list: what is not stated again
 * until directory__end() is taken back there.
 * @param what kinds that the list holds, DIRECTORY_* ORed
 */
void directory__begin(struct directory *dir, int id, unsigned int what);

#define DIRECTORY_PODS	    (1u << 0)
#define DIRECTORY_SERVICES  (1u << 1)
#define DIRECTORY_ENDPOINTS (1u << 2)
#define DIRECTORY_NODES	    (1u << 3)

/**
 * @brief **directory__end()** ends it.
 * @param whole false: the list broke off, nothing is taken back
 */
void directory__end(struct directory *dir, int id, bool whole);

/**
 * @brief **directory__pod()** states a pod or container, or states it anew.
 * @param key tells it from others of this source: a UID, a file's name
 * @return 0; -ESTALE: its namespace or its process is gone, or, of a source of
 * RANK_CACHE, no better source states the sandbox and nobody lives in the
 * namespace; -ENOSPC: no room (counted); -ENOMEM
 */
int directory__pod(struct directory *dir, int id, const char *key, const struct pod_facts *facts);

/**
 * @brief **directory__pod_again()** states a pod as before, if its namespace
 * and its process are still the same.
 * @return 0; -EAGAIN: not known, or not the same: state it by directory__pod()
 */
int directory__pod_again(struct directory *dir, int id, const char *key);

/** @brief **directory__pod_gone()** takes it back; a key not known is fine. */
void directory__pod_gone(struct directory *dir, int id, const char *key);

/** @brief **directory__service()** states a Service; errors as directory__pod(). */
int directory__service(struct directory *dir, int id, const char *key,
		       const struct service_facts *facts);

/** @brief **directory__service_gone()** takes it back. */
void directory__service_gone(struct directory *dir, int id, const char *key);

/** @brief **directory__endpoints()** states endpoints of a Service; errors as directory__pod(). */
int directory__endpoints(struct directory *dir, int id, const char *key,
			 const struct endpoints_facts *facts);

/** @brief **directory__endpoints_gone()** takes them back. */
void directory__endpoints_gone(struct directory *dir, int id, const char *key);

/** @brief **directory__node()** states a node; errors as directory__pod(). */
int directory__node(struct directory *dir, int id, const char *key, const struct node_facts *facts);

/** @brief **directory__node_gone()** takes it back. */
void directory__node_gone(struct directory *dir, int id, const char *key);

/* --- for those who ask: @when_ns is CLOCK_BOOTTIME of the event, 0 is now */

/**
 * @brief **directory__by_netns()** finds the one pod or container of a
 * namespace. It may look at /proc and learn: ask it before the others.
 * @return NULL: unknown, nobody's alone, or the node's own
 */
const struct who *directory__by_netns(struct directory *dir, __u32 ino, __u64 when_ns);

/**
 * @brief **directory__unit_in()** finds the systemd unit of all processes of a
 * namespace that is no pod's or container's. Looks at /proc once a second.
 * @return NULL: none, more than one, unknown, or the node's own
 */
const struct who *directory__unit_in(struct directory *dir, __u32 ino, __u64 when_ns);

/**
 * @brief **directory__prime()** asks for all namespaces, so that those that no
 * source states, but whose processes tell, are known should they be deleted
 * before their first drop is looked at.
 * @return how many have a pod or container
 */
size_t directory__prime(struct directory *dir);

/**
 * @brief **directory__by_address()** finds the pod, container, Service or node
 * that had an address. Services are found by their address alone here.
 * @param ip_version 4 or 6; anything else is nobody
 * @param ip 16 bytes as in struct flow_tuple
 */
const struct who *directory__by_address(struct directory *dir, __u8 ip_version, const __u8 *ip,
					__u64 when_ns);

/**
 * @brief **directory__by_cgroup()** finds the pod or container, else the unit,
 * that a cgroup belongs to, host-network pods among them.
 * @param cgroup_id as in struct drop_record; 0 is nobody
 */
const struct who *directory__by_cgroup(struct directory *dir, __u64 cgroup_id, __u64 when_ns);

/**
 * @brief **directory__service_at()** finds the Service behind an address and a
 * port: ClusterIP, external address, load balancer, or a node's address and
 * NodePort.
 * @param l4_proto IPPROTO_*
 * @return NULL: none, or more than one
 */
const struct who *directory__service_at(struct directory *dir, __u8 ip_version, const __u8 *ip,
					__u16 port_be, __u8 l4_proto, __u64 when_ns);

/** @brief **directory__by_uid()** finds a pod by its UID or its static pod's hash. */
const struct who *directory__by_uid(struct directory *dir, const char *uid);

/**
 * @brief **directory__expire()** forgets what was taken back longer ago than
 * the grace period, and takes back what /proc told of namespaces that are gone.
 * Call it about once a second.
 * @return whether anything was forgotten
 */
bool directory__expire(struct directory *dir);

/**
 * @brief **directory__doubt()** tells whether a look-up since the last call
 * found less than a scan of the sources might: a number, an address or a UID
 * that nobody states yet, or a sandbox that has gone since.
 */
bool directory__doubt(struct directory *dir);

/** @brief **directory__changes()** grows with everything that the directory is told anew. */
__u64 directory__changes(const struct directory *dir);

struct directory_stats {
	size_t pods;	 /* and containers, that live */
	size_t gone;	 /* kept for late events */
	size_t services;
	size_t endpoints;
	size_t nodes;
	size_t bytes;	 /* of memory, about */
	__u64 evicted;	 /* statements that found no room */
	__u64 ambiguous; /* questions with more than one answer, and so with none */
};

/** @brief **directory__stats()** tells how large it is. */
void directory__stats(const struct directory *dir, struct directory_stats *ret_stats);

/* What `dropwhy pods` shows of one. */
struct directory_item {
	const struct who *who;
	const struct who_address *addresses;
	size_t address_count;
	__u32 netns_ino;      /* 0: none of its own on this node */
	unsigned int sources; /* bit 1 << source number */
	bool gone;
};

/** Receives one item; anything but 0 ends the walk. Must not call the directory. */
typedef int (*directory_fn)(const struct directory_item *item, void *ctx);

/**
 * @brief **directory__each()** walks over all, pods by namespace and name, then
 * Services, then nodes.
 * @return 0; -ENOMEM; or what @p fn returned
 */
int directory__each(struct directory *dir, directory_fn fn, void *ctx);

/** @brief **directory__source_name()** the name of a source by its number; NULL: no such one. */
const char *directory__source_name(const struct directory *dir, int id);

#endif
