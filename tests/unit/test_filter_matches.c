/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Whom a filter lets pass: reasons, by what the kernel side is told of them;
 * records that it could not check, or not all of.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "tests/unit/sample_drop.h"
#include "tests/unit/temp_btf.h"
#include "tests/unit/temp_tree.h"
#include "user/filter_spec.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static void add(struct filter_spec *spec, enum filter_option option, const char *values)
{
	char error[FILTER_ERROR_LEN] = "";

	cr_assert_eq(filter_spec__add(spec, option, "", values, error), 0, "%s: %s", values, error);
}

/* --- reasons */

static const struct temp_btf_value core[] = {
	{ "SKB_CONSUMED", 1 },
	{ "SKB_DROP_REASON_NOT_SPECIFIED", 2 },
	{ "SKB_DROP_REASON_NO_SOCKET", 3 },
	{ "SKB_DROP_REASON_TCP_OLD_DATA", 4 },
	{ "SKB_DROP_REASON_NETFILTER_DROP", 8 },
	{ "SKB_DROP_REASON_TC_INGRESS", 9 },
	{ "SKB_DROP_REASON_OTHERHOST", 10 },
	{},
};

static const struct temp_btf_value subsystems[] = {
	{ "SKB_DROP_REASON_SUBSYS_CORE", 0 },
	{ "SKB_DROP_REASON_SUBSYS_OPENVSWITCH", 2 },
	{},
};

static const struct temp_btf_value ovs[] = {
	{ "OVS_DROP_EXPLICIT", 0x20003 },
	{},
};

static struct reason_names *make_names(bool with_reasons)
{
	char *root = temp_tree__new(), path[PATH_MAX];
	struct btf *btf = temp_btf__new();
	struct reason_names *names;

	if (with_reasons) {
		temp_btf__enum(btf, "skb_drop_reason", core);
		temp_btf__enum(btf, "skb_drop_reason_subsys", subsystems);
		temp_btf__enum(btf, "ovs_drop_reason", ovs);
	}
	temp_btf__write(btf, root, "vmlinux");
	snprintf(path, sizeof(path), "%s/vmlinux", root);
	names = reason_names__load(path);
	cr_assert_not_null(names);
	cr_assert_eq(reason_names__has_reasons(names), with_reasons);
	temp_tree__free(root);
	btf__free(btf);
	return names;
}

static void check_flags(const struct filter_spec *spec, const struct reason_names *names,
			__u32 reason, __u8 expected)
{
	char error[FILTER_ERROR_LEN] = "";
	__u8 flags[REASON_SLOTS];

	memset(flags, 0xff, sizeof(flags));
	cr_assert_eq(filter_spec__reason_flags(spec, names, flags, error), 0, "%s", error);
	cr_expect_eq(flags[reason_slot(reason)], expected, "reason %#x: %#x, not %#x", reason,
		     flags[reason_slot(reason)], expected);
}

Test(filter_matches, flags_of_all_reasons)
{
	struct reason_names *names = make_names(true);
	struct filter_spec any = {};

	check_flags(&any, names, 2, REASON_F_LOCATION);
	check_flags(&any, names, 3, 0);
	check_flags(&any, names, 4, REASON_F_NOISE);
	check_flags(&any, names, 8, REASON_F_NETFILTER | REASON_F_CONNTRACK);
	check_flags(&any, names, 9, REASON_F_CONNTRACK);
	check_flags(&any, names, 10, REASON_F_NOISE);
	check_flags(&any, names, 0x20003, REASON_F_CONNTRACK);
	check_flags(&any, names, 300, 0); /* this kernel has no such reason */
	check_flags(&any, names, 0x10001, REASON_F_CONNTRACK); /* of a module that may come */
	check_flags(&any, names, REASON_SLOT_OTHER, 0);
	reason_names__free(names);
}

Test(filter_matches, flags_of_chosen_reasons)
{
	struct reason_names *names = make_names(true);
	struct filter_spec spec = {};

	add(&spec, FILTER_OPTION_REASON, "NETFILTER_DROP,otherhost");
	add(&spec, FILTER_OPTION_REASON, "ovs_*");
	check_flags(&spec, names, 2, REASON_F_LOCATION | REASON_F_REJECT);
	check_flags(&spec, names, 3, REASON_F_REJECT);
	check_flags(&spec, names, 4, REASON_F_NOISE | REASON_F_REJECT);
	check_flags(&spec, names, 8, REASON_F_NETFILTER | REASON_F_CONNTRACK | REASON_F_WANTED);
	/* noise that was asked for is none */
	check_flags(&spec, names, 10, REASON_F_WANTED);
	check_flags(&spec, names, 0x20003, REASON_F_CONNTRACK | REASON_F_WANTED);
	check_flags(&spec, names, 300, REASON_F_REJECT);
	check_flags(&spec, names, 0x10001, REASON_F_CONNTRACK | REASON_F_REJECT);
	check_flags(&spec, names, REASON_SLOT_OTHER, REASON_F_REJECT);
	filter_spec__done(&spec);
	reason_names__free(names);
}

Test(filter_matches, refuses_reasons_that_are_none)
{
	struct reason_names *names = make_names(true), *nameless = make_names(false);
	char error[FILTER_ERROR_LEN] = "";
	struct filter_spec spec = {};
	__u8 flags[REASON_SLOTS];

	add(&spec, FILTER_OPTION_REASON, "NETFILTER_DROP,NO_SUCH\033*");
	cr_expect_eq(filter_spec__reason_flags(&spec, names, flags, error), -ENOENT);
	cr_expect_not_null(strstr(error, "'NO_SUCH\\x1b*' matches no drop reason"), "%s", error);
	cr_expect_not_null(strstr(error, ": REASONS in 'man dropwhy'"), "%s", error);
	cr_expect_not_null(strstr(error, "once it is loaded"), "%s", error);
	cr_expect_null(strstr(error, "did you mean"), "%s", error);
	filter_spec__done(&spec);

	memset(&spec, 0, sizeof(spec));
	add(&spec, FILTER_OPTION_REASON, "skb_drop_reason_netfilterdrop");
	cr_expect_eq(filter_spec__reason_flags(&spec, names, flags, error), -ENOENT);
	cr_expect_not_null(strstr(error, ": did you mean NETFILTER_DROP? REASONS"), "%s", error);

	/* before 5.17 there is nothing to choose from */
	cr_expect_eq(filter_spec__reason_flags(&spec, nameless, flags, error), -EOPNOTSUPP);
	cr_expect_not_null(strstr(error, "--cause"), "%s", error);
	filter_spec__done(&spec);
	memset(&spec, 0, sizeof(spec));
	check_flags(&spec, nameless, NO_REASON, REASON_F_LOCATION);
	check_flags(&spec, nameless, 8, 0);
	reason_names__free(names);
	reason_names__free(nameless);
}

/* --- what is checked here */

static bool passes(enum filter_option option, const char *values, enum sample sample, bool all)
{
	struct drop drop = sample_drop(sample);
	struct filter_spec spec = {};
	bool passed;

	add(&spec, option, values);
	passed = all ? filter_spec__matches_all(&spec, &drop) : filter_spec__matches(&spec, &drop);
	filter_spec__done(&spec);
	return passed;
}

Test(filter_matches, matches_what_the_kernel_cannot)
{
	static const struct {
		enum filter_option option;
		const char *values;
		enum sample sample;
		bool expected;
	} cases[] = {
		{ FILTER_OPTION_POD, "cart-*", SAMPLE_SYN_DNAT, true },
		{ FILTER_OPTION_POD, "shop,cart-7c9f6", SAMPLE_SYN_DNAT, true },
		{ FILTER_OPTION_POD, "Cart-*", SAMPLE_SYN_DNAT, false },
		{ FILTER_OPTION_POD, "*", SAMPLE_UDP, false }, /* of no pod */
		{ FILTER_OPTION_NAMESPACE, "sh?p", SAMPLE_SYN_DNAT, true },
		{ FILTER_OPTION_NAMESPACE, "cart", SAMPLE_SYN_DNAT, false },
		{ FILTER_OPTION_IFACE, "veth*", SAMPLE_UDP, true },
		{ FILTER_OPTION_IFACE, "eth*", SAMPLE_UDP, false },
		{ FILTER_OPTION_IFACE, "e*,veth0", SAMPLE_UDP, true },
		{ FILTER_OPTION_IFACE, "*", SAMPLE_BARE, true }, /* of no interface */
		{ FILTER_OPTION_IFACE, "eth0", SAMPLE_UDP, true }, /* the kernel side's business */
		{ FILTER_OPTION_DPORT, "1", SAMPLE_UDP, true },
	};
	size_t i;

	for (i = 0; i < LENGTH(cases); i++)
		cr_expect_eq(passes(cases[i].option, cases[i].values, cases[i].sample, false),
			     cases[i].expected, "case %zu: %s", i, cases[i].values);
}

/* Who is behind it may not be known: the Service alone matches by its namespace, and is no pod. */
Test(filter_matches, namespace_of_a_service)
{
	struct drop drop = sample_drop(SAMPLE_UDP);
	struct filter_spec spec = {};

	drop.service = "cart";
	drop.service_namespace = "shop";
	add(&spec, FILTER_OPTION_NAMESPACE, "shop");
	cr_expect(filter_spec__matches(&spec, &drop));
	drop.service_namespace = "bank";
	cr_expect_not(filter_spec__matches(&spec, &drop));
	drop.service_namespace = "shop";
	add(&spec, FILTER_OPTION_POD, "cart");
	cr_expect_not(filter_spec__matches(&spec, &drop));
	filter_spec__done(&spec);
}

/* By its name, at either end; what else has that name is none. */
Test(filter_matches, services)
{
	static const struct {
		const char *values;
		bool expected;
	} cases[] = {
		{ "dns", true },     { "infra/dns", true }, { "d*,x", true },	 { "infra/*", true },
		{ "cart", false },   { "shop/dns", false }, { "cart-*", false }, { "dns-0", false },
		{ "shop/*", false },
	};
	struct drop drop = sample_drop(SAMPLE_SYN_DNAT); /* from pod shop/cart-7c9f6 to infra/dns */
	struct filter_spec spec = {};
	size_t i;

	for (i = 0; i < LENGTH(cases); i++)
		cr_expect_eq(passes(FILTER_OPTION_SERVICE, cases[i].values, SAMPLE_SYN_DNAT, false),
			     cases[i].expected, "case %zu: %s", i, cases[i].values);
	add(&spec, FILTER_OPTION_SERVICE, "infra/dns");
	drop.service = drop.service_namespace = NULL;
	cr_expect(filter_spec__matches(&spec, &drop), "to it");
	drop.src = drop.dst;
	drop.dst = (struct drop_end){};
	cr_expect(filter_spec__matches(&spec, &drop), "from it");
	drop.src.kind = WHO_POD;
	cr_expect_not(filter_spec__matches(&spec, &drop), "from a pod of that name");
	drop.dst = drop.src;
	drop.src = (struct drop_end){};
	cr_expect_not(filter_spec__matches(&spec, &drop), "to a pod of that name");
	filter_spec__done(&spec);
}

/* What names alone can tell is not folded without addresses: see fold_flows_only. */
Test(filter_matches, which_ask_who_it_is)
{
	static const struct {
		enum filter_option option;
		const char *values;
		bool expected;
	} cases[] = {
		{ FILTER_OPTION_POD, "cart", true },	  { FILTER_OPTION_NAMESPACE, "shop", true },
		{ FILTER_OPTION_SERVICE, "dns", true },	  { FILTER_OPTION_SELECTOR, "app=cart", true },
		{ FILTER_OPTION_IFACE, "veth*", false },  { FILTER_OPTION_NETNS, "1", false },
		{ FILTER_OPTION_HOST, "10.0.0.1", false }, { FILTER_OPTION_DPORT, "53", false },
	};
	size_t i;

	for (i = 0; i < LENGTH(cases); i++) {
		struct filter_spec spec = {};

		add(&spec, cases[i].option, cases[i].values);
		cr_expect_eq(filter_spec__asks_who(&spec), cases[i].expected, "%s", cases[i].values);
		filter_spec__done(&spec);
	}
}

Test(filter_matches, matches_all_of_an_unchecked_record)
{
	static const struct {
		enum filter_option option;
		const char *values;
		enum sample sample;
		bool expected;
	} cases[] = {
		{ FILTER_OPTION_NETNS, "4026532841", SAMPLE_EVICTION, true },
		{ FILTER_OPTION_NETNS, "1,2", SAMPLE_EVICTION, false },
		{ FILTER_OPTION_PROTO, "tcp,udp", SAMPLE_EVICTION, true },
		{ FILTER_OPTION_PROTO, "tcp", SAMPLE_EVICTION, false },
		{ FILTER_OPTION_PROTO, "tcp,ip", SAMPLE_EVICTION, true },
		{ FILTER_OPTION_PROTO, "ipv6", SAMPLE_EVICTION, false },
		{ FILTER_OPTION_HOST, "10.96.0.0/16", SAMPLE_EVICTION, true },
		{ FILTER_OPTION_HOST, "10.244.1.19", SAMPLE_EVICTION, true },
		{ FILTER_OPTION_SRC, "10.96.0.0/16", SAMPLE_EVICTION, false },
		{ FILTER_OPTION_DST, "10.96.0.0/16", SAMPLE_EVICTION, true },
		{ FILTER_OPTION_DST, "10.96.0.10/31", SAMPLE_EVICTION, true },
		{ FILTER_OPTION_DST, "10.96.0.8/31", SAMPLE_EVICTION, false },
		{ FILTER_OPTION_SRC, "0.0.0.0/0", SAMPLE_EVICTION, true },
		{ FILTER_OPTION_SRC, "::/0", SAMPLE_EVICTION, false },
		{ FILTER_OPTION_SRC, "::/0,10.0.0.0/8", SAMPLE_EVICTION, true },
		{ FILTER_OPTION_DST, "2001:db8:2::/48", SAMPLE_IPV6, true },
		{ FILTER_OPTION_DST, "2001:db8:3::/48", SAMPLE_IPV6, false },
		{ FILTER_OPTION_HOST, "::/0", SAMPLE_BARE, false },
		{ FILTER_OPTION_PORT, "53", SAMPLE_EVICTION, true },
		{ FILTER_OPTION_SPORT, "53", SAMPLE_EVICTION, false },
		{ FILTER_OPTION_SPORT, "40000-40002", SAMPLE_EVICTION, true },
		{ FILTER_OPTION_SPORT, "40003-65535", SAMPLE_EVICTION, false },
		{ FILTER_OPTION_DPORT, "52,53", SAMPLE_EVICTION, true },
		{ FILTER_OPTION_PORT, "0-65535", SAMPLE_LATER_FRAGMENT, false },
		{ FILTER_OPTION_PORT, "0-65535", SAMPLE_ICMP_QINQ, false },
		{ FILTER_OPTION_CAUSE, "none", SAMPLE_EVICTION, true },
		{ FILTER_OPTION_CAUSE, "ct_*", SAMPLE_EVICTION, false },
		{ FILTER_OPTION_CAUSE, "ct_*", SAMPLE_CLASH, true },
		{ FILTER_OPTION_IFACE, "veth0", SAMPLE_UDP, true },
		{ FILTER_OPTION_IFACE, "eth0", SAMPLE_UDP, false },
		{ FILTER_OPTION_IFACE, "eth0", SAMPLE_EVICTION, false }, /* it is of none */
		{ FILTER_OPTION_POD, "cart-*", SAMPLE_SYN_DNAT, true },
		{ FILTER_OPTION_POD, "cart-*", SAMPLE_EVICTION, false },
		{ FILTER_OPTION_REASON, "NO_SOCKET", SAMPLE_EVICTION, true },
	};
	struct drop eviction = sample_eviction();
	struct filter_spec spec = {};
	size_t i;

	cr_expect(filter_spec__matches_all(&spec, &eviction));
	for (i = 0; i < LENGTH(cases); i++)
		cr_expect_eq(passes(cases[i].option, cases[i].values, cases[i].sample, true),
			     cases[i].expected, "case %zu: %s", i, cases[i].values);
	/* different options must all match */
	add(&spec, FILTER_OPTION_PROTO, "udp");
	add(&spec, FILTER_OPTION_DPORT, "53");
	cr_expect(filter_spec__matches_all(&spec, &eviction));
	add(&spec, FILTER_OPTION_SRC, "10.0.0.0/24");
	cr_expect_not(filter_spec__matches_all(&spec, &eviction));
	filter_spec__done(&spec);
}
