/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the user asked to see, in the form in which the kernel side checks it.
 * Filled before load into read-only data: an unused test costs nothing, the
 * verifier removes it. Different tests are ANDed, the values of one are ORed.
 */
#ifndef DROPWHY_DROP_FILTER_H
#define DROPWHY_DROP_FILTER_H

#include "bpf/drop_record.h"

/* Most values of one test: the loops are unrolled by the verifier. */
#define FILTER_VALUES_MAX 16

/* reason_flags[]: one byte a reason slot */
#define REASON_F_NOISE	   (1u << 0) /* no trouble: count, do not deliver */
#define REASON_F_REJECT	   (1u << 1) /* not among the reasons asked for */
#define REASON_F_CONNTRACK (1u << 2) /* conntrack may have done it: look at its counters */
#define REASON_F_NETFILTER (1u << 3) /* netfilter did it */
#define REASON_F_LOCATION  (1u << 4) /* says too little: look at the location too */
#define REASON_F_WANTED	   (1u << 5) /* asked for by name: never noise */

/* Which end of the packet a test speaks of. */
enum filter_end {
	FILTER_EITHER,
	FILTER_SRC,
	FILTER_DST,
	__FILTER_END_MAX,
};

struct filter_prefix {
	__u32 addr_be[4];	/* masked; IPv4: the first word */
	__u32 mask_be[4];
	__u8 ip_version;	/* 4 or 6 */
	__u8 pad[3];
};

struct filter_prefixes {
	__u32 count;
	struct filter_prefix values[FILTER_VALUES_MAX];
};

struct filter_port_range {
	__u16 first;		/* host order, inclusive */
	__u16 last;
};

struct filter_ports {
	__u32 count;
	struct filter_port_range values[FILTER_VALUES_MAX];
};

struct drop_filter {
	struct filter_prefixes prefixes[__FILTER_END_MAX]; /* by enum filter_end */
	struct filter_ports ports[__FILTER_END_MAX];
	__u32 netns_count;
	__u32 netns_ino[FILTER_VALUES_MAX];
	__u32 iface_count;
	char iface[FILTER_VALUES_MAX][DROP_IFACE_LEN]; /* NUL-padded */
	__u32 l4_proto_count;
	__u8 l4_proto[FILTER_VALUES_MAX]; /* IPPROTO_* */
	__u32 l3_proto_count;
	__u16 l3_proto[FILTER_VALUES_MAX]; /* EtherType, host order; ORed with l4_proto */
	__u32 cause_mask;	/* bit 1 << enum drop_cause; 0: any */
};

#endif
