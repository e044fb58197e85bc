/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The layout of what the kernel side hands to the user side: records in the
 * ring buffer and in capture files, and the per-CPU counters beside them.
 * Included by both sides; whoever includes it has defined __u8 … __u64
 * (<linux/types.h> in user space, vmlinux.h in BPF).
 *
 * Integers are in host order unless their name ends in _be; addresses and
 * ports are in network order, as on the wire. Unknown is 0 unless said
 * otherwise. Every byte, padding included, is initialised.
 */
#ifndef DROPWHY_DROP_RECORD_H
#define DROPWHY_DROP_RECORD_H

#define DROP_RECORD_VERSION 1

/* Length of an interface name with its NUL: IFNAMSIZ (linux/if.h). */
#define DROP_IFACE_LEN 16

enum record_type {
	RECORD_DROP = 1,
	/*
	 * A full table made room for a new flow by evicting one that was not
	 * ASSURED (early_drop). No packet died, but the evicted flow's next one
	 * starts anew. A struct drop_record in which only the time, the namespace,
	 * the tuple and DROP_SECTION_CT mean something: those of the victim.
	 */
	RECORD_EVICTION = 2,
	/* Somebody wrote to a watched sysctl: struct sysctl_record (bpf/sysctl_record.h). */
	RECORD_SYSCTL = 3,
	__RECORD_MAX,
};

/*
 * Why netfilter dropped a packet: the kernel's reason refined. A weaker cause
 * is given whenever the evidence for a stronger one is missing or
 * contradicts itself; see bpf/netfilter_cause.bpf.h for the evidence.
 */
enum drop_cause {
	CAUSE_NONE,		 /* not netfilter, or nothing can be said */
	CAUSE_CT_TABLE_FULL,	 /* no room for a new conntrack entry */
	CAUSE_CT_INSERT_FAILED,	 /* entry could not be inserted: clash, dying entry */
	CAUSE_CT_CHAIN_TOO_LONG, /* hash chain exceeded its limit on insert */
	CAUSE_CT_OTHER,		 /* conntrack dropped it, but none of the above */
	CAUSE_NFT_RULE,		 /* an nftables rule or policy */
	CAUSE_XTABLES_RULE,	 /* an iptables/ip6tables/arptables (legacy) rule or policy */
	CAUSE_NF_RULE,		 /* netfilter, not conntrack; which part is not proven */
	__CAUSE_MAX,
};

/* What conntrack knew about the packet when it died. */
enum drop_ct_state {
	CT_STATE_NONE,		/* no conntrack entry, and nothing more is certain */
	CT_STATE_NEW,
	CT_STATE_ESTABLISHED,	/* original direction of a known flow */
	CT_STATE_REPLY,		/* reply direction of a known flow */
	CT_STATE_RELATED,
	CT_STATE_UNTRACKED,	/* exempted by a NOTRACK rule */
	CT_STATE_INVALID,	/* conntrack refused to classify it; only when certain */
	__CT_STATE_MAX,
};

enum drop_side {
	SIDE_UNKNOWN,
	SIDE_RX,		/* on its way in */
	SIDE_TX,		/* on its way out: sent here or forwarded */
	__SIDE_MAX,
};

enum tunnel_type {
	TUNNEL_NONE,
	TUNNEL_VXLAN,		/* RFC 7348 */
	TUNNEL_GENEVE,		/* RFC 8926 */
	TUNNEL_IPIP,		/* IPv4 or IPv6 directly inside IPv4 or IPv6: RFC 2003, 4213, 2473 */
	__TUNNEL_MAX,
};

/* drop_record.flags */
#define DROP_F_L3	      (1u << 0) /* addresses are valid */
#define DROP_F_L4	      (1u << 1) /* ports, or ICMP type and code, are valid */
#define DROP_F_FRAGMENT	      (1u << 2) /* part of a fragmented datagram */
#define DROP_F_LATER_FRAGMENT (1u << 3) /* not its first part: carries no ports */
#define DROP_F_TRUNCATED      (1u << 4) /* headers end early or lie outside the linear data */
#define DROP_F_SOCKET	      (1u << 5) /* a socket is known */
#define DROP_F_MAC	      (1u << 6) /* src_mac and dst_mac are valid */
#define DROP_F_ARP	      (1u << 7) /* arp_op and the IPv4 addresses are ARP's */
#define DROP_F_DISAGREE	      (1u << 8) /* counters and direct hooks disagree: see cause_direct */

/* drop_record.sections: what follows the record, in this order, without gaps */
#define DROP_SECTION_CT	   (1u << 0) /* struct drop_section_ct */
#define DROP_SECTION_INNER (1u << 1) /* struct drop_section_inner */
#define DROP_SECTION_CLASH (1u << 2) /* struct drop_section_ct: the entry that was there first */
#define DROP_SECTION_DNS   (1u << 3) /* struct drop_section_dns, cut to the multiple of 8 that it needs */
#define DROP_SECTIONS_ALL                                                      \
	(DROP_SECTION_CT | DROP_SECTION_INNER | DROP_SECTION_CLASH | DROP_SECTION_DNS)

/* Starts every record. A reader skips types it does not know by size. */
struct record_header {
	__u16 type;		/* enum record_type */
	__u16 version;		/* DROP_RECORD_VERSION */
	__u32 size;		/* whole record with its sections, bytes, a multiple of 8 */
};

/* A flow's two ends. */
struct flow_tuple {
	__u8 saddr[16];		/* IPv4: the first 4 bytes, the rest 0 */
	__u8 daddr[16];
	__u16 sport_be;		/* TCP, UDP, SCTP, DCCP, UDP-Lite; else 0 */
	__u16 dport_be;
	__u8 l4_proto;		/* IPPROTO_*; 0 where there is no IP header */
	__u8 ip_version;	/* 4, 6, or 0: no addresses */
	__u16 pad;
};

struct drop_record {
	struct record_header hdr;
	__u64 time_ns;		/* CLOCK_BOOTTIME when the packet, or the first of count, was freed */
	__u64 last_ns;		/* when the last of count was; exact to a tick (1 to 10 ms) where count > 1, as time_ns then is */
	__u64 count;		/* packets of one fold key that this record stands for, at least 1 */
	__u64 bytes;		/* their bytes; what else is here is the key's, or the first packet's */
	__u64 location;		/* kernel address that freed it */
	__u64 cgroup_id;	/* cgroup v2 of the socket, never of the current task */
	struct flow_tuple tuple;
	char iface[DROP_IFACE_LEN]; /* skb->dev's name, as the kernel has it; NUL-padded */
	__u32 netns_ino;	/* inode number of the network namespace */
	__u32 ifindex;		/* skb->dev's index in that namespace */
	__u32 reason;		/* enum skb_drop_reason, or subsystem << 16 | its reason; NO_REASON */
	__u32 len_bytes;	/* skb->len; 0 where count > 1 */
	__u32 mark;		/* skb->mark */
	__u32 tcp_seq;		/* TCP sequence number, host order; 0 where count > 1 */
	__u16 l3_proto;		/* EtherType under any VLAN tags, host order */
	__u16 arp_op;		/* 1 request, 2 reply: RFC 826 */
	__u16 frag_offset_bytes; /* where this fragment starts in its datagram */
	__u16 vlan_tci[2];	/* outer, inner; as in IEEE 802.1Q, host order */
	__u8 vlan_count;	/* how many of vlan_tci are there: 0, 1, 2 */
	__u8 cause;		/* enum drop_cause */
	__u8 ct_state;		/* enum drop_ct_state */
	__u8 side;		/* enum drop_side */
	__u8 tcp_flags;		/* byte 13 of the TCP header: CWR ECE URG ACK PSH RST SYN FIN */
	__u8 icmp_type;		/* ICMP or ICMPv6, with DROP_F_L4 */
	__u8 icmp_code;
	__u8 sections;		/* DROP_SECTION_* */
	__u16 flags;		/* DROP_F_* */
	__u8 src_mac[6];
	__u8 dst_mac[6];
	__u8 cause_direct;	/* enum drop_cause by the direct hooks, with DROP_F_DISAGREE */
	__u8 pad[3];
};

/* The conntrack entry attached to the packet. */
struct drop_section_ct {
	__u32 status;		/* enum ip_conntrack_status bits: IPS_CONFIRMED = 8, … */
	__u16 zone;		/* conntrack zone id */
	__u16 pad;
	struct flow_tuple orig;	 /* as the first packet came: before DNAT */
	struct flow_tuple reply; /* as answers come: shows DNAT's backend and SNAT's address */
};

/* The packet inside the outermost tunnel. */
struct drop_section_inner {
	__u32 vni;		/* VXLAN or GENEVE network identifier; 0 for IPIP */
	__u8 tunnel;		/* enum tunnel_type */
	__u8 pad[3];
	struct flow_tuple tuple;
};

/*
 * What a query needs of a DNS message: header, one name, type and class
 * (RFC 1035 section 4.1), after the length that TCP puts before it; rounded up.
 */
#define DROP_DNS_PAYLOAD_BYTES 276

/*
 * The payload of a packet to or from a DNS port, of the innermost packet where
 * there is a tunnel. In the record it ends with the last byte of payload that
 * is there, padded with zeros to a multiple of 8.
 */
struct drop_section_dns {
	__u16 length;		/* bytes of payload that are there */
	__u8 more;		/* 1: it goes on, but too long, or where it could not be read */
	__u8 pad;
	__u8 payload[DROP_DNS_PAYLOAD_BYTES];
};

#define DROP_RECORD_MAX_SIZE                                                   \
	(sizeof(struct drop_record) + 2 * sizeof(struct drop_section_ct) +     \
	 sizeof(struct drop_section_inner) + sizeof(struct drop_section_dns))

/* reason on kernels before 5.17 (c504e5c2f964), which have none */
#define NO_REASON 0xffffffffu

/*
 * Counters are kept per reason slot: core reasons by their value, subsystem
 * reasons (reason >> 16 is the subsystem) in a block of their own, and
 * whatever fits neither in the last one.
 */
#define REASON_SLOT_CORE    512
#define REASON_SLOT_SUBSYS  64
#define REASON_SLOTS	    1024
#define REASON_SLOT_OTHER   (REASON_SLOTS - 1)

static inline __attribute__((always_inline)) __u32 reason_slot(__u32 reason)
{
	__u32 subsys = reason >> 16, value = reason & 0xffff;

	if (!subsys && value < REASON_SLOT_CORE)
		return value;
	if (subsys && subsys < (REASON_SLOTS - REASON_SLOT_CORE) / REASON_SLOT_SUBSYS &&
	    value < REASON_SLOT_SUBSYS)
		return REASON_SLOT_CORE + (subsys - 1) * REASON_SLOT_SUBSYS + value;
	return REASON_SLOT_OTHER;
}

/*
 * What became of the drops of one reason slot on one CPU, in packets. Every
 * packet is in seen and in exactly one of the others:
 * seen = delivered + folded + filtered + noise + lost.
 * A record is one delivered packet, and the rest of its count folded ones.
 * Packets that wait in the fold table are in none of them until it is flushed.
 */
struct drop_counters {
	__u64 seen;
	__u64 seen_bytes;
	__u64 delivered;	/* put into the ring buffer: one a record */
	__u64 folded;		/* stand behind a delivered record's count */
	__u64 coarse;		/* part of delivered and folded: counted without ports, or addresses, for lack of room */
	__u64 filtered;		/* rejected by the user's filters */
	__u64 noise;		/* a reason that is no trouble, hidden by default */
	__u64 lost;		/* no room in the ring buffer */
};

#define DROP_ASSERT(what) _Static_assert(what, #what)
DROP_ASSERT(sizeof(struct record_header) == 8);
DROP_ASSERT(sizeof(struct flow_tuple) == 40);
DROP_ASSERT(sizeof(struct drop_record) == 176);
DROP_ASSERT(__builtin_offsetof(struct drop_record, tuple) == 56);
DROP_ASSERT(__builtin_offsetof(struct drop_record, netns_ino) == 112);
DROP_ASSERT(__builtin_offsetof(struct drop_record, l3_proto) == 136);
DROP_ASSERT(__builtin_offsetof(struct drop_record, flags) == 154);
DROP_ASSERT(sizeof(struct drop_section_ct) == 88);
DROP_ASSERT(sizeof(struct drop_section_inner) == 48);
DROP_ASSERT(sizeof(struct drop_section_dns) == 280);

#endif
