/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Names of causes and states, and which fields may be believed.
 */
#include <criterion/criterion.h>

#include "tests/unit/sample_drop.h"

Test(drop, names_every_cause_once)
{
	unsigned int i, k;

	cr_expect_str_eq(drop_cause__name(CAUSE_NONE), "");
	cr_expect_str_eq(drop_cause__name(CAUSE_CT_TABLE_FULL), "ct_table_full");
	cr_expect_str_eq(drop_cause__name(CAUSE_NF_RULE), "nf_rule");
	cr_expect_str_eq(drop_cause__name(__CAUSE_MAX), "unknown");
	cr_expect_str_eq(drop_cause__name(~0U), "unknown");
	for (i = 0; i < __CAUSE_MAX; i++) {
		cr_expect_str_neq(drop_cause__name(i), "unknown", "cause %u", i);
		for (k = 0; k < i; k++)
			cr_expect_str_neq(drop_cause__name(i), drop_cause__name(k));
	}
}

Test(drop, names_every_state_once)
{
	unsigned int i, k;

	cr_expect_str_eq(drop_ct_state__name(CT_STATE_NONE), "");
	cr_expect_str_eq(drop_ct_state__name(CT_STATE_INVALID), "invalid");
	cr_expect_str_eq(drop_ct_state__name(__CT_STATE_MAX), "unknown");
	for (i = 0; i < __CT_STATE_MAX; i++) {
		cr_expect_str_neq(drop_ct_state__name(i), "unknown", "state %u", i);
		for (k = 0; k < i; k++)
			cr_expect_str_neq(drop_ct_state__name(i), drop_ct_state__name(k));
	}
}

Test(drop, knows_which_fields_count)
{
	static const struct {
		enum sample sample;
		bool addresses, ports;
	} cases[] = {
		{ SAMPLE_UDP, true, true },		 { SAMPLE_ICMP_QINQ, true, false },
		{ SAMPLE_ARP, true, false },		 { SAMPLE_LLDP, false, false },
		{ SAMPLE_LATER_FRAGMENT, true, false },	 { SAMPLE_BARE, false, false },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct drop drop = sample_drop(cases[i].sample);

		cr_expect_eq(drop__has_addresses(&drop), cases[i].addresses, "case %zu", i);
		cr_expect_eq(drop__has_ports(&drop), cases[i].ports, "case %zu", i);
	}
}
