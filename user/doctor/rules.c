/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The table of rules, and how findings are ranked.
 */
#include <stdlib.h>

#include "user/doctor/rules.h"

static bool is_chain_too_long(const struct drop_evidence *e)
{
	return e->drop->rec.cause == CAUSE_CT_CHAIN_TOO_LONG;
}

const struct rule rules[] = {
	{ "conntrack_full",
	  "Every new connection through the node needs an entry. Without room its first packet is "
	  "dropped, whoever it is from: clients see time-outs, DNS look-ups fail, and what is "
	  "connected already, like ping and old connections, goes on to work.",
	  rule_ct_full__concerns, rule_ct_full__check },
	{ "conntrack_nearly_full",
	  "When it is full, the first packets of new connections are dropped.",
	  NULL, rule_ct_nearly_full__check },
	{ "conntrack_lowered",
	  "What sets it last counts: kube-proxy sets the limit by its own configuration whenever it "
	  "starts, and a file in /etc/sysctl.d sets nothing where it is read before nf_conntrack is "
	  "loaded.",
	  NULL, rule_ct_lowered__check },
	{ "kube_proxy",
	  "When it starts, kube-proxy sets conntrack's limit to the higher of maxPerCore times the "
	  "CPUs and min; versions differ in whether they lower one that is higher.",
	  NULL, rule_kube_proxy__check },
	{ "conntrack_buckets",
	  "Each look-up walks a chain of entries that share a bucket. Long chains cost CPU for every "
	  "packet, and one that is too long drops the packet.",
	  is_chain_too_long, rule_ct_buckets__check },
	{ "dns_race",
	  "A resolver asks for A and AAAA at once from one socket. Both packets make an entry for "
	  "the same flow; behind DNAT to different pods the second cannot be inserted and is dropped.",
	  rule_dns_race__concerns, rule_dns_race__check },
	{ "snat_ports",
	  "Towards one destination address and port each source address has some 64,000 ports; "
	  "entries in TIME_WAIT hold theirs for two minutes.",
	  rule_snat_ports__concerns, rule_snat_ports__check },
	{ "early_drop",
	  "A full table makes room by evicting flows that have not been answered yet. Their next "
	  "packet starts anew, for NAT perhaps as another flow: connections break.",
	  NULL, rule_early_drop__check },
	{ "no_endpoints",
	  "Without a ready endpoint kube-proxy rejects or drops what is sent to the Service.",
	  rule_no_endpoints__concerns, rule_no_endpoints__check },
	{ "rule_drops",
	  "A rule of nftables or iptables, as CNI plugins make them of NetworkPolicies, decided so. "
	  "It may be as intended.",
	  rule_policy__concerns, rule_policy__check },
	{ "rp_filter",
	  "With strict reverse path filtering a packet is dropped if the answer to it would leave by "
	  "another interface.",
	  rule_rp_filter__concerns, rule_rp_filter__check },
	{ "mtu",
	  "A packet that is larger than the next link and must not be fragmented is dropped. Where "
	  "the sender does not get to know, connections hang as soon as much is sent.",
	  rule_mtu__concerns, rule_mtu__check },
	{ "reassembly",
	  "A datagram of which one fragment is missing, or for which there is no memory, is lost "
	  "as a whole.",
	  NULL, rule_reassembly__check },
	{ "listen_backlog",
	  "Connections wait in the listening socket's queue until the server accepts them. When it "
	  "is full, the client's packets are dropped, and it tries again after a second, then longer.",
	  rule_listen__concerns, rule_listen__check },
	{ "socket_buffers",
	  "What a process has not read yet waits in its socket's buffer; beyond it, it is dropped.",
	  rule_socket_buffers__concerns, rule_socket_buffers__check },
	{ "neighbour_table",
	  "The node needs an entry for each peer on its links. The tables of all namespaces share one "
	  "limit.",
	  rule_neighbours__concerns, rule_neighbours__check },
	{ "softnet_backlog",
	  "Packets wait in a queue of each CPU (of virtual interfaces, of RPS) before they are "
	  "processed.",
	  rule_softnet__concerns, rule_softnet__check },
	{ "nic_ring",
	  "The card writes into a ring of buffers; when the node does not empty it in time, packets are "
	  "lost before the kernel sees them.",
	  NULL, rule_nic_ring__check },
	{ "instance_allowance",
	  "The cloud's network lets an instance have so much. What exceeds that it delays or drops "
	  "outside of the kernel, which does not see it go; the card's driver tells how much.",
	  NULL, rule_instance_allowance__check },
	{ "qdisc",
	  "Each interface queues what it is to send; what does not fit is dropped.",
	  rule_qdisc__concerns, rule_qdisc__check },
	{ "refused",
	  "No socket is there: a server that is not up or listens elsewhere, or a connection that has "
	  "ended. The kernel says so at once, TCP by a reset, UDP by ICMP \"port unreachable\" (to each "
	  "sender six, then one a second): nobody waits for an answer, unless a firewall on the way "
	  "keeps that from the sender.",
	  rule_refused__concerns, rule_refused__check },
	{ "other_drops",
	  "No other rule speaks of these. It may be as intended, but nobody who misses them is served "
	  "by 'healthy'.",
	  rule_other__concerns, rule_other__check },
};

const size_t rule_count = sizeof(rules) / sizeof(rules[0]);

static const char *const harm_names[__HARM_MAX] = {
	[HARM_NOTE] = "note",
	[HARM_RISK] = "risk",
	[HARM_SLOW] = "slow",
	[HARM_NEAR] = "near",
	[HARM_LOSS] = "loss",
};

static const char *const confidence_names[__CONFIDENCE_MAX] = {
	[CONFIDENCE_POSSIBLE] = "possible",
	[CONFIDENCE_LIKELY] = "likely",
	[CONFIDENCE_CERTAIN] = "certain",
};

const char *harm__name(enum harm harm)
{
	return harm_names[harm];
}

const char *confidence__name(enum confidence confidence)
{
	return confidence_names[confidence];
}

/* By harm, what is only possible last, then by packets lost, then in the order of the table. */
static int by_rank(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;

	if (x->harm != y->harm)
		return x->harm > y->harm ? -1 : 1;
	if ((x->confidence == CONFIDENCE_POSSIBLE) != (y->confidence == CONFIDENCE_POSSIBLE))
		return x->confidence == CONFIDENCE_POSSIBLE ? 1 : -1;
	if (x->lost != y->lost)
		return x->lost > y->lost ? -1 : 1;
	return x->rule < y->rule ? -1 : x->rule > y->rule;
}

size_t rules__apply(const struct facts *f, const struct tally *tallies,
		    struct finding *ret_findings)
{
	size_t i, count = 0;

	for (i = 0; i < rule_count; i++) {
		struct finding finding = { .rule = &rules[i] };

		if (rules[i].check(f, &tallies[i], &finding))
			ret_findings[count++] = finding;
	}
	qsort(ret_findings, count, sizeof(ret_findings[0]), by_rank);
	return count;
}

size_t rules__troubles(const struct finding *findings, size_t count)
{
	while (count && findings[count - 1].harm == HARM_NOTE)
		count--;
	return count;
}
