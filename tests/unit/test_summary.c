/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The end-of-run summary, for people and for programs.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <jansson.h>

#include "tests/unit/golden.h"
#include "tests/unit/sample_drop.h"
#include "user/aggregate/summary.h"
#include "user/sinks/sink.h"
#include "user/sinks/summary_text.h"

static const struct reason_accounting reasons[] = {
	{ "NETFILTER_DROP",
	  { .seen = 9000, .seen_bytes = 702000, .delivered = 8900, .filtered = 100 } },
	{ "NO_SOCKET", { .seen = 188, .seen_bytes = 14664, .delivered = 100, .noise = 88 } },
};

static const struct conntrack_reconciliation exact[] = {
	{ .netns_ino = 4026532841U, .netns_name = "blue", .drop = { 9000, 9000, 9000 } },
	{ .netns_ino = 4026532842U, .drop = { 100, 100, 100 }, .insert_failed = { 7, 7, 7 } },
	{ .netns_ino = 4026532843U, .chaintoolong = { 88, 88, 88 } },
};

static const struct conntrack_reconciliation inexact[] = {
	{ .netns_ino = 1, .netns_name = "b\033lue", .drop = { 90, 100, 95 },
	  .insert_failed = { 12, 12, 10 } },
	{ .netns_ino = 2, .drop = { 5, 5, 6 } },
	{ .netns_ino = 3, .gone = true, .drop = { .attributed = 40 } },
	{ .netns_ino = 4, .gone = true, .drop = { .attributed = 1 } },
};

static struct aggregate *make_groups(size_t max_groups)
{
	static const enum group_key keys[] = { GROUP_POD, GROUP_NETNS, GROUP_CAUSE };
	struct aggregate *agg = aggregate__new(keys, 3, max_groups);
	enum sample sample;

	cr_assert_not_null(agg);
	for (sample = 0; sample < __SAMPLE_MAX; sample++) {
		struct drop drop = sample_drop(sample);
		unsigned int i;

		/* no packet died: evictions are in no group */
		for (i = 0; i <= sample && !drop__is_eviction(&drop); i++)
			aggregate__add(agg, &drop);
	}
	return agg;
}

static const struct counter counters[] = {
	{ .netns_ino = 4026532841U, .iface = "eth0", .name = "link.rx_missed_errors", .value = 1234 },
	{ .name = "softnet.dropped", .value = 9 },
	{ .netns_ino = 1, .iface = "e\033", .name = "ethtool.rx_no_dma", .value = 1 },
};

static const struct counter_moved moved[] = {
	{ .counter = &counters[0], .netns_name = "blue" },
	{ .counter = &counters[1] },
	{ .counter = &counters[2] },
};

static struct summary make_summary(struct aggregate *groups)
{
	struct summary summary = {
		.start = { SAMPLE_SECONDS, 0 },
		.end = { SAMPLE_SECONDS + 10, 500000000 },
		.groups = groups,
		.counters = { .rows = moved, .count = 3 },
		.total = { .seen = 9188, .seen_bytes = 716664, .delivered = 9000,
			   .filtered = 100, .noise = 88 },
		.reasons = reasons,
		.reason_count = 2,
		.conntrack = exact,
		.conntrack_count = 3,
		.evictions_known = true,
		.evictions = 1,
		.compared = 9188,
	};

	return summary;
}

static char *render(const char *format, const struct summary *summary, size_t *ret_len)
{
	struct sink_options options = { .quiet_rows = true };
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_len);
	struct sink *sink;

	setenv("TZ", "UTC", 1);
	tzset();
	cr_assert_not_null(out);
	sink = sink__new(format, out, &options);
	cr_assert_not_null(sink);
	cr_expect_eq(sink__summary(sink, summary), 0);
	cr_expect_eq(sink__flush(sink), 0);
	sink__free(sink);
	cr_expect_eq(fclose(out), 0);
	return text;
}

Test(summary, golden_files)
{
	struct aggregate *groups = make_groups(100);
	struct summary summary = make_summary(groups);
	size_t len;
	char *text;

	text = render("text", &summary, &len);
	golden__expect("tests/unit/golden/summary.txt", text, len);
	free(text);
	text = render("json", &summary, &len);
	golden__expect("tests/unit/golden/summary.json", text, len);
	free(text);
	aggregate__free(groups);
}

Test(summary, says_all_that_went_wrong)
{
	static const struct source_trouble troubles[] = {
		{ "containerd", 2, 1, 0, "/run/\x1bx/config.json: too large", 0 },
		{ "kubelet", 0, 0, 0, NULL, -ECONNREFUSED },
	};
	struct sysctl_change change = {
		.time = { 1795442400, 0 },
		.name = "net.netfilter.nf_conntrack_max",
		.old_value = "2310720",
		.new_value = "524288",
		.pid = 4711,
		.comm = "kube\xffproxy",
	};
	struct aggregate *groups = make_groups(4);
	struct summary summary = make_summary(groups);
	size_t len;
	char *text;

	summary.top = 2;
	summary.conntrack = inexact;
	summary.conntrack_count = 4;
	summary.total.folded = 10;
	summary.total.lost = 7;
	summary.missed = 3;
	summary.evictions = 1500;
	summary.evictions_lost = 20;
	summary.no_baseline = 1;
	summary.disagreed = 2;
	summary.rows_failed = 234;
	summary.packets_failed = 1234;
	summary.settings = (struct settings_found){ &change, 1, 2, 3 };
	summary.names = (struct names_found){ 12345, troubles, 2 };
	text = render("text", &summary, &len);
	golden__expect("tests/unit/golden/summary-trouble.txt", text, len);
	free(text);
	text = render("json", &summary, &len);
	golden__expect("tests/unit/golden/summary-trouble.json", text, len);
	free(text);
	aggregate__free(groups);
}

Test(summary, of_nothing)
{
	struct summary summary = {};
	size_t len;
	char *text = render("text", &summary, &len);

	cr_expect_str_eq(text, "\n0 drops seen, 0 B\n\n"
			       "seen 0 = delivered 0 + filtered 0 + noise 0 + lost 0\n"
			       "conntrack: 0 drops in 0 namespaces; 0 attributed\n");
	free(text);
	text = render("json", &summary, &len);
	cr_expect_str_eq(text,
			 "{\"type\":\"summary\",\"schema\":1,\"seen\":0,\"seen_bytes\":0,"
			 "\"delivered\":0,\"folded\":0,\"filtered\":0,\"noise\":0,\"lost\":0,"
			 "\"missed\":0,\"no_baseline\":0,\"counters\":[],\"held_back\":0,\"rows_failed\":0,\"packets_failed\":0,\"reasons\":[],"
			 "\"conntrack\":[]}\n");
	free(text);
	text = render("csv", &summary, &len);
	cr_expect_eq(strchr(text, '\n'), text + len - 1, "the header alone");
	free(text);
}

Test(summary, gives_the_remedy_when_counters_cannot_be_read)
{
	static const struct {
		int error;
		const char *remedy;
	} cases[] = {
		{ -EPERM, "CAP_NET_ADMIN" },
		{ -EACCES, "CAP_NET_ADMIN" },
		{ -EINVAL, "nf_conntrack_netlink" },
		{ -EOPNOTSUPP, "nf_conntrack_netlink" },
		{ -EIO, "Input/output error" },
	};
	size_t i, len;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct summary summary = { .conntrack_error = cases[i].error };
		char *text = render("text", &summary, &len);

		cr_expect_not_null(strstr(text, cases[i].remedy), "%s", text);
		free(text);
		text = render("json", &summary, &len);
		cr_expect_not_null(strstr(text, "\"conntrack_error\":\""), "%s", text);
		cr_expect_null(strstr(text, "\"conntrack\":"), "%s", text);
		free(text);
	}
}

/* One advice for each of conntrack's causes that was seen, none for others. */
Test(summary, advises_by_cause)
{
	static const struct {
		enum drop_cause cause;
		const char *advice;
	} cases[] = {
		{ CAUSE_CT_TABLE_FULL, "dropwhy conntrack" },
		{ CAUSE_CT_INSERT_FAILED, "SNAT" },
		{ CAUSE_CT_CHAIN_TOO_LONG, "nf_conntrack_buckets" },
		{ CAUSE_CT_OTHER, "nf_conntrack_log_invalid" },
		{ CAUSE_NFT_RULE, NULL },
		{ CAUSE_NONE, NULL },
	};
	static const enum group_key keys[] = { GROUP_CAUSE };
	size_t i, k, len;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct summary summary = { .groups = aggregate__new(keys, 1, 1) };
		struct drop drop = sample_udp();
		char *text;

		drop.rec.cause = cases[i].cause;
		aggregate__add(summary.groups, &drop);
		text = render("text", &summary, &len);
		for (k = 0; k < sizeof(cases) / sizeof(cases[0]); k++)
			if (cases[k].advice)
				cr_expect_eq(!!strstr(text, cases[k].advice), i == k, "%s", text);
		free(text);
		aggregate__free(summary.groups);
	}
}

Test(summary, escapes_what_others_named)
{
	static const enum group_key keys[] = { GROUP_NETNS, GROUP_IFACE };
	struct aggregate *groups = aggregate__new(keys, 2, 10);
	struct drop drop = sample_hostile();
	struct summary summary = { .groups = groups };
	size_t len, i;
	json_t *object;
	char *text;

	aggregate__add(groups, &drop);
	text = render("text", &summary, &len);
	for (i = 0; i < len; i++)
		cr_assert((unsigned char)text[i] >= 0x20 || text[i] == '\n');
	cr_expect_not_null(strstr(text, "=\\x1b[2J\",\\x0a\\xff\\x5c"), "%s", text);
	free(text);

	text = render("json", &summary, &len);
	object = json_loads(text, 0, NULL);
	cr_assert_not_null(object, "%s", text);
	for (i = 0; i < len - 1; i++)
		cr_assert((unsigned char)text[i] >= 0x20 && (unsigned char)text[i] < 0x80);
	json_decref(object);
	free(text);
	aggregate__free(groups);
}

Test(summary, writes_to_a_stream)
{
	struct summary summary = {};
	FILE *out = fopen("/dev/full", "w");

	if (!out)
		cr_skip_test("no /dev/full");
	cr_expect_eq(summary_text__write(out, &summary, true), -ENOSPC);
	cr_expect_eq(fclose(out), 0);
	out = fopen("/dev/null", "w");
	cr_assert_not_null(out);
	cr_expect_eq(summary_text__write(out, &summary, true), 0);
	cr_expect_eq(fclose(out), 0);
}
