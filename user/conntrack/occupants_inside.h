/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The inside of occupants.h, shared by its files.
 */
#ifndef DROPWHY_OCCUPANTS_INSIDE_H
#define DROPWHY_OCCUPANTS_INSIDE_H

#include "user/conntrack/occupants.h"
#include "user/conntrack/occupant_names.h"
#include "user/conntrack/sources.h"

/* Kept with each group beside its count. */
struct group_value {
	__u64 assured;
	__u64 unreplied;
};

/* Counts that findings are made of. */
struct occupant_facts {
	__u64 entries;
	__u64 dns_unreplied;
	__u64 udp_unreplied;	/* of other ports */
	__u64 tcp[CT_TCP_STATES];
	__u64 idle;		/* ESTABLISHED, silent for FINDING_IDLE_S */
};

/* An ESTABLISHED flow that has been silent for so long is likely forgotten. */
#define FINDING_IDLE_S 3600

struct occupants {
	struct occupants_options options;
	size_t offsets[__OCCUPANT_KEY_MAX]; /* of each key's value in a group's key */
	unsigned int wanted;	/* bit 1 << enum occupant_key */
	struct heavy *groups;	/* NULL without keys */
	struct conntrack_sources *sources;
	struct occupant_names *names;
	struct occupant_facts facts;
	struct occupants_total total;
	struct occupant_group *list; /* of the last call of occupants__sorted() */
	struct occupant_group **sorted;
};

/** @brief **occupant_facts__add()** counts one entry. @param timeouts of its namespace */
void occupant_facts__add(struct occupant_facts *facts, const struct conntrack_entry *entry,
			 const struct conntrack_timeouts *timeouts);

#endif
