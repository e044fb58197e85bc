/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The table of all fields of a drop, in the order of JSON and CSV.
 */
#include <string.h>

#include "user/enrich/dns.h"
#include "user/flow.h"
#include "user/number.h"
#include "user/sinks/columns.h"
#include "user/sinks/fields_who.h"
#include "user/sinks/sink.h"
#include "user/sinks/timestamp.h"

static size_t none(char *buf)
{
	buf[0] = '\0';
	return 0;
}

/* A number of which 0 means unknown. */
static size_t nonzero(__u64 value, char *buf)
{
	return value ? number__decimal(value, buf) : none(buf);
}

static size_t entry_port(const struct flow_tuple *tuple, enum flow_end end, char *buf)
{
	if (!flow__has_ports(tuple->l4_proto))
		return none(buf);
	return number__decimal(flow__port(tuple, end), buf);
}

static size_t format_type(const struct drop *drop, char *buf)
{
	return field__text(drop__is_eviction(drop) ? "eviction" : "drop", buf);
}

static size_t format_schema(const struct drop *drop, char *buf)
{
	(void)drop;
	return number__decimal(OUTPUT_SCHEMA_VERSION, buf);
}

static size_t format_time(const struct drop *drop, char *buf)
{
	return timestamp__rfc3339(&drop->time, buf);
}

static size_t format_last_time(const struct drop *drop, char *buf)
{
	*buf = '\0';
	return drop->count > 1 ? timestamp__rfc3339(&drop->last_time, buf) : 0;
}

static size_t format_count(const struct drop *drop, char *buf)
{
	return number__decimal(drop->count, buf);
}

static size_t format_bytes(const struct drop *drop, char *buf)
{
	return number__decimal(drop->bytes, buf);
}

static size_t format_reason(const struct drop *drop, char *buf)
{
	return field__text(drop->reason, buf);
}

static size_t format_cause(const struct drop *drop, char *buf)
{
	return field__text(drop_cause__name(drop->rec.cause), buf);
}

static size_t format_ct_state(const struct drop *drop, char *buf)
{
	return field__text(drop_ct_state__name(drop->rec.ct_state), buf);
}

static size_t format_src(const struct drop *drop, char *buf)
{
	if (!drop__has_addresses(drop))
		return none(buf);
	return flow__format_address(&drop->rec.tuple, FLOW_SRC, buf);
}

static size_t format_sport(const struct drop *drop, char *buf)
{
	if (!drop__has_ports(drop))
		return none(buf);
	return number__decimal(flow__port(&drop->rec.tuple, FLOW_SRC), buf);
}

static size_t format_dst(const struct drop *drop, char *buf)
{
	if (!drop__has_addresses(drop))
		return none(buf);
	return flow__format_address(&drop->rec.tuple, FLOW_DST, buf);
}

static size_t format_dport(const struct drop *drop, char *buf)
{
	if (!drop__has_ports(drop))
		return none(buf);
	return number__decimal(flow__port(&drop->rec.tuple, FLOW_DST), buf);
}

static size_t format_netns(const struct drop *drop, char *buf)
{
	return nonzero(drop->rec.netns_ino, buf);
}

static size_t format_netns_name(const struct drop *drop, char *buf)
{
	return field__text(drop->netns_name, buf);
}

static size_t format_iface(const struct drop *drop, char *buf)
{
	size_t len = strnlen(drop->rec.iface, DROP_IFACE_LEN);

	memcpy(buf, drop->rec.iface, len);
	buf[len] = '\0';
	return len;
}

static size_t format_ifindex(const struct drop *drop, char *buf)
{
	return nonzero(drop->rec.ifindex, buf);
}

static size_t format_side(const struct drop *drop, char *buf)
{
	switch (drop->rec.side) {
	case SIDE_RX:
		return field__text("rx", buf);
	case SIDE_TX:
		return field__text("tx", buf);
	default:
		return none(buf);
	}
}

static size_t format_mark(const struct drop *drop, char *buf)
{
	return nonzero(drop->rec.mark, buf);
}

static size_t format_tcp_seq(const struct drop *drop, char *buf)
{
	/* of a header cut short nothing is known */
	bool unknown = !drop->rec.tcp_seq && drop->rec.flags & DROP_F_TRUNCATED;

	if (!drop__has_ports(drop) || drop->rec.tuple.l4_proto != IPPROTO_TCP || unknown)
		return none(buf);
	return number__decimal(drop->rec.tcp_seq, buf);
}

static size_t format_icmp_type(const struct drop *drop, char *buf)
{
	return field__has_icmp(drop) ? number__decimal(drop->rec.icmp_type, buf) : none(buf);
}

static size_t format_icmp_code(const struct drop *drop, char *buf)
{
	return field__has_icmp(drop) ? number__decimal(drop->rec.icmp_code, buf) : none(buf);
}

static size_t format_arp_op(const struct drop *drop, char *buf)
{
	return nonzero(drop->rec.arp_op, buf);
}

static size_t format_fragment(const struct drop *drop, char *buf)
{
	if (!(drop->rec.flags & DROP_F_FRAGMENT))
		return none(buf);
	return field__text(drop->rec.flags & DROP_F_LATER_FRAGMENT ? "later" : "first", buf);
}

static size_t format_frag_offset(const struct drop *drop, char *buf)
{
	if (!(drop->rec.flags & DROP_F_FRAGMENT))
		return none(buf);
	return number__decimal(drop->rec.frag_offset_bytes, buf);
}

static size_t format_src_mac(const struct drop *drop, char *buf)
{
	return drop->rec.flags & DROP_F_MAC ? field__mac(drop->rec.src_mac, buf) : none(buf);
}

static size_t format_dst_mac(const struct drop *drop, char *buf)
{
	return drop->rec.flags & DROP_F_MAC ? field__mac(drop->rec.dst_mac, buf) : none(buf);
}

static size_t format_truncated(const struct drop *drop, char *buf)
{
	return nonzero(!!(drop->rec.flags & DROP_F_TRUNCATED), buf);
}

static size_t format_cgroup(const struct drop *drop, char *buf)
{
	return nonzero(drop->rec.cgroup_id, buf);
}

static size_t format_ct_zone(const struct drop *drop, char *buf)
{
	return number__decimal(drop->ct.zone, buf);
}

static size_t format_ct_src(const struct drop *drop, char *buf)
{
	return flow__format_address(&drop->ct.orig, FLOW_SRC, buf);
}

static size_t format_ct_sport(const struct drop *drop, char *buf)
{
	return entry_port(&drop->ct.orig, FLOW_SRC, buf);
}

static size_t format_ct_dst(const struct drop *drop, char *buf)
{
	return flow__format_address(&drop->ct.orig, FLOW_DST, buf);
}

static size_t format_ct_dport(const struct drop *drop, char *buf)
{
	return entry_port(&drop->ct.orig, FLOW_DST, buf);
}

static size_t format_ct_reply_src(const struct drop *drop, char *buf)
{
	return flow__format_address(&drop->ct.reply, FLOW_SRC, buf);
}

static size_t format_ct_reply_sport(const struct drop *drop, char *buf)
{
	return entry_port(&drop->ct.reply, FLOW_SRC, buf);
}

static size_t format_ct_reply_dst(const struct drop *drop, char *buf)
{
	return flow__format_address(&drop->ct.reply, FLOW_DST, buf);
}

static size_t format_ct_reply_dport(const struct drop *drop, char *buf)
{
	return entry_port(&drop->ct.reply, FLOW_DST, buf);
}

static size_t format_clash_src(const struct drop *drop, char *buf)
{
	return flow__format_address(&drop->clash.orig, FLOW_SRC, buf);
}

static size_t format_clash_sport(const struct drop *drop, char *buf)
{
	return entry_port(&drop->clash.orig, FLOW_SRC, buf);
}

static size_t format_clash_dst(const struct drop *drop, char *buf)
{
	return flow__format_address(&drop->clash.orig, FLOW_DST, buf);
}

static size_t format_clash_dport(const struct drop *drop, char *buf)
{
	return entry_port(&drop->clash.orig, FLOW_DST, buf);
}

/* Only where it contradicts the cause: what is missing there is "none". */
static size_t format_cause_direct(const struct drop *drop, char *buf)
{
	if (!(drop->rec.flags & DROP_F_DISAGREE))
		return none(buf);
	return field__text(drop->rec.cause_direct ? drop_cause__name(drop->rec.cause_direct) :
						    "none", buf);
}

static size_t format_vni(const struct drop *drop, char *buf)
{
	if (drop->inner.tunnel == TUNNEL_IPIP)
		return none(buf);
	return number__decimal(drop->inner.vni, buf);
}

static size_t format_inner_src(const struct drop *drop, char *buf)
{
	return flow__format_address(&drop->inner.tuple, FLOW_SRC, buf);
}

static size_t format_inner_sport(const struct drop *drop, char *buf)
{
	if (!field__has_inner_ports(drop))
		return none(buf);
	return number__decimal(flow__port(&drop->inner.tuple, FLOW_SRC), buf);
}

static size_t format_inner_dst(const struct drop *drop, char *buf)
{
	return flow__format_address(&drop->inner.tuple, FLOW_DST, buf);
}

static size_t format_inner_dport(const struct drop *drop, char *buf)
{
	if (!field__has_inner_ports(drop))
		return none(buf);
	return number__decimal(flow__port(&drop->inner.tuple, FLOW_DST), buf);
}

static size_t format_inner_proto(const struct drop *drop, char *buf)
{
	if (!drop->inner.tuple.ip_version)
		return none(buf);
	return flow__format_proto(drop->inner.tuple.l4_proto, buf);
}

static size_t format_dns(const struct drop *drop, char *buf)
{
	return drop->dns ? field__text(drop->dns->name, buf) : none(buf);
}

static size_t format_dns_type(const struct drop *drop, char *buf)
{
	return drop->dns && drop->dns->type ? dns__format_type(drop->dns->type, buf) : none(buf);
}

static size_t format_dns_id(const struct drop *drop, char *buf)
{
	/* of several messages each has its own */
	return drop->dns && drop->count == 1 ? number__decimal(drop->dns->id, buf) : none(buf);
}

static size_t format_dns_kind(const struct drop *drop, char *buf)
{
	if (drop->dns_malformed)
		return field__text("malformed", buf);
	if (!drop->dns)
		return none(buf);
	return field__text(drop->dns->response ? "response" : "query", buf);
}

static size_t format_pod(const struct drop *drop, char *buf)
{
	return field__text(drop->pod, buf);
}

static size_t format_namespace(const struct drop *drop, char *buf)
{
	return field__text(drop->pod_namespace, buf);
}

const struct column columns[] = {
	{ "type", COLUMN_TEXT, 0, format_type },
	{ "schema", COLUMN_NUMBER, 0, format_schema },
	{ "time", COLUMN_TEXT, 0, format_time },
	{ "last_time", COLUMN_TEXT, 0, format_last_time },
	{ "count", COLUMN_NUMBER, 0, format_count },
	{ "bytes", COLUMN_NUMBER, 0, format_bytes },
	{ "reason", COLUMN_TEXT, 0, format_reason },
	{ "cause", COLUMN_TEXT, 0, format_cause },
	{ "ct_state", COLUMN_TEXT, 0, format_ct_state },
	{ "src", COLUMN_TEXT, 0, format_src },
	{ "sport", COLUMN_NUMBER, 0, format_sport },
	{ "dst", COLUMN_TEXT, 0, format_dst },
	{ "dport", COLUMN_NUMBER, 0, format_dport },
	{ "proto", COLUMN_TEXT, 0, field__proto },
	{ "l3_proto", COLUMN_TEXT, 0, field__l3_proto },
	{ "netns", COLUMN_NUMBER, 0, format_netns },
	{ "netns_name", COLUMN_TEXT, 0, format_netns_name },
	{ "iface", COLUMN_TEXT, 0, format_iface },
	{ "ifindex", COLUMN_NUMBER, 0, format_ifindex },
	{ "side", COLUMN_TEXT, 0, format_side },
	{ "location", COLUMN_TEXT, 0, field__location },
	{ "mark", COLUMN_NUMBER, 0, format_mark },
	{ "tcp_flags", COLUMN_TEXT, 0, field__tcp_flags },
	{ "tcp_seq", COLUMN_NUMBER, 0, format_tcp_seq },
	{ "icmp_type", COLUMN_NUMBER, 0, format_icmp_type },
	{ "icmp_code", COLUMN_NUMBER, 0, format_icmp_code },
	{ "arp_op", COLUMN_NUMBER, 0, format_arp_op },
	{ "fragment", COLUMN_TEXT, 0, format_fragment },
	{ "frag_offset", COLUMN_NUMBER, 0, format_frag_offset },
	{ "vlan", COLUMN_TEXT, 0, field__vlan },
	{ "src_mac", COLUMN_TEXT, 0, format_src_mac },
	{ "dst_mac", COLUMN_TEXT, 0, format_dst_mac },
	{ "truncated", COLUMN_NUMBER, 0, format_truncated },
	{ "cgroup", COLUMN_NUMBER, 0, format_cgroup },
	{ "ct_status", COLUMN_TEXT, DROP_SECTION_CT, field__ct_status },
	{ "ct_zone", COLUMN_NUMBER, DROP_SECTION_CT, format_ct_zone },
	{ "ct_src", COLUMN_TEXT, DROP_SECTION_CT, format_ct_src },
	{ "ct_sport", COLUMN_NUMBER, DROP_SECTION_CT, format_ct_sport },
	{ "ct_dst", COLUMN_TEXT, DROP_SECTION_CT, format_ct_dst },
	{ "ct_dport", COLUMN_NUMBER, DROP_SECTION_CT, format_ct_dport },
	{ "ct_reply_src", COLUMN_TEXT, DROP_SECTION_CT, format_ct_reply_src },
	{ "ct_reply_sport", COLUMN_NUMBER, DROP_SECTION_CT, format_ct_reply_sport },
	{ "ct_reply_dst", COLUMN_TEXT, DROP_SECTION_CT, format_ct_reply_dst },
	{ "ct_reply_dport", COLUMN_NUMBER, DROP_SECTION_CT, format_ct_reply_dport },
	{ "clash_src", COLUMN_TEXT, DROP_SECTION_CLASH, format_clash_src },
	{ "clash_sport", COLUMN_NUMBER, DROP_SECTION_CLASH, format_clash_sport },
	{ "clash_dst", COLUMN_TEXT, DROP_SECTION_CLASH, format_clash_dst },
	{ "clash_dport", COLUMN_NUMBER, DROP_SECTION_CLASH, format_clash_dport },
	{ "cause_direct", COLUMN_TEXT, 0, format_cause_direct },
	{ "tunnel", COLUMN_TEXT, DROP_SECTION_INNER, field__tunnel },
	{ "vni", COLUMN_NUMBER, DROP_SECTION_INNER, format_vni },
	{ "inner_src", COLUMN_TEXT, DROP_SECTION_INNER, format_inner_src },
	{ "inner_sport", COLUMN_NUMBER, DROP_SECTION_INNER, format_inner_sport },
	{ "inner_dst", COLUMN_TEXT, DROP_SECTION_INNER, format_inner_dst },
	{ "inner_dport", COLUMN_NUMBER, DROP_SECTION_INNER, format_inner_dport },
	{ "inner_proto", COLUMN_TEXT, DROP_SECTION_INNER, format_inner_proto },
	{ "dns", COLUMN_TEXT, DROP_SECTION_DNS, format_dns },
	{ "dns_type", COLUMN_TEXT, DROP_SECTION_DNS, format_dns_type },
	{ "dns_id", COLUMN_NUMBER, DROP_SECTION_DNS, format_dns_id },
	{ "dns_kind", COLUMN_TEXT, DROP_SECTION_DNS, format_dns_kind },
	{ "pod", COLUMN_TEXT, 0, format_pod },
	{ "namespace", COLUMN_TEXT, 0, format_namespace },
	{ "container", COLUMN_TEXT, 0, field__container },
	{ "unit", COLUMN_TEXT, 0, field__unit },
	{ "workload", COLUMN_TEXT, 0, field__workload },
	{ "node", COLUMN_TEXT, 0, field__node },
	{ "src_name", COLUMN_TEXT, 0, field__src_name },
	{ "src_kind", COLUMN_TEXT, 0, field__src_kind },
	{ "dst_name", COLUMN_TEXT, 0, field__dst_name },
	{ "dst_kind", COLUMN_TEXT, 0, field__dst_kind },
	{ "service", COLUMN_TEXT, 0, field__service },
	{ "backend", COLUMN_TEXT, 0, field__backend },
};

const size_t column_count = sizeof(columns) / sizeof(columns[0]);

const struct column *column__find(const char *name)
{
	size_t i;

	for (i = 0; i < column_count; i++)
		if (!strcmp(columns[i].name, name))
			return &columns[i];
	return NULL;
}
