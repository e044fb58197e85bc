/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which functions a mode hooks, and what it cannot do without.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "user/source/conntrack_hooks.h"

#define REFUSED	   "the kernel has no kprobes and refuses trampolines"
#define NOT_LOADED "nf_conntrack is not loaded"

/* All functions there, all to be hooked in this way. */
static void fill(struct conntrack_hook_status *status, enum conntrack_hook_method method)
{
	int i;

	for (i = 0; i < __HOOK_FUNCTION_MAX; i++) {
		status[i] = (struct conntrack_hook_status){ .function = "f", .method = method,
							    .why_not = method ? NULL : REFUSED };
		snprintf(status[i].symbol, sizeof(status[i].symbol), "f");
	}
}

static void lack(struct conntrack_hook_status *status, const char *why_not)
{
	status->symbol[0] = '\0';
	status->method = HOOK_METHOD_NONE;
	status->why_not = why_not;
	status->may_come = !strcmp(why_not, NOT_LOADED);
}

Test(conntrack_hooks, all_functions_for_verdicts)
{
	struct conntrack_hook_status status[__HOOK_FUNCTION_MAX];
	enum conntrack_mode mode;
	const char *why_not;
	int i;

	for (mode = CONNTRACK_DIRECT; mode <= CONNTRACK_BOTH; mode++) {
		fill(status, HOOK_METHOD_TRAMPOLINE);
		cr_expect_eq(conntrack_hooks__plan(mode, status, &why_not), 0);
		for (i = 0; i < __HOOK_FUNCTION_MAX; i++)
			cr_expect_eq(status[i].method, HOOK_METHOD_TRAMPOLINE, "function %d", i);
	}
}

Test(conntrack_hooks, beside_counters_only_what_adds_to_them)
{
	struct conntrack_hook_status status[__HOOK_FUNCTION_MAX];
	const char *why_not;
	int i;

	fill(status, HOOK_METHOD_KPROBE);
	cr_expect_eq(conntrack_hooks__plan(CONNTRACK_COUNTERS, status, &why_not), 0);
	for (i = 0; i < __HOOK_FUNCTION_MAX; i++)
		cr_expect_eq(status[i].method,
			     i == HOOK_CLASH || i == HOOK_EVICT || i == HOOK_DELETE ?
				     HOOK_METHOD_KPROBE : HOOK_METHOD_NONE,
			     "function %d", i);
}

Test(conntrack_hooks, says_what_is_missing)
{
	static const struct {
		enum conntrack_mode mode;
		enum conntrack_hook_function missing;
		int err;
	} cases[] = {
		{ CONNTRACK_DIRECT, HOOK_CONFIRM, -EOPNOTSUPP },
		{ CONNTRACK_BOTH, HOOK_IN, -EOPNOTSUPP },
		{ CONNTRACK_BOTH, HOOK_ALLOC, -EOPNOTSUPP },
		/* the verdict is known without these */
		{ CONNTRACK_BOTH, HOOK_CLASH, 0 },
		{ CONNTRACK_DIRECT, HOOK_EVICT, 0 },
		{ CONNTRACK_COUNTERS, HOOK_IN, 0 },
		{ CONNTRACK_COUNTERS, HOOK_CLASH, 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct conntrack_hook_status status[__HOOK_FUNCTION_MAX];
		const char *why_not = NULL;

		fill(status, HOOK_METHOD_KPROBE);
		lack(&status[cases[i].missing], "inlined");
		cr_expect_eq(conntrack_hooks__plan(cases[i].mode, status, &why_not), cases[i].err,
			     "case %zu", i);
		if (cases[i].err)
			cr_expect_str_eq(why_not, "inlined", "case %zu", i);
	}
}

Test(conntrack_hooks, victims_need_both_hooks)
{
	struct conntrack_hook_status status[__HOOK_FUNCTION_MAX];
	const char *why_not;

	fill(status, HOOK_METHOD_KPROBE);
	lack(&status[HOOK_EVICT], "inlined");
	cr_expect_eq(conntrack_hooks__plan(CONNTRACK_COUNTERS, status, &why_not), 0);
	cr_expect_eq(status[HOOK_DELETE].method, HOOK_METHOD_NONE);
	cr_expect_eq(status[HOOK_CLASH].method, HOOK_METHOD_KPROBE);
}

/* Nothing to be hooked, for want of kprobes or of nf_conntrack. */
Test(conntrack_hooks, nothing_at_all)
{
	struct conntrack_hook_status status[__HOOK_FUNCTION_MAX];
	enum conntrack_mode mode;
	const char *why_not;
	int i;

	for (mode = CONNTRACK_COUNTERS; mode <= CONNTRACK_BOTH; mode++) {
		why_not = NULL;
		fill(status, HOOK_METHOD_NONE);
		cr_expect_eq(conntrack_hooks__plan(mode, status, &why_not), -EOPNOTSUPP);
		cr_expect_str_eq(why_not, REFUSED);
		for (i = 0; i < __HOOK_FUNCTION_MAX; i++)
			lack(&status[i], NOT_LOADED);
		cr_expect_eq(conntrack_hooks__plan(mode, status, &why_not), -ENOENT);
		cr_expect_str_eq(why_not, NOT_LOADED);
	}
}
