// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "user/probe/sysctl_log.h"
#include "user/probe/trigger.h"

/* How often each kind is told in so many seconds with that many drops a second. */
static int tell(struct trigger *t, struct trigger_input *input, int seconds, __u64 drops,
		enum trigger_kind kind)
{
	int told = 0;

	for (; seconds; seconds--) {
		input->drops += drops;
		told += trigger__look(t, input) == kind;
	}
	return told;
}

Test(trigger, a_full_table_is_told_each_time_it_drops)
{
	struct trigger_input input = {};
	struct trigger t = {};

	cr_assert(eq(int, tell(&t, &input, 5, 0, TRIGGER_NONE), 5));
	input.table_full = 1;
	cr_assert(eq(int, (int)trigger__look(&t, &input), TRIGGER_TABLE_FULL));
	cr_assert(eq(int, (int)trigger__look(&t, &input), TRIGGER_NONE));
	input.table_full = 2;
	cr_assert(eq(int, (int)trigger__look(&t, &input), TRIGGER_TABLE_FULL));
}

Test(trigger, nearly_full_is_told_once_until_it_is_over)
{
	static const struct {
		double used;
		enum trigger_kind kind;
	} steps[] = {
		{ 0.95, TRIGGER_NONE }, { 0.96, TRIGGER_NEARLY_FULL }, { 1.0, TRIGGER_NONE },
		{ 0.92, TRIGGER_NONE }, { 0.96, TRIGGER_NONE },	       { 0.89, TRIGGER_NONE },
		{ 0.97, TRIGGER_NEARLY_FULL },
	};
	struct trigger t = {};
	size_t i;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct trigger_input input = { .used = steps[i].used };

		cr_expect(eq(int, (int)trigger__look(&t, &input), (int)steps[i].kind), "step %zu", i);
	}
}

Test(trigger, a_surge_is_many_times_the_usual)
{
	struct trigger_input input = {};
	struct trigger t = {};

	cr_assert(eq(int, tell(&t, &input, 300, 50, TRIGGER_SURGE), 0));
	cr_assert(eq(int, tell(&t, &input, 60, 400, TRIGGER_SURGE), 0), "eightfold is none");
	cr_assert(eq(int, tell(&t, &input, 600, 50, TRIGGER_SURGE), 0));
	cr_assert(eq(int, tell(&t, &input, 30, 5000, TRIGGER_SURGE), 1));
	cr_assert(eq(int, tell(&t, &input, 600, 10, TRIGGER_SURGE), 0));
	cr_assert(eq(int, tell(&t, &input, 30, 9000, TRIGGER_SURGE), 1));
}

Test(trigger, a_quiet_node_does_not_surge_for_a_few_packets)
{
	struct trigger_input input = {};
	struct trigger t = {};

	tell(&t, &input, 300, 0, TRIGGER_SURGE);
	cr_assert(eq(int, tell(&t, &input, 60, 90, TRIGGER_SURGE), 0));
	cr_assert(eq(int, tell(&t, &input, 60, 1000, TRIGGER_SURGE), 1));
}

Test(trigger, nothing_is_usual_in_the_first_minute)
{
	struct trigger_input input = {};
	struct trigger t = {};

	cr_assert(eq(int, tell(&t, &input, 30, 0, TRIGGER_SURGE), 0));
	cr_assert(eq(int, tell(&t, &input, 30, 100000, TRIGGER_SURGE), 0));
}

static void change_of(struct sysctl_log *log, const char *name, const char *from, const char *to)
{
	struct sysctl_change change = {};

	snprintf(change.name, sizeof(change.name), "%s", name);
	snprintf(change.old_value, sizeof(change.old_value), "%s", from);
	snprintf(change.new_value, sizeof(change.new_value), "%s", to);
	sysctl_log__add(log, &change);
}

static void change(struct sysctl_log *log, const char *from, const char *to)
{
	change_of(log, "net.netfilter.nf_conntrack_max", from, to);
}

Test(trigger, only_limits_are_lowered)
{
	struct sysctl_log *log = calloc(1, sizeof(*log));

	change_of(log, "net.ipv6.conf.veth0.accept_ra", "1", "0");
	change_of(log, "net.netfilter.nf_conntrack_tcp_timeout_established", "432000", "86400");
	cr_assert(eq(u64, log->lowered, 0));
	change_of(log, "net.core.somaxconn", "4096", "128");
	change_of(log, "net.ipv4.neigh.default.gc_thresh3", "4096", "1024");
	cr_assert(eq(u64, log->lowered, 2));
	free(log);
}

Test(trigger, numbers_that_shrink_are_lowered)
{
	static const struct {
		const char *from, *to;
		__u64 lowered;
	} rows[] = {
		{ "2310720", "524288", 1 }, { "524288", "524288", 0 }, { "1", "2", 0 },
		{ "", "5", 0 },		    { "5", "", 0 },	       { "10", "9 x", 0 },
		{ "a", "0", 0 },	    { "99999999999999999999", "1", 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sysctl_log *log = calloc(1, sizeof(*log));

		change(log, rows[i].from, rows[i].to);
		cr_expect(eq(u64, log->lowered, rows[i].lowered), "%s to %s", rows[i].from,
			  rows[i].to);
		free(log);
	}
}

Test(trigger, the_last_changes_are_kept_in_order)
{
	struct sysctl_log *log = calloc(1, sizeof(*log));
	char number[16];
	int i;

	for (i = 0; i < SYSCTL_LOG_MAX + 3; i++) {
		snprintf(number, sizeof(number), "%d", i);
		change(log, number, "x");
	}
	cr_assert(eq(str, (char *)sysctl_log__get(log, 0)->old_value, "3"));
	cr_assert(sysctl_log__get(log, SYSCTL_LOG_MAX - 1) != NULL);
	cr_assert(sysctl_log__get(log, SYSCTL_LOG_MAX) == NULL);
	free(log);
}

Test(trigger, what_was_lowered_since_is_known)
{
	struct sysctl_log *log = calloc(1, sizeof(*log));
	int i, count = 0;

	change_of(log, "net.core.somaxconn", "4096", "128");
	change_of(log, "net.core.somaxconn", "128", "4096");
	change_of(log, "net.ipv4.conf.eth0.rp_filter", "1", "0");
	change_of(log, "net.netfilter.nf_conntrack_max", "2310720", "524288");
	change_of(log, "net.ipv4.tcp_max_syn_backlog", "2048", "64");
	cr_assert(sysctl_log__lowers(log, 0, 0));
	cr_assert_not(sysctl_log__lowers(log, 0, 1));
	cr_assert_not(sysctl_log__lowers(log, 1, 0));
	cr_assert(sysctl_log__lowers(log, 3, 1));
	cr_assert(sysctl_log__lowers(log, 4, 1));
	cr_assert_not(sysctl_log__lowers(log, 5, 0));
	/* they move up when the oldest go, that of the interface first */
	for (i = 0; i < SYSCTL_LOG_MAX - 4; i++)
		change_of(log, "net.ipv4.ip_forward", "0", "1");
	cr_assert(sysctl_log__lowers(log, 2, 1));
	cr_assert(sysctl_log__lowers(log, 3, 1));
	for (i = 0; i < SYSCTL_LOG_MAX; i++)
		count += sysctl_log__lowers(log, (__u64)i, 0);
	cr_assert(eq(int, count, 3));
	free(log);
}

/* Pods that start do not push out who changed the node's limits. */
Test(trigger, changes_of_interfaces_make_room_first)
{
	struct sysctl_log *log = calloc(1, sizeof(*log));
	char name[64];
	int i;

	change_of(log, "net.netfilter.nf_conntrack_max", "2310720", "524288");
	for (i = 0; i < 2 * SYSCTL_LOG_MAX; i++) {
		snprintf(name, sizeof(name), "net.ipv4.conf.cali%d.rp_filter", i);
		change_of(log, name, "0", "1");
		if (i == SYSCTL_LOG_MAX / 2)
			change_of(log, "net.ipv4.conf.all.rp_filter", "0", "1");
	}
	cr_assert(eq(u64, log->count, 2 * SYSCTL_LOG_MAX + 2));
	cr_assert(eq(str, (char *)sysctl_log__get(log, 0)->name, "net.netfilter.nf_conntrack_max"));
	cr_assert(eq(str, (char *)sysctl_log__get(log, 1)->name, "net.ipv4.conf.all.rp_filter"));
	/* of the rest the last, in order */
	for (i = 2; i < SYSCTL_LOG_MAX; i++) {
		snprintf(name, sizeof(name), "net.ipv4.conf.cali%d.rp_filter", SYSCTL_LOG_MAX + i);
		cr_expect(eq(str, (char *)sysctl_log__get(log, (__u64)i)->name, name));
	}
	cr_assert(sysctl_log__get(log, SYSCTL_LOG_MAX) == NULL);
	free(log);
}

/* One of an interface is there, too, however many of the node's own came before it. */
Test(trigger, the_last_change_is_always_kept)
{
	struct sysctl_log *log = calloc(1, sizeof(*log));
	char number[16];
	int i;

	for (i = 0; i < SYSCTL_LOG_MAX; i++) {
		snprintf(number, sizeof(number), "%d", i);
		change(log, number, "x");
	}
	change_of(log, "net.ipv4.conf.eth0.rp_filter", "0", "1");
	change_of(log, "net.ipv4.conf.eth0.rp_filter", "1", "2");
	cr_assert(eq(str, (char *)sysctl_log__get(log, 0)->old_value, "1"));
	cr_assert(eq(str, (char *)sysctl_log__get(log, SYSCTL_LOG_MAX - 2)->old_value, "63"));
	cr_assert(eq(str, (char *)sysctl_log__get(log, SYSCTL_LOG_MAX - 1)->new_value, "2"));
	free(log);
}
