// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * See trigger.h.
 */
#include "user/probe/trigger.h"

#define NEARLY_FULL   0.95
#define NO_LONGER     0.90	/* below this, nearly full can happen again */
#define RECENT_WEIGHT (1.0 / 5)
#define USUAL_WEIGHT  (1.0 / 900)
/* A surge is so many times the usual, and worth a look at all. */
#define SURGE_FACTOR  10
#define SURGE_LEAST   100	/* drops a second */
/* Before that there is nothing usual. */
#define LEARN_SECONDS 60

static bool surge_began(struct trigger *t, double drops)
{
	bool surges, was = t->surging;

	t->recent += (drops - t->recent) * RECENT_WEIGHT;
	/* at first the plain mean, so that one early second does not stand for a quarter of an hour */
	t->usual += (drops - t->usual) *
		    (t->seconds < 1 / USUAL_WEIGHT ? 1.0 / t->seconds : USUAL_WEIGHT);
	surges = t->seconds > LEARN_SECONDS && t->recent >= SURGE_LEAST &&
		 t->recent > SURGE_FACTOR * t->usual;
	if (surges)
		t->surging = true;
	else if (t->recent < SURGE_FACTOR * t->usual / 2 || t->recent < SURGE_LEAST / 2.0)
		t->surging = false;
	return surges && !was;
}

static bool became_nearly_full(struct trigger *t, double used)
{
	bool was = t->is_nearly_full;

	if (used > NEARLY_FULL)
		t->is_nearly_full = true;
	else if (used < NO_LONGER)
		t->is_nearly_full = false;
	return t->is_nearly_full && !was;
}

enum trigger_kind trigger__look(struct trigger *t, const struct trigger_input *input)
{
	bool surge, nearly_full, table_full, lowered;

	t->seconds++;
	surge = surge_began(t, (double)(input->drops - t->last.drops));
	nearly_full = became_nearly_full(t, input->used);
	table_full = input->table_full > t->last.table_full;
	lowered = input->lowered > t->last.lowered;
	t->last = *input;
	if (table_full)
		return TRIGGER_TABLE_FULL;
	if (lowered)
		return TRIGGER_SYSCTL;
	if (nearly_full)
		return TRIGGER_NEARLY_FULL;
	return surge ? TRIGGER_SURGE : TRIGGER_NONE;
}

const char *trigger__name(enum trigger_kind kind)
{
	static const char *const names[__TRIGGER_MAX] = {
		[TRIGGER_NONE] = "none",
		[TRIGGER_TABLE_FULL] = "ct-table-full",
		[TRIGGER_NEARLY_FULL] = "ct-nearly-full",
		[TRIGGER_SURGE] = "surge",
		[TRIGGER_SYSCTL] = "sysctl-lowered",
		[TRIGGER_SIGNAL] = "signal",
		[TRIGGER_REQUEST] = "request",
	};

	return kind < __TRIGGER_MAX ? names[kind] : "unknown";
}
