// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Names what usually fills a table: see occupants.h. To add one: count it in
 * occupant_facts__add() and give it a row in the table of kinds.
 */
#include <arpa/inet.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/conntrack/occupants_inside.h"
#include "user/flow.h"

#define DNS_PORT 53

/* A source with fewer entries and destinations than this scans nothing worth a word. */
#define SCANNER_ENTRIES_MIN 100
#define SCANNER_DESTINATIONS_MIN 50
/* Of its entries so many are never answered, in percent. */
#define SCANNER_UNREPLIED_MIN 80
/* Below so many entries nothing fills anything. */
#define ENTRIES_MIN 20

static const struct {
	const char *name;
	double share_min;	/* of all entries */
	const char *text, *remedy;
} kinds[__FINDING_MAX] = {
	[FINDING_DNS_UNREPLIED] = {
		"dns_unreplied", 0.2, "DNS queries that were never answered",
		"look at the DNS servers' health and their drops (dropwhy trace --port 53); a "
		"node-local DNS cache with NOTRACK keeps DNS out of the table; "
		"net.netfilter.nf_conntrack_udp_timeout is how long each one stays" },
	[FINDING_UDP_UNREPLIED] = {
		"udp_unreplied", 0.2, "UDP that was never answered",
		"see who sends it (--by src,dst-port); one-way UDP such as syslog, statsd or "
		"tunnels needs no tracking: a NOTRACK rule; "
		"net.netfilter.nf_conntrack_udp_timeout is how long each one stays" },
	[FINDING_SYN_SENT] = {
		"syn_sent", 0.2, "TCP connections that were never answered",
		"see where they go (--by dst,dst-port): a dead backend, a firewall, or a scan; "
		"net.netfilter.nf_conntrack_tcp_timeout_syn_sent is how long each one stays" },
	[FINDING_TIME_WAIT] = {
		"time_wait", 0.3, "TCP connections that have ended (TIME_WAIT)",
		"many short connections: keep them alive and pool them; "
		"net.netfilter.nf_conntrack_tcp_timeout_time_wait (120 s) may be lowered" },
	[FINDING_CLOSE_WAIT] = {
		"close_wait", 0.2, "TCP connections of which one side has ended (CLOSE_WAIT)",
		"an application does not close its connections (--by pod,state tells which); "
		"net.netfilter.nf_conntrack_tcp_timeout_close_wait (an hour for kube-proxy) may be lowered" },
	[FINDING_IDLE] = {
		"idle_established", 0.3, "ESTABLISHED TCP connections that were silent for over an hour",
		"peers that vanished without a word stay for days: lower "
		"net.netfilter.nf_conntrack_tcp_timeout_established (5 days; kube-proxy: 1 day, "
		"conntrack.tcpEstablishedTimeout), or let applications use TCP keepalive" },
	[FINDING_SCANNER] = {
		"scanner", 0.1, "one source tries many destinations that do not answer: a scan",
		"stop it, or drop it before it is tracked (a rule in the raw table)" },
	[FINDING_ONE_SOURCE] = {
		"one_source", 0.5, "one source holds half of the table or more",
		"look at what it does (--by src,dst,dst-port,state)" },
};

void occupant_facts__add(struct occupant_facts *facts, const struct conntrack_entry *entry,
			 const struct conntrack_timeouts *timeouts)
{
	bool unreplied = !(entry->status & IPS_SEEN_REPLY);

	facts->entries++;
	if (entry->orig.l4_proto == IPPROTO_UDP && unreplied) {
		if (entry->orig.dport_be == htons(DNS_PORT))
			facts->dns_unreplied++;
		else
			facts->udp_unreplied++;
	}
	if (!entry->has_tcp_state || entry->tcp_state >= CT_TCP_STATES)
		return;
	facts->tcp[entry->tcp_state]++;
	if (entry->tcp_state == TCP_CONNTRACK_ESTABLISHED && entry->has_timeout &&
	    timeouts->established_s > FINDING_IDLE_S &&
	    entry->timeout_s < timeouts->established_s - FINDING_IDLE_S &&
	    entry->timeout_s > timeouts->unanswered_s)
		facts->idle++;
}

static void name_source(const struct occupants *o, const struct conntrack_source *source,
			char *who)
{
	struct conntrack_entry entry = { .orig = source->address };
	char address[INET6_ADDRSTRLEN];
	struct owner owner;

	flow__format_address(&source->address, FLOW_SRC, address);
	occupant_names__owner(o->names, 0, &entry, &owner);
	if (owner.pod)
		snprintf(who, OCCUPANT_VALUE_LEN, "%s (%s)", address,
			 occupant_names__text(o->names, owner.pod));
	else
		snprintf(who, OCCUPANT_VALUE_LEN, "%s", address);
}

static bool scans(const struct conntrack_source *source)
{
	return source->count >= SCANNER_ENTRIES_MIN &&
	       source->unreplied * 100 >= source->count * SCANNER_UNREPLIED_MIN &&
	       conntrack_source__destinations(source) >= SCANNER_DESTINATIONS_MIN;
}

static void look_for_scanner(const struct occupants *o, struct occupant_finding *found)
{
	const struct conntrack_source *source = conntrack_sources__heaviest(o->sources, scans);

	if (!source)
		return;
	found->destinations = conntrack_source__destinations(source);
	found->count = source->count;
	name_source(o, source, found->who);
}

static void look_for_one_source(const struct occupants *o, struct occupant_finding *found)
{
	const struct conntrack_source *source = conntrack_sources__heaviest(o->sources, NULL);

	if (!source)
		return;
	found->count = source->count;
	name_source(o, source, found->who);
}

static void look(const struct occupants *o, enum occupant_finding_kind kind,
		 struct occupant_finding *found)
{
	const struct occupant_facts *facts = &o->facts;

	switch (kind) {
	case FINDING_DNS_UNREPLIED:
		found->count = facts->dns_unreplied;
		break;
	case FINDING_UDP_UNREPLIED:
		found->count = facts->udp_unreplied;
		break;
	case FINDING_SYN_SENT:
		found->count = facts->tcp[TCP_CONNTRACK_SYN_SENT] +
			       facts->tcp[TCP_CONNTRACK_SYN_SENT2];
		break;
	case FINDING_TIME_WAIT:
		found->count = facts->tcp[TCP_CONNTRACK_TIME_WAIT];
		break;
	case FINDING_CLOSE_WAIT:
		found->count = facts->tcp[TCP_CONNTRACK_CLOSE_WAIT];
		break;
	case FINDING_IDLE:
		found->count = facts->idle;
		break;
	case FINDING_SCANNER:
		look_for_scanner(o, found);
		break;
	case FINDING_ONE_SOURCE:
		look_for_one_source(o, found);
		break;
	default:
		break;
	}
}

static int by_share(const void *a, const void *b)
{
	const struct occupant_finding *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return (int)x->kind - (int)y->kind;
}

size_t occupants__findings(const struct occupants *o, struct occupant_finding *ret_findings)
{
	enum occupant_finding_kind kind;
	size_t count = 0;

	if (o->facts.entries < ENTRIES_MIN)
		return 0;
	for (kind = 0; kind < __FINDING_MAX; kind++) {
		struct occupant_finding found = {
			.kind = kind,
			.name = kinds[kind].name,
			.text = kinds[kind].text,
			.remedy = kinds[kind].remedy,
		};

		look(o, kind, &found);
		found.share = (double)found.count / (double)o->facts.entries;
		if (found.count && found.share >= kinds[kind].share_min)
			ret_findings[count++] = found;
	}
	qsort(ret_findings, count, sizeof(*ret_findings), by_share);
	return count;
}
