/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Stand-ins for the reasons of kernels that have none.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "user/enrich/reason_location.h"

Test(reason_location, names)
{
	static const struct {
		const char *symbol, *expected;
	} cases[] = {
		{ "nf_hook_slow", "NETFILTER_DROP" },
		{ "nf_hook_slow_list", "NETFILTER_DROP" },
		{ "tcp_v4_rcv", "NO_SOCKET" },
		{ "__udp4_lib_rcv", "NO_SOCKET" },
		{ "ip_rcv_finish_core", "IP_RPFILTER" },
		/* what the compiler adds is no part of the name */
		{ "nf_hook_slow.cold", "NETFILTER_DROP" },
		{ "ip_rcv_finish_core.isra.0", "IP_RPFILTER" },
		{ "ip_rcv_finish_core.constprop.0.isra.0", "IP_RPFILTER" },
		{ "enqueue_to_backlog.llvm.123456789", "CPU_BACKLOG" },
		/* neither the beginning of a name nor more than one */
		{ "nf_hook", "nf_hook" },
		{ "nf_hook_slow2", "nf_hook_slow2" },
		{ "__nf_hook_slow", "__nf_hook_slow" },
		{ "NF_HOOK_SLOW", "NF_HOOK_SLOW" },
		/* what is not in the table speaks for itself */
		{ "vxlan_rcv", "vxlan_rcv" },
		{ "vxlan_rcv.isra.0", "vxlan_rcv.isra.0" },
		{ ".cold", ".cold" },
		/* several reasons are ordinary there */
		{ "ip_rcv_core.isra.0", "ip_rcv_core.isra.0" },
		{ "ip_forward", "ip_forward" },
		{ "ip6_forward", "ip6_forward" },
		{ "__netif_receive_skb_core", "__netif_receive_skb_core" },
		{ "__dev_queue_xmit", "__dev_queue_xmit" },
		{ "", "" },
		{ NULL, "" },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cr_expect_str_eq(reason_location__name(cases[i].symbol), cases[i].expected,
				 "%s: %s", cases[i].symbol, reason_location__name(cases[i].symbol));
}

/* The manual has the whole table, and nothing besides. */
Test(reason_location, manual)
{
	FILE *manual = fopen("user/dropwhy.8", "r");
	const char *symbol, *reason;
	char line[256], expected[256];
	size_t i = 0;

	cr_assert_not_null(manual, "run from the top of the tree");
	while (fgets(line, sizeof(line), manual)) {
		if (strncmp(line, ".It Fn ", 7))
			continue;
		cr_assert(reason_location__entry(i++, &symbol, &reason), "%s", line);
		snprintf(expected, sizeof(expected), ".It Fn %s Ta Dv %s\n", symbol, reason);
		cr_expect_str_eq(line, expected);
	}
	cr_expect_not(reason_location__entry(i, &symbol, &reason), "%s is missing", symbol);
	fclose(manual);
}
