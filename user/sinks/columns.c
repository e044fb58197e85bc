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
	{ "type", COLUMN_TEXT, format_type, 0 },
	{ "schema", COLUMN_NUMBER, format_schema, 0 },
	{ "time", COLUMN_TEXT, format_time, 0 },
	{ "last_time", COLUMN_TEXT, format_last_time, 0 },
	{ "count", COLUMN_NUMBER, format_count, 0 },
	{ "bytes", COLUMN_NUMBER, format_bytes, 0 },
	{ "reason", COLUMN_TEXT, format_reason, 0 },
	{ "cause", COLUMN_TEXT, format_cause, 0 },
	{ "ct_state", COLUMN_TEXT, format_ct_state, 0 },
	{ "src", COLUMN_TEXT, format_src, 0 },
	{ "sport", COLUMN_NUMBER, format_sport, 0 },
	{ "dst", COLUMN_TEXT, format_dst, 0 },
	{ "dport", COLUMN_NUMBER, format_dport, 0 },
	{ "proto", COLUMN_TEXT, field__proto, 0 },
	{ "l3_proto", COLUMN_TEXT, field__l3_proto, 0 },
	{ "netns", COLUMN_NUMBER, format_netns, 0 },
	{ "netns_name", COLUMN_TEXT, format_netns_name, 0 },
	{ "iface", COLUMN_TEXT, format_iface, 0 },
	{ "ifindex", COLUMN_NUMBER, format_ifindex, 0 },
	{ "side", COLUMN_TEXT, format_side, 0 },
	{ "location", COLUMN_TEXT, field__location, 0 },
	{ "mark", COLUMN_NUMBER, format_mark, 0 },
	{ "tcp_flags", COLUMN_TEXT, field__tcp_flags, 0 },
	{ "tcp_seq", COLUMN_NUMBER, format_tcp_seq, 0 },
	{ "icmp_type", COLUMN_NUMBER, format_icmp_type, 0 },
	{ "icmp_code", COLUMN_NUMBER, format_icmp_code, 0 },
	{ "arp_op", COLUMN_NUMBER, format_arp_op, 0 },
	{ "fragment", COLUMN_TEXT, format_fragment, 0 },
	{ "frag_offset", COLUMN_NUMBER, format_frag_offset, 0 },
	{ "vlan", COLUMN_TEXT, field__vlan, 0 },
	{ "src_mac", COLUMN_TEXT, format_src_mac, 0 },
	{ "dst_mac", COLUMN_TEXT, format_dst_mac, 0 },
	{ "truncated", COLUMN_NUMBER, format_truncated, 0 },
	{ "cgroup", COLUMN_NUMBER, format_cgroup, 0 },
	{ "ct_status", COLUMN_TEXT, field__ct_status, DROP_SECTION_CT },
	{ "ct_zone", COLUMN_NUMBER, format_ct_zone, DROP_SECTION_CT },
	{ "ct_src", COLUMN_TEXT, format_ct_src, DROP_SECTION_CT },
	{ "ct_sport", COLUMN_NUMBER, format_ct_sport, DROP_SECTION_CT },
	{ "ct_dst", COLUMN_TEXT, format_ct_dst, DROP_SECTION_CT },
	{ "ct_dport", COLUMN_NUMBER, format_ct_dport, DROP_SECTION_CT },
	{ "ct_reply_src", COLUMN_TEXT, format_ct_reply_src, DROP_SECTION_CT },
	{ "ct_reply_sport", COLUMN_NUMBER, format_ct_reply_sport, DROP_SECTION_CT },
	{ "ct_reply_dst", COLUMN_TEXT, format_ct_reply_dst, DROP_SECTION_CT },
	{ "ct_reply_dport", COLUMN_NUMBER, format_ct_reply_dport, DROP_SECTION_CT },
	{ "clash_src", COLUMN_TEXT, format_clash_src, DROP_SECTION_CLASH },
	{ "clash_sport", COLUMN_NUMBER, format_clash_sport, DROP_SECTION_CLASH },
	{ "clash_dst", COLUMN_TEXT, format_clash_dst, DROP_SECTION_CLASH },
	{ "clash_dport", COLUMN_NUMBER, format_clash_dport, DROP_SECTION_CLASH },
	{ "cause_direct", COLUMN_TEXT, format_cause_direct, 0 },
	{ "tunnel", COLUMN_TEXT, field__tunnel, DROP_SECTION_INNER },
	{ "vni", COLUMN_NUMBER, format_vni, DROP_SECTION_INNER },
	{ "inner_src", COLUMN_TEXT, format_inner_src, DROP_SECTION_INNER },
	{ "inner_sport", COLUMN_NUMBER, format_inner_sport, DROP_SECTION_INNER },
	{ "inner_dst", COLUMN_TEXT, format_inner_dst, DROP_SECTION_INNER },
	{ "inner_dport", COLUMN_NUMBER, format_inner_dport, DROP_SECTION_INNER },
	{ "inner_proto", COLUMN_TEXT, format_inner_proto, DROP_SECTION_INNER },
	{ "dns", COLUMN_TEXT, format_dns, DROP_SECTION_DNS },
	{ "dns_type", COLUMN_TEXT, format_dns_type, DROP_SECTION_DNS },
	{ "dns_id", COLUMN_NUMBER, format_dns_id, DROP_SECTION_DNS },
	{ "dns_kind", COLUMN_TEXT, format_dns_kind, DROP_SECTION_DNS },
	{ "pod", COLUMN_TEXT, format_pod, 0 },
	{ "namespace", COLUMN_TEXT, format_namespace, 0 },
	{ "container", COLUMN_TEXT, field__container, 0 },
	{ "unit", COLUMN_TEXT, field__unit, 0 },
	{ "workload", COLUMN_TEXT, field__workload, 0 },
	{ "node", COLUMN_TEXT, field__node, 0 },
	{ "src_name", COLUMN_TEXT, field__src_name, 0 },
	{ "src_kind", COLUMN_TEXT, field__src_kind, 0 },
	{ "dst_name", COLUMN_TEXT, field__dst_name, 0 },
	{ "dst_kind", COLUMN_TEXT, field__dst_kind, 0 },
	{ "service", COLUMN_TEXT, field__service, 0 },
	{ "backend", COLUMN_TEXT, field__backend, 0 },
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
