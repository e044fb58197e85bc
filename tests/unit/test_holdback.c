// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The queue of records that wait for a name: their order, for how long, how many.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#include "user/clock.h"
#include "user/run/holdback.h"

Test(holdback, in_their_order_and_whole)
{
	static const char *const records[] = { "one", "the second", "3" };
	struct holdback *h = holdback__new();
	const void *data;
	size_t size, i;
	bool due;

	cr_assert(holdback__empty(h));
	cr_assert(holdback__first(h, &size, &due) == NULL);
	for (i = 0; i < 3; i++)
		cr_assert(eq(int, holdback__push(h, records[i], strlen(records[i]) + 1), 0));
	for (i = 0; i < 3; i++) {
		cr_assert_not(holdback__empty(h));
		data = holdback__first(h, &size, &due);
		cr_assert(eq(sz, size, strlen(records[i]) + 1));
		cr_assert(eq(str, (char *)data, (char *)records[i]));
		holdback__pop(h);
	}
	cr_assert(holdback__empty(h));
	/* it begins anew */
	cr_assert(eq(int, holdback__push(h, "again", 6), 0));
	data = holdback__first(h, &size, &due);
	cr_assert(eq(str, (char *)data, "again"));
	cr_assert(eq(u64, holdback__held(h), 4));
	holdback__free(h);
	holdback__free(NULL);
}

Test(holdback, for_so_long)
{
	struct timespec rest = { .tv_nsec = HOLDBACK_NS };
	struct holdback *h = holdback__new();
	__u64 start = clock__ns(CLOCK_BOOTTIME);
	bool due = false;
	size_t size;

	cr_assert(eq(int, holdback__push(h, "x", 2), 0));
	holdback__first(h, &size, &due);
	if (clock__ns(CLOCK_BOOTTIME) - start < HOLDBACK_NS)
		cr_assert_not(due);
	nanosleep(&rest, NULL);
	holdback__first(h, &size, &due);
	cr_assert(due);
	holdback__free(h);
}

Test(holdback, so_many)
{
	static const char large[1 << 20];
	struct holdback *h = holdback__new();
	int i;

	for (i = 0; i < HOLDBACK_MAX; i++)
		cr_assert(eq(int, holdback__push(h, "x", 1), 0));
	cr_assert(eq(int, holdback__push(h, "x", 1), -ENOSPC));
	holdback__pop(h);
	cr_assert(eq(int, holdback__push(h, "x", 1), 0));
	cr_assert(eq(u64, holdback__held(h), HOLDBACK_MAX + 1));
	holdback__free(h);

	h = holdback__new();
	for (i = 0; i < HOLDBACK_BYTES_MAX; i += sizeof(large))
		cr_assert(eq(int, holdback__push(h, large, sizeof(large)), 0));
	cr_assert(eq(int, holdback__push(h, "x", 1), -ENOSPC));
	holdback__pop(h);
	cr_assert(eq(int, holdback__push(h, "x", 1), 0));
	holdback__free(h);
}
