/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who holds the entries of conntrack's tables: entries added up by pod,
 * Service, state and more, in memory that does not depend on how many there are.
 */
#ifndef DROPWHY_OCCUPANTS_H
#define DROPWHY_OCCUPANTS_H

#include <linux/types.h>
#include <stddef.h>

#include "user/conntrack/entry.h"
#include "user/who/directory.h"

enum occupant_key {
	OCCUPANT_POD,		/* whose flow it is: its source's, else its real destination's */
	OCCUPANT_NAMESPACE,	/* of that pod */
	OCCUPANT_WORKLOAD,	/* of that pod */
	OCCUPANT_SERVICE,	/* behind the destination as the first packet had it */
	OCCUPANT_STATE,
	OCCUPANT_PROTO,
	OCCUPANT_SRC,
	OCCUPANT_DST,		/* as the first packet had it */
	OCCUPANT_DST_PORT,
	OCCUPANT_ZONE,
	OCCUPANT_NETNS,
	OCCUPANT_ASSURED,	/* "yes": it is not evicted to make room */
	__OCCUPANT_KEY_MAX,
};

/* Room for a value as text with its NUL: a Kubernetes namespace and name, both of 253. */
#define OCCUPANT_VALUE_LEN 512

/** @brief **occupant_key__name()** as on the command line and in JSON, "dst-port" there as "dst_port". */
const char *occupant_key__name(enum occupant_key key);

/**
 * @brief **occupant_key__parse()** reads a list such as "pod,state".
 * @param ret_keys __OCCUPANT_KEY_MAX of them
 * @return 0; -EINVAL: a name that is none, twice the same, or none at all
 */
int occupant_key__parse(const char *text, enum occupant_key *ret_keys, size_t *ret_count);

/*
 * How long TCP entries stay: settings of a namespace. 0: unknown.
 * nf_conntrack_proto_tcp.c arms the established timeout only where neither side waits for an
 * acknowledgement, else the short ones of max_retrans and unacknowledged.
 */
struct conntrack_timeouts {
	__u32 established_s;
	__u32 unanswered_s;	/* the longer of max_retrans and unacknowledged */
};

struct occupants_options {
	enum occupant_key keys[__OCCUPANT_KEY_MAX];
	size_t key_count;	/* may be 0: findings alone are wanted */
	size_t max_groups;	/* beyond it the smallest half goes into the rest */
	struct directory *directory; /* NULL: nobody is known by name; outlives the occupants */
	struct conntrack_timeouts timeouts; /* for occupants__add(); a dump reads each namespace's own */
};

/* Entries with the same values. */
struct occupant_group {
	__u64 count;
	__u64 assured;		/* of these */
	__u64 unreplied;	/* of these: never answered */
	const void *key;	/* for occupants__value() */
};

struct occupants;

/**
 * @brief **occupants__new()** makes room for max_groups groups.
 * @return free with occupants__free(); NULL with errno ENOMEM
 */
struct occupants *occupants__new(const struct occupants_options *options);

/** @brief **occupants__add()** adds one entry of a namespace. */
void occupants__add(struct occupants *o, __u32 netns_ino, const struct conntrack_entry *entry);

/**
 * @brief **occupants__dump()** adds all entries of some namespaces.
 * @param inos the namespaces
 * @param ret_unreadable how many of them could not be entered or dumped
 * @return 0; -ENOMEM; or the first error if none could be read
 */
int occupants__dump(struct occupants *o, struct netns_table *netns, const __u32 *inos,
		    size_t count, size_t *ret_unreadable);

/**
 * @brief **occupants__sorted()** the groups, largest first.
 * @param ret_groups valid until the next call on @p o
 * @return 0 or -ENOMEM
 */
int occupants__sorted(struct occupants *o, const struct occupant_group *const **ret_groups,
		      size_t *ret_count);

/**
 * @brief **occupants__value()** a group's value as raw text.
 * @param key index among the keys of the options
 * @param ret_text OCCUPANT_VALUE_LEN bytes
 * @return length; 0: unknown or not applicable
 */
size_t occupants__value(const struct occupants *o, const struct occupant_group *group, size_t key,
			char *ret_text);

/* Over everything that was added. */
struct occupants_total {
	struct occupant_group all;
	struct occupant_group rest; /* in no group: what had no room */
	struct conntrack_dump dump;
};

/** @brief **occupants__total()** what the groups are a share of. */
const struct occupants_total *occupants__total(const struct occupants *o);

/* What usually fills a table. */
enum occupant_finding_kind {
	FINDING_DNS_UNREPLIED,	/* UDP to port 53 that nobody answered */
	FINDING_UDP_UNREPLIED,	/* other UDP that nobody answered */
	FINDING_SYN_SENT,	/* TCP that nobody answered */
	FINDING_TIME_WAIT,
	FINDING_CLOSE_WAIT,
	FINDING_IDLE,		/* ESTABLISHED, nothing heard for an hour */
	FINDING_SCANNER,	/* one source, many destinations that do not answer */
	FINDING_ONE_SOURCE,	/* one source, or one pod, holds half of all */
	__FINDING_MAX,
};

struct occupant_finding {
	enum occupant_finding_kind kind;
	const char *name;	/* "dns_unreplied", …; static */
	const char *text;	/* what it is, static */
	const char *remedy;	/* what helps, static */
	__u64 count;		/* entries */
	double share;		/* of all */
	__u64 destinations;	/* of a scanner: different addresses and ports, about; else 0 */
	char who[OCCUPANT_VALUE_LEN]; /* the source: address and, if known, pod; "": not one */
};

/**
 * @brief **occupants__findings()** names what fills the table, largest share first.
 * @param ret_findings __FINDING_MAX of them
 * @return how many apply
 */
size_t occupants__findings(const struct occupants *o, struct occupant_finding *ret_findings);

/** @brief **occupants__free()** frees all; NULL is fine. */
void occupants__free(struct occupants *o);

#endif
