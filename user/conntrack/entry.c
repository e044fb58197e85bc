// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Reads entries out of ctnetlink's messages: see entry.h. A million of them
 * pass through here, so attributes are walked once and nothing is allocated.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <string.h>

#include "user/conntrack/ctnetlink.h"
#include "user/conntrack/entry.h"
#include "user/flow.h"

static const char *const tcp_states[CT_TCP_STATES] = {
	[TCP_CONNTRACK_NONE] = "NONE",
	[TCP_CONNTRACK_SYN_SENT] = "SYN_SENT",
	[TCP_CONNTRACK_SYN_RECV] = "SYN_RECV",
	[TCP_CONNTRACK_ESTABLISHED] = "ESTABLISHED",
	[TCP_CONNTRACK_FIN_WAIT] = "FIN_WAIT",
	[TCP_CONNTRACK_CLOSE_WAIT] = "CLOSE_WAIT",
	[TCP_CONNTRACK_LAST_ACK] = "LAST_ACK",
	[TCP_CONNTRACK_TIME_WAIT] = "TIME_WAIT",
	[TCP_CONNTRACK_CLOSE] = "CLOSE",
	[TCP_CONNTRACK_SYN_SENT2] = "SYN_SENT2",
};

const char *conntrack_tcp_state__name(unsigned int state)
{
	return state < CT_TCP_STATES && tcp_states[state] ? tcp_states[state] : "UNKNOWN";
}

const char *conntrack_entry__state(const struct conntrack_entry *entry)
{
	if (entry->has_tcp_state)
		return conntrack_tcp_state__name(entry->tcp_state);
	if (!(entry->status & IPS_SEEN_REPLY))
		return "UNREPLIED";
	return entry->status & IPS_ASSURED ? "ASSURED" : "REPLIED";
}

static bool holds(const struct nlattr *attr, size_t bytes)
{
	return mnl_attr_get_payload_len(attr) >= bytes;
}

/* libmnl's loop stops at an attribute whose length does not fit. */
static void parse_ip(const struct nlattr *nest, struct flow_tuple *to)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		const void *data = mnl_attr_get_payload(attr);
		__u16 type = mnl_attr_get_type(attr);
		bool is_v6 = type == CTA_IP_V6_SRC || type == CTA_IP_V6_DST;
		bool is_src = type == CTA_IP_V4_SRC || type == CTA_IP_V6_SRC;

		if (type < CTA_IP_V4_SRC || type > CTA_IP_V6_DST || !holds(attr, is_v6 ? 16 : 4))
			continue;
		to->ip_version = is_v6 ? 6 : 4;
		memcpy(is_src ? to->saddr : to->daddr, data, is_v6 ? 16 : 4);
	}
}

static void parse_proto(const struct nlattr *nest, struct flow_tuple *to)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		const void *data = mnl_attr_get_payload(attr);

		switch (mnl_attr_get_type(attr)) {
		case CTA_PROTO_NUM:
			if (holds(attr, 1))
				to->l4_proto = *(const __u8 *)data;
			break;
		case CTA_PROTO_SRC_PORT:
			if (holds(attr, 2))
				memcpy(&to->sport_be, data, 2);
			break;
		case CTA_PROTO_DST_PORT:
			if (holds(attr, 2))
				memcpy(&to->dport_be, data, 2);
			break;
		}
	}
}

static void parse_tuple(const struct nlattr *nest, struct flow_tuple *to)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		switch (mnl_attr_get_type(attr)) {
		case CTA_TUPLE_IP:
			parse_ip(attr, to);
			break;
		case CTA_TUPLE_PROTO:
			parse_proto(attr, to);
			break;
		}
	}
}

static void parse_protoinfo(const struct nlattr *nest, struct conntrack_entry *entry)
{
	const struct nlattr *attr, *inner;

	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) != CTA_PROTOINFO_TCP)
			continue;
		mnl_attr_for_each_nested(inner, attr) {
			if (mnl_attr_get_type(inner) != CTA_PROTOINFO_TCP_STATE || !holds(inner, 1))
				continue;
			entry->tcp_state = mnl_attr_get_u8(inner);
			entry->has_tcp_state = true;
		}
	}
}

int conntrack_entry__parse(const struct nlmsghdr *nlh, struct conntrack_entry *ret_entry)
{
	struct conntrack_entry entry = {};
	const struct nlattr *attr;

	/* the kernel pads its attributes, the last as well; libmnl's loop reads as if all did */
	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(struct nfgenmsg) ||
	    nlh->nlmsg_len != MNL_ALIGN(nlh->nlmsg_len))
		return -EINVAL;
	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg)) {
		switch (mnl_attr_get_type(attr)) {
		case CTA_TUPLE_ORIG:
			parse_tuple(attr, &entry.orig);
			break;
		case CTA_TUPLE_REPLY:
			parse_tuple(attr, &entry.reply);
			break;
		case CTA_PROTOINFO:
			parse_protoinfo(attr, &entry);
			break;
		case CTA_STATUS:
			if (holds(attr, 4))
				entry.status = ntohl(mnl_attr_get_u32(attr));
			break;
		case CTA_TIMEOUT:
			if (!holds(attr, 4))
				break;
			entry.timeout_s = ntohl(mnl_attr_get_u32(attr));
			entry.has_timeout = true;
			break;
		case CTA_ZONE:
			if (holds(attr, 2))
				entry.zone = ntohs(mnl_attr_get_u16(attr));
			break;
		}
	}
	if (!entry.orig.ip_version)
		return -EINVAL;
	*ret_entry = entry;
	return 0;
}

struct dumper {
	conntrack_entry_fn fn;
	void *ctx;
	struct conntrack_dump *dump;
};

static int on_entry(const struct nlmsghdr *nlh, void *data)
{
	struct dumper *dumper = data;
	struct conntrack_entry entry;

	if (conntrack_entry__parse(nlh, &entry)) {
		dumper->dump->unreadable++;
		return MNL_CB_OK;
	}
	dumper->dump->entries++;
	dumper->fn(dumper->ctx, &entry);
	return MNL_CB_OK;
}

int conntrack_dump__here(conntrack_entry_fn fn, void *ctx, struct conntrack_dump *ret_dump)
{
	struct dumper dumper = { .fn = fn, .ctx = ctx, .dump = ret_dump };
	struct mnl_socket *nl = ctnetlink__open();
	int err;

	if (!nl)
		return -errno;
	err = ctnetlink__ask(nl, IPCTNL_MSG_CT_GET, NLM_F_DUMP, on_entry, &dumper);
	mnl_socket_close(nl);
	if (err != -EINTR)
		return err;
	ret_dump->interrupted = true;
	return 0;
}
