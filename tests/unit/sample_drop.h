/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Drops to test with: one of each kind that the outputs treat differently.
 */
#ifndef DROPWHY_SAMPLE_DROP_H
#define DROPWHY_SAMPLE_DROP_H

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

#include "user/drop.h"
#include "user/who/who.h"
#include "user/enrich/dns.h"

enum sample {
	SAMPLE_UDP,		/* a DNS query that met a full conntrack table */
	SAMPLE_SYN_DNAT,	/* before its translation, conntrack attached, in a pod */
	SAMPLE_SNAT_REPLY,	/* an answer to a translated flow */
	SAMPLE_IPV6,
	SAMPLE_ICMP_QINQ,
	SAMPLE_ARP,
	SAMPLE_LATER_FRAGMENT,
	SAMPLE_VXLAN,
	SAMPLE_LLDP,		/* no IP at all, nothing resolved */
	SAMPLE_HOSTILE,		/* every text is an attack */
	SAMPLE_TRUNCATED,	/* a TCP header cut off behind its ports */
	SAMPLE_CLASH,		/* SNAT had no port left; who has it is known */
	SAMPLE_DISAGREE,	/* direct hooks contradict the counters */
	SAMPLE_EVICTION,	/* an entry, not a packet */
	SAMPLE_DNS,		/* a query with its name */
	SAMPLE_BARE,		/* everything unknown */
	__SAMPLE_MAX,
};

/* 2026-11-23T14:00:00.123456789Z */
#define SAMPLE_SECONDS 1795442400
#define SAMPLE_NS      123456789

static inline void sample_tuple(struct flow_tuple *tuple, __u8 l4_proto, const char *src,
				__u16 sport, const char *dst, __u16 dport)
{
	int family = strchr(src, ':') ? AF_INET6 : AF_INET;

	memset(tuple, 0, sizeof(*tuple));
	tuple->ip_version = family == AF_INET ? 4 : 6;
	tuple->l4_proto = l4_proto;
	inet_pton(family, src, tuple->saddr);
	inet_pton(family, dst, tuple->daddr);
	tuple->sport_be = htons(sport);
	tuple->dport_be = htons(dport);
}

static inline void sample_iface(struct drop *drop, const char *name)
{
	size_t len = strlen(name);

	memset(drop->rec.iface, 0, sizeof(drop->rec.iface));
	memcpy(drop->rec.iface, name, len < DROP_IFACE_LEN ? len : DROP_IFACE_LEN - 1);
}

static inline struct drop sample_udp(void)
{
	static const __u8 src_mac[6] = { 0x02, 0, 0, 0, 0, 0x0a };
	static const __u8 dst_mac[6] = { 0x02, 0, 0, 0, 0, 0x0b };
	struct drop drop = {
		.count = 1,
		.bytes = 78,
		.time = { SAMPLE_SECONDS, SAMPLE_NS },
		.reason = "NETFILTER_DROP",
		.symbol = "nf_hook_slow",
		.symbol_offset = 0xa5,
		.netns_name = "blue",
	};

	drop.rec.hdr = (struct record_header){ RECORD_DROP, DROP_RECORD_VERSION,
					       sizeof(drop.rec) };
	drop.rec.location = 0xffffffff81c0a5a5;
	drop.rec.netns_ino = 4026532841U;
	drop.rec.ifindex = 7;
	drop.rec.reason = 12;
	drop.rec.count = 1;
	drop.rec.bytes = 78;
	drop.rec.len_bytes = 78;
	drop.rec.l3_proto = ETH_P_IP;
	drop.rec.cause = CAUSE_CT_TABLE_FULL;
	drop.rec.side = SIDE_RX;
	drop.rec.flags = DROP_F_L3 | DROP_F_L4 | DROP_F_MAC;
	memcpy(drop.rec.src_mac, src_mac, sizeof(src_mac));
	memcpy(drop.rec.dst_mac, dst_mac, sizeof(dst_mac));
	sample_iface(&drop, "veth0");
	sample_tuple(&drop.rec.tuple, IPPROTO_UDP, "10.244.1.17", 40000, "10.96.0.10", 53);
	return drop;
}

static inline struct drop sample_syn_dnat(void)
{
	struct drop drop = sample_udp();

	drop.rec.tuple.l4_proto = IPPROTO_TCP;
	drop.rec.tcp_flags = 0x02;
	drop.rec.tcp_seq = 305419896;
	drop.rec.mark = 0x4000;
	drop.rec.cgroup_id = 12345;
	drop.rec.cause = CAUSE_CT_INSERT_FAILED;
	drop.rec.ct_state = CT_STATE_NEW;
	drop.rec.side = SIDE_TX;
	drop.rec.sections = DROP_SECTION_CT;
	drop.rec.hdr.size += sizeof(drop.ct);
	drop.ct.status = 0x1a8;
	drop.ct.zone = 5;
	drop.ct.orig = drop.rec.tuple;
	sample_tuple(&drop.ct.reply, IPPROTO_TCP, "10.244.2.5", 5353, "192.0.2.1", 40000);
	drop.pod = "cart-7c9f6";
	drop.pod_namespace = "shop";
	drop.workload = "deployment/cart";
	drop.node = "node-1";
	drop.src = (struct drop_end){ .kind = WHO_POD, .name = "cart-7c9f6", .namespace = "shop" };
	drop.dst = (struct drop_end){ .kind = WHO_SERVICE, .name = "dns", .namespace = "infra" };
	drop.service = "dns";
	drop.service_namespace = "infra";
	drop.has_backend = true;
	drop.backend = (struct drop_end){ .kind = WHO_POD, .name = "dns-0", .namespace = "infra" };
	return drop;
}

static inline struct drop sample_snat_reply(void)
{
	struct drop drop = sample_syn_dnat();

	sample_tuple(&drop.rec.tuple, IPPROTO_TCP, "10.244.2.5", 5353, "192.0.2.1", 40000);
	drop.rec.tcp_flags = 0x12;
	drop.rec.ct_state = CT_STATE_REPLY;
	drop.rec.cause = CAUSE_XTABLES_RULE;
	return drop;
}

static inline struct drop sample_icmp_qinq(void)
{
	struct drop drop = sample_udp();

	sample_tuple(&drop.rec.tuple, IPPROTO_ICMP, "10.0.0.1", 0, "10.0.0.2", 0);
	drop.rec.icmp_type = 8;
	drop.rec.vlan_count = 2;
	drop.rec.vlan_tci[0] = 0x2064; /* priority 1, id 100 */
	drop.rec.vlan_tci[1] = 200;
	return drop;
}

static inline struct drop sample_ipv6(void)
{
	struct drop drop = sample_udp();

	sample_tuple(&drop.rec.tuple, IPPROTO_UDP, "2001:db8::17", 40000, "2001:db8:2::10", 0);
	drop.rec.l3_proto = ETH_P_IPV6;
	drop.rec.cause = CAUSE_NONE;
	drop.reason = "NO_SOCKET";
	drop.symbol = "udpv6_queue_rcv_one_skb";
	drop.symbol_offset = 0;
	return drop;
}

static inline struct drop sample_arp(void)
{
	struct drop drop = sample_udp();

	sample_tuple(&drop.rec.tuple, 0, "10.0.0.1", 0, "10.0.0.2", 0);
	drop.rec.l3_proto = ETH_P_ARP;
	drop.rec.flags = DROP_F_L3 | DROP_F_ARP | DROP_F_MAC;
	drop.rec.arp_op = 1;
	drop.rec.cause = CAUSE_NONE;
	drop.reason = "NEIGH_FAILED";
	return drop;
}

static inline struct drop sample_later_fragment(void)
{
	struct drop drop = sample_udp();

	drop.rec.flags = DROP_F_L3 | DROP_F_FRAGMENT | DROP_F_LATER_FRAGMENT;
	drop.rec.frag_offset_bytes = 1480;
	drop.rec.tuple.sport_be = drop.rec.tuple.dport_be = 0;
	drop.rec.cause = CAUSE_NFT_RULE;
	drop.symbol = "nft_do_chain";
	return drop;
}

static inline struct drop sample_vxlan(void)
{
	struct drop drop = sample_udp();

	drop.rec.tuple.dport_be = htons(4789);
	drop.rec.sections = DROP_SECTION_INNER;
	drop.rec.hdr.size += sizeof(drop.inner);
	drop.inner.tunnel = TUNNEL_VXLAN;
	drop.inner.vni = 42;
	sample_tuple(&drop.inner.tuple, IPPROTO_TCP, "10.1.1.1", 1234, "10.1.1.2", 80);
	return drop;
}

static inline struct drop sample_lldp(void)
{
	struct drop drop = sample_udp();

	memset(&drop.rec.tuple, 0, sizeof(drop.rec.tuple));
	drop.rec.l3_proto = 0x88cc;
	drop.rec.flags = DROP_F_MAC;
	drop.rec.cause = CAUSE_NONE;
	drop.reason = "UNHANDLED_PROTO";
	drop.netns_name = NULL;
	drop.symbol = NULL;
	return drop;
}

static inline struct drop sample_hostile(void)
{
	static const struct dns_query query = { .name = "-\033]0;,\"\\.", .id = 65535,
						.type = 65280, .response = true,
						.has_header = true };
	struct drop drop = sample_udp();

	sample_iface(&drop, "=\033[2J\",\n\xff\\");
	drop.netns_name = "a\r\nb\xc2\x9b\x7f";
	drop.pod = "@p\xe2\x80\x8eod";
	drop.pod_namespace = "n\xc3\xa4s\xed\xa0\x80";
	drop.rec.sections = DROP_SECTION_DNS;
	drop.dns = &query;
	drop.dns_malformed = true;
	drop.symbol = "s\"y,m";
	drop.rec.count = drop.count = 1200;
	drop.rec.bytes = drop.bytes = 93600;
	drop.last_time = (struct timespec){ SAMPLE_SECONDS + 1, SAMPLE_NS };
	return drop;
}

static inline struct drop sample_truncated(void)
{
	struct drop drop = sample_udp();

	drop.rec.tuple.l4_proto = IPPROTO_TCP;
	drop.rec.flags |= DROP_F_TRUNCATED;
	return drop;
}

static inline struct drop sample_clash(void)
{
	struct drop drop = sample_udp();

	sample_tuple(&drop.rec.tuple, IPPROTO_UDP, "192.0.2.1", 5000, "10.96.0.10", 53);
	drop.rec.cause = CAUSE_CT_INSERT_FAILED;
	drop.rec.ct_state = CT_STATE_NEW;
	drop.rec.side = SIDE_TX;
	drop.rec.sections = DROP_SECTION_CT | DROP_SECTION_CLASH;
	drop.rec.hdr.size += sizeof(drop.ct) + sizeof(drop.clash);
	drop.ct.status = 0x90;
	sample_tuple(&drop.ct.orig, IPPROTO_UDP, "10.244.1.17", 40000, "10.96.0.10", 53);
	sample_tuple(&drop.ct.reply, IPPROTO_UDP, "10.96.0.10", 53, "192.0.2.1", 5000);
	drop.clash.status = 0x198;
	sample_tuple(&drop.clash.orig, IPPROTO_UDP, "10.244.1.18", 40001, "10.96.0.10", 53);
	sample_tuple(&drop.clash.reply, IPPROTO_UDP, "10.96.0.10", 53, "192.0.2.1", 5000);
	return drop;
}

/* A query for the A record of web.shop.svc.cluster.local. */
static inline struct drop sample_dns(void)
{
	static const char message[] = "\x1a\x2b\x01\0\0\x01\0\0\0\0\0\0"
				      "\3web\4shop\3svc\7cluster\5local\0\0\1\0\1";
	static const struct dns_query query = { .name = "wEb.shop.svc.cluster.local", .id = 0x1a2b,
						.type = 1, .has_header = true };
	struct drop drop = sample_udp();

	drop.dns = &query;
	drop.rec.sections = DROP_SECTION_DNS;
	drop.dns_message.length = sizeof(message) - 1;
	memcpy(drop.dns_message.payload, message, sizeof(message) - 1);
	drop.rec.hdr.size +=
		(offsetof(struct drop_section_dns, payload) + sizeof(message) - 1 + 7) / 8 * 8;
	return drop;
}

static inline struct drop sample_disagree(void)
{
	struct drop drop = sample_udp();

	drop.rec.flags |= DROP_F_DISAGREE;
	drop.rec.cause_direct = CAUSE_CT_CHAIN_TOO_LONG;
	return drop;
}

/* As bpf/conntrack_hooks.bpf.c makes it: what a packet has is unknown. */
static inline struct drop sample_eviction(void)
{
	struct drop drop = {
		.count = 1,
		.time = { SAMPLE_SECONDS, SAMPLE_NS },
		.reason = "",
		.netns_name = "blue",
	};

	drop.rec.hdr = (struct record_header){ RECORD_EVICTION, DROP_RECORD_VERSION,
					       sizeof(drop.rec) + sizeof(drop.ct) };
	drop.rec.count = 1;
	drop.rec.netns_ino = 4026532841U;
	drop.rec.l3_proto = ETH_P_IP;
	drop.rec.flags = DROP_F_L3 | DROP_F_L4;
	drop.rec.sections = DROP_SECTION_CT;
	sample_tuple(&drop.rec.tuple, IPPROTO_UDP, "10.244.1.19", 40002, "10.96.0.10", 53);
	drop.ct.status = 0x188;
	drop.ct.orig = drop.rec.tuple;
	sample_tuple(&drop.ct.reply, IPPROTO_UDP, "10.244.2.5", 5353, "10.244.1.19", 40002);
	return drop;
}

static inline struct drop sample_drop(enum sample sample)
{
	switch (sample) {
	case SAMPLE_UDP:
		return sample_udp();
	case SAMPLE_SYN_DNAT:
		return sample_syn_dnat();
	case SAMPLE_SNAT_REPLY:
		return sample_snat_reply();
	case SAMPLE_IPV6:
		return sample_ipv6();
	case SAMPLE_ICMP_QINQ:
		return sample_icmp_qinq();
	case SAMPLE_ARP:
		return sample_arp();
	case SAMPLE_LATER_FRAGMENT:
		return sample_later_fragment();
	case SAMPLE_VXLAN:
		return sample_vxlan();
	case SAMPLE_LLDP:
		return sample_lldp();
	case SAMPLE_HOSTILE:
		return sample_hostile();
	case SAMPLE_TRUNCATED:
		return sample_truncated();
	case SAMPLE_CLASH:
		return sample_clash();
	case SAMPLE_DISAGREE:
		return sample_disagree();
	case SAMPLE_EVICTION:
		return sample_eviction();
	case SAMPLE_DNS:
		return sample_dns();
	default:
		return (struct drop){ .count = 1 };
	}
}

#endif
