/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How large the fold tables become on machines of any size.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <linux/types.h>

#include "bpf/live_state.h"
#include "user/source/live_fold.h"

static unsigned long bytes_of(int cpus)
{
	unsigned long bucket = sizeof(struct fold_bucket) + FOLD_WAYS * sizeof(struct fold_record);

	return (live_fold__buckets(cpus) + FOLD_COARSE_BUCKETS) * bucket * (unsigned long)cpus;
}

Test(live_fold, many_cpus_share_the_memory)
{
	int cpus;

	for (cpus = 1; cpus <= FOLD_CPUS; cpus++) {
		__u32 buckets = live_fold__buckets(cpus);

		cr_assert(buckets && !(buckets & (buckets - 1)), "%d CPUs: %u", cpus, buckets);
		cr_assert(buckets <= live_fold__buckets(1));
		if (buckets > live_fold__buckets(FOLD_CPUS))
			cr_assert(bytes_of(cpus) <= LIVE_FOLD_BYTES_MAX, "%d CPUs", cpus);
	}
	/* as the manual has it */
	cr_expect(eq(u32, live_fold__buckets(16) * FOLD_WAYS, 4096));
	cr_expect(bytes_of(192) <= LIVE_FOLD_BYTES_MAX);
}
