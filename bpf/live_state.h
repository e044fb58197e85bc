/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Maps' keys and values and globals that the kernel side shares with its
 * loader alone (user/source/live.c); nothing of it leaves the node.
 */
#ifndef DROPWHY_LIVE_STATE_H
#define DROPWHY_LIVE_STATE_H

#include "bpf/drop_record.h"

/* What a freeing location tells. */
enum location_kind {
	LOCATION_OTHER,
	LOCATION_NFT,		/* inside nft_do_chain: an nftables rule, proven */
	LOCATION_NF_HOOK,	/* nf_hook_slow and its kin: any netfilter hook */
	LOCATION_NF_QUEUE,	/* re-injection from NFQUEUE */
	LOCATION_CT_CALLER,	/* Open vSwitch or act_ct, which call conntrack themselves */
	LOCATION_NOISE,		/* no trouble: queues emptied with their socket, … */
	LOCATION_PART,		/* what a packet that has just been freed was made of */
};

struct location_class {
	__u64 start;		/* first address of the function */
	__u64 end;		/* first address after it */
	__u32 kind;		/* enum location_kind */
	__u32 pad;
};

/* Sorted by start, the unused at the end with start = ~0; a power of two for the search. */
#define LOCATION_CLASSES_MAX 128

/* What may sit in a namespace's netfilter hooks. */
#define HOOK_CONNTRACK	(1u << 0) /* conntrack itself, in PREROUTING: its drops show in its counters */
#define HOOK_HARMLESS	(1u << 1) /* drops nothing */
#define HOOK_XTABLES	(1u << 2)
#define HOOK_NFT	(1u << 3)
#define HOOK_NAT	(1u << 4) /* drops only what it cannot map, killing the entry */
#define HOOK_DEFRAG	(1u << 5) /* drops only fragments */
#define HOOK_SECMARK	(1u << 6) /* a security module that drops only what a SECMARK rule marked */
#define HOOK_OTHER	(1u << 7) /* may drop for reasons of its own, or is unknown */

/*
 * A namespace. The number of a deleted one is given again at once, and so is
 * its address: only the cookie is never used twice (0 before 5.12, where it is
 * made on demand; then a counter that runs backwards tells).
 */
struct netns_key {
	__u64 net;		/* address of struct net */
	__u64 cookie;
};

struct ct_counts {
	__u32 drop;
	__u32 insert_failed;
	__u32 chaintoolong;
	__u32 invalid;
};

/*
 * Between a bump and its free lie microseconds; in a storm the packets that come in may hold the
 * sender up for two jiffies (netdev_budget_usecs: 8 ms at 250 Hz). What nobody takes within this
 * is void.
 */
#define SPARE_NS 10000000

/* One namespace on one CPU. */
struct netns_state {
	__u64 stat;		/* address of this CPU's struct ip_conntrack_stat; 0: not looked up yet */
	__u64 stat_base;	/* net->ct.stat that it came from: another one after nf_conntrack was loaded anew */
	__u64 entries;		/* address of the namespace's number of entries; 0: unknown */
	__u64 limit;		/* address of nf_conntrack_max as it holds there; 0: unknown */
	__u64 hooks_seen;	/* which hooks hook_kinds speaks of */
	__u64 spare_ns;		/* when spare was left over */
	struct ct_counts last;	/* the counters when last looked at */
	struct ct_counts spare;	/* moved, but not by the packet looked at then */
	struct ct_counts lent;	/* fetched by other CPUs, so far: see bpf/left_behind.bpf.h */
	struct ct_counts paid;	/* of lent, what has been taken off spare and what moved */
	__u64 claimed_drop;	/* packets explained by these counters */
	__u64 claimed_insert_failed;
	__u64 claimed_chaintoolong;
	__u32 hook_kinds;	/* HOOK_* of the last family looked at */
	__u32 netns_ino;
	__u32 epoch;		/* of the last walk that found it alive */
	__u32 unsure;		/* last is not known yet: the next look only learns */
	__u32 ct_departures;	/* live_globals.ct_departures when looked at */
};

enum cpu_phase {
	CPU_IDLE,		/* count nothing */
	CPU_LEARNING,		/* keep the baselines right, count nothing */
	CPU_ARMED,		/* count */
};

struct cpu_state {
	__u32 phase;		/* enum cpu_phase */
	__u32 nesting;		/* programs running on this CPU */
	__u32 late;		/* its baselines are not taken yet, or not all: it was offline */
	__u32 flush_number;	/* live_globals.flush_number of the flush that flush_at is of */
	__u64 no_baseline;	/* netfilter drops whose conntrack counters could not be compared */
	__u64 compared;		/* conntrack drops that counters and direct hooks both spoke of, in CONNTRACK_BOTH */
	__u64 disagreed;	/* of these, those on which they differed */
	__u64 sender;		/* struct task_struct for whose packet other CPUs were searched last */
	__u64 sender_switches;	/* how often it had been switched then */
	__u64 walk_at;		/* where the walk through the namespaces goes on: struct net */
	__u64 slice_ns;		/* when the current STORM_SLICE_NS began */
	__u32 slice_drops;	/* since then */
	__u32 storm;		/* FOLD_STORMS: one rages on this CPU */
	__u32 flush_at;		/* bucket where the flush goes on; 0: it begins */
	__u32 flush_kept;	/* entries that this flush has left in the table */
	__u64 flush_packets;	/* that this flush has delivered */
};

/* --- folding: see bpf/fold.bpf.h */

enum fold_mode {
	FOLD_OFF,		/* a record a drop */
	FOLD_ALWAYS,
	FOLD_STORMS,		/* while a storm rages on this CPU */
};

/* What is kept of the packets of one key; the finest, or coarser for lack of room. */
enum fold_kind {
	FOLD_FLOW,		/* all of struct fold_key */
	FOLD_PAIR,		/* no ports, no TCP flags */
	FOLD_PLACE,		/* no addresses either */
};

/* Drops are the same if these are. */
struct fold_key {
	__u8 saddr[16];
	__u8 daddr[16];
	__u64 location;		/* mixed with its VLAN, DNS message, tunnel or cgroup, see fold_key__init() */
	__u32 netns;		/* see fold_netns(): its number may be another's in a moment */
	__u32 ifindex;
	__u32 reason;
	__u16 sport_be;		/* ICMP: type and code; ARP: the operation */
	__u16 dport_be;
	__u16 l3_proto;
	__u8 l4_proto;
	__u8 cause;
	__u8 ct_state;
	__u8 tcp_flags;
	__u8 flags;		/* those DROP_F_* that say how much could be read */
	__u8 kind;		/* enum fold_kind */
};

struct fold_entry {
	struct fold_key key;
	__u64 count;		/* packets since the last flush */
	__u64 bytes;
	__u64 first;		/* with count > 0; in ticks, as bpf_jiffies64() */
	__u64 last;
};

/* A key may lie in one bucket only, in any of its ways: no chain to follow, no tombstones. */
#define FOLD_WAYS 8

struct fold_bucket {
	__u32 tags[FOLD_WAYS];	/* of the key's hash, odd; 0: the way is free; or FOLD_TAG_HELD */
	__u64 found;		/* what was looked for last: see fold_way() */
	struct fold_entry ways[FOLD_WAYS];
};

/* No key has it: the way is out of reach of drops while another CPU sends it out. */
#define FOLD_TAG_HELD 2

/* The record of a way's first packet, as it went out. */
struct fold_record {
	__u8 bytes[DROP_RECORD_MAX_SIZE];
};

/* Buckets of a CPU for coarser keys, behind those for flows. */
#define FOLD_COARSE_BUCKETS 32

/* Marks in fold_used[], one a CPU: as many as Linux can have on any machine (NR_CPUS). */
#define FOLD_CPUS 8192

enum fold_mark {
	FOLD_EMPTY,		/* the CPU's table holds nothing */
	FOLD_IN_USE,
	FOLD_FLUSHING,		/* it may; no key came since the flush began */
};

/* More drops than this in a slice on one CPU make a storm. */
#define STORM_SLICE_NS 100000000
#define STORM_DROPS    1000

/* Buckets that one run of the flush program visits: with interrupts off. */
#define FLUSH_STEPS 16
enum flush_answer {
	FLUSH_DONE = 1,
	FLUSH_MORE,		/* to be run again */
	FLUSH_BUSY,		/* a drop is just being handled there: again */
	FLUSH_FULL,		/* the ring is: again after reading it */
};

/* The loop over them is unrolled by the verifier. */
#define DNS_PORTS_MAX 8

/* Commands to the walk program, through globals.command */
enum walk_command {
	WALK_LEARN,		/* take a CPU's baselines */
	WALK_STOP,		/* stop counting */
	WALK_SWEEP,		/* mark the living namespaces with the epoch */
};

struct live_globals {
	struct cpu_state offline; /* how far the flush of an offline CPU's table is */
	__u64 any_net;		/* some struct net, where walks begin */
	__u64 netns_ops;	/* struct net.ns.ops: the same for all, tells a struct net from garbage */
	__u64 last_wakeup_ns;	/* CLOCK_BOOTTIME */
	__u64 coarse;		/* packets counted under a coarser key than their flow's */
	__u32 wakeup_pending;	/* a wake-up for the fill level was sent; the reader clears it */
	__u32 ct_gone;		/* nf_conntrack is not there: net->ct.stat is what an earlier one left behind */
	__u32 ct_departures;	/* how often nf_conntrack went: what is known from before holds no more */
	__u32 ct_net_id;	/* conntrack's index in net->gen; 0: unknown */
	__u32 ct_net_known;	/* the next two are known, from the module's BTF or the kernel's */
	__u32 ct_net_count_bytes; /* offset of struct nf_conntrack_net.count */
	__u32 ct_net_sysctl_bytes; /* offset of struct nf_conntrack_net.sysctl_header */
	__u32 location_table;	/* which of the two location tables is in use */
	__u32 command;		/* enum walk_command */
	__u32 epoch;
	__u32 counting;		/* CPUs that are not armed yet arm themselves */
	__u32 all_known;	/* baselines exist for every namespace: a new one starts at zero */
	__u32 namespace_count;	/* entries in the map */
	__u32 storms;		/* begun so far, over all CPUs */
	__u32 hooks_epoch;	/* how often hook_functions was filled: what is known of hooks is of one */
	__u32 flush_number;	/* how many flushes of a CPU have begun */
	__u32 offline_cpu;	/* whose table hold_folds() and flush_held() visit */
};

/* Namespaces visited by one run of the walk program; it is run until it returns WALK_DONE. */
#define WALK_STEPS 64
#define WALK_DONE  1
#define WALK_MORE  2
#define WALK_FULL  3		/* done, but the map had no room for some */

#endif
