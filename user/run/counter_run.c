// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Two readings and what lies between them: see counter_run.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "user/run/counter_run.h"

static int read_all(struct enricher *enricher, struct counters *ret_counters,
		    struct counter_levels *ret_levels)
{
	struct netns_table *netns = enricher__netns(enricher);
	int err = netns_table__refresh(netns);

	return err ? err : counter_reading__take(netns, ret_counters, ret_levels);
}

void counter_run__begin(struct counter_run *r, struct enricher *enricher)
{
	r->error = read_all(enricher, &r->before, NULL);
}

static int name_rows(struct counter_run *r, struct enricher *enricher)
{
	struct timespec now;
	size_t i;

	clock_gettime(CLOCK_REALTIME, &now);
	r->rows = calloc(r->moved.count ? r->moved.count : 1, sizeof(*r->rows));
	if (!r->rows)
		return -ENOMEM;
	for (i = 0; i < r->moved.count; i++) {
		r->rows[i].counter = &r->moved.list[i];
		r->rows[i].time = now;
		if (r->moved.list[i].netns_ino)
			r->rows[i].netns_name = netns_table__name(
				enricher__netns(enricher), r->moved.list[i].netns_ino, 0);
	}
	return 0;
}

void counter_run__end(struct counter_run *r, struct enricher *enricher,
		      struct counters_found *ret_found)
{
	struct counters after = {};

	if (!r->error)
		r->error = read_all(enricher, &after, &r->levels);
	if (!r->error)
		r->error = counters__moved(&r->before, &after, &r->moved);
	if (!r->error)
		r->error = name_rows(r, enricher);
	counters__done(&after);
	counters__done(&r->before);
	*ret_found = (struct counters_found){
		.rows = r->error ? NULL : r->rows,
		.count = r->error ? 0 : r->moved.count,
		.unreadable = r->moved.unreadable,
		.error = r->error,
	};
}

void counter_run__done(struct counter_run *r)
{
	counters__done(&r->before);
	counters__done(&r->moved);
	free(r->rows);
	memset(r, 0, sizeof(*r));
}
