/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The maps and knobs of the kernel side: what is kept per CPU, per reason and
 * per network namespace, and what the loader sets before and while running.
 */
#ifndef DROPWHY_STATE_BPF_H
#define DROPWHY_STATE_BPF_H

#include <bpf/bpf_helpers.h>

#include "bpf/direct_verdict.h"
#include "bpf/drop_filter.h"
#include "bpf/kfunc.bpf.h"
#include "bpf/live_state.h"

/* Set before load. */
const volatile struct drop_filter filter;
const volatile __u8 reason_flags[REASON_SLOTS];
const volatile bool enable_noise = false;  /* deliver noise reasons too */
const volatile __u64 wakeup_bytes = 0;	   /* wake the reader at this fill level */

const volatile __u32 cpu_ids = 1;	   /* numbers of possible CPUs are below; there may be holes */

const volatile __u32 conntrack_mode = CONNTRACK_COUNTERS; /* enum conntrack_mode */
const volatile bool enable_verdicts = false; /* direct hooks may leave some */

/* Packets from or to these ports carry DNS; network order. */
const volatile __u16 dns_ports_be[DNS_PORTS_MAX];
const volatile __u32 dns_port_count = 0;

/* Where parts of packets are freed, LOCATION_PART; 0: unknown. Part of the kernel proper: it stays. */
const volatile __u64 parts_at = 0;
const volatile __u64 parts_bytes = 0;

/* Addresses of x86_64's variables of these names; 0: unknown. See copy_fragment(). */
const volatile __u64 page_offset_base_at = 0;
const volatile __u64 vmemmap_base_at = 0;

const volatile __u32 fold_mode = FOLD_OFF;   /* enum fold_mode */
const volatile __u32 fold_mask = 0;	    /* buckets for flows on a CPU - 1; they are a power of two */
const volatile __u32 utsname_type = 0;   /* the kernel's number of struct new_utsname */
const volatile __u64 tick_ns = 4000000;	    /* of jiffies */
const volatile __u64 fold_seed[8];	    /* odd; who sends packets cannot choose their bucket */
const volatile bool has_flow_filter = false; /* the filter looks at addresses or ports */
const volatile bool fold_flows_only = false; /* who a drop concerns is filtered by user space */

/* Set while running. */
struct live_globals globals = {};
/* Two, so that one can be filled anew, when modules come, while the other is read. */
struct location_class location_classes[2][LOCATION_CLASSES_MAX] = {};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20); /* replaced by --ring-size */
} events SEC(".maps");

/* 64 bytes × 1,024 slots a CPU: an array, so that counting never fails. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, REASON_SLOTS);
	__type(key, __u32);
	__type(value, struct drop_counters);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cpu_state);
} cpus SEC(".maps");

/*
 * Preallocated: run-time allocation is refused to, or warned about in, tracing
 * programs. Not an LRU: an evicted baseline would come back as a huge delta.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 1024); /* replaced by twice the namespaces found */
	__type(key, struct netns_key);
	__type(value, struct netns_state);
} namespaces SEC(".maps");

/* From conntrack_hooks.bpf.c; an LRU, as a packet may die where nobody fetches its verdict. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct direct_verdict);
} verdicts SEC(".maps");

/* Addresses of the functions that may sit in a netfilter hook. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 512); /* the built-in table has some 60 names; suffixes multiply them */
	__type(key, __u64);
	__type(value, __u32); /* HOOK_* */
} hook_functions SEC(".maps");

/*
 * By CPU; plain arrays, since looking into one is a few instructions on every
 * kernel. The loader sizes both: see live_fold.c.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fold_bucket);
} folds SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fold_record);
} fold_records SEC(".maps");

/* enum fold_mark, by CPU; the loader flushes only tables that may hold something. */
__u8 fold_used[FOLD_CPUS] = {};

/* What the programs take from an skb; the rest of the kernel side sees only this. */
struct packet {
	__u64 skb;		/* its address: the name under which direct hooks know it */
	__u64 net;		/* address of struct net, 0: unknown */
	__u64 data;		/* address of the linear data */
	__u64 data_end;		/* address after it */
	__u64 l2;		/* address of the MAC header, 0: none */
	__u64 l3;		/* address of the network header, 0: none */
	__u64 nfct;		/* skb->_nfct */
	__u16 l3_proto;		/* skb->protocol, host order */
	__u16 vlan_tci;		/* tag that is not in the data */
	__u16 socket_family;	/* of skb->sk; 0: there is none */
	bool vlan_present;
	bool input;		/* received here, not sent */
	bool routed;		/* has a route: past PREROUTING, unless from loopback */
	bool loopback;
	bool nonlinear;		/* goes on in fragments after the linear data */
	bool has_ip;		/* scratch.ip speaks of this packet */
	__u32 message_at;	/* where a DNS message begins that the linear data ends before; from data */
	__u32 message_bytes;	/* how much of it is wanted, then how much is in scratch.message; 0: none */
};

/* What an IP header and what follows it came to. */
struct ip_result {
	struct flow_tuple tuple;
	__u64 payload;		/* address of the L4 header, 0: not reached */
	__u64 end;		/* address after it and its payload, as far as that is linear */
	__u16 flags;		/* DROP_F_* */
	__u16 frag_offset_bytes;
	__u8 l4[20];		/* first bytes of the L4 header, zeroed where missing */
	__u32 l4_len;		/* how many of them are there */
};

/*
 * Room for a record under construction. Programs can nest (a softirq frees a
 * packet while a process-context run is interrupted; up to 6.1 nothing
 * prevents it), so each level has its own.
 *
 * Stages are global functions, which the verifier checks once and by
 * themselves: inlined into one another they exceed its limit of a million
 * instructions. Before 5.12 they can take numbers only, so they get the
 * level and look their scratch up.
 */
#define NESTING_MAX 3

struct scratch {
	/* cleared for each packet; the first four are what is delivered */
	struct drop_record rec;
	struct drop_section_ct ct;
	struct drop_section_inner inner;
	struct drop_section_ct clash;
	/* only written, never read: room for append_dns() behind the others */
	struct drop_section_dns dns_room;
	struct packet packet;
	/* not cleared */
	struct drop_section_ct winner; /* what becomes clash: apart, so as not to overlap with it */
	struct ip_result ip;
	struct fold_key key;	/* of the record */
	struct netns_key netns;	/* of whom another CPU is asked, and what it counted */
	struct ct_counts counted;
	__u64 bytes[20];	/* raw kernel structures */
	__u8 message[DROP_DNS_PAYLOAD_BYTES]; /* of a packet's fragments */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NESTING_MAX);
	__type(key, __u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

/*
 * What lies at @address, to be read by loads of which those that fault give 0: as if it were some
 * kernel structure of bytes that is long enough. A helper call costs some 30 ns, a load next to
 * none. With READ_FAULTING only.
 */
static inline __attribute__((always_inline)) const void *in_place(__u64 address)
{
	return bpf_rdonly_cast((const void *)address, utsname_type);
}

static inline __attribute__((always_inline)) struct scratch *scratch_at(__u32 level)
{
	return bpf_map_lookup_elem(&scratches, &level);
}

#endif
