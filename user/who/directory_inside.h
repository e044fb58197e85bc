/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the directory's own files share; nobody else includes this.
 *
 * A statement is what one source said about one thing; it never changes. A
 * thing (pod, Service, node) is what the statements about it add up to.
 * A statement taken back, or replaced by another, stays for the grace period.
 */
#ifndef DROPWHY_DIRECTORY_INSIDE_H
#define DROPWHY_DIRECTORY_INSIDE_H

/* uthash ends the process when out of memory unless told otherwise */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "user/who/directory.h"

/* In the order of directory__each(). */
enum thing_kind {
	THING_POD,
	THING_SERVICE,
	THING_ENDPOINTS, /* no thing: belongs to its Service */
	THING_NODE,
	__THING_MAX,
};

struct statement {
	UT_hash_handle hh; /* of living ones: by key */
	enum thing_kind kind;
	int source;
	__u64 list; /* the number of the list in which it was stated last */
	__u64 since_ns;
	__u64 gone_ns; /* 0: lives */
	struct thing *thing;
	struct statement *next;	     /* of the same thing, newest first */
	struct statement *next_gone; /* oldest first */

	/* strings and arrays lie behind the structure, in one piece with it */
	union {
		struct pod_facts pod;
		struct service_facts service;
		struct endpoints_facts endpoints;
		struct node_facts node;
	};
	__u32 netns_ino; /* pods: 0: none of their own, or none known */
	__u64 netns_incarnation;
	size_t size;
	size_t key_len;
	char *key; /* source, kind and the source's key */
};

/* How a thing is found: "u:UID", "s:sandbox", "n:namespace/name", … */
struct identity {
	UT_hash_handle hh;
	struct thing *thing;
	struct identity *next; /* of the same thing */
	char key[];
};

struct thing {
	enum thing_kind kind;
	struct who who;
	struct statement *statements;
	struct identity *identities;
	struct thing *next; /* in the list of all */
	struct thing *prev;
};

/* Who states an address or a namespace. */
struct use {
	struct statement *by;
	struct use *next; /* newest first */
	bool claimed;	  /* pods' addresses: it is one of claim_count */
};

struct address_slot {
	UT_hash_handle hh;
	struct who_address address;
	struct use *uses;
};

struct netns_slot {
	UT_hash_handle hh;
	__u32 ino;
	struct use *uses;
	__u64 incarnation; /* that a look at /proc found nothing for */
	__u64 retry_ns;	   /* do not look again before */
	__u64 backoff_ns;
	struct who unit;     /* WHO_PROCESS: whose processes live there; else WHO_UNKNOWN */
	__u64 unit_incarnation;
	__u64 unit_retry_ns; /* do not look again before */
};

struct directory {
	char *root;
	struct netns_table *netns;
	const struct pod_source *sources[DIRECTORY_SOURCES_MAX];
	__u64 list[DIRECTORY_SOURCES_MAX];
	unsigned int listed[DIRECTORY_SOURCES_MAX]; /* DIRECTORY_* of the list under way */
	int source_count;
	struct statement *statements; /* living ones */
	struct statement *gone, *gone_last;
	struct identity *identities;
	struct address_slot *addresses;
	struct netns_slot *namespaces;
	struct thing *things;
	size_t counts[__THING_MAX]; /* living statements */
	size_t gone_count;
	size_t bytes;
	__u64 evicted;
	__u64 ambiguous;
	__u64 changes;
	__u64 changed_ns; /* when a pod was last stated or taken back; 0: not lately */
	bool doubt;
	struct cgroup_paths *cgroups;
	int proc_id; /* the source that stands for /proc */
};

/** @brief **directory__now()** CLOCK_BOOTTIME now. */
__u64 directory__now(void);

/** @brief **statement__new()** copies facts, strings and all, into one piece. NULL: no memory. */
struct statement *statement__new(enum thing_kind kind, int source, const char *key,
				 const void *facts);

/** @brief **statement__same()** whether two say the same. */
bool statement__same(const struct statement *a, const struct statement *b);

/** @brief **statement__addresses()** the addresses that it states. */
const struct who_address *statement__addresses(const struct statement *s, size_t *ret_count);

/** @brief **use__add()** enters a statement's addresses and namespace into the indexes. */
int use__add(struct directory *dir, struct statement *s);

/** @brief **use__remove()** takes them out. */
void use__remove(struct directory *dir, struct statement *s);

/** @brief **use__of_address()** who states an address; NULL: nobody. */
struct use *use__of_address(struct directory *dir, __u8 ip_version, const __u8 *ip);

/** @brief **use__of_node_port()** who states a NodePort; NULL: nobody. */
struct use *use__of_node_port(struct directory *dir, __u16 port_be, __u8 l4_proto);

/** @brief **use__of_netns()** who states a namespace. */
struct use *use__of_netns(struct directory *dir, __u32 ino);

/** @brief **use__free_slot()** takes the slot of a namespace out, and frees it. */
void use__free_slot(struct directory *dir, struct netns_slot *slot);

/** @brief **use__netns_slot()** the slot of a namespace, made if need be; NULL: no memory. */
struct netns_slot *use__netns_slot(struct directory *dir, __u32 ino);

/** @brief **thing__attach()** finds or makes the thing that a statement is about. */
int thing__attach(struct directory *dir, struct statement *s);

/** @brief **thing__detach()** removes a statement; a thing without any goes too. */
void thing__detach(struct directory *dir, struct statement *s);

/** @brief **thing__update()** adds the statements up anew. */
void thing__update(struct directory *dir, struct thing *thing);

/** @brief **thing__find()** finds a thing by one of its identities. */
struct thing *thing__find(struct directory *dir, char type, const char *first, const char *second);

/** @brief **thing__lives()** whether any source still states it. */
bool thing__lives(const struct directory *dir, const struct thing *thing);

#endif
