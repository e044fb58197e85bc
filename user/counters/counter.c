/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Lists of counters, and what they mean.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/counters/counter.h"

static const struct {
	const char *name;
	const char *meaning;
} meanings[] = {
	{ "softnet.dropped", "a CPU's backlog (net.core.netdev_max_backlog) was full" },
	{ "softnet.time_squeeze", "a CPU ran out of its budget with packets left to take; none was lost by that" },
	{ "link.rx_dropped", "received, but not wanted or no room for it" },
	{ "link.tx_dropped", "to be sent, but dropped on the way to the device" },
	{ "link.rx_errors", "bad frames received" },
	{ "link.tx_errors", "frames that could not be sent" },
	{ "link.rx_missed_errors", "the card had no room in its receive ring" },
	{ "link.rx_over_errors", "the card's receive buffer overflowed" },
	{ "link.rx_fifo_errors", "the card's receive FIFO overflowed" },
	{ "link.rx_crc_errors", "frames with a bad checksum: cable, transceiver or switch port" },
	{ "link.tx_fifo_errors", "the card's send FIFO ran empty" },
	{ "link.rx_nohandler", "received on an inactive member of a bond or the like" },
	{ "ethtool.linklocal_allowance_exceeded", "EC2: too many packets to its DNS resolver, metadata or time service" },
	{ "ethtool.conntrack_allowance_exceeded", "EC2: its security groups track as many connections as they may" },
	{ "ethtool.pps_allowance_exceeded", "EC2: more packets than the instance may have, delayed or dropped" },
	{ "ethtool.bw_in_allowance_exceeded", "EC2: more came in than the instance may have, delayed or dropped" },
	{ "ethtool.bw_out_allowance_exceeded", "EC2: more went out than the instance may have, delayed or dropped" },
	{ "qdisc.drops", "the queueing discipline of the interface dropped it" },
	{ "qdisc.ingress_drops", "an ingress filter or its queue dropped it" },
	{ "arp_cache.table_fulls", "no room for another IPv4 neighbour (net.ipv4.neigh.default.gc_thresh3)" },
	{ "ndisc_cache.table_fulls", "no room for another IPv6 neighbour (net.ipv6.neigh.default.gc_thresh3)" },
	{ "arp_cache.unresolved_discards", "waited for a neighbour that did not answer" },
	{ "ndisc_cache.unresolved_discards", "waited for a neighbour that did not answer" },
	{ "TcpExt.ListenOverflows", "a listening socket's queue of accepted connections was full" },
	{ "TcpExt.ListenDrops", "a connection attempt was dropped at a listening socket" },
	{ "TcpExt.TCPReqQFullDrop", "a listening socket's SYN queue was full, and SYN cookies were off" },
	{ "TcpExt.TCPReqQFullDoCookies", "a listening socket's SYN queue was full: answered with a SYN cookie" },
	{ "TcpExt.TCPBacklogDrop", "a socket's backlog was full while its owner held it" },
	{ "TcpExt.TCPRcvQDrop", "a socket's receive queue was full" },
	{ "TcpExt.TCPZeroWindowDrop", "sent to a socket that had no window open" },
	{ "TcpExt.PruneCalled", "a socket's receive buffer had to be squeezed" },
	{ "TcpExt.RcvPruned", "a socket's receive buffer was full: dropped" },
	{ "TcpExt.OfoPruned", "out-of-order data was thrown away for lack of memory" },
	{ "TcpExt.TCPAbortOnMemory", "connections closed for lack of TCP memory (net.ipv4.tcp_mem)" },
	{ "TcpExt.TCPMemoryPressures", "TCP memory ran short (net.ipv4.tcp_mem)" },
	{ "TcpExt.IPReversePathFilter", "rp_filter: the answer would leave by another interface" },
	{ "Udp.RcvbufErrors", "a UDP socket's receive buffer was full" },
	{ "Udp.SndbufErrors", "a UDP socket's send buffer was full" },
	{ "Udp.MemErrors", "UDP memory ran short (net.ipv4.udp_mem)" },
	{ "Udp6.RcvbufErrors", "a UDP socket's receive buffer was full" },
	{ "Udp6.SndbufErrors", "a UDP socket's send buffer was full" },
	{ "Udp6.MemErrors", "UDP memory ran short (net.ipv4.udp_mem)" },
	{ "Ip.ReasmFails", "fragments that could not be put together" },
	{ "Ip.FragFails", "too large for the next link, and must not be fragmented" },
	{ "Ip.InDiscards", "dropped on the way in for lack of memory or the like" },
	{ "Ip.OutDiscards", "dropped on the way out for lack of memory or by a filter" },
	{ "Ip6.ReasmFails", "fragments that could not be put together" },
	{ "Ip6.FragFails", "could not be fragmented" },
	{ "Ip6.InTooBigErrors", "too large for the next link" },
	{ "Ip6.InDiscards", "dropped on the way in for lack of memory or the like" },
	{ "Ip6.OutDiscards", "dropped on the way out for lack of memory or by a filter" },
};

int counters__add(struct counters *c, __u32 netns_ino, const char *iface, const char *family,
		  const char *name, __u64 value)
{
	struct counter *grown, *counter;

	if (c->count == c->room) {
		size_t room = c->room ? 2 * c->room : 256;

		if (room > COUNTERS_MAX)
			return -ENOMEM;
		grown = reallocarray(c->list, room, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		c->list = grown;
		c->room = room;
	}
	counter = &c->list[c->count++];
	memset(counter, 0, sizeof(*counter));
	counter->netns_ino = netns_ino;
	counter->value = value;
	snprintf(counter->iface, sizeof(counter->iface), "%s", iface);
	snprintf(counter->name, sizeof(counter->name), "%s.%s", family, name);
	return 0;
}

int counters__add_cpu(struct counters *c, __u32 cpu, const char *family, const char *name,
		      __u64 value)
{
	int err = counters__add(c, 0, "", family, name, value);

	if (!err)
		c->list[c->count - 1].cpu = cpu + 1;
	return err;
}

static int compare_subjects(const void *a, const void *b)
{
	const struct counter *x = a, *y = b;
	int order;

	if (x->netns_ino != y->netns_ino)
		return x->netns_ino < y->netns_ino ? -1 : 1;
	order = strcmp(x->iface, y->iface);
	if (!order)
		order = strcmp(x->name, y->name);
	return order ? order : (x->cpu > y->cpu) - (x->cpu < y->cpu);
}

static int compare_values(const void *a, const void *b)
{
	const struct counter *x = a, *y = b;

	if (x->value != y->value)
		return x->value > y->value ? -1 : 1;
	return compare_subjects(a, b);
}

static void sort(struct counters *c, int (*compare)(const void *a, const void *b))
{
	if (c->count)
		qsort(c->list, c->count, sizeof(c->list[0]), compare);
}

/* Drivers with several queues name each one's counters alike (vmxnet3): they are one, the sum. */
static void sort_subjects(struct counters *c)
{
	size_t i, kept = 0;

	sort(c, compare_subjects);
	for (i = 1; i < c->count; i++) {
		if (compare_subjects(&c->list[kept], &c->list[i]))
			c->list[++kept] = c->list[i];
		else
			c->list[kept].value += c->list[i].value;
	}
	if (c->count)
		c->count = kept + 1;
}

static int add_difference(struct counters *moved, const struct counter *after, __u64 base)
{
	int err;

	if (after->value <= base)
		return 0;
	err = counters__add(moved, after->netns_ino, after->iface, "", "", after->value - base);
	if (!err)
		memcpy(moved->list[moved->count - 1].name, after->name, sizeof(after->name));
	return err;
}

int counters__moved(struct counters *before, struct counters *after, struct counters *ret_moved)
{
	struct counters moved = { .unreadable = after->unreadable,
				  .first_error = after->first_error };
	size_t i, k = 0;
	int err = 0;

	sort_subjects(before);
	sort_subjects(after);
	for (i = 0; !err && i < after->count; i++) {
		const struct counter *now = &after->list[i];

		while (k < before->count && compare_subjects(&before->list[k], now) < 0)
			k++;
		if (k < before->count && !compare_subjects(&before->list[k], now))
			err = add_difference(&moved, now, before->list[k].value);
		else if (!now->cpu && !before->unreadable && !before->vanished)
			err = add_difference(&moved, now, 0);
	}
	if (err) {
		counters__done(&moved);
		return err;
	}
	sort_subjects(&moved);
	sort(&moved, compare_values);
	*ret_moved = moved;
	return 0;
}

__u64 counters__sum(const struct counters *c, const char *name)
{
	__u64 sum = 0;
	size_t i;

	for (i = 0; i < c->count; i++)
		if (!strcmp(c->list[i].name, name))
			sum += c->list[i].value;
	return sum;
}

const char *counter__meaning(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (!strcmp(meanings[i].name, name))
			return meanings[i].meaning;
	return NULL;
}

/* Drivers name them as they like; these words are in all that were looked at. */
bool counter__is_driver_loss(const char *name)
{
	static const char *const words[] = { "drop", "discard", "miss",	   "no_buf", "nobuf",
					     "out_of_buf", "overrun", "overflow", "no_dma",
					     "alloc_fail", "fifo",    "starve",	 "exceeded",
					     "alloc fail", "oob",     "bds_empty" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasestr(name, words[i]))
			return true;
	return false;
}

void counters__done(struct counters *c)
{
	free(c->list);
	memset(c, 0, sizeof(*c));
}
