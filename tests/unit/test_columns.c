/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every field of a drop: its value, and that it is absent when unknown.
 */
#include <criterion/criterion.h>

#include "tests/unit/sample_drop.h"
#include "user/sinks/columns.h"

static void expect_column(const struct drop *drop, const char *name, const char *expected)
{
	const struct column *column = column__find(name);
	char buf[COLUMN_VALUE_LEN];

	cr_assert_not_null(column, "%s", name);
	cr_expect_eq(column__format(column, drop, buf), strlen(expected), "%s", name);
	cr_expect_str_eq(buf, expected, "%s: %s, not %s", name, buf, expected);
}

Test(columns, values)
{
	static const struct {
		enum sample sample;
		const char *name, *expected;
	} cases[] = {
		{ SAMPLE_UDP, "type", "drop" },
		{ SAMPLE_UDP, "schema", "1" },
		{ SAMPLE_UDP, "time", "2026-11-23T14:00:00.123456789Z" },
		{ SAMPLE_HOSTILE, "count", "1200" },
		{ SAMPLE_HOSTILE, "bytes", "93600" },
		{ SAMPLE_UDP, "reason", "NETFILTER_DROP" },
		{ SAMPLE_UDP, "cause", "ct_table_full" },
		{ SAMPLE_IPV6, "cause", "" },
		{ SAMPLE_SYN_DNAT, "ct_state", "new" },
		{ SAMPLE_UDP, "src", "10.244.1.17" },
		{ SAMPLE_UDP, "sport", "40000" },
		{ SAMPLE_IPV6, "dst", "2001:db8:2::10" },
		{ SAMPLE_IPV6, "dport", "0" }, /* it really was 0 */
		{ SAMPLE_ICMP_QINQ, "dport", "" },
		{ SAMPLE_LATER_FRAGMENT, "sport", "" },
		{ SAMPLE_LATER_FRAGMENT, "proto", "udp" },
		{ SAMPLE_ARP, "proto", "arp" },
		{ SAMPLE_ARP, "l3_proto", "arp" },
		{ SAMPLE_ARP, "src", "10.0.0.1" },
		{ SAMPLE_ARP, "arp_op", "1" },
		{ SAMPLE_LLDP, "proto", "" },
		{ SAMPLE_LLDP, "l3_proto", "0x88cc" },
		{ SAMPLE_LLDP, "src", "" },
		{ SAMPLE_IPV6, "l3_proto", "ipv6" },
		{ SAMPLE_UDP, "netns", "4026532841" },
		{ SAMPLE_UDP, "netns_name", "blue" },
		{ SAMPLE_LLDP, "netns_name", "" },
		{ SAMPLE_UDP, "iface", "veth0" },
		{ SAMPLE_UDP, "ifindex", "7" },
		{ SAMPLE_UDP, "side", "rx" },
		{ SAMPLE_SYN_DNAT, "side", "tx" },
		{ SAMPLE_UDP, "location", "nf_hook_slow+0xa5" },
		{ SAMPLE_IPV6, "location", "udpv6_queue_rcv_one_skb+0x0" },
		{ SAMPLE_LLDP, "location", "0xffffffff81c0a5a5" },
		{ SAMPLE_SYN_DNAT, "mark", "16384" },
		{ SAMPLE_SYN_DNAT, "tcp_flags", "SYN" },
		{ SAMPLE_SNAT_REPLY, "tcp_flags", "SYN,ACK" },
		{ SAMPLE_UDP, "tcp_flags", "" },
		{ SAMPLE_SYN_DNAT, "tcp_seq", "305419896" },
		{ SAMPLE_UDP, "tcp_seq", "" },
		{ SAMPLE_TRUNCATED, "sport", "40000" },
		{ SAMPLE_TRUNCATED, "tcp_flags", "" },
		{ SAMPLE_TRUNCATED, "tcp_seq", "" },
		{ SAMPLE_TRUNCATED, "truncated", "1" },
		{ SAMPLE_ICMP_QINQ, "icmp_type", "8" },
		{ SAMPLE_ICMP_QINQ, "icmp_code", "0" },
		{ SAMPLE_UDP, "icmp_type", "" },
		{ SAMPLE_LATER_FRAGMENT, "fragment", "later" },
		{ SAMPLE_LATER_FRAGMENT, "frag_offset", "1480" },
		{ SAMPLE_UDP, "frag_offset", "" },
		{ SAMPLE_ICMP_QINQ, "vlan", "100.200" },
		{ SAMPLE_UDP, "src_mac", "02:00:00:00:00:0a" },
		{ SAMPLE_LATER_FRAGMENT, "src_mac", "" },
		{ SAMPLE_SYN_DNAT, "cgroup", "12345" },
		{ SAMPLE_SYN_DNAT, "ct_status", "confirmed,dnat,snat_done,dnat_done" },
		{ SAMPLE_SYN_DNAT, "ct_zone", "5" },
		{ SAMPLE_SYN_DNAT, "ct_dst", "10.96.0.10" },
		{ SAMPLE_SYN_DNAT, "ct_dport", "53" },
		{ SAMPLE_SYN_DNAT, "ct_reply_src", "10.244.2.5" },
		{ SAMPLE_SYN_DNAT, "ct_reply_sport", "5353" },
		{ SAMPLE_SYN_DNAT, "ct_reply_dst", "192.0.2.1" },
		{ SAMPLE_SYN_DNAT, "ct_reply_dport", "40000" },
		{ SAMPLE_UDP, "ct_zone", "" },
		{ SAMPLE_CLASH, "clash_src", "10.244.1.18" },
		{ SAMPLE_CLASH, "clash_sport", "40001" },
		{ SAMPLE_CLASH, "clash_dst", "10.96.0.10" },
		{ SAMPLE_CLASH, "clash_dport", "53" },
		{ SAMPLE_CLASH, "ct_src", "10.244.1.17" },
		{ SAMPLE_SYN_DNAT, "clash_src", "" },
		{ SAMPLE_SYN_DNAT, "clash_dport", "" },
		{ SAMPLE_DISAGREE, "cause", "ct_table_full" },
		{ SAMPLE_DISAGREE, "cause_direct", "ct_chain_too_long" },
		{ SAMPLE_UDP, "cause_direct", "" },
		{ SAMPLE_EVICTION, "type", "eviction" },
		{ SAMPLE_EVICTION, "src", "10.244.1.19" },
		{ SAMPLE_EVICTION, "dport", "53" },
		{ SAMPLE_EVICTION, "ct_reply_src", "10.244.2.5" },
		{ SAMPLE_EVICTION, "bytes", "0" },
		{ SAMPLE_EVICTION, "reason", "" },
		{ SAMPLE_EVICTION, "cause", "" },
		{ SAMPLE_EVICTION, "iface", "" },
		{ SAMPLE_EVICTION, "side", "" },
		{ SAMPLE_EVICTION, "location", "" },
		{ SAMPLE_VXLAN, "tunnel", "vxlan" },
		{ SAMPLE_VXLAN, "vni", "42" },
		{ SAMPLE_VXLAN, "inner_src", "10.1.1.1" },
		{ SAMPLE_VXLAN, "inner_dport", "80" },
		{ SAMPLE_VXLAN, "inner_proto", "tcp" },
		{ SAMPLE_UDP, "vni", "" },
		{ SAMPLE_SYN_DNAT, "pod", "cart-7c9f6" },
		{ SAMPLE_SYN_DNAT, "namespace", "shop" },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct drop drop = sample_drop(cases[i].sample);

		expect_column(&drop, cases[i].name, cases[i].expected);
	}
}

Test(columns, bits_have_names)
{
	struct drop drop = sample_syn_dnat();

	drop.rec.tcp_flags = 0xff;
	expect_column(&drop, "tcp_flags", "SYN,FIN,RST,PSH,ACK,URG,ECE,CWR");
	drop.rec.tcp_flags = 0;
	expect_column(&drop, "tcp_flags", "NONE");
	drop.ct.status = 0;
	expect_column(&drop, "ct_status", "none");
	drop.ct.status = 0x80000006;
	expect_column(&drop, "ct_status", "seen_reply,assured,0x80000000");
}

/* What the counters say and the hooks do not is a disagreement, too. */
Test(columns, hooks_may_miss_a_drop)
{
	struct drop drop = sample_disagree();

	drop.rec.cause_direct = CAUSE_NONE;
	expect_column(&drop, "cause_direct", "none");
	drop.rec.flags &= ~DROP_F_DISAGREE;
	drop.rec.cause_direct = CAUSE_CT_OTHER;
	expect_column(&drop, "cause_direct", "");
}

Test(columns, winner_without_ports)
{
	struct drop drop = sample_clash();

	drop.clash.orig.l4_proto = IPPROTO_ICMP;
	expect_column(&drop, "clash_src", "10.244.1.18");
	expect_column(&drop, "clash_sport", "");
	expect_column(&drop, "clash_dport", "");
}

Test(columns, ipip_has_no_vni)
{
	struct drop drop = sample_vxlan();

	drop.inner.tunnel = TUNNEL_IPIP;
	expect_column(&drop, "tunnel", "ipip");
	expect_column(&drop, "vni", "");
	/* both ports 0: there was no L4 header to read */
	drop.inner.tuple.sport_be = drop.inner.tuple.dport_be = 0;
	expect_column(&drop, "inner_sport", "");
	drop.inner.tunnel = 99;
	expect_column(&drop, "tunnel", "");
}

Test(columns, of_an_unknown_drop_are_absent)
{
	static const char *const always[] = { "type", "schema", "count", "bytes" };
	struct drop drop = sample_drop(SAMPLE_BARE);
	char buf[COLUMN_VALUE_LEN];
	size_t i, k;

	for (i = 0; i < column_count; i++) {
		for (k = 0; k < 4 && strcmp(columns[i].name, always[k]); k++)
			;
		cr_expect_eq(column__format(&columns[i], &drop, buf) > 0, k < 4, "%s", columns[i].name);
	}
}

Test(columns, are_found_by_name)
{
	size_t i;

	for (i = 0; i < column_count; i++)
		cr_expect_eq(column__find(columns[i].name), &columns[i], "%s", columns[i].name);
	cr_expect_null(column__find("nonesuch"));
	cr_expect_null(column__find(""));
	cr_expect_str_eq(columns[0].name, "type");
	cr_expect_str_eq(columns[1].name, "schema");
}

Test(columns, cut_what_does_not_fit)
{
	struct drop drop = sample_udp();
	char text[4096], buf[COLUMN_VALUE_LEN];
	size_t i;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	drop.reason = drop.netns_name = drop.pod = drop.pod_namespace = drop.symbol = text;
	drop.symbol_offset = ~0ULL;
	memset(drop.rec.iface, 'y', sizeof(drop.rec.iface));
	for (i = 0; i < column_count; i++) {
		size_t len = column__format(&columns[i], &drop, buf);

		cr_expect_lt(len, COLUMN_VALUE_LEN);
		cr_expect_eq(len, strlen(buf), "%s", columns[i].name);
	}
}
