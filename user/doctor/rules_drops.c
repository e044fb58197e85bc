/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What rules, routes and sizes make of packets.
 */
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>

#include "user/doctor/rules.h"

bool rule_no_endpoints__concerns(const struct drop_evidence *e)
{
	return e->service && e->service->kind == WHO_SERVICE && !e->service->backends;
}

bool rule_no_endpoints__check(const struct facts *f, const struct tally *tally,
			      struct finding *out)
{
	if (!tally->count)
		return false;
	finding__loss(out, f, tally->count, "a Service has no endpoint that is ready",
		      "packet", "to such a Service dropped");
	finding__where(out, tally, ": ");
	SAY(out->now, "kubectl get endpointslices -A; then look at the readiness of the pods that "
		      "the Service selects, and at its selector");
	return true;
}

/* Conntrack's causes have rules of their own, and so has what no endpoint is behind. */
bool rule_policy__concerns(const struct drop_evidence *e)
{
	switch (e->drop->rec.cause) {
	case CAUSE_NFT_RULE:
	case CAUSE_XTABLES_RULE:
	case CAUSE_NF_RULE:
		return !rule_no_endpoints__concerns(e);
	}
	return false;
}

bool rule_policy__check(const struct facts *f, const struct tally *tally, struct finding *out)
{
	if (tally->count < FEW_PACKETS)
		return false;
	finding__loss(out, f, tally->count, "a NetworkPolicy or firewall rule drops packets",
		      "packet", "dropped by a rule");
	finding__where(out, tally, ": ");
	out->confidence = CONFIDENCE_LIKELY; /* that it is not as wanted nobody can know */
	SAY(out->now, "kubectl get networkpolicies -A; nft list ruleset, or iptables-save -c: the "
		      "rule whose counter grows; nft monitor trace");
	return true;
}

bool rule_rp_filter__concerns(const struct drop_evidence *e)
{
	return drop_evidence__has_reason(e, "IP_RPFILTER");
}

bool rule_rp_filter__check(const struct facts *f, const struct tally *tally, struct finding *out)
{
	__u64 counted = facts__counter(f, "TcpExt.IPReversePathFilter");
	__u64 lost = most(tally->count, counted);

	if (lost < FEW_PACKETS)
		return false;
	finding__loss(out, f, lost, "rp_filter drops packets that came by an unexpected interface",
		      "packet", "refused by reverse path filtering");
	finding__where(out, tally, ": ");
	SAY(out->now, "sysctl -w net.ipv4.conf.all.rp_filter=2 and the interface's own "
		      "(the higher of both holds), or repair the asymmetric route");
	SAY(out->lasting, "net.ipv4.conf.all.rp_filter = 2 in /etc/sysctl.d/90-rp-filter.conf, "
			  "which must come after the files that set it for all interfaces");
	return true;
}

bool rule_mtu__concerns(const struct drop_evidence *e)
{
	return drop_evidence__has_reason(e, "PKT_TOO_BIG");
}

bool rule_mtu__check(const struct facts *f, const struct tally *tally, struct finding *out)
{
	/* ip6_forward() counts a packet as both */
	__u64 counted = facts__counter(f, "Ip.FragFails") +
			most(facts__counter(f, "Ip6.InTooBigErrors"), facts__counter(f, "Ip6.FragFails"));
	__u64 lost = most(tally->count, counted);

	if (!lost)
		return false;
	finding__loss(out, f, lost, "packets are larger than the next link takes (MTU)",
		      "packet", "too large that must not be fragmented");
	finding__where(out, tally, ": ");
	out->confidence = lost < FEW_PACKETS ? CONFIDENCE_POSSIBLE : CONFIDENCE_LIKELY;
	SAY(out->now, "compare ip link: pods' MTU must be that of the node's card less the "
		      "tunnel's 50 bytes (VXLAN) or 20 (IPIP); let ICMP \"fragmentation needed\" "
		      "through");
	SAY(out->lasting, "the MTU in the CNI plugin's configuration; for others' networks clamp: "
			  "nft add rule inet filter forward tcp flags syn tcp option maxseg size "
			  "set rt mtu");
	return true;
}

bool rule_reassembly__check(const struct facts *f, const struct tally *tally, struct finding *out)
{
	__u64 lost = facts__counter(f, "Ip.ReasmFails") + facts__counter(f, "Ip6.ReasmFails");

	if (lost < FEW_PACKETS)
		return false;
	finding__loss(out, f, lost, "fragmented datagrams cannot be put together",
		      "reassembly failure", "");
	finding__where(out, tally, ": ");
	out->confidence = CONFIDENCE_LIKELY;
	SAY(out->now, "sysctl -w net.ipv4.ipfrag_high_thresh=%llu, if many are under way; else "
		      "a fragment is lost on the way: avoid them with a smaller datagram or MTU",
	    most(2 * f->ipfrag_high_thresh, 16 << 20));
	return true;
}

/*
 * tcp_v4_rcv() and tcp_v6_rcv() answer what no socket is for by tcp_v4_send_reset() and its like,
 * but never a reset: its sender has given up that connection.
 */
static bool is_reset(const struct drop_record *rec)
{
	return rec->tuple.l4_proto == IPPROTO_TCP && rec->tcp_flags & TH_RST;
}

/* __udp4_lib_rcv() answers by icmp_send(), __udp6_lib_rcv() by icmpv6_send(). */
bool rule_refused__concerns(const struct drop_evidence *e)
{
	const struct drop_record *rec = &e->drop->rec;

	if (!drop_evidence__has_reason(e, "NO_SOCKET") || rule_no_endpoints__concerns(e))
		return false;
	switch (rec->tuple.l4_proto) {
	case IPPROTO_TCP:
		return !is_reset(rec);
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
		return true;
	}
	return false;
}

bool rule_refused__check(const struct facts *f, const struct tally *tally, struct finding *out)
{
	if (tally->count < FEW_PACKETS)
		return false;
	finding__loss(out, f, tally->count, "packets are refused: nobody listens there", "packet",
		      "refused");
	finding__where(out, tally, ": ");
	/* not lost: who sent them knows */
	out->harm = HARM_NOTE;
	out->lost = 0;
	SAY(out->now, "dropwhy trace --reason NO_SOCKET --summary-only --by src,dst,dport --duration 10 "
		      "shows the ports; ss -lntu in the receiver's namespace, who listens there");
	return true;
}

/* A reset, or an answer to a ping by a raw socket: that has its copy (ping_rcv()), from 5.19 on. */
static bool is_missed_by_nobody(const struct drop_evidence *e)
{
	const struct drop_record *rec = &e->drop->rec;

	if (!drop_evidence__has_reason(e, "NO_SOCKET"))
		return false;
	switch (rec->tuple.l4_proto) {
	case IPPROTO_TCP:
		return is_reset(rec);
	case IPPROTO_ICMP:
		return rec->flags & DROP_F_L4 && rec->icmp_type == ICMP_ECHOREPLY;
	case IPPROTO_ICMPV6:
		return rec->flags & DROP_F_L4 && rec->icmp_type == ICMP6_ECHO_REPLY;
	}
	return false;
}

bool rule_other__concerns(const struct drop_evidence *e)
{
	size_t i;

	if (is_missed_by_nobody(e))
		return false;
	for (i = 0; i < rule_count; i++)
		if (rules[i].concerns && rules[i].concerns != rule_other__concerns &&
		    rules[i].concerns(e))
			return false;
	return true;
}

bool rule_other__check(const struct facts *f, const struct tally *tally, struct finding *out)
{
	if (tally->count < FEW_PACKETS)
		return false;
	finding__loss(out, f, tally->count, "packets are dropped for reasons that have no rule here",
		      "packet", "dropped");
	finding__where(out, tally, ": ");
	out->confidence = CONFIDENCE_POSSIBLE;
	SAY(out->now, "dropwhy trace --summary-only --by reason,location,src,dst --duration 10 shows "
		      "the reasons: NEIGH_FAILED: the next hop does not answer ARP; IP_INNOROUTES: no "
		      "route; IP_INHDR: TTL used up; *_CSUM: damaged; TC_*, XDP: a BPF program or filter");
	return true;
}
