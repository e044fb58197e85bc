/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <criterion/criterion.h>
#include <jansson.h>
#include <string.h>

#include "tests/unit/golden.h"
#include "user/doctor/finding.h"
#include "user/doctor/report.h"

/* Of the other two nothing is known. */
static const struct table_facts tables[3] = {
	{ .netns_name = "ho\033st",
	  .now = { .host = true, .entries = 522000, .max = 524288, .netns_ino = 4026531833U } },
};

static const struct facts facts = {
	.seconds = 10,
	.cores = 16,
	.tables = tables,
	.table_count = 3,
	.arp = { 100, 1024 },
	.drops = { .seen = 9188, .noise = 88, .lost = 5 },
};

static void make_findings(struct finding *findings)
{
	memset(findings, 0, 2 * sizeof(*findings));
	findings[0] = (struct finding){ .rule = &rules[0], .harm = HARM_LOSS,
					.confidence = CONFIDENCE_CERTAIN, .lost = 9000 };
	SAY(findings[0].title, "the conntrack table is full");
	SAY(findings[0].evidence, "9000 packets, of sh\033]0;op/web\n and \xff");
	SAY(findings[0].now, "sysctl -w net.netfilter.nf_conntrack_max=1048576");
	SAY(findings[0].lasting, "a long text that does not fit into one line of ninety-six columns, so "
				 "that it must be broken at one of its blanks");
	findings[1] = (struct finding){ .rule = &rules[3], .harm = HARM_RISK };
	SAY(findings[1].title, "kube-proxy would lower it");
	SAY(findings[1].evidence, "x");
}

Test(doctor_report, golden_files)
{
	struct finding findings[2];
	struct report report = { &facts, findings, 2, { 1795442400, 123456789 }, 0 };
	struct report healthy = { .facts = &facts };
	struct line out = {};
	json_t *object;

	make_findings(findings);
	report__text(&out, &report, false);
	golden__expect("tests/unit/golden/doctor.txt", out.data, out.len);
	line__clear(&out);
	report__json(&out, &report);
	golden__expect("tests/unit/golden/doctor.json", out.data, out.len);
	object = json_loadb(out.data, out.len, JSON_REJECT_DUPLICATES, NULL);
	cr_assert_not_null(object);
	cr_expect_eq(json_array_size(json_object_get(object, "findings")), 2);
	cr_expect(json_is_false(json_object_get(object, "healthy")));
	json_decref(object);
	line__clear(&out);
	report__text(&out, &healthy, true);
	golden__expect("tests/unit/golden/doctor-healthy.txt", out.data, out.len);
	line__done(&out);
}

/* A note makes nobody ill, and heals nobody. */
Test(doctor_report, notes_alone_are_healthy)
{
	struct facts seen = facts;
	struct finding note = { .rule = &rules[rule_count - 1], .harm = HARM_NOTE };
	struct report report = { .facts = &seen, .findings = &note, .count = 1 };
	struct line out = {};
	json_t *object;
	int blind;

	SAY(note.title, "packets are refused");
	for (blind = 0; blind < 2; blind++) {
		seen.tables_unknown = blind;
		report__text(&out, &report, false);
		line__put(&out, "", 1);
		cr_expect_eq(strstr(out.data, blind ? "nothing found; but" : "healthy: "), out.data, "%s",
			     out.data);
		cr_expect_not_null(strstr(out.data, "\n1. NOTE: packets are refused\n"), "%s", out.data);
		line__clear(&out);
		report__json(&out, &report);
		object = json_loadb(out.data, out.len, JSON_REJECT_DUPLICATES, NULL);
		cr_assert_not_null(object);
		cr_expect(blind ? !json_object_get(object, "healthy") :
				  json_is_true(json_object_get(object, "healthy")));
		cr_expect_eq(json_array_size(json_object_get(object, "findings")), 1);
		json_decref(object);
		line__clear(&out);
	}
	line__done(&out);
}

static size_t longest_line(const struct line *line)
{
	size_t longest = 0, len = 0, i;

	for (i = 0; i < line->len; i++) {
		len = line->data[i] == '\n' ? 0 : len + 1;
		longest = len > longest ? len : longest;
	}
	return longest;
}

/* The same words in the same order. */
static void check_words(const struct line *a, const struct line *b)
{
	size_t i = 0, j = 0;

	for (;; i++, j++) {
		while (i < a->len && strchr(" \n", a->data[i]))
			i++;
		while (j < b->len && strchr(" \n", b->data[j]))
			j++;
		if (i == a->len || j == b->len || a->data[i] != b->data[j])
			break;
	}
	cr_expect(i == a->len && j == b->len, "%.*s", (int)b->len, b->data);
}

Test(doctor_report, fits_the_terminal)
{
	static const size_t widths[] = { 200, 96, 80, 60, 40, 5 };
	struct finding findings[2];
	struct report report = { &facts, findings, 2, { 1795442400, 123456789 }, 0 };
	struct line out = {}, wide = {};
	size_t i;

	make_findings(findings);
	*findings[1].title = '\0';
	SAY(findings[1].title, "a title that is longer than a line, of a namespace with a name");
	report__text(&wide, &report, false);
	for (i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		report.width = widths[i];
		report__text(&out, &report, false);
		check_words(&wide, &out);
		/* but for one word, which is no place for a break */
		if (widths[i] >= 60)
			cr_expect_leq(longest_line(&out), widths[i] > 96 ? 96 : widths[i], "%zu:\n%.*s",
				      widths[i], (int)out.len, out.data);
		if (widths[i] >= 96)
			cr_expect(out.len == wide.len && !memcmp(out.data, wide.data, out.len));
		line__clear(&out);
	}
	report.width = 40;
	report__text(&out, &report, false);
	line__put(&out, "", 1);
	cr_expect_not_null(strstr(out.data, "\n2. RISK: a title that is longer than a\n"
					    "   line, of a namespace with a name\n"), "%s", out.data);
	cr_expect_not_null(strstr(out.data, "\n  drops: 9,188 seen, of which 88 are no\n"
					    "    trouble, in 10.0 s\n"), "%s", out.data);
	line__done(&wide);
	line__done(&out);
}

/* Not to be seen is not healthy. */
Test(doctor_report, what_could_not_be_looked_at)
{
	struct facts blind = facts;
	struct report report = { .facts = &blind };
	struct line out = {};
	json_t *object, *unknown;

	blind.tables_unknown = true;
	blind.counters.unreadable = 1;
	blind.api_unknown = true;
	blind.kubelet_unknown = true;
	report__text(&out, &report, false);
	line__put(&out, "", 1);
	cr_expect_eq(strstr(out.data, "nothing found; but conntrack's tables and some of the kernel's "
				      "counters and what the API server knows and what the kubelet "
				      "knows could not be read"), out.data, "%s", out.data);
	line__clear(&out);
	report__json(&out, &report);
	object = json_loadb(out.data, out.len, JSON_REJECT_DUPLICATES, NULL);
	cr_assert_not_null(object);
	cr_expect_null(json_object_get(object, "healthy"));
	unknown = json_object_get(object, "unknown");
	cr_expect_str_eq(json_string_value(json_array_get(unknown, 0)), "conntrack_tables");
	cr_expect_str_eq(json_string_value(json_array_get(unknown, 1)), "counters");
	cr_expect_str_eq(json_string_value(json_array_get(unknown, 2)), "api");
	cr_expect_str_eq(json_string_value(json_array_get(unknown, 3)), "kubelet");
	cr_expect_eq(json_array_size(unknown), 4);
	json_decref(object);
	line__done(&out);
}

/* Nor is what lives outside of the container. */
Test(doctor_report, of_a_container)
{
	struct table_facts table = { .netns_name = "host", .now = { .entries = 1, .max = 2 } };
	struct facts narrow = { .only_container = true, .tables = &table, .table_count = 1 };
	struct report report = { .facts = &narrow };
	struct line out = {};
	json_t *object;

	report__text(&out, &report, false);
	line__put(&out, "", 1);
	cr_expect_eq(strstr(out.data, "nothing found; but network namespaces outside of this container "
				      "could not be read"), out.data, "%s", out.data);
	cr_expect_not_null(strstr(out.data, "in host, the only namespace that can be seen\n"), "%s",
			   out.data);
	line__clear(&out);
	report__json(&out, &report);
	object = json_loadb(out.data, out.len, JSON_REJECT_DUPLICATES, NULL);
	cr_assert_not_null(object);
	cr_expect_null(json_object_get(object, "healthy"));
	cr_expect_str_eq(json_string_value(json_array_get(json_object_get(object, "unknown"), 0)),
			 "namespaces");
	json_decref(object);
	line__done(&out);
}

Test(doctor_report, texts_are_cut_not_overrun)
{
	struct finding finding = {};
	int i;

	for (i = 0; i < 100; i++)
		SAY(finding.evidence, "%s", "0123456789");
	cr_expect_eq(strlen(finding.evidence), sizeof(finding.evidence) - 1);
	cr_expect_eq(*finding.now, '\0');
}
