// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Entries out of messages, the heaviest in fixed memory, and what is said to
 * fill a table.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdio.h>

#include "user/conntrack/heavy.h"
#include "user/conntrack/occupants.h"
#include "user/conntrack/sources.h"

/* --- messages */

static struct nlmsghdr *begin(char *buf)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	mnl_nlmsg_put_extra_header(nlh, sizeof(struct nfgenmsg));
	return nlh;
}

static void put_tuple(struct nlmsghdr *nlh, __u16 type, const char *src, const char *dst,
		      __u8 proto, __u16 sport, __u16 dport)
{
	struct nlattr *tuple = mnl_attr_nest_start(nlh, type), *nest;

	nest = mnl_attr_nest_start(nlh, CTA_TUPLE_IP);
	mnl_attr_put_u32(nlh, CTA_IP_V4_SRC, inet_addr(src));
	mnl_attr_put_u32(nlh, CTA_IP_V4_DST, inet_addr(dst));
	mnl_attr_nest_end(nlh, nest);
	nest = mnl_attr_nest_start(nlh, CTA_TUPLE_PROTO);
	mnl_attr_put_u8(nlh, CTA_PROTO_NUM, proto);
	mnl_attr_put_u16(nlh, CTA_PROTO_SRC_PORT, htons(sport));
	mnl_attr_put_u16(nlh, CTA_PROTO_DST_PORT, htons(dport));
	mnl_attr_nest_end(nlh, nest);
	mnl_attr_nest_end(nlh, tuple);
}

Test(conntrack_entry, parses_a_message)
{
	char buf[1024] __attribute__((aligned(8)));
	struct nlmsghdr *nlh = begin(buf);
	struct nlattr *info, *tcp;
	struct conntrack_entry entry;

	put_tuple(nlh, CTA_TUPLE_ORIG, "10.0.0.1", "10.96.0.10", IPPROTO_TCP, 40000, 443);
	put_tuple(nlh, CTA_TUPLE_REPLY, "10.1.0.7", "10.0.0.1", IPPROTO_TCP, 8443, 40000);
	mnl_attr_put_u32(nlh, CTA_STATUS, htonl(IPS_SEEN_REPLY | IPS_ASSURED));
	mnl_attr_put_u32(nlh, CTA_TIMEOUT, htonl(431999));
	mnl_attr_put_u16(nlh, CTA_ZONE, htons(7));
	mnl_attr_put_u32(nlh, 250, 1); /* of a kernel to come */
	info = mnl_attr_nest_start(nlh, CTA_PROTOINFO);
	tcp = mnl_attr_nest_start(nlh, CTA_PROTOINFO_TCP);
	mnl_attr_put_u8(nlh, CTA_PROTOINFO_TCP_STATE, TCP_CONNTRACK_ESTABLISHED);
	mnl_attr_nest_end(nlh, tcp);
	mnl_attr_nest_end(nlh, info);
	cr_assert_eq(conntrack_entry__parse(nlh, &entry), 0);
	cr_expect_eq(entry.orig.ip_version, 4);
	cr_expect_eq(entry.orig.dport_be, htons(443));
	cr_expect_eq(entry.reply.sport_be, htons(8443));
	cr_expect(!memcmp(entry.reply.saddr, "\x0a\x01\x00\x07", 4));
	cr_expect_eq(entry.status, IPS_SEEN_REPLY | IPS_ASSURED);
	cr_expect(entry.has_timeout);
	cr_expect_eq(entry.timeout_s, 431999);
	cr_expect_eq(entry.zone, 7);
	cr_expect_str_eq(conntrack_entry__state(&entry), "ESTABLISHED");
}

Test(conntrack_entry, refuses_what_makes_no_sense)
{
	char buf[1024] __attribute__((aligned(8)));
	struct nlmsghdr *nlh = begin(buf);
	struct conntrack_entry entry = { .zone = 9 };

	cr_expect_eq(conntrack_entry__parse(nlh, &entry), -EINVAL, "no tuple");
	cr_expect_eq(entry.zone, 9, "untouched");
	nlh->nlmsg_len = sizeof(*nlh);
	cr_expect_eq(conntrack_entry__parse(nlh, &entry), -EINVAL, "no header");
	nlh = begin(buf);
	put_tuple(nlh, CTA_TUPLE_ORIG, "10.0.0.1", "10.0.0.2", IPPROTO_UDP, 1, 2);
	nlh->nlmsg_len--;
	cr_expect_eq(conntrack_entry__parse(nlh, &entry), -EINVAL, "its last byte is missing");
	nlh->nlmsg_len++;
	/* an attribute longer than the message that it is in */
	((struct nlattr *)mnl_nlmsg_get_payload_offset(nlh, sizeof(struct nfgenmsg)))->nla_len = 999;
	cr_expect_eq(conntrack_entry__parse(nlh, &entry), -EINVAL);
}

Test(conntrack_entry, states)
{
	struct conntrack_entry entry = {};

	cr_expect_str_eq(conntrack_entry__state(&entry), "UNREPLIED");
	entry.status = IPS_SEEN_REPLY;
	cr_expect_str_eq(conntrack_entry__state(&entry), "REPLIED");
	entry.status |= IPS_ASSURED;
	cr_expect_str_eq(conntrack_entry__state(&entry), "ASSURED");
	entry.has_tcp_state = true;
	entry.tcp_state = 200;
	cr_expect_str_eq(conntrack_entry__state(&entry), "UNKNOWN");
}

/* --- the heaviest */

static __u64 forgotten;

static void on_forget(void *ctx, const struct heavy_record *record)
{
	(void)ctx;
	forgotten += record->count;
}

Test(heavy, keeps_the_heaviest_and_loses_no_count)
{
	struct heavy *h = heavy__new(sizeof(__u32), sizeof(__u64), 16, on_forget, NULL);
	__u64 kept = 0, total = 0;
	__u32 key, round;
	size_t i;

	cr_assert_not_null(h);
	forgotten = 0;
	for (round = 0; round < 200; round++) {
		key = 1; /* heavy */
		++*(__u64 *)heavy__add(h, &key).value;
		key = 2;
		heavy__add(h, &key);
		heavy__add(h, &key);
		key = 1000 + round; /* once each */
		heavy__add(h, &key);
		total += 4;
	}
	for (i = 0; i < heavy__count(h); i++) {
		struct heavy_record record = heavy__at(h, i);

		memcpy(&key, record.key, sizeof(key));
		if (key == 1) {
			cr_expect_eq(record.count, 200);
			cr_expect_eq(*(__u64 *)record.value, 200, "kept through every clearing");
		}
		if (key == 2)
			cr_expect_eq(record.count, 400);
		kept += record.count;
	}
	cr_expect_eq(kept + forgotten, total);
	cr_expect_leq(heavy__count(h), 16);
	heavy__free(h);
}

static struct conntrack_entry flow(__u32 src, __u32 dst, __u8 proto, __u16 dport, __u32 status)
{
	struct conntrack_entry entry = { .status = status };

	src = htonl(src);
	dst = htonl(dst);
	memcpy(entry.orig.saddr, &src, 4);
	memcpy(entry.orig.daddr, &dst, 4);
	entry.orig.ip_version = 4;
	entry.orig.l4_proto = proto;
	entry.orig.dport_be = htons(dport);
	return entry;
}

Test(conntrack_sources, estimates_destinations)
{
	static const __u32 counts[] = { 1, 10, 60, 1000, 50000 };
	size_t i;
	__u32 k;

	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct conntrack_sources *s = conntrack_sources__new();
		const struct conntrack_source *source;
		double about;

		for (k = 0; k < 2 * counts[i]; k++) {
			struct conntrack_entry entry = flow(1, k % counts[i], IPPROTO_TCP, 80, 0);

			conntrack_sources__add(s, &entry);
		}
		source = conntrack_sources__heaviest(s, NULL);
		cr_assert_not_null(source);
		cr_expect_eq(source->count, 2ULL * counts[i]);
		about = (double)conntrack_source__destinations(source) / counts[i];
		cr_expect(about > 0.65 && about < 1.45, "%u: %.2f of it", counts[i], about);
		conntrack_sources__free(s);
	}
}

/* --- groups and findings */

static struct occupants *new_occupants(const char *keys, size_t max_groups)
{
	struct occupants_options options = { .max_groups = max_groups,
					     .timeouts = { 432000, 300 } };

	if (keys)
		cr_assert_eq(occupant_key__parse(keys, options.keys, &options.key_count), 0);
	return occupants__new(&options);
}

static void add(struct occupants *o, struct conntrack_entry entry)
{
	occupants__add(o, 4026531840, &entry);
}

Test(occupants, key_lists)
{
	static const char *const bad[] = { "", ",", "pod,", ",pod", "pod,pod", "pods", "pod, state" };
	enum occupant_key keys[__OCCUPANT_KEY_MAX];
	size_t count = 0, i;

	cr_expect_eq(occupant_key__parse("pod,service,state,proto,dst-port,zone", keys, &count), 0);
	cr_expect_eq(count, 6);
	cr_expect_eq(keys[4], OCCUPANT_DST_PORT);
	cr_expect_eq(occupant_key__parse("dst_port", keys, &count), 0);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_eq(occupant_key__parse(bad[i], keys, &count), -EINVAL, "'%s'", bad[i]);
}

Test(occupants, groups_add_up)
{
	struct occupants *o = new_occupants("state,proto,dst-port,src,netns,assured,zone,pod", 64);
	const struct occupant_group *const *groups;
	char text[OCCUPANT_VALUE_LEN];
	size_t count, i;

	cr_assert_not_null(o);
	for (i = 0; i < 3; i++)
		add(o, flow(0x0a000001, 0x0a000002, IPPROTO_UDP, 53, 0));
	add(o, flow(0x0a000001, 0x0a000002, IPPROTO_UDP, 53, IPS_SEEN_REPLY | IPS_ASSURED));
	cr_assert_eq(occupants__sorted(o, &groups, &count), 0);
	cr_assert_eq(count, 2);
	cr_expect_eq(groups[0]->count, 3);
	cr_expect_eq(groups[0]->unreplied, 3);
	cr_expect_eq(groups[1]->assured, 1);
	static const char *const values[] = { "UNREPLIED", "udp", "53", "10.0.0.1", "4026531840",
					      "no", "0", "" };
	for (i = 0; i < 8; i++) {
		cr_expect_eq(occupants__value(o, groups[0], i, text), strlen(values[i]));
		cr_expect_str_eq(text, values[i]);
	}
	cr_expect_eq(occupants__total(o)->all.count, 4);
	cr_expect_eq(occupants__total(o)->all.assured, 1);
	occupants__free(o);
}

Test(occupants, rest_is_counted)
{
	struct occupants *o = new_occupants("src", 8);
	const struct occupant_group *const *groups;
	__u64 sum;
	size_t count, i;

	for (i = 0; i < 1000; i++) {
		add(o, flow(1, 2, IPPROTO_TCP, 80, 0));
		add(o, flow(100 + (__u32)i, 2, IPPROTO_TCP, 80, IPS_ASSURED));
	}
	cr_assert_eq(occupants__sorted(o, &groups, &count), 0);
	cr_expect_leq(count, 8);
	cr_expect_eq(groups[0]->count, 1000);
	sum = occupants__total(o)->rest.count;
	for (i = 0; i < count; i++)
		sum += groups[i]->count;
	cr_expect_eq(sum, 2000);
	occupants__free(o);
}

static struct conntrack_entry tcp(__u32 src, __u8 state, __u32 timeout_s)
{
	struct conntrack_entry entry = flow(src, 9, IPPROTO_TCP, 80, IPS_SEEN_REPLY | IPS_ASSURED);

	entry.tcp_state = state;
	entry.has_tcp_state = true;
	entry.timeout_s = timeout_s;
	entry.has_timeout = true;
	return entry;
}

/* Each filler alone, from sources enough not to be one; and a healthy table. */
Test(occupants, findings)
{
	static const char *const expected[] = { "dns_unreplied", "udp_unreplied", "syn_sent",
						"time_wait", "close_wait", "idle_established",
						"scanner", "one_source", NULL, NULL };
	struct occupant_finding found[__FINDING_MAX];
	size_t kind, count, k;
	bool named;
	__u32 i;

	for (kind = 0; kind < 10; kind++) {
		struct occupants *o = new_occupants(NULL, 0);

		for (i = 0; i < 1000; i++) {
			__u32 src = i % 100;

			switch (kind) {
			case 0: add(o, flow(src, 5, IPPROTO_UDP, 53, 0)); break;
			case 1: add(o, flow(src, 5, IPPROTO_UDP, 514, 0)); break;
			case 2: add(o, tcp(src, TCP_CONNTRACK_SYN_SENT, 100)); break;
			case 3: add(o, tcp(src, TCP_CONNTRACK_TIME_WAIT, 100)); break;
			case 4: add(o, tcp(src, TCP_CONNTRACK_CLOSE_WAIT, 50)); break;
			case 5: add(o, tcp(src, TCP_CONNTRACK_ESTABLISHED, 432000 - 3601)); break;
			case 6: add(o, flow(i % 5 ? src + 100 : 7, i, IPPROTO_TCP, 22,
					    i % 5 ? IPS_SEEN_REPLY : 0)); break;
			case 7: add(o, tcp(3, TCP_CONNTRACK_ESTABLISHED, 432000)); break;
			case 8: add(o, tcp(src, TCP_CONNTRACK_ESTABLISHED, 432000 - 3599)); break;
			/* busy: it waits for an acknowledgement */
			default: add(o, tcp(src, TCP_CONNTRACK_ESTABLISHED, 300)); break;
			}
		}
		count = occupants__findings(o, found);
		named = !expected[kind];
		for (k = 0; k < count; k++)
			named |= expected[kind] && !strcmp(found[k].name, expected[kind]);
		cr_expect(named, "%s", expected[kind]);
		cr_expect_eq(count, expected[kind] != NULL, "%zu: %zu", kind, count);
		if (kind == 6) {
			cr_expect_str_eq(found[0].who, "0.0.0.7");
			cr_expect_eq(found[0].count, 200);
			cr_expect(found[0].destinations > 100 && found[0].destinations < 300);
		}
		occupants__free(o);
	}
}

/* One whose entries are answered for the most part holds more, also of those that are not. */
Test(occupants, scanner_beside_a_busier_source)
{
	struct occupants *o = new_occupants(NULL, 0);
	struct occupant_finding found[__FINDING_MAX];
	__u32 i;

	for (i = 0; i < 5000; i++)
		add(o, flow(1, i, IPPROTO_TCP, 443, i % 2 ? IPS_SEEN_REPLY : 0));
	for (i = 0; i < 2000; i++)
		add(o, flow(7, i, IPPROTO_TCP, 22, 0));
	cr_assert_eq(occupants__findings(o, found), 2);
	cr_expect_str_eq(found[0].name, "one_source");
	cr_expect_str_eq(found[1].name, "scanner");
	cr_expect_str_eq(found[1].who, "0.0.0.7");
	occupants__free(o);
}

Test(occupants, findings_of_next_to_nothing)
{
	struct occupants *o = new_occupants(NULL, 0);
	struct occupant_finding found[__FINDING_MAX];

	add(o, flow(1, 2, IPPROTO_UDP, 53, 0));
	cr_expect_eq(occupants__findings(o, found), 0);
	occupants__free(o);
}
