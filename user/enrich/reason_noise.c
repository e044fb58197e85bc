/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The drop reasons that are no trouble, and why. A reason is here only if
 * nobody misses the packet whatever the circumstances; one that is harmless
 * most of the time but may be the answer is not.
 */
#include <stddef.h>
#include <string.h>

#include "user/enrich/reason.h"

/*
 * Gone through include/net/dropreason-core.h of 6.18 and net-next for 7.x,
 * net/mac80211/drop.h, net/openvswitch/drop.h and include/net/dropreason-qdisc.h.
 *
 * Looked at and left out: NOT_SPECIFIED, whose meaning is its location;
 * UNHANDLED_PROTO, mostly LLDP but also a protocol's missing module;
 * SOCKET_FILTER, the application's own wish but perhaps a wrong one;
 * TCP_CLOSE and TCP_RESET, late packets whose sender is still in need;
 * TCP_ZEROWINDOW and TCP_OVERWINDOW, a receiver that does not read;
 * TCP_RFC7323_PAWS, which does lose data behind address translation;
 * BRIDGE_INGRESS_STP_STATE, a new port's 30 seconds of silence;
 * NO_TX_TARGET, a frame that found no port; every QDISC_*, drop by a policy
 * that somebody may not know of.
 */
static const char *const noise[] = {
	/* Used up, not dropped: the value that the tracepoint never shows, but
	 * a code path given the wrong one might. */
	"CONSUMED",

	/* The application closed its socket without reading what was there. */
	"SOCKET_CLOSE",
	/* AF_UNIX: what lay in the queue when the peer was exchanged or left. */
	"UNIX_DISCONNECT",
	/* AF_UNIX: out-of-band bytes that the reader chose to skip. */
	"UNIX_SKIP_OOB",
	/* A queue emptied as a whole with its owner: socket, device, tunnel. */
	"QUEUE_PURGE",

	/* TCP data that the receiver has already: a retransmission too many.
	 * In sequence; behind the window; in the out-of-order queue, whole or
	 * merged. */
	"TCP_OLD_DATA",
	"TCP_OLD_SEQUENCE",
	"TCP_OFO_DROP",
	"TCP_OFOMERGE",
	/* An ACK overtaken by a later one that said more. */
	"TCP_OLD_ACK",
	/* The same told by its timestamp; split from TCP_RFC7323_PAWS for being
	 * harmless: pure ACKs sent through another queue (124c4c32e9f3). */
	"TCP_RFC7323_PAWS_ACK",
	/* A fragment that is in the reassembly queue already. */
	"DUP_FRAG",

	/* Addressed to another machine's MAC: seen only as the interface is in
	 * promiscuous mode. */
	"OTHERHOST",
	/* A neighbour solicitation for another host in the same multicast group. */
	"IPV6_NDISC_NS_OTHERHOST",
	/* PAUSE and its kin, which IEEE 802.1Q forbids bridges to forward. */
	"MAC_IEEE_MAC_CONTROL",

	/* 802.11 frame repeated as its acknowledgement was lost. */
	"RX_DROP_U_DUP",
};

bool reason__is_noise(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(noise) / sizeof(noise[0]); i++)
		if (strcmp(noise[i], name) == 0)
			return true;
	return false;
}
