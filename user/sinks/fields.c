/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Composed fields of a drop as text.
 */
#include <linux/if_ether.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <netinet/in.h>
#include <string.h>

#include "user/flow.h"
#include "user/number.h"
#include "user/sinks/fields.h"

/* The 12 bits of a tag that are the VLAN's id: IEEE 802.1Q. */
#define VLAN_ID_MASK 0x0fff

struct bit_name {
	__u32 bit;
	const char *name;
};

size_t field__text(const char *text, char *buf)
{
	size_t len = text ? strlen(text) : 0;

	if (len > FIELD_LEN - 1)
		len = FIELD_LEN - 1;
	if (len)
		memcpy(buf, text, len);
	buf[len] = '\0';
	return len;
}

/* "a,b,0x100": names of the bits set, then what has no name. */
static size_t put_bits(__u32 bits, const struct bit_name *names, size_t count, char *buf)
{
	size_t len = 0, i;

	for (i = 0; i < count; i++) {
		if (!(bits & names[i].bit))
			continue;
		bits &= ~names[i].bit;
		if (len)
			buf[len++] = ',';
		len += field__text(names[i].name, buf + len);
	}
	if (bits) {
		if (len)
			buf[len++] = ',';
		len += number__hex(bits, buf + len);
	}
	return len;
}

size_t field__proto(const struct drop *drop, char *buf)
{
	if (drop->rec.flags & DROP_F_ARP || drop->rec.l3_proto == ETH_P_ARP)
		return field__text("arp", buf);
	if (!drop__has_addresses(drop))
		return field__text(NULL, buf);
	return flow__format_proto(drop->rec.tuple.l4_proto, buf);
}

size_t field__l3_proto(const struct drop *drop, char *buf)
{
	switch (drop->rec.l3_proto) {
	case 0:
		return field__text(NULL, buf);
	case ETH_P_IP:
		return field__text("ipv4", buf);
	case ETH_P_IPV6:
		return field__text("ipv6", buf);
	case ETH_P_ARP:
		return field__text("arp", buf);
	default:
		return number__hex(drop->rec.l3_proto, buf);
	}
}

size_t field__location(const struct drop *drop, char *buf)
{
	size_t len;

	if (!drop->symbol) {
		if (!drop->rec.location)
			return field__text(NULL, buf);
		return number__hex(drop->rec.location, buf);
	}
	len = strnlen(drop->symbol, FIELD_LEN - NUMBER_LEN - 1);
	memcpy(buf, drop->symbol, len);
	buf[len++] = '+';
	return len + number__hex(drop->symbol_offset, buf + len);
}

size_t field__tcp_flags(const struct drop *drop, char *buf)
{
	/* in the order of tcpdump(8) and most books: what opens a connection first */
	static const struct bit_name names[] = {
		{ 0x02, "SYN" }, { 0x01, "FIN" }, { 0x04, "RST" }, { 0x08, "PSH" },
		{ 0x10, "ACK" }, { 0x20, "URG" }, { 0x40, "ECE" }, { 0x80, "CWR" },
	};
	const struct drop_record *rec = &drop->rec;

	if (!drop__has_ports(drop) || rec->tuple.l4_proto != IPPROTO_TCP)
		return field__text(NULL, buf);
	if (!rec->tcp_flags) /* of a header cut short nothing is known */
		return field__text(rec->flags & DROP_F_TRUNCATED ? NULL : "NONE", buf);
	return put_bits(rec->tcp_flags, names, sizeof(names) / sizeof(names[0]), buf);
}

size_t field__vlan(const struct drop *drop, char *buf)
{
	size_t len = 0;
	int i;

	buf[0] = '\0';
	for (i = 0; i < drop->rec.vlan_count && i < 2; i++) {
		if (i)
			buf[len++] = '.';
		len += number__decimal(drop->rec.vlan_tci[i] & VLAN_ID_MASK, buf + len);
	}
	return len;
}

size_t field__mac(const __u8 *mac, char *buf)
{
	static const char digits[] = "0123456789abcdef";
	size_t len = 0;
	int i;

	for (i = 0; i < 6; i++) {
		if (i)
			buf[len++] = ':';
		buf[len++] = digits[mac[i] >> 4];
		buf[len++] = digits[mac[i] & 0xf];
	}
	buf[len] = '\0';
	return len;
}

size_t field__ct_status(const struct drop *drop, char *buf)
{
	static const struct bit_name names[] = {
		{ IPS_EXPECTED, "expected" },
		{ IPS_SEEN_REPLY, "seen_reply" },
		{ IPS_ASSURED, "assured" },
		{ IPS_CONFIRMED, "confirmed" },
		{ IPS_SRC_NAT, "snat" },
		{ IPS_DST_NAT, "dnat" },
		{ IPS_SEQ_ADJUST, "seq_adjust" },
		{ IPS_SRC_NAT_DONE, "snat_done" },
		{ IPS_DST_NAT_DONE, "dnat_done" },
		{ IPS_DYING, "dying" },
		{ IPS_FIXED_TIMEOUT, "fixed_timeout" },
		{ IPS_TEMPLATE, "template" },
		{ IPS_UNTRACKED, "nat_clash" }, /* the same bit: IPS_NAT_CLASH inside the kernel */
		{ IPS_HELPER, "helper" },
		{ IPS_OFFLOAD, "offload" },
		{ IPS_HW_OFFLOAD, "hw_offload" },
	};

	if (!drop->ct.status)
		return field__text("none", buf);
	return put_bits(drop->ct.status, names, sizeof(names) / sizeof(names[0]), buf);
}

size_t field__tunnel(const struct drop *drop, char *buf)
{
	static const char *const names[__TUNNEL_MAX] = {
		[TUNNEL_VXLAN] = "vxlan",
		[TUNNEL_GENEVE] = "geneve",
		[TUNNEL_IPIP] = "ipip",
	};

	if (!(drop->rec.sections & DROP_SECTION_INNER) || drop->inner.tunnel >= __TUNNEL_MAX)
		return field__text(NULL, buf);
	return field__text(names[drop->inner.tunnel], buf);
}

bool field__has_icmp(const struct drop *drop)
{
	return drop__has_addresses(drop) && drop->rec.flags & DROP_F_L4 &&
	       (drop->rec.tuple.l4_proto == IPPROTO_ICMP ||
		drop->rec.tuple.l4_proto == IPPROTO_ICMPV6);
}

/* The inner packet has no flags of its own: both ports 0 is how a missing header looks. */
bool field__has_inner_ports(const struct drop *drop)
{
	const struct flow_tuple *tuple = &drop->inner.tuple;

	return drop->rec.sections & DROP_SECTION_INNER && tuple->ip_version &&
	       flow__has_ports(tuple->l4_proto) && (tuple->sport_be || tuple->dport_be);
}
