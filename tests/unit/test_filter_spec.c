/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Filter options: what each makes of its values, and what it says of wrong
 * ones. Whom the filter lets pass is in test_filter_matches.c.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "user/filter_spec.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static void add(struct filter_spec *spec, enum filter_option option, const char *values)
{
	char error[FILTER_ERROR_LEN] = "";

	cr_assert_eq(filter_spec__add(spec, option, "", values, error), 0, "%s: %s", values, error);
}

/* --- addresses */

Test(filter_spec, prefixes)
{
	static const struct {
		const char *text, *address, *mask;
		__u8 ip_version;
	} cases[] = {
		{ "10.1.2.3", "10.1.2.3", "255.255.255.255", 4 },
		{ "10.1.2.3/32", "10.1.2.3", "255.255.255.255", 4 },
		{ "10.1.2.3/31", "10.1.2.2", "255.255.255.254", 4 },
		{ "10.1.2.255/23", "10.1.2.0", "255.255.254.0", 4 },
		{ "10.200.2.3/9", "10.128.0.0", "255.128.0.0", 4 },
		{ "192.0.2.1/1", "128.0.0.0", "128.0.0.0", 4 },
		{ "192.0.2.1/0", "0.0.0.0", "0.0.0.0", 4 },
		{ "2001:db8::1", "2001:db8::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 6 },
		{ "2001:db8:ffff::1/33", "2001:db8:8000::", "ffff:ffff:8000::", 6 },
		{ "2001:db8::ff/127", "2001:db8::fe", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe",
		  6 },
		{ "fd00:1:2:3:4:5:6:7/65", "fd00:1:2:3::", "ffff:ffff:ffff:ffff:8000::", 6 },
		{ "fd00::1/64", "fd00::", "ffff:ffff:ffff:ffff::", 6 },
		{ "fd00::1/0", "::", "::", 6 },
		{ "::ffff:10.0.0.1", "::ffff:10.0.0.1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		  6 },
	};
	size_t i;

	for (i = 0; i < LENGTH(cases); i++) {
		int family = cases[i].ip_version == 4 ? AF_INET : AF_INET6;
		__u32 address[4] = {}, mask[4] = {};
		struct filter_spec spec = {};
		struct filter_prefix *prefix = &spec.kernel.prefixes[FILTER_SRC].values[0];

		add(&spec, FILTER_OPTION_SRC, cases[i].text);
		cr_assert_eq(inet_pton(family, cases[i].address, address), 1);
		cr_assert_eq(inet_pton(family, cases[i].mask, mask), 1);
		cr_expect_eq(spec.kernel.prefixes[FILTER_SRC].count, 1);
		cr_expect_eq(prefix->ip_version, cases[i].ip_version, "%s", cases[i].text);
		cr_expect(!memcmp(prefix->addr_be, address, sizeof(address)), "%s", cases[i].text);
		cr_expect(!memcmp(prefix->mask_be, mask, sizeof(mask)), "%s", cases[i].text);
		filter_spec__done(&spec);
	}
}

/* Every IPv6 prefix length has so many ones, from the left, and none behind them. */
Test(filter_spec, masks_of_every_length)
{
	unsigned int bits, bit;

	for (bits = 0; bits <= 128; bits++) {
		struct filter_spec spec = {};
		const __u8 *mask = (const __u8 *)spec.kernel.prefixes[FILTER_DST].values[0].mask_be;
		char text[32];

		snprintf(text, sizeof(text), "2001:db8::/%u", bits);
		add(&spec, FILTER_OPTION_DST, text);
		for (bit = 0; bit < 128; bit++)
			cr_expect_eq(mask[bit / 8] >> (7 - bit % 8) & 1, bit < bits, "/%u bit %u",
				     bits, bit);
	}
}

Test(filter_spec, addresses_and_ports_of_either_end)
{
	struct filter_spec spec = {};
	const struct drop_filter *kernel = &spec.kernel;

	add(&spec, FILTER_OPTION_HOST, "10.0.0.1,10.0.0.2");
	add(&spec, FILTER_OPTION_HOST, "fd00::/8");
	add(&spec, FILTER_OPTION_SRC, "10.0.0.3");
	add(&spec, FILTER_OPTION_DST, "10.0.0.4,10.0.0.5");
	add(&spec, FILTER_OPTION_PORT, "1,2,3");
	add(&spec, FILTER_OPTION_SPORT, "4");
	add(&spec, FILTER_OPTION_DPORT, "5");
	add(&spec, FILTER_OPTION_DPORT, "6-7");
	cr_expect_eq(kernel->prefixes[FILTER_EITHER].count, 3);
	cr_expect_eq(kernel->prefixes[FILTER_EITHER].values[2].ip_version, 6);
	cr_expect_eq(kernel->prefixes[FILTER_SRC].count, 1);
	cr_expect_eq(kernel->prefixes[FILTER_DST].count, 2);
	cr_expect_eq(kernel->ports[FILTER_EITHER].count, 3);
	cr_expect_eq(kernel->ports[FILTER_SRC].values[0].first, 4);
	cr_expect_eq(kernel->ports[FILTER_DST].count, 2);
	cr_expect_eq(kernel->ports[FILTER_DST].values[1].last, 7);
	filter_spec__done(&spec);
}

Test(filter_spec, ports)
{
	static const struct {
		const char *text;
		__u16 first, last;
	} cases[] = {
		{ "53", 53, 53 },	{ "0", 0, 0 },		{ "65535", 65535, 65535 },
		{ "0-65535", 0, 65535 }, { "8000-8099", 8000, 8099 }, { "53-53", 53, 53 },
		{ "00053", 53, 53 },
	};
	size_t i;

	for (i = 0; i < LENGTH(cases); i++) {
		struct filter_spec spec = {};
		const struct filter_ports *ports = &spec.kernel.ports[FILTER_EITHER];

		add(&spec, FILTER_OPTION_PORT, cases[i].text);
		cr_expect_eq(ports->count, 1);
		cr_expect_eq(ports->values[0].first, cases[i].first, "%s", cases[i].text);
		cr_expect_eq(ports->values[0].last, cases[i].last, "%s", cases[i].text);
	}
}

/* --- names */

Test(filter_spec, protocols)
{
	static const struct {
		const char *text;
		__u16 l3_proto;
		__u8 l4_proto;
	} cases[] = {
		{ "tcp", 0, 6 },       { "UDP", 0, 17 },	   { "icmp", 0, 1 },
		{ "icmpv6", 0, 58 },   { "sctp", 0, 132 },	   { "dccp", 0, 33 },
		{ "udplite", 0, 136 }, { "gre", 0, 47 },	   { "esp", 0, 50 },
		{ "0", 0, 0 },	       { "255", 0, 255 },	   { "arp", 0x0806, 0 },
		{ "ip", 0x0800, 0 },   { "IPv4", 0x0800, 0 },	   { "ipv6", 0x86dd, 0 },
	};
	size_t i;

	for (i = 0; i < LENGTH(cases); i++) {
		struct filter_spec spec = {};
		const struct drop_filter *kernel = &spec.kernel;

		add(&spec, FILTER_OPTION_PROTO, cases[i].text);
		cr_expect_eq(kernel->l3_proto_count, cases[i].l3_proto ? 1 : 0, "%s",
			     cases[i].text);
		cr_expect_eq(kernel->l4_proto_count, cases[i].l3_proto ? 0 : 1, "%s",
			     cases[i].text);
		cr_expect_eq(kernel->l3_proto[0], cases[i].l3_proto, "%s", cases[i].text);
		cr_expect_eq(kernel->l4_proto[0], cases[i].l4_proto, "%s", cases[i].text);
	}
}

#define BIT(cause) (1u << (cause))
#define CT_CAUSES                                                                                  \
	(BIT(CAUSE_CT_TABLE_FULL) | BIT(CAUSE_CT_INSERT_FAILED) | BIT(CAUSE_CT_CHAIN_TOO_LONG) |   \
	 BIT(CAUSE_CT_OTHER))

Test(filter_spec, causes)
{
	static const struct {
		const char *text;
		__u32 mask;
	} cases[] = {
		{ "ct_table_full", BIT(CAUSE_CT_TABLE_FULL) },
		{ "CT_Table_Full", BIT(CAUSE_CT_TABLE_FULL) },
		{ "none", BIT(CAUSE_NONE) },
		{ "ct_*", CT_CAUSES },
		{ "*_rule", BIT(CAUSE_NFT_RULE) | BIT(CAUSE_XTABLES_RULE) | BIT(CAUSE_NF_RULE) },
		{ "nf*", BIT(CAUSE_NFT_RULE) | BIT(CAUSE_NF_RULE) },
		{ "nf?_rule", BIT(CAUSE_NFT_RULE) },
		{ "[xn]*_rule", BIT(CAUSE_NFT_RULE) | BIT(CAUSE_XTABLES_RULE) | BIT(CAUSE_NF_RULE) },
		{ "*", BIT(__CAUSE_MAX) - 1 },
		{ "nft_rule,none,nft_rule", BIT(CAUSE_NFT_RULE) | BIT(CAUSE_NONE) },
	};
	struct filter_spec spec = {};
	size_t i;

	for (i = 0; i < LENGTH(cases); i++) {
		spec.kernel.cause_mask = 0;
		add(&spec, FILTER_OPTION_CAUSE, cases[i].text);
		cr_expect_eq(spec.kernel.cause_mask, cases[i].mask, "%s", cases[i].text);
	}
	spec.kernel.cause_mask = 0;
	add(&spec, FILTER_OPTION_CAUSE, "ct_other");
	add(&spec, FILTER_OPTION_CAUSE, "nf_rule");
	cr_expect_eq(spec.kernel.cause_mask, BIT(CAUSE_CT_OTHER) | BIT(CAUSE_NF_RULE));
}

Test(filter_spec, interfaces)
{
	struct filter_spec spec = {};

	add(&spec, FILTER_OPTION_IFACE, "eth0,a-name-of-15-by");
	cr_expect_eq(spec.kernel.iface_count, 2);
	cr_expect_str_eq(spec.kernel.iface[0], "eth0");
	cr_expect_str_eq(spec.kernel.iface[1], "a-name-of-15-by");
	cr_expect_eq(spec.kernel.iface[0][DROP_IFACE_LEN - 1], '\0');
	cr_expect_not(spec.iface_pattern);

	/* one pattern, and the kernel side checks none of them */
	add(&spec, FILTER_OPTION_IFACE, "cali*");
	cr_expect(spec.iface_pattern);
	cr_expect_eq(spec.kernel.iface_count, 0);
	add(&spec, FILTER_OPTION_IFACE, "lo");
	cr_expect_eq(spec.kernel.iface_count, 0);
	cr_expect_eq(spec.ifaces.count, 4);
	filter_spec__done(&spec);
	cr_expect_eq(spec.ifaces.count, 0);
}

Test(filter_spec, namespaces)
{
	struct filter_spec spec = {};
	struct stat own;

	cr_assert_eq(stat("/proc/self/ns/net", &own), 0);
	add(&spec, FILTER_OPTION_NETNS, "4026532841,4294967295");
	add(&spec, FILTER_OPTION_NETNS, "/proc/self/ns/net");
	cr_assert_eq(spec.kernel.netns_count, 3);
	cr_expect_eq(spec.kernel.netns_ino[0], 4026532841U);
	cr_expect_eq(spec.kernel.netns_ino[1], 4294967295U);
	cr_expect_eq(spec.kernel.netns_ino[2], (__u32)own.st_ino);
}

/* --- values that make no sense */

Test(filter_spec, says_what_would_be_right)
{
	static const struct {
		enum filter_option option;
		int err;
		const char *values, *message;
	} cases[] = {
		{ FILTER_OPTION_HOST, -EINVAL, "10.0.0", "'10.0.0' is no address" },
		{ FILTER_OPTION_HOST, -EINVAL, "10.0.0.0/33", "10.0.0.0/8" },
		{ FILTER_OPTION_SRC, -EINVAL, "10.0.0.0/", "prefix" },
		{ FILTER_OPTION_SRC, -EINVAL, "10.0.0.0/8/8", "prefix" },
		{ FILTER_OPTION_SRC, -EINVAL, "10.0.0.0/-1", "prefix" },
		{ FILTER_OPTION_SRC, -EINVAL, "10.0.0.0/+8", "prefix" },
		{ FILTER_OPTION_SRC, -EINVAL, "10.0.0.0/ 8", "prefix" },
		{ FILTER_OPTION_SRC, -EINVAL, "10.0.0.0/99999999999999999999", "prefix" },
		{ FILTER_OPTION_DST, -EINVAL, "fd00::/129", "2001:db8::/32" },
		{ FILTER_OPTION_DST, -EINVAL, "fd00:::", "prefix" },
		{ FILTER_OPTION_DST, -EINVAL, "example.org", "prefix" },
		{ FILTER_OPTION_DST, -EINVAL, "/8", "prefix" },
		{ FILTER_OPTION_DST, -EINVAL, "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa",
		  "prefix" },
		{ FILTER_OPTION_PORT, -EINVAL, "65536", "up to 65535" },
		{ FILTER_OPTION_PORT, -EINVAL, "-1", "'-1' is no port" },
		{ FILTER_OPTION_PORT, -EINVAL, "1-", "range" },
		{ FILTER_OPTION_PORT, -EINVAL, "2-1", "8000-8099" },
		{ FILTER_OPTION_PORT, -EINVAL, "1-2-3", "range" },
		{ FILTER_OPTION_SPORT, -EINVAL, "1x", "range" },
		{ FILTER_OPTION_SPORT, -EINVAL, "0x10", "range" },
		{ FILTER_OPTION_DPORT, -EINVAL, "dns", "range" },
		{ FILTER_OPTION_DPORT, -EINVAL, "000000000000053-54", "range" },
		{ FILTER_OPTION_PROTO, -EINVAL, "256", "IP protocol number" },
		{ FILTER_OPTION_PROTO, -EINVAL, "tcpx", "udplite" },
		{ FILTER_OPTION_PROTO, -EINVAL, "t*", "tcp" },
		{ FILTER_OPTION_CAUSE, -EINVAL, "nonsense", "ct_chain_too_long" },
		{ FILTER_OPTION_CAUSE, -EINVAL, "ct", "ct_table_full" },
		{ FILTER_OPTION_CAUSE, -EINVAL, "[", "nf_rule" },
		{ FILTER_OPTION_IFACE, -EINVAL, "a-name-of-16-byt", "at most 15 bytes" },
		{ FILTER_OPTION_NETNS, -ENOENT, "no such netns", "pid:NUMBER" },
		{ FILTER_OPTION_NETNS, -ENOTTY, "/proc/self/comm", "ip netns" },
		{ FILTER_OPTION_NETNS, -EINVAL, "pid:x", "inode number" },
		{ FILTER_OPTION_POD, -EINVAL, "", "empty value" },
		{ FILTER_OPTION_REASON, -EINVAL, ",", "empty value" },
		{ FILTER_OPTION_HOST, -EINVAL, "10.0.0.1,", "'10.0.0.1,' has an empty value" },
		{ FILTER_OPTION_PORT, -EINVAL, "1,,2", "empty value" },
	};
	size_t i;

	for (i = 0; i < LENGTH(cases); i++) {
		char error[FILTER_ERROR_LEN] = "";
		struct filter_spec spec = {};

		cr_expect_eq(filter_spec__add(&spec, cases[i].option, "", cases[i].values, error),
			     cases[i].err, "%s", cases[i].values);
		cr_expect_not_null(strstr(error, cases[i].message), "%s", error);
		filter_spec__done(&spec);
	}
}

Test(filter_spec, takes_16_values_of_an_option)
{
	static const char *const values[__FILTER_OPTION_MAX] = {
		[FILTER_OPTION_POD] = "pod-%u",	     [FILTER_OPTION_NAMESPACE] = "ns-%u",
		[FILTER_OPTION_NETNS] = "40265318%02u", [FILTER_OPTION_IFACE] = "eth%u",
		[FILTER_OPTION_REASON] = "REASON_%u", [FILTER_OPTION_PROTO] = "%u",
		[FILTER_OPTION_HOST] = "10.0.0.%u",  [FILTER_OPTION_SRC] = "fd00::%u",
		[FILTER_OPTION_DST] = "10.%u.0.0/16", [FILTER_OPTION_PORT] = "%u",
		[FILTER_OPTION_SPORT] = "%u-65535",  [FILTER_OPTION_DPORT] = "80%02u",
	};
	enum filter_option option;
	unsigned int i;

	for (option = 0; option < __FILTER_OPTION_MAX; option++) {
		char error[FILTER_ERROR_LEN] = "", text[64];
		struct filter_spec spec = {};

		if (!values[option])
			continue; /* causes are a set */
		for (i = 0; i < FILTER_VALUES_MAX; i++) {
			/* formats from the table above */
			snprintf(text, sizeof(text), values[option], i);
			add(&spec, option, text);
		}
		snprintf(text, sizeof(text), values[option], i);
		cr_expect_eq(filter_spec__add(&spec, option, "", text, error), -E2BIG, "%s", text);
		cr_expect_not_null(strstr(error, "at most 16 values"), "%s", error);
		filter_spec__done(&spec);
	}
}

/* Nor are 17 in one list too few, or an EtherType one too many beside 16 IP protocols. */
Test(filter_spec, counts_lists_and_kinds)
{
	char error[FILTER_ERROR_LEN] = "";
	struct filter_spec spec = {};

	cr_expect_eq(filter_spec__add(&spec, FILTER_OPTION_PORT, "",
				      "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17", error), -E2BIG);
	cr_expect_not_null(strstr(error, "'17'"), "%s", error);
	add(&spec, FILTER_OPTION_PROTO, "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,arp,ipv6");
	cr_expect_eq(spec.kernel.l4_proto_count, 16);
	cr_expect_eq(spec.kernel.l3_proto_count, 2);
}

/* Whatever was given: the message is printable, and still says what would be right. */
Test(filter_spec, makes_hostile_values_harmless)
{
	/* U+202E would turn what follows around, here too */
	static const char turn[] = { '\xe2', '\x80', '\xae', '\0' };
	static const char *const parts[] = { "\033[2J", "\n\r\b", "\xff\xfe", turn,
					     "\xc2\x9b", "\\", "%s%n" };
	static const struct {
		enum filter_option option;
		const char *remedy;
	} cases[] = {
		{ FILTER_OPTION_HOST, "give e.g. 10.0.0.1, 10.0.0.0/8 or 2001:db8::/32" },
		{ FILTER_OPTION_PORT, "or a range such as 8000-8099" },
		{ FILTER_OPTION_PROTO, "or an IP protocol number" },
		{ FILTER_OPTION_CAUSE, "nft_rule, xtables_rule, nf_rule, none" },
		{ FILTER_OPTION_NETNS, "a path, or pid:NUMBER" },
		{ FILTER_OPTION_IFACE, "they have at most 15 bytes" },
	};
	size_t i, k, n;

	for (i = 0; i < LENGTH(cases) * LENGTH(parts); i++) {
		enum filter_option option = cases[i / LENGTH(parts)].option;
		char error[FILTER_ERROR_LEN] = "", value[1024] = "";
		struct filter_spec spec = {};

		for (n = 0; n < 100; n++)
			strncat(value, parts[i % LENGTH(parts)], sizeof(value) - strlen(value) - 1);
		cr_expect_lt(filter_spec__add(&spec, option, "", value, error), 0);
		for (k = 0; error[k]; k++)
			cr_assert((unsigned char)error[k] >= 0x20 && (unsigned char)error[k] < 0x7f,
				  "option %u, byte %zu", option, k);
		cr_expect_not_null(strstr(error, cases[i / LENGTH(parts)].remedy), "%s", error);
		filter_spec__done(&spec);
	}
}
