/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Decides when the flight recorder's last minutes deserve to be kept. Pure: fed
 * once a second, it compares with what it saw before.
 */
#ifndef DROPWHY_TRIGGER_H
#define DROPWHY_TRIGGER_H

#include <linux/types.h>
#include <stdbool.h>

enum trigger_kind {
	TRIGGER_NONE,
	TRIGGER_TABLE_FULL,	/* packets were dropped for a full conntrack table */
	TRIGGER_NEARLY_FULL,	/* a conntrack table is used to more than 95% */
	TRIGGER_SURGE,		/* many more drops than usual */
	TRIGGER_SYSCTL,		/* a limit was lowered */
	TRIGGER_SIGNAL,		/* SIGUSR1 */
	TRIGGER_REQUEST,	/* POST */
	__TRIGGER_MAX,
};

struct trigger_input {
	__u64 drops;		/* since the start */
	__u64 table_full;	/* of these by a full conntrack table */
	__u64 lowered;		/* settings lowered since the start */
	double used;		/* of the fullest conntrack table: 0 to 1 */
};

/* Zero it to begin. */
struct trigger {
	struct trigger_input last;
	bool is_nearly_full;
	double recent;		/* drops a second over the last seconds */
	double usual;		/* and the last quarter of an hour */
	unsigned int seconds;	/* looks so far */
	bool surging;
};

/**
 * @brief **trigger__look()** compares with the last look; to be called once a
 * second. Each happening is told once: nearly full and surge again only after
 * they have passed.
 */
enum trigger_kind trigger__look(struct trigger *t, const struct trigger_input *input);

/** @brief **trigger__name()** such as "ct-table-full"; static. */
const char *trigger__name(enum trigger_kind kind);

#endif
