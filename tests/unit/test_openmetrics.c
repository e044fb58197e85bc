// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include "user/probe/openmetrics.h"

static const char *const names[] = { "pod", "reason", NULL };

static void write_all(struct openmetrics *om)
{
	static const char *const values[] = { "a\"b\\c\nd\xff", "NO_SOCKET" };
	static const char *const unknown[] = { NULL, "" };

	openmetrics__family(om, "x_dropped_bytes", METRIC_COUNTER, "bytes", "Bytes.");
	openmetrics__sample(om, names, values, 18446744073709551615ULL);
	openmetrics__sample(om, names, unknown, 0);
	openmetrics__family(om, "x_build", METRIC_INFO, NULL, "Build.");
	openmetrics__sample(om, names, (const char *const[]){ "", "b" }, 1);
	openmetrics__family(om, "x_load", METRIC_GAUGE, NULL, "Load.");
	openmetrics__sample_real(om, NULL, NULL, 0.25);
	openmetrics__family(om, "x_start_time_seconds", METRIC_GAUGE, "seconds", "Start.");
	openmetrics__sample_real(om, NULL, NULL, 1795699210.25);
	openmetrics__end(om);
	line__put(&om->text, "", 1);
	cr_assert(not(om->text.failed));
}

Test(openmetrics, writes_both_formats)
{
	struct openmetrics om = {}, old = { .old = true };

	write_all(&om);
	cr_assert(eq(str, om.text.data,
		     "# TYPE x_dropped_bytes counter\n"
		     "# UNIT x_dropped_bytes bytes\n"
		     "# HELP x_dropped_bytes Bytes.\n"
		     "x_dropped_bytes_total{pod=\"a\\\"b\\\\x5cc\\\\x0ad\\\\xff\",reason=\"NO_SOCKET\"} "
		     "18446744073709551615\n"
		     "x_dropped_bytes_total 0\n"
		     "# TYPE x_build info\n"
		     "# HELP x_build Build.\n"
		     "x_build_info{reason=\"b\"} 1\n"
		     "# TYPE x_load gauge\n"
		     "# HELP x_load Load.\n"
		     "x_load 0.25\n"
		     "# TYPE x_start_time_seconds gauge\n"
		     "# UNIT x_start_time_seconds seconds\n"
		     "# HELP x_start_time_seconds Start.\n"
		     "x_start_time_seconds 1795699210.25\n"
		     "# EOF\n"));
	write_all(&old);
	cr_assert(strstr(old.text.data, "# TYPE x_dropped_bytes_total counter\n") != NULL);
	cr_assert(strstr(old.text.data, "# TYPE x_build_info gauge\n") != NULL);
	cr_assert(strstr(old.text.data, "UNIT") == NULL);
	cr_assert(strstr(old.text.data, "EOF") == NULL);
	line__done(&om.text);
	line__done(&old.text);
}

Test(openmetrics, reads_what_is_accepted)
{
	static const struct {
		const char *accept;
		bool open;
	} rows[] = {
		{ NULL, false },
		{ "", false },
		{ "*/*", false },
		{ "text/html", false },
		{ "application/openmetrics-text", true },
		{ "application/openmetrics-text; version=1.0.0", true },
		/* Prometheus 2.42 */
		{ "application/openmetrics-text;version=1.0.0,application/openmetrics-text;"
		  "version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", true },
		{ "text/plain;q=0.9, application/openmetrics-text;q=0.2", false },
		{ "text/plain;q=0.2 , \tApplication/OpenMetrics-Text;q=0.9", true },
		{ "application/openmetrics-text;q=0", false },
		{ "application/openmetrics-textual", false },
		{ ",,,;q=;;=,", false },
		{ "application/openmetrics-text;q=99999999999999999999", true },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_expect(eq(int, openmetrics__accepts(rows[i].accept), rows[i].open), "%s",
			  rows[i].accept);
}
