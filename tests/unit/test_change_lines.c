// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#include "user/probe/change_lines.h"

/* How many of so many changes get a line. */
static int take(struct change_lines *lines, const char *name, int count, __u64 now_s)
{
	struct sysctl_change change = {};
	int taken = 0;

	snprintf(change.name, sizeof(change.name), "%s", name);
	for (; count; count--)
		taken += change_lines__take(lines, &change, now_s);
	return taken;
}

Test(change_lines, so_many_a_minute)
{
	struct change_lines lines = {};

	cr_assert(eq(int, take(&lines, "net.core.somaxconn", 100, 5), CHANGE_LINES_MAX));
	cr_assert(eq(u64, change_lines__untold(&lines, 64), 0));
	cr_assert(eq(int, take(&lines, "net.core.somaxconn", 1, 64), 0));
	/* over, but nobody has told of it yet */
	cr_assert(eq(int, take(&lines, "net.core.somaxconn", 1, 65), 0));
	cr_assert(eq(u64, change_lines__untold(&lines, 65), 100 - CHANGE_LINES_MAX + 2));
	cr_assert(eq(u64, change_lines__untold(&lines, 66), 0));
	cr_assert(eq(int, take(&lines, "net.core.somaxconn", 3, 66), 3));
	/* a minute without too many ends unsaid */
	cr_assert(eq(u64, change_lines__untold(&lines, 500), 0));
	cr_assert(eq(int, take(&lines, "net.core.somaxconn", 100, 500), CHANGE_LINES_MAX));
}

Test(change_lines, pods_leave_room_for_the_node)
{
	struct change_lines lines = {};

	cr_assert(eq(int, take(&lines, "net.core.somaxconn", 100, 5), CHANGE_LINES_MAX));
	cr_assert(eq(int, take(&lines, "net.netfilter.nf_conntrack_max", 100, 6), CHANGE_LINES_MAX));
	cr_assert(eq(u64, change_lines__untold(&lines, 65), 200 - 2 * CHANGE_LINES_MAX));
}

Test(change_lines, interfaces_have_none)
{
	struct change_lines lines = {};

	cr_assert(eq(int, take(&lines, "net.ipv4.conf.cali1.rp_filter", 100, 5), 0));
	cr_assert(eq(u64, change_lines__untold(&lines, 65), 0));
	cr_assert(eq(int, take(&lines, "net.ipv4.conf.all.rp_filter", 1, 5), 1));
}
