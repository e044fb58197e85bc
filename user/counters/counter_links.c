// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Asks rtnetlink and the drivers: see counter_links.h.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/ethtool.h>
#include <linux/gen_stats.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "user/counters/counter_links.h"

#define ANSWER_BYTES	   (32 << 10)
#define ANSWER_TIMEOUT_S   2
#define DRIVER_STATS_MAX   8192 /* the busiest cards have some 3,000 */

struct link {
	int ifindex;
	char name[IF_NAMESIZE];
};

struct reading {
	struct counters *counters;
	__u32 netns_ino;
	struct link *links;
	size_t link_count;
	size_t link_room;
};

static const struct {
	const char *name;
	size_t offset;
} link_stats[] = {
#define LINK_STAT(field) { #field, offsetof(struct rtnl_link_stats64, field) }
	LINK_STAT(rx_dropped),	    LINK_STAT(tx_dropped),	 LINK_STAT(rx_errors),
	LINK_STAT(tx_errors),	    LINK_STAT(rx_missed_errors), LINK_STAT(rx_over_errors),
	LINK_STAT(rx_fifo_errors),  LINK_STAT(rx_crc_errors),	 LINK_STAT(tx_fifo_errors),
	LINK_STAT(rx_nohandler),
};

static int remember_link(struct reading *r, int ifindex, const char *name)
{
	struct link *grown;

	if (r->link_count == r->link_room) {
		r->link_room = r->link_room ? 2 * r->link_room : 16;
		grown = reallocarray(r->links, r->link_room, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		r->links = grown;
	}
	r->links[r->link_count].ifindex = ifindex;
	strncpy(r->links[r->link_count].name, name, IF_NAMESIZE - 1);
	r->links[r->link_count++].name[IF_NAMESIZE - 1] = '\0';
	return 0;
}

static int on_link(const struct nlmsghdr *nlh, void *ctx)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr, *stats = NULL, *name = NULL;
	struct reading *r = ctx;
	size_t i, len;

	mnl_attr_for_each(attr, nlh, sizeof(*info)) {
		if (mnl_attr_get_type(attr) == IFLA_STATS64)
			stats = attr;
		else if (mnl_attr_get_type(attr) == IFLA_IFNAME)
			name = attr;
	}
	if (!stats || !name || mnl_attr_validate(name, MNL_TYPE_NUL_STRING) < 0)
		return MNL_CB_OK;
	if (remember_link(r, info->ifi_index, mnl_attr_get_str(name)))
		goto no_memory;
	len = mnl_attr_get_payload_len(stats);
	for (i = 0; i < sizeof(link_stats) / sizeof(link_stats[0]); i++) {
		const char *at = (const char *)mnl_attr_get_payload(stats) + link_stats[i].offset;
		__u64 value;

		if (link_stats[i].offset + sizeof(value) > len) /* an older kernel's */
			continue;
		memcpy(&value, at, sizeof(value));
		if (counters__add(r->counters, r->netns_ino, r->links[r->link_count - 1].name,
				  "link", link_stats[i].name, value))
			goto no_memory;
	}
	return MNL_CB_OK;
no_memory:
	errno = ENOMEM;
	return MNL_CB_ERROR;
}

static const char *link_name(const struct reading *r, int ifindex)
{
	size_t i;

	for (i = 0; i < r->link_count; i++)
		if (r->links[i].ifindex == ifindex)
			return r->links[i].name;
	return NULL;
}

static int find_queue_stats(const struct nlattr *attr, void *data)
{
	const struct nlattr **ret = data;

	if (mnl_attr_get_type(attr) == TCA_STATS_QUEUE &&
	    mnl_attr_get_payload_len(attr) >= sizeof(struct gnet_stats_queue))
		*ret = attr;
	return MNL_CB_OK;
}

/* The roots only: drops below them are in their counts, too. */
static int on_qdisc(const struct nlmsghdr *nlh, void *ctx)
{
	const struct tcmsg *tc = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr, *found = NULL;
	struct reading *r = ctx;
	const char *name = link_name(r, tc->tcm_ifindex);
	struct gnet_stats_queue queue;

	if (!name || (tc->tcm_parent != TC_H_ROOT && tc->tcm_parent != TC_H_INGRESS))
		return MNL_CB_OK;
	mnl_attr_for_each(attr, nlh, sizeof(*tc))
		if (mnl_attr_get_type(attr) == TCA_STATS2)
			mnl_attr_parse_nested(attr, find_queue_stats, &found);
	if (!found)
		return MNL_CB_OK;
	memcpy(&queue, mnl_attr_get_payload(found), sizeof(queue));
	if (counters__add(r->counters, r->netns_ino, name, "qdisc",
			  tc->tcm_parent == TC_H_ROOT ? "drops" : "ingress_drops", queue.drops)) {
		errno = ENOMEM;
		return MNL_CB_ERROR;
	}
	return MNL_CB_OK;
}

/* A list that changed meanwhile is taken as it is, but to its end: the rest of it would pass for the
 * answer to the next question. libmnl would stop at the mark. */
static void unmark_interrupted(char *buf, ssize_t n)
{
	struct nlmsghdr *nlh = (void *)buf;
	int left = (int)n;

	for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left))
		nlh->nlmsg_flags &= (__u16)~NLM_F_DUMP_INTR;
}

static int dump(struct mnl_socket *nl, __u16 type, size_t header_bytes, mnl_cb_t cb,
		struct reading *r)
{
	char buf[ANSWER_BYTES] __attribute__((aligned(8)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	unsigned int seq = type;
	ssize_t n;
	int more;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	nlh->nlmsg_seq = seq;
	mnl_nlmsg_put_extra_header(nlh, header_bytes);
	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	do {
		n = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		if (n < 0)
			return -errno;
		unmark_interrupted(buf, n);
		more = mnl_cb_run(buf, (size_t)n, seq, mnl_socket_get_portid(nl), cb, r);
		if (more < 0)
			return -errno;
	} while (more > 0);
	return 0;
}

static int ethtool(int fd, const char iface[IF_NAMESIZE], void *command)
{
	struct ifreq request = {};

	memcpy(request.ifr_name, iface, IF_NAMESIZE);
	request.ifr_data = command;
	return ioctl(fd, SIOCETHTOOL, &request) ? -errno : 0;
}

/* How many the driver has; 0: none, or it does not tell. */
static size_t driver_stat_count(int fd, const char iface[IF_NAMESIZE])
{
	/* the answer is one number behind the structure, for the one set asked about */
	union {
		struct ethtool_sset_info info;
		__u8 room[sizeof(struct ethtool_sset_info) + sizeof(__u32)];
	} sets = { .info = { .cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1ULL << ETH_SS_STATS } };
	__u32 count;

	if (ethtool(fd, iface, &sets) || !sets.info.sset_mask)
		return 0;
	memcpy(&count, sets.room + offsetof(struct ethtool_sset_info, data), sizeof(count));
	return count <= DRIVER_STATS_MAX ? count : 0;
}

static int read_driver(int fd, const char iface[IF_NAMESIZE], struct reading *r)
{
	size_t count = driver_stat_count(fd, iface), i;
	struct ethtool_gstrings *names;
	struct ethtool_stats *stats;
	int err = 0;

	if (!count)
		return 0;
	names = calloc(1, sizeof(*names) + count * ETH_GSTRING_LEN);
	/* should the driver have more by now it writes as many as it is asked for, or none */
	stats = calloc(1, sizeof(*stats) + count * sizeof(stats->data[0]));
	if (!names || !stats) {
		err = -ENOMEM;
		goto cleanup;
	}
	names->cmd = ETHTOOL_GSTRINGS;
	names->string_set = ETH_SS_STATS;
	names->len = (__u32)count;
	stats->cmd = ETHTOOL_GSTATS;
	stats->n_stats = (__u32)count;
	if (ethtool(fd, iface, names) || ethtool(fd, iface, stats))
		goto cleanup; /* a driver's whim is no failure */
	for (i = 0; !err && i < count && i < names->len && i < stats->n_stats; i++) {
		char padded[ETH_GSTRING_LEN + 1] = "", *name = padded;

		memcpy(padded, names->data + i * ETH_GSTRING_LEN, ETH_GSTRING_LEN);
		name += strspn(name, " "); /* some indent them below a heading */
		if (counter__is_driver_loss(name))
			err = counters__add(r->counters, r->netns_ino, iface, "ethtool", name,
					    stats->data[i]);
	}
cleanup:
	free(names);
	free(stats);
	return err;
}

static int read_drivers(struct reading *r)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err = 0;
	size_t i;

	if (fd < 0)
		return -errno;
	for (i = 0; !err && i < r->link_count; i++)
		err = read_driver(fd, r->links[i].name, r);
	close(fd);
	return err;
}

int counter_links__read(__u32 netns_ino, struct counters *c)
{
	const struct timeval timeout = { .tv_sec = ANSWER_TIMEOUT_S };
	struct reading r = { .counters = c, .netns_ino = netns_ino };
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	int err = 0;

	if (!nl)
		return -errno;
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) ||
	    setsockopt(mnl_socket_get_fd(nl), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)))
		err = -errno;
	if (!err)
		err = dump(nl, RTM_GETLINK, sizeof(struct ifinfomsg), on_link, &r);
	if (!err)
		err = dump(nl, RTM_GETQDISC, sizeof(struct tcmsg), on_qdisc, &r);
	if (!err)
		err = read_drivers(&r);
	free(r.links);
	mnl_socket_close(nl);
	return err;
}
