/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is read of the kernel's own files: lockdown, capabilities, modules,
 * types, tracefs.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/temp_btf.h"
#include "tests/unit/temp_tree.h"
#include "user/source/kernel_facts.h"

Test(kernel_facts, lockdown)
{
	static const struct {
		const char *text, *mode;
	} cases[] = {
		{ "[none] integrity confidentiality\n", "none" },
		{ "none [integrity] confidentiality\n", "integrity" },
		{ "none integrity [confidentiality]\n", "confidentiality" },
		{ "[a mode of 31 bytes, as it may be]", NULL },
		{ "none integrity confidentiality\n", NULL },
		{ "[]\n", NULL },
		{ "[none", NULL },
		{ "]none[", NULL },
		{ "", NULL },
	};
	char *root = temp_tree__new(), mode[LOCKDOWN_LEN];
	size_t i;

	cr_expect_eq(kernel_facts__lockdown(root, mode), -ENOENT);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(mode, sizeof(mode), "untouched");
		temp_tree__text(root, "sys/kernel/security/lockdown", cases[i].text);
		cr_expect_eq(kernel_facts__lockdown(root, mode), cases[i].mode ? 0 : -EBADMSG, "%s",
			     cases[i].text);
		cr_expect_str_eq(mode, cases[i].mode ? cases[i].mode : "untouched", "%s",
				 cases[i].text);
	}
	temp_tree__free(root);
}

Test(kernel_facts, capabilities)
{
	static const struct {
		const char *text;
		int err;
		__u64 effective;
	} cases[] = {
		{ "Name:\tx\nCapPrm:\tffffffffffffffff\nCapEff:\t000001ffffffffff\n", 0,
		  0x1ffffffffff },
		{ "CapEff:\t0000000000000000\n", 0, 0 },
		{ "CapEff:\t\n", -EBADMSG, 7 },
		{ "CapEff:\txyz\n", -EBADMSG, 7 },
		{ "CapEff:\t00000000c0000000", -EBADMSG, 7 }, /* cut off */
		{ "Name:\tCapEff:\t1\n", -EBADMSG, 7 },
		{ "", -EBADMSG, 7 },
	};
	char *root = temp_tree__new();
	__u64 effective = 7;
	size_t i;

	cr_expect_eq(kernel_facts__capabilities(root, &effective), -ENOENT);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		effective = 7;
		temp_tree__text(root, "proc/self/status", cases[i].text);
		cr_expect_eq(kernel_facts__capabilities(root, &effective), cases[i].err, "%s",
			     cases[i].text);
		cr_expect_eq(effective, cases[i].effective, "%s", cases[i].text);
	}
	temp_tree__free(root);
}

Test(kernel_facts, modules)
{
	char *root = temp_tree__new();

	temp_tree__text(root, "sys/module/nf_conntrack/parameters/acct", "N\n");
	temp_tree__text(root, "sys/module/nf_tables/initstate", "live\n");
	cr_expect_eq(kernel_facts__module(root, "nf_conntrack"), MODULE_BUILT_IN);
	cr_expect_eq(kernel_facts__module(root, "nf_tables"), MODULE_LOADED);
	cr_expect_eq(kernel_facts__module(root, "openvswitch"), MODULE_ABSENT);
	temp_tree__free(root);
}

Test(kernel_facts, module_types)
{
	char *root = temp_tree__new();
	struct btf *btf = temp_btf__new();

	temp_btf__function(btf, "nf_conntrack_in");
	temp_tree__text(root, "sys/kernel/btf/nf_tables", "");
	cr_expect_eq(kernel_facts__module_types(root, btf, "nf_conntrack", "nf_conntrack_in"),
		     MODULE_TYPES_KERNEL);
	cr_expect_eq(kernel_facts__module_types(root, NULL, "nf_conntrack", "nf_conntrack_in"),
		     MODULE_TYPES_NONE);
	cr_expect_eq(kernel_facts__module_types(root, btf, "nf_tables", "nft_do_chain"),
		     MODULE_TYPES_OWN);
	cr_expect_eq(kernel_facts__module_types(root, btf, "openvswitch", "ovs_dp_process_packet"),
		     MODULE_TYPES_NONE);
	btf__free(btf);
	temp_tree__free(root);
}

/* Whether the kernel's refusal is this process's own fault. */
Test(kernel_facts, may_trace)
{
	static const struct {
		const char *what, *effective, *user_namespace;
		bool may;
	} cases[] = {
		{ "root", "000001ffffffffff", "user:[4026531837]", true },
		{ "just these", "000000c000000000", "user:[4026531837]", true },
		{ "before 5.8", "0000000000200000", "user:[4026531837]", true },
		{ "no namespaces", "000001ffffffffff", NULL, true },
		{ "root without them", "0000013fffdfffff", "user:[4026531837]", false },
		{ "CAP_BPF alone", "0000008000000000", "user:[4026531837]", false },
		{ "CAP_PERFMON alone", "0000004000000000", "user:[4026531837]", false },
		{ "none", "0000000000000000", "user:[4026531837]", false },
		{ "root at home", "000001ffffffffff", "user:[4026532837]", false },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *root = temp_tree__new(), text[64];

		snprintf(text, sizeof(text), "CapEff:\t%s\n", cases[i].effective);
		temp_tree__text(root, "proc/self/status", text);
		if (cases[i].user_namespace)
			temp_tree__link(root, "proc/self/ns/user", cases[i].user_namespace);
		cr_expect_eq(kernel_facts__may_trace(root), cases[i].may, "%s", cases[i].what);
		temp_tree__free(root);
	}
}

Test(kernel_facts, tracefs)
{
	char *root = temp_tree__new();

	cr_expect_null(kernel_facts__tracefs(root));
	temp_tree__text(root, "sys/kernel/debug/tracing/events/skb/kfree_skb/id", "1\n");
	cr_expect_str_eq(kernel_facts__tracefs(root), "/sys/kernel/debug/tracing");
	temp_tree__text(root, "sys/kernel/tracing/events/skb/kfree_skb/id", "1\n");
	cr_expect_str_eq(kernel_facts__tracefs(root), "/sys/kernel/tracing");
	temp_tree__free(root);
}

Test(kernel_facts, conntrack_counters)
{
	static const struct temp_btf_value net[] = { { "gen", 0 }, { "ct", 8 }, {} };
	static const struct temp_btf_value net_without[] = { { "gen", 0 }, {} };
	static const struct temp_btf_value old_ct[] = { { "count", 0 }, { "stat", 8 }, {} };
	static const struct temp_btf_value new_ct[] = { { "stat", 0 }, {} };
	static const struct temp_btf_value stat[] = { { "drop", 0 }, { "insert_failed", 4 }, {} };
	static const struct {
		const char *what;
		const struct temp_btf_value *net, *ct;
		bool counters, in_netns;
	} cases[] = {
		{ "up to 5.12", net, old_ct, true, true },
		{ "later", net, new_ct, true, false },
		{ "built without conntrack", net_without, new_ct, false, false },
	};
	size_t i;

	cr_expect_not(kernel_facts__has_conntrack_counters(NULL));
	cr_expect_not(kernel_facts__counts_entries_in_netns(NULL));
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct btf *btf = temp_btf__new();

		cr_expect_not(kernel_facts__has_conntrack_counters(btf));
		temp_btf__struct(btf, "net", cases[i].net);
		temp_btf__struct(btf, "netns_ct", cases[i].ct);
		temp_btf__struct(btf, "ip_conntrack_stat", stat);
		cr_expect_eq(kernel_facts__has_conntrack_counters(btf), cases[i].counters, "%s",
			     cases[i].what);
		cr_expect_eq(kernel_facts__counts_entries_in_netns(btf), cases[i].in_netns, "%s",
			     cases[i].what);
		btf__free(btf);
	}
}
