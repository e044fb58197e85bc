// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/temp_tree.h"
#include "user/probe/metrics.h"

static struct enricher *make_enricher(char **ret_root)
{
	struct enricher_options options = { .btf_path = "/nonexistent",
					    .kallsyms_path = "/nonexistent" };
	struct enricher *enricher;

	*ret_root = temp_tree__new();
	options.root = *ret_root;
	enricher = enricher__new(&options);
	cr_assert(enricher != NULL);
	return enricher;
}

/* The value of a sample; -1: there is none. Its name is a line's beginning up to the value. */
static long long sample(struct metrics *m, const struct summary *accounting, const char *name)
{
	struct metrics_gauges gauges = { .hook = "none" };
	struct openmetrics om = {};
	long long value = -1;
	const char *at;

	metrics__write(m, &om, accounting, &gauges);
	metrics__scraped(m);
	line__put(&om.text, "", 1);
	cr_assert(not(om.text.failed));
	at = strstr(om.text.data, name);
	if (at)
		value = strtoll(at + strlen(name), NULL, 10);
	line__done(&om.text);
	return value;
}

/* --- conntrack */

static const char dropped[] = "\ndropwhy_conntrack_dropped_packets_total ";

/* Namespace 1 and, unless it is 0, another; drops of both. */
static struct conntrack_reading reading(__u32 other, __u32 drop)
{
	struct conntrack_reading r = {};

	r.snapshot.stats = calloc(2, sizeof(*r.snapshot.stats));
	cr_assert(r.snapshot.stats != NULL);
	r.snapshot.stats[r.snapshot.count++] = (struct conntrack_stat){ .netns_ino = 1 };
	if (other)
		r.snapshot.stats[r.snapshot.count++] =
			(struct conntrack_stat){ .netns_ino = other, .drop = drop };
	return r;
}

Test(metrics, a_namespace_that_could_not_be_read_once_is_not_counted_twice)
{
	static const struct {
		size_t unreadable, vanished;
		long long counted;
	} rows[] = { { 1, 0, 7 }, { 0, 1, 7 }, { 0, 0, 1014 } };
	struct summary accounting = {};
	struct enricher *enricher;
	struct metrics *m;
	char *root;
	size_t i;

	enricher = make_enricher(&root);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct conntrack_reading readings[] = { reading(2, 1000), reading(2, 1003),
							reading(0, 0), reading(2, 1007),
							reading(2, 1011) };
		size_t k;

		readings[2].unreadable = rows[i].unreadable;
		readings[2].vanished = rows[i].vanished;
		m = metrics__new(10);
		for (k = 0; k < sizeof(readings) / sizeof(readings[0]); k++)
			metrics__conntrack(m, &readings[k], enricher, k);
		cr_expect(eq(i64, sample(m, &accounting, dropped), rows[i].counted), "row %zu", i);
		metrics__free(m);
	}
	enricher__free(enricher);
	temp_tree__free(root);
}

/* --- settings */

#define CHANGES(name) "\ndropwhy_sysctl_changes_total{name=\"" name "\"} "

/* A series that first appears with 1 has no increase(). */
Test(metrics, the_first_change_of_a_setting_is_an_increase)
{
	struct summary accounting = {};
	struct metrics *m = metrics__new(1);

	cr_expect(eq(i64, sample(m, &accounting, CHANGES("net.netfilter.nf_conntrack_max")), -1));
	metrics__sysctl(m, "net.netfilter.nf_conntrack_max", 0);
	cr_expect(eq(i64, sample(m, &accounting, CHANGES("net.netfilter.nf_conntrack_max")), 0));
	cr_expect(eq(i64, sample(m, &accounting, CHANGES("net.netfilter.nf_conntrack_max")), 1));
	metrics__free(m);
}

/* However many interfaces come with pods, the node's own settings keep their series. */
Test(metrics, interfaces_have_no_series_of_their_own)
{
	struct summary accounting = {};
	struct metrics *m = metrics__new(10);
	char name[64];
	int i;

	for (i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "net.ipv4.conf.cali%d.rp_filter", i);
		metrics__sysctl(m, name, 0);
	}
	metrics__sysctl(m, "net.netfilter.nf_conntrack_max", 0);
	metrics__sysctl(m, "net.core.somaxconn", 0);
	metrics__sysctl(m, "net.ipv4.ip_default_ttl", 0);
	cr_expect(eq(i64, sample(m, &accounting, CHANGES("net.ipv4.conf.*.rp_filter")), 100));
	cr_expect(eq(i64, sample(m, &accounting, CHANGES("net.ipv4.conf.cali0.rp_filter")), -1));
	cr_expect(eq(i64, sample(m, &accounting, CHANGES("net.netfilter.nf_conntrack_max")), 1));
	cr_expect(eq(i64, sample(m, &accounting, CHANGES("net.core.somaxconn")), 1));
	metrics__free(m);
}
