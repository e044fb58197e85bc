/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Drops for people: one aligned line each. Columns start narrow and grow with
 * what they have to show, up to a limit; whatever is longer still is printed
 * whole and pushes the rest of its line.
 */
#include <string.h>

#include "user/enrich/dns.h"
#include "user/flow.h"
#include "user/number.h"
#include "user/sinks/change_text.h"
#include "user/sinks/fields.h"
#include "user/sinks/fields_who.h"
#include "user/sinks/sink.h"
#include "user/sinks/summary_text.h"
#include "user/sinks/timestamp.h"
#include "user/who/who.h"

#define COLOR_RESET "\033[0m"
#define COLOR_BOLD  "\033[1m"
#define COLOR_DIM   "\033[2m"
#define COLOR_CAUSE "\033[1;31m"

enum text_cell {
	CELL_TIME,
	CELL_PLACE,
	CELL_IFACE,
	CELL_PROTO,
	CELL_FLOW,
	CELL_FLAGS,
	CELL_REASON,
	CELL_CAUSE,
	CELL_LOCATION,
	__CELL_MAX,
};

/* Widths are such that an IPv4 line without extras stays below 150 columns. */
static const struct {
	const char *title;
	unsigned short width;	/* at first */
	unsigned short limit;	/* grows up to this */
	const char *color;
} cells[__CELL_MAX] = {
	[CELL_TIME] = { "TIME", 12, 12, COLOR_DIM },
	[CELL_PLACE] = { "POD/NETNS", 12, 36, NULL },
	[CELL_IFACE] = { "IFACE", 8, 15, NULL },
	[CELL_PROTO] = { "PROTO", 6, 7, NULL },
	[CELL_FLOW] = { "SOURCE > DESTINATION", 39, 60, NULL },
	[CELL_FLAGS] = { "FLAGS", 7, 11, NULL },
	[CELL_REASON] = { "REASON", 14, 24, NULL },
	[CELL_CAUSE] = { "CAUSE", 13, 17, COLOR_CAUSE },
	[CELL_LOCATION] = { "LOCATION", 18, 32, COLOR_DIM },
};

struct text_state {
	unsigned short width[__CELL_MAX];
};

/* Columns on the screen: characters, not bytes. */
static size_t display_width(const char *text, size_t len)
{
	size_t width = 0, i;

	for (i = 0; i < len; i++)
		width += ((unsigned char)text[i] & 0xc0) != 0x80;
	return width;
}

/* @text is raw; "-" stands for nothing, so that the fields of a line can be counted. */
static void put_cell(struct sink *sink, enum text_cell cell, const char *text, size_t len)
{
	struct text_state *state = sink->state;
	struct line *line = &sink->line;
	const char *color = sink->options.color && len ? cells[cell].color : NULL;
	unsigned short *width = &state->width[cell];
	size_t start, shown;

	if (color)
		line__put_text(line, color);
	start = line->len;
	line__put_escaped(line, len ? text : "-", len ? len : 1);
	if (line->failed)
		return;
	shown = display_width(line->data + start, line->len - start);
	if (color)
		line__put_text(line, COLOR_RESET);
	if (shown > *width)
		*width = shown < cells[cell].limit ? (unsigned short)shown : cells[cell].limit;
	line__pad(line, (shown < *width ? *width - shown : 0) + 1);
}

static void text__begin(struct sink *sink)
{
	struct text_state *state = sink->state;
	struct line *line = &sink->line;
	enum text_cell cell;

	for (cell = 0; cell < __CELL_MAX; cell++)
		state->width[cell] = cells[cell].width;
	if (sink->options.quiet_rows)
		return;
	if (sink->options.color)
		line__put_text(line, COLOR_BOLD);
	for (cell = 0; cell < __CELL_MAX; cell++) {
		line__put_text(line, cells[cell].title);
		line__pad(line, cell + 1 < __CELL_MAX ?
				      cells[cell].width - strlen(cells[cell].title) + 1 : 0);
	}
	if (sink->options.color)
		line__put_text(line, COLOR_RESET);
	line__put(line, "\n", 1);
}

/* Whose packet died: the pod, else the container, else the namespace's name or number. */
static size_t format_place(const struct drop *drop, char *buf)
{
	if (drop->pod)
		return field__qualified(drop->pod_namespace, drop->pod, buf);
	if (drop->container)
		return field__text(drop->container, buf);
	if (drop->netns_name)
		return field__text(drop->netns_name, buf);
	return drop->rec.netns_ino ? number__decimal(drop->rec.netns_ino, buf) : 0;
}

static size_t format_flow(const struct drop *drop, char *buf)
{
	size_t len;

	if (drop__has_addresses(drop))
		return flow__format_pair(&drop->rec.tuple, drop__has_ports(drop), buf);
	if (!(drop->rec.flags & DROP_F_MAC))
		return 0;
	len = field__mac(drop->rec.src_mac, buf);
	memcpy(buf + len, " > ", 3);
	len += 3;
	return len + field__mac(drop->rec.dst_mac, buf + len);
}

/* What the protocol says beyond ports: TCP flags, ICMP type/code, the ARP operation. */
static size_t format_flags(const struct drop *drop, char *buf)
{
	size_t len;

	if (drop->rec.arp_op == 1)
		return field__text("request", buf);
	if (drop->rec.arp_op == 2)
		return field__text("reply", buf);
	if (drop->rec.arp_op)
		return number__decimal(drop->rec.arp_op, buf);
	if (!field__has_icmp(drop))
		return field__tcp_flags(drop, buf);
	len = number__decimal(drop->rec.icmp_type, buf);
	buf[len++] = '/';
	return len + number__decimal(drop->rec.icmp_code, buf + len);
}

static size_t format_proto(const struct drop *drop, char *buf)
{
	size_t len = field__proto(drop, buf);

	return len ? len : field__l3_proto(drop, buf);
}

static void put_endpoint(struct line *line, const char *label, const struct flow_tuple *tuple,
			 enum flow_end end)
{
	char text[FLOW_ENDPOINT_LEN];

	if (!flow__format_endpoint(tuple, end, flow__has_ports(tuple->l4_proto), text))
		return;
	line__put_text(line, label);
	line__put_text(line, text);
}

/*
 * Where NAT makes the packet's addresses only half the story. A packet seen
 * before its translation shows what it would have become, one seen after it
 * what it was.
 */
static void put_nat(struct line *line, const struct drop *drop)
{
	const struct flow_tuple *packet = &drop->rec.tuple, *orig = &drop->ct.orig;
	const struct flow_tuple *reply = &drop->ct.reply;

	if (!(drop->rec.sections & DROP_SECTION_CT) || !drop__has_ports(drop) ||
	    drop->rec.ct_state == CT_STATE_RELATED || packet->l4_proto != orig->l4_proto)
		return;
	if (drop->rec.ct_state == CT_STATE_REPLY) {
		if (!flow__same_end(packet, FLOW_SRC, orig, FLOW_DST))
			put_endpoint(line, " orig-dst=", orig, FLOW_DST);
		if (!flow__same_end(packet, FLOW_DST, orig, FLOW_SRC))
			put_endpoint(line, " orig-src=", orig, FLOW_SRC);
		return;
	}
	if (!flow__same_end(packet, FLOW_DST, orig, FLOW_DST))
		put_endpoint(line, " orig-dst=", orig, FLOW_DST);
	else if (!flow__same_end(orig, FLOW_DST, reply, FLOW_SRC))
		put_endpoint(line, " dnat-to=", reply, FLOW_SRC);
	if (!flow__same_end(packet, FLOW_SRC, orig, FLOW_SRC))
		put_endpoint(line, " orig-src=", orig, FLOW_SRC);
	else if (!flow__same_end(orig, FLOW_SRC, reply, FLOW_DST))
		put_endpoint(line, " snat-to=", reply, FLOW_DST);
}

static void put_tunnel(struct line *line, const struct drop *drop)
{
	char text[FIELD_LEN];

	if (!field__tunnel(drop, text))
		return;
	line__printf(line, " [%s", text);
	if (drop->inner.tunnel != TUNNEL_IPIP)
		line__printf(line, " %u", drop->inner.vni);
	if (flow__format_pair(&drop->inner.tuple, field__has_inner_ports(drop), text)) {
		line__printf(line, ": %s", text);
		flow__format_proto(drop->inner.tuple.l4_proto, text);
		line__printf(line, " %s", text);
	}
	line__put(line, "]", 1);
}

/* Who was there first, and what the direct hooks say where they disagree. */
static void put_clash(struct line *line, const struct drop *drop)
{
	const struct drop_record *rec = &drop->rec;

	if (rec->sections & DROP_SECTION_CLASH) {
		put_endpoint(line, " lost-to=", &drop->clash.orig, FLOW_SRC);
		put_endpoint(line, ">", &drop->clash.orig, FLOW_DST);
	}
	if (rec->flags & DROP_F_DISAGREE)
		line__printf(line, " direct-hooks-say=%s",
			     rec->cause_direct ? drop_cause__name(rec->cause_direct) : "none");
}

/* "dns=www.example.org type=AAAA id=6699", or the part of it that is there. */
static void put_dns(struct line *line, const struct drop *drop)
{
	const struct dns_query *dns = drop->dns;
	char type[DNS_TYPE_LEN];

	if (drop->dns_malformed)
		line__put_text(line, " dns-malformed");
	if (!dns)
		return;
	if (*dns->name) {
		line__put_text(line, " dns=");
		line__put_escaped(line, dns->name, strlen(dns->name));
	}
	if (dns->type) {
		dns__format_type(dns->type, type);
		line__printf(line, " type=%s", type);
	}
	line__printf(line, " id=%u%s", dns->id, dns->response ? " response" : "");
}

static void put_named(struct line *line, const char *name,
		      size_t (*field)(const struct drop *drop, char *buf), const struct drop *drop)
{
	char text[FIELD_LEN];
	size_t len = field(drop, text);

	if (!len)
		return;
	line__printf(line, " %s=", name);
	line__put_escaped(line, text, len);
}

/* "from=pod:shop/cart-1"; of one that has no name its kind. */
static void put_end(struct line *line, const char *name, const struct drop_end *end)
{
	char text[FIELD_LEN];

	if (end->kind == WHO_UNKNOWN)
		return;
	line__printf(line, " %s=%s", name, who_kind__name(end->kind));
	if (!end->name)
		return;
	line__put_text(line, ":");
	line__put_escaped(line, text, field__qualified(end->namespace, end->name, text));
}

/* The two ends; a Service where it is none of them, and whom conntrack chose; what the pod belongs to. */
static void put_who(struct line *line, const struct drop *drop)
{
	put_end(line, "from", &drop->src);
	put_end(line, "to", &drop->dst);
	if (drop->dst.kind != WHO_SERVICE)
		put_named(line, "service", field__service, drop);
	if (drop->has_backend)
		put_named(line, "backend", field__backend, drop);
	put_named(line, "unit", field__unit, drop);
	if (!drop->pod)
		return;
	put_named(line, "workload", field__workload, drop);
	put_named(line, "node", field__node, drop);
}

static void put_extras(struct line *line, const struct drop *drop)
{
	const struct drop_record *rec = &drop->rec;
	char text[FIELD_LEN];

	if (drop__is_eviction(drop)) /* no packet, so no length */
		line__printf(line, "zone=%u", drop->ct.zone);
	else if (drop->count > 1)
		line__printf(line, "x%llu bytes=%llu", drop->count, drop->bytes);
	else
		line__printf(line, "len=%u", rec->len_bytes);
	if (rec->ct_state != CT_STATE_NONE)
		line__printf(line, " ct=%s", drop_ct_state__name(rec->ct_state));
	put_nat(line, drop);
	put_clash(line, drop);
	put_dns(line, drop);
	put_who(line, drop);
	if (rec->flags & DROP_F_FRAGMENT)
		line__printf(line, " frag@%u", rec->frag_offset_bytes);
	if (field__vlan(drop, text))
		line__printf(line, " vlan=%s", text);
	put_tunnel(line, drop);
	if (rec->flags & DROP_F_TRUNCATED)
		line__put_text(line, " truncated");
}

static void text__drop(struct sink *sink, const struct drop *drop)
{
	char text[2 * FIELD_LEN]; /* a pod and its namespace */

	put_cell(sink, CELL_TIME, text, timestamp__clock(&drop->time, text));
	put_cell(sink, CELL_PLACE, text, format_place(drop, text));
	put_cell(sink, CELL_IFACE, drop->rec.iface, strnlen(drop->rec.iface, DROP_IFACE_LEN));
	put_cell(sink, CELL_PROTO, text, format_proto(drop, text));
	put_cell(sink, CELL_FLOW, text, format_flow(drop, text));
	put_cell(sink, CELL_FLAGS, text, format_flags(drop, text));
	put_cell(sink, CELL_REASON, text,
		 field__text(drop__is_eviction(drop) ? "(evicted)" : drop->reason, text));
	put_cell(sink, CELL_CAUSE, text, field__text(drop_cause__name(drop->rec.cause), text));
	put_cell(sink, CELL_LOCATION, text, field__location(drop, text));
	put_extras(&sink->line, drop);
	line__put(&sink->line, "\n", 1);
}

/* Between the drops' lines: "10:00:00.000 SETTING net.… 2310720 > 524288 by kube-proxy (pid 7, …)" */
static void text__sysctl(struct sink *sink, const struct sysctl_change *change)
{
	char clock[TIMESTAMP_LEN];
	struct line *line = &sink->line;

	timestamp__clock(&change->time, clock);
	if (sink->options.color)
		line__put_text(line, COLOR_BOLD);
	line__printf(line, "%s SETTING ", clock);
	change_text__append(line, change);
	if (sink->options.color)
		line__put_text(line, COLOR_RESET);
	line__put(line, "\n", 1);
}

static void text__notice(struct sink *sink, const struct notice *notice)
{
	char clock[TIMESTAMP_LEN];

	timestamp__clock(&notice->time, clock);
	line__printf(&sink->line, "%s NOTICE ", clock);
	line__put_escaped(&sink->line, notice->text, strlen(notice->text));
	line__put(&sink->line, "\n", 1);
}

static void text__summary(struct sink *sink, const struct summary *summary)
{
	summary_text__append(&sink->line, summary, sink->options.color);
}

const struct sink_type sink_text = {
	.name = "text",
	.state_size = sizeof(struct text_state),
	.begin = text__begin,
	.drop = text__drop,
	.sysctl = text__sysctl,
	.notice = text__notice,
	.summary = text__summary,
};
