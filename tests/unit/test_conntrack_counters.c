/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads this machine's own counters as far as it may; what they say is left to
 * the integration tests.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/temp_tree.h"
#include "user/source/conntrack_counters.h"

Test(conntrack_counters, this_machine)
{
	struct netns_table *netns = netns_table__new(NULL);
	struct conntrack_reading reading = {};
	struct stat before, after;
	size_t namespaces, i;
	int err;

	cr_assert(netns != NULL);
	cr_assert_eq(netns_table__refresh(netns), 0);
	namespaces = netns_table__count(netns);
	cr_assert_eq(stat("/proc/thread-self/ns/net", &before), 0);
	err = conntrack_counters__read(netns, &reading);
	cr_assert_eq(stat("/proc/thread-self/ns/net", &after), 0);
	cr_expect_eq(before.st_ino, after.st_ino, "the caller stays where it is");
	if (err) {
		cr_expect_neq(geteuid(), 0, "root may read: %s", strerror(-err));
		cr_expect(err == -EPERM || err == -EACCES, "%s", strerror(-err));
	} else if (reading.usage_count) {
		cr_expect_eq(reading.usage_count + reading.vanished + reading.unreadable,
			     namespaces);
		cr_expect_eq(reading.snapshot.count % reading.usage_count, 0);
		for (i = 0; i < reading.snapshot.count; i++)
			cr_expect_neq(reading.snapshot.stats[i].netns_ino, 0);
	}
	conntrack_reading__done(&reading);
	conntrack_reading__done(&reading);
	netns_table__free(netns);
}

Test(conntrack_counters, namespaces_that_are_gone)
{
	char *root = temp_tree__new();
	struct netns_table *netns;
	struct conntrack_reading reading = {};

	temp_tree__link(root, "proc/1/ns/net", "net:[4026531833]");
	netns = netns_table__new(root);
	cr_assert(netns != NULL);
	cr_assert_eq(netns_table__refresh(netns), 0);
	cr_expect_eq(conntrack_counters__read(netns, &reading), 0);
	cr_expect_eq(reading.snapshot.count, 0);
	cr_expect_eq(reading.unreadable, 0);
	conntrack_reading__done(&reading);
	netns_table__free(netns);
	temp_tree__free(root);
}

Test(conntrack_counters, files_that_are_no_namespace)
{
	char *root = temp_tree__new();
	struct netns_table *netns;
	struct conntrack_reading reading = {};
	int err;

	temp_tree__text(root, "run/netns/plain", "");
	temp_tree__link(root, "proc/1/ns/net", "net:[4026531833]");
	netns = netns_table__new(root);
	cr_assert(netns != NULL);
	cr_assert_eq(netns_table__refresh(netns), 0);
	err = conntrack_counters__read(netns, &reading);
	/* setns() refuses it; without conntrack nobody asks */
	cr_expect(err == -EINVAL || err == 0, "%s", strerror(-err));
	cr_expect_eq(reading.snapshot.count, 0);
	conntrack_reading__done(&reading);
	netns_table__free(netns);
	temp_tree__free(root);
}
