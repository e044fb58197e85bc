/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Queues and tables of the node and its sockets.
 */
#include <string.h>

#include "user/doctor/rules.h"
#include "user/number.h"

#define NEIGHBOURS_NEARLY_FULL 0.9
#define SQUEEZES_A_SECOND      10
#define SOMAXCONN_USUAL	       4096 /* the default from 5.4 on (19f92a030ca6), before 128 */

/* Names the namespaces and interfaces in which a counter moved most. */
static void say_counter(const struct facts *f, const char *name, struct finding *out)
{
	size_t i, told = 0;

	for (i = 0; i < f->counters.count && told < 3; i++) {
		const struct counter_moved *row = &f->counters.rows[i];

		if (strcmp(row->counter->name, name))
			continue;
		SAY(out->evidence, "; %s %llu", name, row->counter->value);
		if (*row->counter->iface)
			SAY(out->evidence, " at %s", row->counter->iface);
		if (row->netns_name)
			SAY(out->evidence, " in %s", row->netns_name);
		told++;
	}
}

bool rule_listen__concerns(const struct drop_evidence *e)
{
	return drop_evidence__has_reason(e, "TCP_LISTEN_OVERFLOW");
}

bool rule_listen__check(const struct facts *f, const struct tally *tally, struct finding *out)
{
	__u64 overflows = facts__counter(f, "TcpExt.ListenOverflows");
	__u64 queue = facts__counter(f, "TcpExt.TCPReqQFullDrop");

	out->lost = most(tally->count, overflows) + queue;
	if (!out->lost)
		return false;
	finding__loss(out, f, out->lost,
		      "a server accepts connections too slowly: its listen backlog is full",
		      "connection attempt", "dropped");
	finding__where(out, tally, ": ");
	say_counter(f, "TcpExt.ListenOverflows", out);
	say_counter(f, "TcpExt.TCPReqQFullDrop", out);
	if (f->somaxconn)
		SAY(out->evidence, "; net.core.somaxconn is %llu", f->somaxconn);
	SAY(out->now, "ss -ltn shows the queue (Recv-Q of Send-Q); more workers or a larger backlog "
		      "in the server");
	if (f->somaxconn < SOMAXCONN_USUAL)
		SAY(out->now, "; sysctl -w net.core.somaxconn=%d in its namespace",
		    SOMAXCONN_USUAL);
	SAY(out->lasting, "in the pod's securityContext.sysctls net.core.somaxconn (the kubelet "
			  "must allow it), or /etc/sysctl.d on a plain host");
	return true;
}

bool rule_socket_buffers__concerns(const struct drop_evidence *e)
{
	return drop_evidence__has_reason(e, "SOCKET_RCVBUFF") ||
	       drop_evidence__has_reason(e, "SOCKET_BACKLOG") ||
	       drop_evidence__has_reason(e, "PROTO_MEM");
}

bool rule_socket_buffers__check(const struct facts *f, const struct tally *tally,
				struct finding *out)
{
	/* not the SndbufErrors: who sends without waiting is told to try again, and loses nothing */
	static const char *const names[] = { "Udp.RcvbufErrors", "Udp6.RcvbufErrors",
					     "TcpExt.TCPBacklogDrop", "TcpExt.TCPRcvQDrop",
					     "TcpExt.RcvPruned" };
	__u64 counted = facts__counter(f, "Udp.RcvbufErrors") +
			facts__counter(f, "Udp6.RcvbufErrors") +
			facts__counter(f, "TcpExt.TCPBacklogDrop") +
			/* a segment that finds no room is counted as both */
			most(facts__counter(f, "TcpExt.TCPRcvQDrop"),
			     facts__counter(f, "TcpExt.RcvPruned"));
	size_t i;

	out->lost = most(tally->count, counted);
	if (!out->lost)
		return false;
	finding__loss(out, f, out->lost, "a socket's buffer is full: its process does not keep up",
		      "packet", "found no room");
	finding__where(out, tally, ": ");
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		say_counter(f, names[i], out);
	SAY(out->now, "ss -uamp shows the sockets (d: drops); give the process more CPU; "
		      "sysctl -w net.core.rmem_max=%llu and let it ask for more (SO_RCVBUF)",
	    most(2 * f->rmem_max, 8 << 20));
	SAY(out->lasting, "net.core.rmem_max, and net.core.rmem_default for those that do not ask, "
			  "in /etc/sysctl.d; the pod's CPU limit");
	return true;
}

static bool nearly_full(const struct neighbour_facts *n)
{
	return n->limit && n->entries >= NEIGHBOURS_NEARLY_FULL * n->limit;
}

bool rule_neighbours__concerns(const struct drop_evidence *e)
{
	return drop_evidence__has_reason(e, "NEIGH_CREATEFAIL");
}

bool rule_neighbours__check(const struct facts *f, const struct tally *tally, struct finding *out)
{
	__u64 fulls = facts__counter(f, "arp_cache.table_fulls") +
		      facts__counter(f, "ndisc_cache.table_fulls");
	const bool v6 = facts__counter(f, "ndisc_cache.table_fulls") ||
			(!fulls && !nearly_full(&f->arp));
	const struct neighbour_facts *n = v6 ? &f->ndisc : &f->arp;
	const char *family = v6 ? "ipv6" : "ipv4";
	unsigned int wanted = n->limit < 4096 ? 8192 : 2 * n->limit;

	out->lost = most(tally->count, fulls);
	if (!out->lost && !nearly_full(&f->arp) && !nearly_full(&f->ndisc))
		return false;
	out->harm = out->lost ? HARM_LOSS : HARM_NEAR;
	out->confidence = out->lost ? CONFIDENCE_CERTAIN : CONFIDENCE_POSSIBLE;
	SAY(out->title, "the neighbour table is %sfull: new peers cannot be reached",
	    out->lost ? "" : "nearly ");
	SAY(out->evidence, "%u of %u %s neighbours (gc_thresh3), %llu time%s no room in %.0f s",
	    n->entries, n->limit, family, out->lost, number__form(out->lost, "", "s"), f->seconds);
	/* 5.0 (58956317c8de) counts the others alone against the limit, and shows all */
	if (!out->lost)
		SAY(out->evidence, "; permanent ones, such as CNI plugins add for each node (ip neigh "
				   "show nud permanent), do not count");
	finding__where(out, tally, ": ");
	SAY(out->now, "sysctl -w net.%s.neigh.default.gc_thresh3=%u "
		      "net.%s.neigh.default.gc_thresh2=%u net.%s.neigh.default.gc_thresh1=%u",
	    family, wanted, family, wanted / 2, family, wanted / 8);
	SAY(out->lasting, "the same in /etc/sysctl.d/90-neighbours.conf");
	return true;
}

bool rule_softnet__concerns(const struct drop_evidence *e)
{
	return drop_evidence__has_reason(e, "CPU_BACKLOG");
}

bool rule_softnet__check(const struct facts *f, const struct tally *tally, struct finding *out)
{
	__u64 dropped = facts__counter(f, "softnet.dropped");
	__u64 squeezed = facts__counter(f, "softnet.time_squeeze");
	bool slow = squeezed >= SQUEEZES_A_SECOND * f->seconds;

	out->lost = most(tally->count, dropped);
	if (!out->lost && !slow)
		return false;
	out->harm = out->lost ? HARM_LOSS : HARM_SLOW;
	out->confidence = out->lost ? CONFIDENCE_CERTAIN : CONFIDENCE_POSSIBLE;
	SAY(out->title, out->lost ? "a CPU's packet backlog is full" :
				    "CPUs run out of time to take packets");
	SAY(out->evidence, "%llu packet%s dropped, %llu time%s out of budget in %.0f s", out->lost,
	    number__form(out->lost, "", "s"), squeezed, number__form(squeezed, "", "s"), f->seconds);
	finding__where(out, tally, ": ");
	if (f->netdev_max_backlog)
		SAY(out->evidence, "; net.core.netdev_max_backlog is %llu", f->netdev_max_backlog);
	if (out->lost)
		SAY(out->now, "sysctl -w net.core.netdev_max_backlog=%llu",
		    2 * most(f->netdev_max_backlog, 1000));
	else
		SAY(out->now, "sysctl -w net.core.netdev_budget=600 "
			      "net.core.netdev_budget_usecs=8000");
	SAY(out->lasting, "the same in /etc/sysctl.d; spread the load over CPUs: receive queues "
			  "(ethtool -L), RPS (/sys/class/net/IFACE/queues/rx-*/rps_cpus)");
	return true;
}

/* What counts a card's full ring, by any driver's name. */
static bool is_ring(const struct counter *counter)
{
	static const char *const names[] = { "link.rx_missed_errors", "link.rx_fifo_errors",
					     "link.rx_over_errors" };
	static const char *const words[] = { "no_buf",	  "nobuf",   "out_of_buf",
					     "no_dma",	  "nodesc",  "rx_total_ring_discard",
					     "bds_empty", "rx oob",  "rx_missed",
					     "rx_fifo" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(counter->name, names[i]))
			return true;
	if (strncmp(counter->name, "ethtool.", 8))
		return false;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasestr(counter->name, words[i]))
			return true;
	return false;
}

bool rule_nic_ring__check(const struct facts *f, const struct tally *tally, struct finding *out)
{
	const struct counter *worst = NULL;
	size_t i;

	(void)tally;
	for (i = 0; i < f->counters.count; i++) {
		const struct counter *counter = f->counters.rows[i].counter;

		/* the link's and the driver's counters are of the same packets: the highest */
		if (is_ring(counter) && (!worst || counter->value > worst->value))
			worst = counter;
	}
	if (!worst)
		return false;
	out->harm = HARM_LOSS;
	out->confidence = CONFIDENCE_CERTAIN;
	out->lost = worst->value;
	SAY(out->title, "a network card has no room for what it receives");
	SAY(out->evidence, "%s of %s moved by %llu in %.0f s", worst->name, worst->iface,
	    worst->value, f->seconds);
	SAY(out->now, "ethtool -g %s shows the largest ring; ethtool -G %s rx THAT; more queues: "
		      "ethtool -L %s combined N",
	    worst->iface, worst->iface, worst->iface);
	SAY(out->lasting, "RxBufferSize=max in a systemd.link(5) file, or the distribution's "
			  "network configuration");
	return true;
}

/*
 * ENA's counters of what EC2 holds back or drops beyond an instance's allowance. Of the first two
 * AWS says "dropped", of the others "queued or dropped": EC2 User Guide, "Monitor network
 * performance for ENA settings on your EC2 instance".
 */
static const struct allowance {
	const char *counter;
	bool drops;
	const char *title;
	const char *now;
	const char *lasting;
} allowances[] = {
	{ "ethtool.linklocal_allowance_exceeded", true,
	  "EC2 drops packets to its DNS resolver, metadata or time service: too many a second",
	  "ask them less: no resolver gets more than 1,024 packets a second from a network interface",
	  "cache names on the node (NodeLocal DNSCache), spread the cluster's DNS pods over nodes, and "
	  "lower ndots, for which a name is asked in each search domain" },
	{ "ethtool.conntrack_allowance_exceeded", true,
	  "EC2 drops new connections: its security groups track as many as it lets this instance have",
	  "close what is idle; what 'dropwhy conntrack --by pod,service,state' shows is, in part, the same",
	  "security group rules that track nothing (all addresses and ports, in and out), the network "
	  "interface's TCP idle timeout, or a larger instance" },
	{ "ethtool.pps_allowance_exceeded", false,
	  "EC2 holds back or drops packets: more a second than this instance may have",
	  "send fewer and larger ones, or move pods to other nodes",
	  "a larger instance, or one with more of the network" },
	{ "ethtool.bw_in_allowance_exceeded", false,
	  "EC2 holds back or drops what comes in: more than this instance's bandwidth",
	  "move pods to other nodes",
	  "a larger instance, or one with more of the network" },
	{ "ethtool.bw_out_allowance_exceeded", false,
	  "EC2 holds back or drops what goes out: more than this instance's bandwidth",
	  "move pods to other nodes",
	  "a larger instance, or one with more of the network" },
};

bool rule_instance_allowance__check(const struct facts *f, const struct tally *tally,
				    struct finding *out)
{
	const struct allowance *worst = NULL;
	size_t i;

	(void)tally;
	for (i = 0; i < sizeof(allowances) / sizeof(allowances[0]); i++) {
		const struct allowance *one = &allowances[i];
		__u64 moved = facts__counter(f, one->counter);

		if (!moved)
			continue;
		if (!worst)
			SAY(out->evidence, "beyond the allowance in %.0f s", f->seconds);
		say_counter(f, one->counter, out);
		/* the first, which drops if any does, is what is told */
		worst = worst ? worst : one;
		out->lost += one->drops ? moved : 0;
	}
	if (!worst)
		return false;
	out->harm = worst->drops ? HARM_LOSS : HARM_SLOW;
	out->confidence = CONFIDENCE_CERTAIN;
	SAY(out->title, "%s", worst->title);
	SAY(out->now, "%s", worst->now);
	SAY(out->lasting, "%s", worst->lasting);
	return true;
}

bool rule_qdisc__check(const struct facts *f, const struct tally *tally, struct finding *out)
{
	__u64 counted = facts__counter(f, "qdisc.drops");

	/* an interface that is down has no queue, and what none counts is no queue's: a pod that starts */
	if (!counted && tally->count < FEW_PACKETS)
		return false;
	if (!counted) {
		finding__loss(out, f, tally->count, "packets are sent to an interface that is down",
			      "packet", "dropped, by no queue that counts");
		finding__where(out, tally, ": ");
		out->confidence = CONFIDENCE_POSSIBLE;
		SAY(out->now, "ip -s link: an interface without LOWER_UP, whose dropped packets grow; "
			      "else tc -s qdisc show");
		return true;
	}
	out->lost = most(tally->count, counted);
	finding__loss(out, f, out->lost,
		      "an interface's queueing discipline drops what is to be sent", "packet",
		      "dropped");
	finding__where(out, tally, ": ");
	say_counter(f, "qdisc.drops", out);
	SAY(out->now, "tc -s qdisc show: a rate limit (a pod's kubernetes.io/egress-bandwidth), or "
		      "a queue too short for the traffic (limit)");
	return true;
}

bool rule_qdisc__concerns(const struct drop_evidence *e)
{
	return drop_evidence__has_reason(e, "QDISC_DROP");
}
