/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <criterion/criterion.h>
#include <string.h>

#include "user/nearest.h"

static const char *const names[] = { "trace", "probe", "conntrack", "pods", "NO_SOCKET", "TCP_CSUM",
				     "UDP_CSUM", "IP_RPFILTER", "a" };

#define COUNT (sizeof(names) / sizeof(names[0]))

Test(nearest, what_was_meant)
{
	static const struct {
		const char *typed, *meant;
	} rows[] = {
		{ "trcae", "trace" }, { "tarce", "trace" }, { "trac", "trace" }, { "traces", "trace" },
		{ "contrack", "conntrack" }, { "CONNTRAK", "conntrack" }, { "pod", "pods" },
		{ "no_sokcet", "NO_SOCKET" }, { "UPD_CSUM", "UDP_CSUM" }, { "rpfilter", "IP_RPFILTER" },
		/* the nearer one, though it comes later */
		{ "uddp_csum", "UDP_CSUM" },
		{ "nonsense", NULL }, { "", NULL }, { "p", NULL }, { "xy", NULL }, { "\033[31m", NULL },
		{ "pro", "probe" },
	};
	char longest[300];
	size_t i, j;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct nearest n = { .typed = rows[i].typed };

		for (j = 0; j < COUNT; j++)
			nearest__offer(&n, names[j]);
		cr_expect_str_eq(n.name ? n.name : "(none)", rows[i].meant ? rows[i].meant : "(none)",
				 "%s: %s", rows[i].typed, n.name);
	}
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	for (i = 0; i < 2; i++) {
		struct nearest n = { .typed = i ? longest : "a" };

		nearest__offer(&n, longest);
		cr_expect_null(n.name);
	}
}
