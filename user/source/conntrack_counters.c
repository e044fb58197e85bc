/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Goes through the network namespaces and dumps conntrack's per-CPU statistics
 * in each. The same that conntrack -S shows.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdlib.h>
#include <string.h>

#include "user/conntrack/ctnetlink.h"
#include "user/conntrack/netns_visit.h"
#include "user/source/conntrack_counters.h"

/* Namespaces times CPUs: 1,000 on 1,024 CPUs take 20 MB. */
#define ROWS_MAX (16u << 20)

struct walk {
	struct conntrack_reading reading;
	size_t stats_room;
	__u32 current; /* namespace being asked */
};

struct stats_attrs {
	const struct nlattr *attrs[CTA_STATS_MAX + 1];
};

static int collect_attr(const struct nlattr *attr, void *data)
{
	struct stats_attrs *found = data;
	__u16 type = mnl_attr_get_type(attr);

	/* of kernels with more counters than we know the rest is passed over */
	if (type <= CTA_STATS_MAX && mnl_attr_get_payload_len(attr) >= sizeof(__u32))
		found->attrs[type] = attr;
	return MNL_CB_OK;
}

/* Counters that a kernel does not have count as 0. */
static __u32 attr_u32(const struct stats_attrs *found, __u16 type)
{
	return found->attrs[type] ? ntohl(mnl_attr_get_u32(found->attrs[type])) : 0;
}

/* One CPU's counters. */
static int on_cpu_stats(const struct nlmsghdr *nlh, void *data)
{
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);
	struct conntrack_snapshot *snapshot;
	struct stats_attrs found = {};
	struct conntrack_stat *grown;
	struct walk *w = data;
	size_t room;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*nfg))
		return MNL_CB_OK;
	mnl_attr_parse(nlh, sizeof(*nfg), collect_attr, &found);
	snapshot = &w->reading.snapshot;
	if (snapshot->count == w->stats_room) {
		room = w->stats_room ? 2 * w->stats_room : 64;
		grown = room > ROWS_MAX ? NULL :
					  reallocarray(snapshot->stats, room, sizeof(*grown));
		if (!grown) {
			errno = ENOMEM;
			return MNL_CB_ERROR;
		}
		snapshot->stats = grown;
		w->stats_room = room;
	}
	snapshot->stats[snapshot->count++] = (struct conntrack_stat){
		.netns_ino = w->current,
		.cpu = ntohs(nfg->res_id),
		.drop = attr_u32(&found, CTA_STATS_DROP),
		.insert_failed = attr_u32(&found, CTA_STATS_INSERT_FAILED),
		.chaintoolong = attr_u32(&found, CTA_STATS_CHAIN_TOOLONG),
	};
	return MNL_CB_OK;
}

/* The namespace's table. */
static int on_usage(const struct nlmsghdr *nlh, void *data)
{
	struct stats_attrs found = {};
	struct walk *w = data;
	struct conntrack_usage *usage = &w->reading.usage[w->reading.usage_count];

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(struct nfgenmsg))
		return MNL_CB_OK;
	mnl_attr_parse(nlh, sizeof(struct nfgenmsg), collect_attr, &found);
	usage->netns_ino = w->current;
	usage->entries = attr_u32(&found, CTA_STATS_GLOBAL_ENTRIES);
	usage->max = attr_u32(&found, CTA_STATS_GLOBAL_MAX_ENTRIES);
	return MNL_CB_OK;
}

/* In the namespace now: it counts whole or not at all. */
static int ask_here(void *ctx, __u32 ino)
{
	struct walk *w = ctx;
	size_t rows_before = w->reading.snapshot.count;
	struct mnl_socket *nl = ctnetlink__open();
	int err;

	if (!nl)
		return -errno;
	w->current = ino;
	err = ctnetlink__ask(nl, IPCTNL_MSG_CT_GET_STATS_CPU, NLM_F_DUMP, on_cpu_stats, w);
	/* with an acknowledgement as the last answer */
	if (!err)
		err = ctnetlink__ask(nl, IPCTNL_MSG_CT_GET_STATS, NLM_F_ACK, on_usage, w);
	mnl_socket_close(nl);
	if (err)
		w->reading.snapshot.count = rows_before;
	else
		w->reading.usage_count++;
	return err;
}

int conntrack_counters__read(struct netns_table *netns, struct conntrack_reading *ret_reading)
{
	struct walk w = {};
	struct netns_visits visits = {};
	int err = 0;

	if (!ctnetlink__available())
		goto cleanup;
	w.reading.usage = calloc(netns_table__count(netns) + 1, sizeof(*w.reading.usage));
	if (!w.reading.usage) {
		err = -ENOMEM;
		goto cleanup;
	}
	err = netns_visit__each(netns, ask_here, &w, &visits);
	w.reading.vanished = visits.vanished;
	w.reading.unreadable = visits.unreadable;
	w.reading.first_error = visits.first_error;
cleanup:
	if (err)
		conntrack_reading__done(&w.reading);
	else
		*ret_reading = w.reading;
	return err;
}

void conntrack_reading__done(struct conntrack_reading *reading)
{
	free(reading->snapshot.stats);
	free(reading->usage);
	memset(reading, 0, sizeof(*reading));
}
