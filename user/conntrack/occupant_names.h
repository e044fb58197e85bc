/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Names of pods and Services as small numbers, looked up once for each address
 * that keeps coming.
 */
#ifndef DROPWHY_OCCUPANT_NAMES_H
#define DROPWHY_OCCUPANT_NAMES_H

#include "user/conntrack/entry.h"
#include "user/who/directory.h"

struct occupant_names;

/* Whose flow it is; each for occupant_names__text(), 0: unknown. */
struct owner {
	__u32 pod;		/* with its namespace: "shop/cart-1"; containers and nodes too */
	__u32 namespace;
	__u32 workload;
};

/** @brief **occupant_names__new()** @param directory NULL: no names. NULL with errno ENOMEM. */
struct occupant_names *occupant_names__new(struct directory *directory);

/** @brief **occupant_names__learn()** finds who lives in a namespace; others come before its entries. */
void occupant_names__learn(struct occupant_names *n, __u32 netns_ino);

/**
 * @brief **occupant_names__owner()** finds whose flow it is: the pod of the
 * namespace if it is one's own, else of the source, else of where the answers
 * come from.
 */
void occupant_names__owner(struct occupant_names *n, __u32 netns_ino,
			   const struct conntrack_entry *entry, struct owner *ret_owner);

/** @brief **occupant_names__service()** finds the Service that a flow was sent to; 0: none known. */
__u32 occupant_names__service(struct occupant_names *n, const struct flow_tuple *orig);

/** @brief **occupant_names__text()** the name behind a number; "" for 0. Lives as long as @p n. */
const char *occupant_names__text(const struct occupant_names *n, __u32 number);

/** @brief **occupant_names__free()** NULL is fine. */
void occupant_names__free(struct occupant_names *n);

#endif
