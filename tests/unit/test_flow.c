/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Addresses, ports and protocols as text.
 */
#include <criterion/criterion.h>

#include "tests/unit/sample_drop.h"
#include "user/flow.h"

Test(flow, formats_pairs)
{
	static const struct {
		const char *src, *dst;
		bool ports;
		const char *expected;
	} cases[] = {
		{ "10.0.0.1", "192.168.255.254", true, "10.0.0.1:1 > 192.168.255.254:65535" },
		{ "0.0.0.0", "255.255.255.255", false, "0.0.0.0 > 255.255.255.255" },
		{ "::", "::1", true, "[::]:1 > [::1]:65535" },
		{ "2001:db8::1", "fe80::1", false, "2001:db8::1 > fe80::1" },
		{ "::ffff:10.0.0.1", "::1", false, "::ffff:10.0.0.1 > ::1" },
		{ "1111:2222:3333:4444:5555:6666:7777:8888", "::1", true,
		  "[1111:2222:3333:4444:5555:6666:7777:8888]:1 > [::1]:65535" },
	};
	struct flow_tuple tuple;
	char buf[FLOW_PAIR_LEN];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sample_tuple(&tuple, IPPROTO_TCP, cases[i].src, 1, cases[i].dst, 65535);
		cr_expect_eq(flow__format_pair(&tuple, cases[i].ports, buf),
			     strlen(cases[i].expected));
		cr_expect_str_eq(buf, cases[i].expected);
	}
}

Test(flow, without_addresses_is_empty)
{
	struct flow_tuple tuple = { .sport_be = 1 };
	char buf[FLOW_PAIR_LEN] = "x";

	cr_expect_eq(flow__format_pair(&tuple, true, buf), 0);
	cr_expect_str_empty(buf);
	tuple.ip_version = 9;
	cr_expect_eq(flow__format_endpoint(&tuple, FLOW_DST, true, buf), 0);
}

Test(flow, names_protocols)
{
	static const struct {
		const char *expected;
		__u8 l4_proto;
		bool ports;
	} cases[] = {
		{ "tcp", 6, true },	 { "udp", 17, true },	  { "icmp", 1, false },
		{ "icmpv6", 58, false }, { "sctp", 132, true },	  { "dccp", 33, true },
		{ "udplite", 136, true }, { "gre", 47, false },	  { "esp", 50, false },
		{ "0", 0, false },	 { "253", 253, false },
	};
	char buf[FLOW_PROTO_LEN];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cr_expect_eq(flow__format_proto(cases[i].l4_proto, buf), strlen(cases[i].expected));
		cr_expect_str_eq(buf, cases[i].expected);
		cr_expect_eq(flow__has_ports(cases[i].l4_proto), cases[i].ports);
	}
}

Test(flow, compares_ends)
{
	struct flow_tuple a, b;

	sample_tuple(&a, IPPROTO_TCP, "10.0.0.1", 1000, "10.0.0.2", 80);
	sample_tuple(&b, IPPROTO_TCP, "10.0.0.2", 80, "10.0.0.1", 1001);
	cr_expect(flow__same_end(&a, FLOW_DST, &b, FLOW_SRC));
	cr_expect_not(flow__same_end(&a, FLOW_SRC, &b, FLOW_DST));
	cr_expect_not(flow__same_end(&a, FLOW_SRC, &b, FLOW_SRC));
}
