// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * How long which trigger is too soon after which bundle.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "user/probe/daemon.h"

#define NOW 1000

Test(daemon_bundle, how_long_to_wait)
{
	static const struct {
		double interval_s;
		__u64 last_ago_s, unasked_ago_s; /* 0: there was none */
		bool failed, writing;
		enum trigger_kind trigger;
		unsigned int wait_s;
	} rows[] = {
		{ 300, 0, 0, false, false, TRIGGER_SURGE, 0 },
		{ 300, 0, 0, false, false, TRIGGER_REQUEST, 0 },
		/* after one that nobody asked for */
		{ 300, 1, 1, false, false, TRIGGER_SURGE, 299 },
		{ 300, 299, 299, false, false, TRIGGER_TABLE_FULL, 1 },
		{ 300, 300, 300, false, false, TRIGGER_TABLE_FULL, 0 },
		{ 300, 4, 4, false, false, TRIGGER_REQUEST, 6 },
		{ 300, 4, 4, false, false, TRIGGER_SIGNAL, 6 },
		{ 300, 10, 10, false, false, TRIGGER_REQUEST, 0 },
		/* after one that somebody asked for */
		{ 300, 1, 0, false, false, TRIGGER_SURGE, 0 },
		{ 300, 1, 100, false, false, TRIGGER_SURGE, 200 },
		{ 300, 1, 300, false, false, TRIGGER_SYSCTL, 0 },
		{ 300, 4, 300, false, false, TRIGGER_SIGNAL, 6 },
		/* after one that failed */
		{ 300, 4, 4, true, false, TRIGGER_NEARLY_FULL, 6 },
		{ 300, 10, 10, true, false, TRIGGER_NEARLY_FULL, 0 },
		/* less than that, and no whole seconds */
		{ 3, 1, 1, true, false, TRIGGER_SURGE, 2 },
		{ 3, 1, 1, false, false, TRIGGER_REQUEST, 2 },
		{ 2.5, 1, 1, false, false, TRIGGER_SURGE, 2 },
		{ 1.1, 1, 1, false, false, TRIGGER_SIGNAL, 1 },
		/* until a running one has ended: who knows */
		{ 300, 300, 300, false, true, TRIGGER_SURGE, 1 },
		{ 300, 10, 0, false, true, TRIGGER_SURGE, 1 },
		{ 300, 10, 0, false, true, TRIGGER_SIGNAL, 1 },
		{ 300, 4, 0, false, true, TRIGGER_SIGNAL, 6 },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct daemon d = {
			.options.bundle_interval_s = rows[i].interval_s,
			.now_s = NOW,
			.bundle_last_s = rows[i].last_ago_s ? NOW - rows[i].last_ago_s : 0,
			.bundle_unasked_s = rows[i].unasked_ago_s ? NOW - rows[i].unasked_ago_s : 0,
			.bundle_failed = rows[i].failed,
			.bundle_pid = rows[i].writing,
		};

		cr_expect(eq(uint, daemon__bundle_wait_s(&d, rows[i].trigger), rows[i].wait_s),
			  "row %zu", i);
	}
}
