// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Changed settings and notices in every format.
 */
#include <criterion/criterion.h>
#include <jansson.h>

#include "tests/unit/golden.h"
#include "user/sinks/record_columns.h"
#include "user/sinks/sink.h"

static struct sysctl_change lowered(void)
{
	return (struct sysctl_change){
		.time = { 1795442400, 123456789 },
		.seen_by = SYSCTL_SEEN_WRITE,
		.name = "net.netfilter.nf_conntrack_max",
		.old_value = "2310720",
		.new_value = "524288",
		.netns_ino = 4026531840,
		.netns_name = "host",
		.pid = 4711,
		.cgroup = 99,
		.comm = "kube-proxy",
		.command = "/usr/local/bin/kube-proxy --config=/var/lib/kube-proxy/config.conf",
		.command_cut = true,
		.pod = "kube-proxy-7xk2p",
		.namespace = "kube-system",
		.unit = "cri-containerd-1.scope",
	};
}

static struct sysctl_change hostile(void)
{
	return (struct sysctl_change){
		.time = { 1795442400, 0 },
		.seen_by = SYSCTL_SEEN_WRITE,
		.name = "net.core.somaxconn",
		.old_value = "4096",
		.new_value = "=1,\"\n\x1b[2J\xff",
		.new_cut = true,
		.refused = true,
		.pid = 1,
		.comm = "a,b\"\n",
		.command = "\x1b]0;x\a",
		.unit = "x\n.service",
	};
}

static struct sysctl_change bypassed(void)
{
	return (struct sysctl_change){
		.time = { 1795442401, 0 },
		.seen_by = SYSCTL_SEEN_VALUE,
		.name = "/sys/module/nf_conntrack/parameters/hashsize",
		.old_value = "65536",
		.new_value = "8192",
	};
}

static char *render(const char *format, const struct sink_options *options)
{
	static const struct notice notice = { { 1795442402, 0 }, "sysctl", "no \x1b cgroup v2" };
	static const struct counter counter = { .netns_ino = 7, .iface = "=e\033th0", .value = 12,
						.name = "link.rx_missed_errors" };
	static const struct counter_moved moved = { &counter, "b\nlue", { 1795442402, 0 } };
	struct sysctl_change changes[] = { lowered(), hostile(), bypassed() };
	char *text = NULL;
	size_t len, i;
	FILE *out = open_memstream(&text, &len);
	struct sink *sink = sink__new(format, out, options);

	setenv("TZ", "UTC", 1);
	tzset();
	cr_assert_not_null(sink);
	for (i = 0; i < 3; i++)
		cr_expect_eq(sink__sysctl(sink, &changes[i]), 0);
	cr_expect_eq(sink__notice(sink, &notice), 0);
	/* not a line of its own in text */
	cr_expect_eq(sink__counter(sink, &moved), 0);
	cr_expect_eq(sink->rows_written,
		     options->quiet_rows ? 0 : 4 + !!strcmp(format, "text"));
	sink__flush(sink);
	sink__free(sink);
	fclose(out);
	return text;
}

Test(record_columns, golden_files)
{
	static const char *const formats[][2] = {
		{ "text", "tests/unit/golden/records.txt" },
		{ "json", "tests/unit/golden/records.json" },
		{ "csv", "tests/unit/golden/records.csv" },
	};
	struct sink_options options = {};
	size_t i;

	for (i = 0; i < 3; i++) {
		char *text = render(formats[i][0], &options);

		golden__expect(formats[i][1], text, strlen(text));
		free(text);
	}
}

Test(record_columns, quiet_writes_none)
{
	struct sink_options options = { .quiet_rows = true };
	char *text = render("json", &options);

	cr_expect_str_empty(text);
	free(text);
}

Test(record_columns, json_can_be_read)
{
	struct sink_options options = {};
	char *text = render("json", &options), *rest = text, *line;
	json_t *row;

	line = strsep(&rest, "\n");
	row = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	cr_assert_not_null(row, "%s", line);
	cr_expect_str_eq(json_string_value(json_object_get(row, "type")), "sysctl");
	cr_expect_str_eq(json_string_value(json_object_get(row, "new")), "524288");
	cr_expect_eq(json_integer_value(json_object_get(row, "pid")), 4711);
	json_decref(row);
	line = strsep(&rest, "\n");
	row = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	cr_assert_not_null(row, "%s", line);
	cr_expect_str_eq(json_string_value(json_object_get(row, "comm")), "a,b\"\n");
	json_decref(row);
	line = strsep(&rest, "\n");
	row = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	cr_assert_not_null(row, "%s", line);
	cr_expect_null(json_object_get(row, "pid"), "unknown is absent");
	cr_expect_null(json_object_get(row, "comm"));
	json_decref(row);
	free(text);
}

/* A name in CSV's header means one thing. */
Test(record_columns, names_are_shared_or_extra)
{
	size_t i, k;

	for (i = 0; i < extra_column_count; i++) {
		cr_expect_null(column__find(extra_columns[i]), "%s", extra_columns[i]);
		cr_expect(sysctl_column__find(extra_columns[i]) ||
			  notice_column__find(extra_columns[i]) ||
			  counter_column__find(extra_columns[i]), "%s", extra_columns[i]);
	}
	for (i = 0; i < sysctl_column_count; i++) {
		bool found = column__find(sysctl_columns[i].name) != NULL;

		for (k = 0; k < extra_column_count; k++)
			found |= !strcmp(extra_columns[k], sysctl_columns[i].name);
		cr_expect(found, "%s is nowhere in CSV", sysctl_columns[i].name);
	}
}
