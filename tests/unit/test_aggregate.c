/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Grouping by every key, in bounded memory, with exact totals.
 */
#include <criterion/criterion.h>
#include <errno.h>

#include "tests/unit/sample_drop.h"
#include "user/aggregate/aggregate.h"

static const enum group_key by_src[] = { GROUP_SRC };

/* A drop whose source address is @p number. */
static struct drop drop_from(__u32 number, __u64 count)
{
	struct drop drop = sample_udp();
	__u32 number_be = htonl(number);

	memcpy(drop.rec.tuple.saddr, &number_be, sizeof(number_be));
	drop.count = count;
	drop.bytes = count * 100;
	return drop;
}

static void add_from(struct aggregate *agg, __u32 number, __u64 count)
{
	struct drop drop = drop_from(number, count);

	aggregate__add(agg, &drop);
}

/* Everything that was ever added, wherever it is now. */
static struct group total_of(struct aggregate *agg, size_t *ret_count)
{
	const struct group *const *groups;
	struct group total = *aggregate__other(agg);
	size_t i;

	cr_assert_eq(aggregate__sorted(agg, &groups, ret_count), 0);
	for (i = 0; i < *ret_count; i++) {
		total.count += groups[i]->count;
		total.bytes += groups[i]->bytes;
		if (i)
			cr_assert_geq(groups[i - 1]->count, groups[i]->count);
	}
	return total;
}

Test(aggregate, parses_key_lists)
{
	static const struct {
		const char *list;
		size_t count;
		int expected;
		enum group_key keys[3];
	} cases[] = {
		{ "pod", 1, 0, { GROUP_POD } },
		{ "netns,reason", 2, 0, { GROUP_NETNS, GROUP_REASON } },
		{ "location,tuple,cause", 3, 0, { GROUP_LOCATION, GROUP_TUPLE, GROUP_CAUSE } },
		{ "src-name,dst-name", 2, 0, { GROUP_SRC_NAME, GROUP_DST_NAME } },
		{ "src,dst,iface", 3, 0, { GROUP_SRC, GROUP_DST, GROUP_IFACE } },
		{ "", 0, -EINVAL, {} },
		{ ",", 0, -EINVAL, {} },
		{ "pod,", 0, -EINVAL, {} },
		{ ",pod", 0, -EINVAL, {} },
		{ "pod,,src", 0, -EINVAL, {} },
		{ "pod,pod", 0, -EINVAL, {} },
		{ "pods", 0, -EINVAL, {} },
		{ "po", 0, -EINVAL, {} },
		{ "Pod", 0, -EINVAL, {} },
		{ "pod, src", 0, -EINVAL, {} },
		{ "pod,netns,reason,cause,tuple,src,dst,iface,location,pod", 0, -EINVAL, {} },
	};
	size_t i, k;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum group_key keys[__GROUP_KEY_MAX];
		size_t count = 99;

		cr_assert_eq(group_key__parse(cases[i].list, keys, &count), cases[i].expected,
			     "\"%s\"", cases[i].list);
		if (cases[i].expected) {
			cr_expect_eq(count, 99, "\"%s\"", cases[i].list);
			continue;
		}
		cr_assert_eq(count, cases[i].count);
		for (k = 0; k < count; k++)
			cr_expect_eq(keys[k], cases[i].keys[k], "\"%s\"", cases[i].list);
	}
}

Test(aggregate, parses_its_own_names)
{
	enum group_key keys[__GROUP_KEY_MAX], key;
	size_t count;

	for (key = 0; key < __GROUP_KEY_MAX; key++) {
		cr_assert_eq(group_key__parse(group_key__name(key), keys, &count), 0);
		cr_expect_eq(keys[0], key);
	}
}

Test(aggregate, labels)
{
	static const struct {
		enum group_key key;
		enum sample sample;
		const char *expected;
	} cases[] = {
		{ GROUP_POD, SAMPLE_SYN_DNAT, "shop/cart-7c9f6" },
		{ GROUP_POD, SAMPLE_UDP, "" },
		{ GROUP_SRC_NAME, SAMPLE_SYN_DNAT, "shop/cart-7c9f6" },
		{ GROUP_DST_NAME, SAMPLE_UDP, "" },
		{ GROUP_NETNS, SAMPLE_UDP, "blue" },
		{ GROUP_NETNS, SAMPLE_LLDP, "4026532841" },
		{ GROUP_NETNS, SAMPLE_BARE, "" },
		{ GROUP_REASON, SAMPLE_UDP, "NETFILTER_DROP" },
		{ GROUP_REASON, SAMPLE_BARE, "" },
		{ GROUP_CAUSE, SAMPLE_UDP, "ct_table_full" },
		{ GROUP_CAUSE, SAMPLE_IPV6, "" },
		{ GROUP_TUPLE, SAMPLE_UDP, "10.244.1.17:40000 > 10.96.0.10:53 udp" },
		{ GROUP_TUPLE, SAMPLE_IPV6, "[2001:db8::17]:40000 > [2001:db8:2::10]:0 udp" },
		{ GROUP_TUPLE, SAMPLE_ICMP_QINQ, "10.0.0.1 > 10.0.0.2 icmp" },
		{ GROUP_TUPLE, SAMPLE_ARP, "10.0.0.1 > 10.0.0.2 arp" },
		{ GROUP_TUPLE, SAMPLE_LATER_FRAGMENT, "10.244.1.17 > 10.96.0.10 udp" },
		{ GROUP_TUPLE, SAMPLE_LLDP, "" },
		{ GROUP_SRC, SAMPLE_UDP, "10.244.1.17" },
		{ GROUP_SRC, SAMPLE_LLDP, "" },
		{ GROUP_DST, SAMPLE_IPV6, "2001:db8:2::10" },
		{ GROUP_IFACE, SAMPLE_UDP, "veth0" },
		{ GROUP_IFACE, SAMPLE_BARE, "" },
		{ GROUP_DNS, SAMPLE_DNS, "web.shop.svc.cluster.local" },
		{ GROUP_DNS, SAMPLE_UDP, "" },
		{ GROUP_LOCATION, SAMPLE_UDP, "nf_hook_slow" },
		{ GROUP_LOCATION, SAMPLE_LLDP, "0xffffffff81c0a5a5" },
		{ GROUP_LOCATION, SAMPLE_BARE, "" },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct aggregate *agg = aggregate__new(&cases[i].key, 1, 4);
		struct drop drop = sample_drop(cases[i].sample);
		const struct group *const *groups;
		size_t count;

		cr_assert_not_null(agg);
		aggregate__add(agg, &drop);
		cr_assert_eq(aggregate__sorted(agg, &groups, &count), 0);
		cr_assert_eq(count, 1);
		cr_expect_str_eq(groups[0]->values[0], cases[i].expected);
		aggregate__free(agg);
	}
}

Test(aggregate, groups_by_several_keys)
{
	static const enum group_key keys[] = { GROUP_CAUSE, GROUP_POD, GROUP_REASON };
	struct aggregate *agg = aggregate__new(keys, 3, 100);
	struct drop drop = sample_syn_dnat(), other = sample_udp();
	const struct group *const *groups;
	size_t count, key_count;
	int i;

	for (i = 0; i < 5; i++) {
		drop.rec.tuple.sport_be = htons(i);
		drop.time.tv_sec = SAMPLE_SECONDS + (i == 3 ? -7 : i);
		aggregate__add(agg, &drop);
	}
	aggregate__add(agg, &other);
	cr_assert_eq(aggregate__sorted(agg, &groups, &count), 0);
	cr_assert_eq(count, 2);
	cr_expect_eq(groups[0]->count, 5);
	cr_expect_eq(groups[0]->bytes, 5ULL * 78);
	cr_expect_str_eq(groups[0]->values[0], "ct_insert_failed");
	cr_expect_str_eq(groups[0]->values[1], "shop/cart-7c9f6");
	cr_expect_str_eq(groups[0]->values[2], "NETFILTER_DROP");
	/* CPUs deliver out of order: the fourth drop was the earliest */
	cr_expect_eq(groups[0]->first.tv_sec, SAMPLE_SECONDS - 7);
	cr_expect_eq(groups[0]->last.tv_sec, SAMPLE_SECONDS + 4);
	cr_expect_eq(groups[1]->count, 1);
	cr_expect_eq(aggregate__keys(agg, &key_count)[0], GROUP_CAUSE);
	cr_expect_eq(key_count, 3);
	cr_expect_eq(aggregate__causes(agg)[CAUSE_CT_INSERT_FAILED], 5);
	cr_expect_eq(aggregate__causes(agg)[CAUSE_CT_TABLE_FULL], 1);
	aggregate__free(agg);
}

Test(aggregate, does_not_confuse_neighbouring_keys)
{
	static const enum group_key keys[] = { GROUP_POD, GROUP_REASON };
	struct aggregate *agg = aggregate__new(keys, 2, 100);
	static const struct {
		const char *pod_namespace, *pod, *reason;
	} cases[] = {
		{ "a", "bc", "d" }, { "ab", "c", "d" }, { NULL, "abc", "d" }, { "a", "b", "cd" },
		{ NULL, NULL, "abcd" }, { "a", "bc", "" },
	};
	const struct group *const *groups;
	size_t count, i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct drop drop = { .count = 1,
				     .pod = cases[i].pod,
				     .pod_namespace = cases[i].pod_namespace,
				     .reason = cases[i].reason };

		aggregate__add(agg, &drop);
	}
	cr_assert_eq(aggregate__sorted(agg, &groups, &count), 0);
	cr_expect_eq(count, sizeof(cases) / sizeof(cases[0]));
	aggregate__free(agg);
}

Test(aggregate, keeps_namespaces_of_one_name_apart)
{
	static const enum group_key keys[] = { GROUP_NETNS };
	struct aggregate *agg = aggregate__new(keys, 1, 100);
	struct drop drop = sample_udp();
	const struct group *const *groups;
	size_t count;

	aggregate__add(agg, &drop);
	drop.rec.netns_ino++;
	aggregate__add(agg, &drop);
	cr_assert_eq(aggregate__sorted(agg, &groups, &count), 0);
	cr_expect_eq(count, 2);
	aggregate__free(agg);
}

Test(aggregate, sorts_ties_by_label)
{
	struct aggregate *agg = aggregate__new(by_src, 1, 100);
	const struct group *const *groups;
	size_t count;

	add_from(agg, 0x0a000003, 2);
	add_from(agg, 0x0a000002, 2);
	add_from(agg, 0x0a000001, 1);
	add_from(agg, 0x0a000004, 3);
	cr_assert_eq(aggregate__sorted(agg, &groups, &count), 0);
	cr_assert_eq(count, 4);
	cr_expect_str_eq(groups[0]->values[0], "10.0.0.4");
	cr_expect_str_eq(groups[1]->values[0], "10.0.0.2");
	cr_expect_str_eq(groups[2]->values[0], "10.0.0.3");
	cr_expect_str_eq(groups[3]->values[0], "10.0.0.1");

	/* and again after a change */
	add_from(agg, 0x0a000001, 5);
	cr_assert_eq(aggregate__sorted(agg, &groups, &count), 0);
	cr_expect_str_eq(groups[0]->values[0], "10.0.0.1");
	aggregate__free(agg);
}

Test(aggregate, evicts_the_smallest)
{
	struct aggregate *agg = aggregate__new(by_src, 1, 8);
	const struct group *const *groups;
	size_t count;
	__u32 i;

	/* 1, 2, …, 8 packets, then a ninth group: the two smallest go */
	for (i = 8; i > 0; i--)
		add_from(agg, i, i);
	add_from(agg, 9, 1);
	cr_assert_eq(aggregate__sorted(agg, &groups, &count), 0);
	cr_assert_eq(count, 7);
	cr_expect_eq(groups[5]->count, 3);
	cr_expect_eq(groups[6]->count, 1);
	cr_expect_str_eq(groups[6]->values[0], "0.0.0.9");
	cr_expect_eq(aggregate__other(agg)->count, 3);
	cr_expect_eq(aggregate__other(agg)->bytes, 300);
	cr_expect_eq(aggregate__evicted(agg), 2);
	aggregate__free(agg);
}

Test(aggregate, evicts_the_oldest_of_equals)
{
	struct aggregate *agg = aggregate__new(by_src, 1, 8);
	const struct group *const *groups;
	size_t count;
	__u32 i;

	for (i = 1; i <= 9; i++)
		add_from(agg, i, 1);
	cr_assert_eq(aggregate__sorted(agg, &groups, &count), 0);
	cr_assert_eq(count, 7);
	cr_expect_str_eq(groups[0]->values[0], "0.0.0.3");
	aggregate__free(agg);
}

Test(aggregate, totals_stay_exact)
{
	static const size_t limits[] = { 1, 2, 3, 4, 7, 64, 1000, 5000 };
	size_t i;

	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct aggregate *agg = aggregate__new(by_src, 1, limits[i]);
		__u64 packets = 0, state = 42;
		struct group total;
		size_t count;
		__u32 k;

		cr_assert_not_null(agg);
		for (k = 0; k < 20000; k++) {
			/* a few heavy sources among many light ones */
			state = state * 6364136223846793005ULL + 1442695040888963407ULL;
			add_from(agg, (__u32)(state >> 33) % (k % 3 ? 5 : 3000), 1 + k % 4);
			packets += 1 + k % 4;
		}
		total = total_of(agg, &count);
		cr_expect_leq(count, limits[i]);
		cr_expect_eq(total.count, packets);
		cr_expect_eq(total.bytes, packets * 100);
		if (limits[i] >= 64) {
			const struct group *const *groups;

			cr_assert_eq(aggregate__sorted(agg, &groups, &count), 0);
			cr_expect_gt(groups[4]->count, packets / 10, "heavy sources stay");
		}
		aggregate__free(agg);
	}
}

Test(aggregate, cuts_what_is_longer_than_any_name)
{
	static const enum group_key keys[] = { GROUP_POD, GROUP_NETNS, GROUP_REASON, GROUP_CAUSE,
					       GROUP_TUPLE, GROUP_SRC, GROUP_DST, GROUP_IFACE,
					       GROUP_DNS, GROUP_LOCATION };
	struct aggregate *agg = aggregate__new(keys, 10, 10);
	struct drop drop = sample_ipv6();
	const struct group *const *groups;
	char text[4096];
	size_t count;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	drop.pod = drop.pod_namespace = drop.netns_name = drop.reason = drop.symbol = text;
	memset(drop.rec.iface, 'y', sizeof(drop.rec.iface));
	aggregate__add(agg, &drop);
	cr_assert_eq(aggregate__sorted(agg, &groups, &count), 0);
	cr_expect_eq(strlen(groups[0]->values[0]), 511 + 1 + 511);
	cr_expect_eq(strlen(groups[0]->values[7]), 15);
	aggregate__free(agg);
}

Test(aggregate, refuses_nonsense)
{
	cr_expect_null(aggregate__new(by_src, 0, 10));
	cr_expect_eq(errno, EINVAL);
	cr_expect_null(aggregate__new(by_src, 1, 0));
	cr_expect_null(aggregate__new(by_src, __GROUP_KEY_MAX + 1, 10));
	aggregate__free(NULL);
}

Test(aggregate, may_be_empty)
{
	struct aggregate *agg = aggregate__new(by_src, 1, 10);
	const struct group *const *groups;
	size_t count = 1;

	cr_assert_eq(aggregate__sorted(agg, &groups, &count), 0);
	cr_expect_eq(count, 0);
	cr_expect_eq(aggregate__other(agg)->count, 0);
	aggregate__free(agg);
}
