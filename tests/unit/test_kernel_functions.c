/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which addresses mean something to the kernel side: sorted, with compiler's
 * suffixes, and no more than there is room for.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/temp_tree.h"
#include "user/source/kernel_functions.h"

#define FIXTURE "tests/unit/fixtures/kallsyms"

Test(kernel_functions, locations)
{
	static const struct location_class expected[] = {
		{ 0xffffffff81000150, 0xffffffff81000210, LOCATION_NF_HOOK, 0 },
		{ 0xffffffff81000210, 0xffffffff81000300, LOCATION_NF_HOOK, 0 },
		/* what the compiler moved away from the function */
		{ 0xffffffff81000600, 0xffffffff81000620, LOCATION_NF_HOOK, 0 },
		{ 0xffffffffc0b00000, 0xffffffffc0b00100, LOCATION_NFT, 0 },
	};
	struct location_class locations[LOCATION_CLASSES_MAX];
	struct kallsyms *k = kallsyms__load(FIXTURE);
	size_t count, i;

	cr_assert(k, "%s: %s", FIXTURE, strerror(errno));
	memset(locations, 0xff, sizeof(locations));
	count = kernel_functions__locations(k, locations);
	cr_assert_eq(count, sizeof(expected) / sizeof(expected[0]), "%zu", count);
	for (i = 0; i < count; i++) {
		cr_expect_eq(locations[i].start, expected[i].start, "%zu", i);
		cr_expect_eq(locations[i].end, expected[i].end, "%zu", i);
		cr_expect_eq(locations[i].kind, expected[i].kind, "%zu", i);
		cr_expect_eq(locations[i].pad, 0, "%zu", i);
	}
	kallsyms__free(k);
}

Test(kernel_functions, hooks)
{
	static const struct {
		__u64 address;
		__u32 kind;
	} expected[] = {
		{ 0xffffffff81000200, HOOK_CONNTRACK },
		{ 0xffffffff81000100, HOOK_DEFRAG },
		{ 0xffffffffc0000400, HOOK_DEFRAG },
		{ 0xffffffffc0000100, HOOK_NAT },
		{ 0xffffffff81000000, HOOK_XTABLES },
		{ 0xffffffffc0000200, HOOK_NFT },
	};
	static const char text[] =
		"ffffffff81000000 T ipt_do_table.constprop.0\n"
		"ffffffff81000100 t ipv4_conntrack_defrag\n"
		"ffffffff81000200 t ipv4_conntrack_in\n"
		"ffffffff81000300 t ipv4_conntrack_inner\n"
		"ffffffffc0000100 t nf_nat_ipv4_local_fn\t[nf_nat]\n"
		"ffffffffc0000200 t nft_do_chain_inet\t[nf_tables]\n"
		"ffffffffc0000300 T nft_do_chain\t[nf_tables]\n"
		"ffffffffc0000400 t ipv4_conntrack_defrag\t[nf_defrag_ipv4]\n";
	struct hook_function hooks[HOOK_FUNCTIONS_MAX];
	char *root = temp_tree__new(), path[PATH_MAX];
	struct kallsyms *k;
	size_t count, i;

	temp_tree__text(root, "kallsyms", text);
	snprintf(path, sizeof(path), "%s/kallsyms", root);
	k = kallsyms__load(path);
	cr_assert(k);
	count = kernel_functions__hooks(k, hooks);
	cr_assert_eq(count, sizeof(expected) / sizeof(expected[0]), "%zu", count);
	for (i = 0; i < count; i++) {
		cr_expect_eq(hooks[i].address, expected[i].address, "%zu: %llx", i,
			     hooks[i].address);
		cr_expect_eq(hooks[i].kind, expected[i].kind, "%zu", i);
	}
	kallsyms__free(k);
	temp_tree__free(root);
}

/* More of them than the tables hold: they are full, not overrun. */
Test(kernel_functions, tables_get_full)
{
	struct location_class locations[LOCATION_CLASSES_MAX + 1];
	struct hook_function hooks[HOOK_FUNCTIONS_MAX + 1];
	char *root = temp_tree__new(), path[PATH_MAX];
	static char text[1 << 18];
	static const char *const names[] = {
		"nf_hook_slow", "ipt_do_table", "ip6t_do_table", "arpt_do_table", "ebt_do_table",
		"nf_confirm", "ipv4_confirm", "ipv6_confirm", "nft_do_chain_ipv4",
		"nft_do_chain_ipv6", "nft_do_chain_inet", "nft_do_chain_arp", "nf_nat_ipv4_fn",
		"nf_nat_ipv6_fn", "ipv4_helper", "ipv6_helper", "ip_sabotage_in", "ebt_in_hook",
	};
	size_t len = 0, i, n;
	struct kallsyms *k;

	/* as many namesakes of each as static functions in as many files would be */
	for (n = 200; n; n--)
		for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (len < sizeof(text) - 64)
				len += snprintf(text + len, sizeof(text) - len,
						"ffffffff81%06zx t %s\n", (n * 32 + i) * 16, names[i]);
	temp_tree__text(root, "kallsyms", text);
	snprintf(path, sizeof(path), "%s/kallsyms", root);
	k = kallsyms__load(path);
	cr_assert(k);
	memset(locations, 0xa5, sizeof(locations));
	memset(hooks, 0xa5, sizeof(hooks));
	cr_expect_eq(kernel_functions__locations(k, locations), LOCATION_CLASSES_MAX);
	for (i = 1; i < LOCATION_CLASSES_MAX; i++)
		cr_expect_lt(locations[i - 1].start, locations[i].start);
	cr_expect_eq(locations[LOCATION_CLASSES_MAX].start, 0xa5a5a5a5a5a5a5a5);
	cr_expect_eq(kernel_functions__hooks(k, hooks), HOOK_FUNCTIONS_MAX);
	cr_expect_eq(hooks[HOOK_FUNCTIONS_MAX].address, 0xa5a5a5a5a5a5a5a5);
	kallsyms__free(k);
	temp_tree__free(root);
}

Test(kernel_functions, without_symbols)
{
	struct location_class location = { .start = 1 };
	struct hook_function hook = { .address = 1 };

	cr_expect_eq(kernel_functions__locations(NULL, &location), 0);
	cr_expect_eq(kernel_functions__hooks(NULL, &hook), 0);
	cr_expect_eq(location.start, 1);
	cr_expect_eq(hook.address, 1);
}
