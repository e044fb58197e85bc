// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The drop programs: one for each form that the kfree_skb tracepoint has had.
 * The loader picks by its prototype in the running kernel's BTF. A drop is
 * counted under its reason and ends in exactly one of noise, filtered,
 * delivered or lost.
 */
#include "vmlinux/vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/dns.bpf.h"
#include "bpf/filter.bpf.h"
#include "bpf/flush.bpf.h"
#include "bpf/fold.bpf.h"
#include "bpf/fold_key.bpf.h"
#include "bpf/fragment.bpf.h"
#include "bpf/kfunc.bpf.h"
#include "bpf/netfilter_cause.bpf.h"
#include "bpf/packet.bpf.h"
#include "bpf/quick_cause.bpf.h"
#include "bpf/skb.bpf.h"
#include "bpf/walk.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* A reader that was just woken looks again by itself for twice this long. */
#define WAKEUP_QUIET_NS 20000000

/* Wakes the reader when it sleeps, and when the ring fills; never for each record. */
__inline_always __u64 wakeup_flags(__u64 now_ns)
{
	__u64 waiting = bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA);

	if (waiting >= wakeup_bytes) {
		if (globals.wakeup_pending)
			return BPF_RB_NO_WAKEUP;
		globals.wakeup_pending = 1;
		return BPF_RB_FORCE_WAKEUP;
	}
	if (now_ns - globals.last_wakeup_ns < WAKEUP_QUIET_NS)
		return BPF_RB_NO_WAKEUP;
	globals.last_wakeup_ns = now_ns;
	return BPF_RB_FORCE_WAKEUP;
}

/*
 * Brings the record and its sections together. They lie in scratch in the
 * order in which they follow the record: those that come after an absent one
 * are moved up.
 */
__inline_always void assemble(__u32 level, struct scratch *sc)
{
	__u32 sections = sc->rec.sections, size = sizeof(sc->rec), dns_bytes;
	void *base = &sc->rec;
	__u64 told_apart = hash_of_tunnel(sc);

	if (sections & DROP_SECTION_CT)
		size += sizeof(sc->ct);
	if (sections & DROP_SECTION_INNER) {
		if (!(sections & DROP_SECTION_CT))
			__builtin_memcpy(base + sizeof(sc->rec), &sc->inner, sizeof(sc->inner));
		size += sizeof(sc->inner);
	}
	if (sections & DROP_SECTION_CLASH) {
		/* there is DROP_SECTION_CT, too: see direct_cause() */
		if (sections & DROP_SECTION_INNER)
			sc->clash = sc->winner;
		else
			__builtin_memcpy(base + sizeof(sc->rec) + sizeof(sc->ct), &sc->winner,
					 sizeof(sc->winner));
		size += sizeof(sc->clash);
	}
	dns_bytes = dns_port_count ? append_dns(level, size) : 0;
	sc->rec.hdr.size = size + dns_bytes;
	if (fold_mode == FOLD_OFF)
		return;
	if (dns_bytes)
		told_apart ^= hash_of_dns(level, size, dns_bytes);
	fold_key__init(&sc->key, &sc->rec, (const void *)sc->packet.net);
	sc->key.location ^= told_apart;
}

__inline_always bool deliver(struct scratch *sc)
{
	__u32 size = sc->rec.hdr.size;
	__u64 flags;

	/* tells the verifier what the compiler knows */
	if (size > DROP_RECORD_MAX_SIZE)
		return false;
	flags = wakeup_flags(sc->rec.time_ns);
	if (!bpf_ringbuf_output(&events, &sc->rec, size, flags))
		return true;
	if (flags == BPF_RB_FORCE_WAKEUP)
		globals.wakeup_pending = 0; /* no room: nobody was woken */
	return false;
}

enum fate {
	FATE_NOISE,
	FATE_FILTERED,
	FATE_DELIVERED,
	FATE_LOST,
	FATE_PENDING,		/* in the fold table: counted when that is flushed */
	FATE_OPEN,		/* nobody can say yet */
};

/* Counts the record in scratch with its like, or delivers it as the first of them. */
__stage int fold_or_deliver(__u32 level)
{
	struct scratch *sc = scratch_at(level);
	enum fold_found found = FOLD_NO_ROOM;
	bool delivered;
	__u32 step;

	if (!sc)
		return FATE_LOST;
	for (step = FOLD_FLOW; step <= (fold_flows_only ? FOLD_FLOW : FOLD_PLACE); step++) {
		found = fold_count(&sc->key, sc->rec.len_bytes);
		if (found == FOLD_COUNTED)
			return FATE_PENDING;
		if (found == FOLD_ROOM)
			break;
		fold_key__coarsen(&sc->key, sc->rec.location);
	}
	delivered = deliver(sc);
	/* no room in the ring: the table may hold it until there is some */
	if (found == FOLD_ROOM && fold_insert(sc, &sc->key, !delivered))
		return delivered ? FATE_DELIVERED : FATE_PENDING;
	return delivered ? FATE_DELIVERED : FATE_LOST;
}

/* Noise without a reason of its own: sockets that are closed, and what is no network packet. */
__inline_always bool is_no_trouble(const struct packet *packet, __u32 location)
{
	if (location == LOCATION_NOISE || location == LOCATION_PART)
		return true;
	switch (packet->socket_family) {
	case AF_INET:
	case AF_INET6:
	case AF_PACKET:
	case AF_XDP:
	case 0:
		return !packet->net && !packet->l3_proto;
	}
	return true;
}

/*
 * Adds what the location tells to the flags of the reason. A reason that says
 * too little is netfilter's, or noise, by where the packet was freed.
 */
__inline_always __u32 refine_flags(const struct packet *packet, __u32 location, __u32 flags)
{
	if (!(flags & REASON_F_LOCATION))
		return flags;
	switch (location) {
	case LOCATION_NFT:
	case LOCATION_NF_HOOK:
		return flags | REASON_F_NETFILTER | REASON_F_CONNTRACK;
	case LOCATION_NF_QUEUE:
	case LOCATION_CT_CALLER:
		return flags | REASON_F_CONNTRACK;
	}
	if (!(flags & REASON_F_WANTED) && is_no_trouble(packet, location))
		flags |= REASON_F_NOISE;
	return flags;
}

/* Folding, at this moment, on this CPU? Begins a storm if this is one. */
__inline_always bool is_folding(struct cpu_state *cpu, __u64 now_ns)
{
	if (fold_mode != FOLD_STORMS)
		return fold_mode == FOLD_ALWAYS;
	if (now_ns - cpu->slice_ns > STORM_SLICE_NS) {
		cpu->slice_ns = now_ns;
		cpu->slice_drops = 0;
	}
	if (++cpu->slice_drops > STORM_DROPS && !cpu->storm) {
		cpu->storm = 1;
		__sync_fetch_and_add(&globals.storms, 1);
	}
	return cpu->storm;
}

/* The same, of a drop that begins no storm. */
__inline_always bool goes_on_folding(const struct cpu_state *cpu)
{
	return fold_mode == FOLD_ALWAYS || (fold_mode == FOLD_STORMS && cpu->storm);
}

__inline_always bool is_wanted(__u32 level, __u32 flags, __u32 phase)
{
	return phase == CPU_ARMED && !(flags & REASON_F_REJECT) && filter_matches(level);
}

/*
 * All that there is to know of a packet, without its skb; returns enum fate, FATE_OPEN if it is
 * to be handed over. Packets that conntrack may have dropped take their share of its counters
 * before the filter is asked.
 */
__stage int handle_drop(__u32 level, __u32 flags, __u32 phase)
{
	struct scratch *sc = scratch_at(level);
	__u32 location = LOCATION_OTHER;

	if (!sc)
		return FATE_LOST;
	sc->rec.time_ns = bpf_ktime_get_boot_ns();
	if (flags & (REASON_F_NETFILTER | REASON_F_LOCATION)) {
		location = location_kind(sc, sc->rec.location);
		flags = refine_flags(&sc->packet, location, flags);
	}
	if (flags & REASON_F_NOISE && !enable_noise)
		return FATE_NOISE;

	read_packet(level);
	if (!(flags & REASON_F_CONNTRACK) && !is_wanted(level, flags, phase))
		return FATE_FILTERED;
	sc->rec.ct_state = ct_state(sc->packet.nfct);
	if (is_attached(sc->packet.nfct))
		read_conntrack(level);
	if (flags & REASON_F_CONNTRACK && sc->packet.net)
		explain(level, flags, location, phase);
	if (flags & REASON_F_CONNTRACK && !is_wanted(level, flags, phase))
		return FATE_FILTERED;
	sc->rec.hdr.type = RECORD_DROP;
	sc->rec.hdr.version = DROP_RECORD_VERSION;
	sc->rec.count = 1;
	sc->rec.bytes = sc->rec.len_bytes;
	sc->rec.last_ns = sc->rec.time_ns;
	if (sc->packet.nonlinear && dns_port_count)
		find_message(level);
	return FATE_OPEN;
}

/* What counters and hooks differ on is for people to look at, one by one: no key tells it. */
__inline_always bool is_disputed(const struct scratch *sc)
{
	return conntrack_mode == CONNTRACK_BOTH && sc->rec.flags & DROP_F_DISAGREE;
}

/* From the scratch to the ring buffer, or into the fold table; returns enum fate. */
__stage int hand_over(__u32 level)
{
	struct scratch *sc = scratch_at(level);
	__u32 zero = 0;
	struct cpu_state *cpu = bpf_map_lookup_elem(&cpus, &zero);

	if (!sc || !cpu)
		return FATE_LOST;
	assemble(level, sc);
	if (!level && is_folding(cpu, sc->rec.time_ns) && !is_disputed(sc))
		return fold_or_deliver(level);
	return deliver(sc) ? FATE_DELIVERED : FATE_LOST;
}

/* Atomic only against programs that interrupt this one on its CPU. */
__inline_always void count_fate(struct drop_counters *count, __u32 bytes, enum fate fate)
{
	if (fate == FATE_PENDING)
		return;
	__sync_fetch_and_add(&count->seen, 1);
	__sync_fetch_and_add(&count->seen_bytes, bytes);
	switch (fate) {
	case FATE_NOISE:
		__sync_fetch_and_add(&count->noise, 1);
		break;
	case FATE_FILTERED:
		__sync_fetch_and_add(&count->filtered, 1);
		break;
	case FATE_DELIVERED:
		__sync_fetch_and_add(&count->delivered, 1);
		break;
	default:
		__sync_fetch_and_add(&count->lost, 1);
	}
}

/* The fate of a drop that can be told without a look into the packet. */
__inline_always enum fate fate_at_once(const struct skb_ends *ends, __u32 flags, const enum reading how)
{
	struct net *net;

	if (flags & REASON_F_NOISE && !enable_noise)
		return FATE_NOISE;
	/* see handle_drop() */
	if (flags & (REASON_F_CONNTRACK | REASON_F_LOCATION))
		return FATE_OPEN;
	if (flags & REASON_F_REJECT)
		return FATE_FILTERED;
	if (!filter.netns_count)
		return FATE_OPEN;
	net = ends->net;
	return net && !in_netns(KREAD_UNSURE(how, net, ns.inum)) ? FATE_FILTERED : FATE_OPEN;
}

/*
 * Copies what find_message() found into the scratch; 0 or -errno. A function of its own for the
 * sake of the stack, which has no room for the dynptr beside what the stages need.
 */
static __attribute__((noinline)) int fetch_message(struct sk_buff *skb, struct scratch *sc)
{
	__u32 length = sc->packet.message_bytes;
	struct bpf_dynptr bytes;
	int err;

	if (length > sizeof(sc->message))
		return -1;
	err = bpf_dynptr_from_skb(skb, 0, &bytes);
	return err ? err : bpf_dynptr_read(sc->message, length, &bytes, sc->packet.message_at, 0);
}

/* Of a packet that has been counted, whatever its reason and whoever asked for that. */
__inline_always bool is_part(__u64 location)
{
	return location - parts_at < parts_bytes;
}

/* Makes a record of the drop, whatever becomes of that. */
__inline_always enum fate record_drop(struct sk_buff *skb, const struct skb_ends *ends,
				      __u64 location, __u32 reason, __u32 flags, __u32 level,
				      __u32 phase, const enum reading how, const bool dynptr)
{
	struct scratch *sc = scratch_at(level);
	enum fate fate;

	if (!sc)
		return FATE_LOST;
	__builtin_memset(sc, 0, __builtin_offsetof(struct scratch, winner));
	sc->rec.location = location;
	sc->rec.reason = reason;
	read_skb(skb, ends, sc, how);
	fate = handle_drop(level, flags, phase);
	if (fate != FATE_OPEN)
		return fate;
	if (sc->packet.message_bytes) {
		if (!dynptr)
			copy_fragment(level);
		else if (fetch_message(skb, sc))
			sc->packet.message_bytes = 0;
	}
	return hand_over(level);
}

__inline_always void handle_free(struct sk_buff *skb, const struct skb_ends *ends, __u64 location,
				 __u32 reason, __u32 level, __u32 phase, const enum reading how,
				 const bool dynptr)
{
	__u32 slot = reason_slot(reason), flags;
	struct drop_counters *count = bpf_map_lookup_elem(&counters, &slot);
	enum fate fate;

	if (!count)
		return;
	barrier_var(slot); /* or the compiler drops the mask, which the verifier needs */
	flags = reason_flags[slot & (REASON_SLOTS - 1)];
	if (is_part(location) && !(flags & REASON_F_LOCATION))
		flags = (flags & REASON_F_REJECT) | REASON_F_NOISE;
	fate = fate_at_once(ends, flags, how);
	if (fate == FATE_OPEN)
		fate = record_drop(skb, ends, location, reason, flags, level, phase, how, dynptr);
	if (phase == CPU_ARMED)
		count_fate(count, KREAD(how, skb, len), fate);
}

/* Counts a drop with its like, if that is in the fold table: in the finest key that has room. */
__inline_always bool fold_with_like(struct fold_key *key, __u64 location, __u32 bytes)
{
	enum fold_found found = fold_count(key, bytes);

	if (found != FOLD_NO_ROOM || fold_flows_only)
		return found == FOLD_COUNTED;
	fold_key__coarsen(key, location);
	found = fold_count(key, bytes);
	if (found != FOLD_NO_ROOM)
		return found == FOLD_COUNTED;
	fold_key__coarsen(key, location);
	return fold_count(key, bytes) == FOLD_COUNTED;
}

/*
 * The short way of a drop that the filter rejects, or whose like is in the fold table already;
 * false: it is the long one's.
 */
__inline_always bool count_quickly(struct fold_key *key, __u64 location, __u32 bytes, __u32 slot,
				   bool folding)
{
	struct drop_counters *count;

	if (!filter_asks_for_key() || key_matches(key))
		return folding && fold_with_like(key, location, bytes);
	count = bpf_map_lookup_elem(&counters, &slot);
	if (!count)
		return false;
	count_fate(count, bytes, FATE_FILTERED);
	return true;
}

/*
 * The same for netfilter's, which take their share of conntrack's counters, each of them. A
 * function of its own for the sake of the stack, and of what the others would pay for it.
 */
static __attribute__((noinline)) int handle_netfilters_quickly(struct sk_buff *skb,
							       struct net_device *dev, struct net *net,
							       __u64 location, __u32 reason)
{
	__u32 zero = 0;
	struct cpu_state *cpu = bpf_map_lookup_elem(&cpus, &zero);
	struct skb_ends ends = { .dev = dev, .net = net };
	struct quick_cause quick = {};
	struct fold_key key;

	/* the key first: DNS and fragments have none */
	if (!cpu || !quick_key(&key, skb, &ends, location, reason, READ_FAULTING) ||
	    !quick_cause(skb, dev, net, location, &quick))
		return false;
	key.cause = quick.cause;
	key.ct_state = quick.ct_state;
	if (!count_quickly(&key, location, skb->len, reason_slot(reason), goes_on_folding(cpu)))
		return false;
	quick_cause__commit(&quick);
	return true;
}

/* Either, by what the reason asks for. */
__inline_always bool handle_quickly(struct sk_buff *skb, const struct skb_ends *ends,
				    __u64 location, __u32 reason, bool folding,
				    const enum reading how)
{
	__u32 slot = reason_slot(reason), flags;
	struct fold_key key;

	barrier_var(slot);
	flags = reason_flags[slot & (REASON_SLOTS - 1)] & ~REASON_F_WANTED;
	if (how == READ_FAULTING && flags == (REASON_F_NETFILTER | REASON_F_CONNTRACK))
		return handle_netfilters_quickly(skb, ends->dev, ends->net, location, reason);
	return !flags && quick_key(&key, skb, ends, location, reason, how) &&
	       count_quickly(&key, location, KREAD(how, skb, len), slot, folding);
}

/*
 * The phase of a CPU that is not armed. Counting begins everywhere at once, and each CPU arms itself
 * with its first drop: also one that was offline until now, which the loader cannot reach.
 */
__inline_always __u32 phase_of_unarmed(struct cpu_state *cpu, __u32 phase)
{
	if (!globals.counting)
		return phase;
	if (phase == CPU_IDLE)
		cpu->late = 1;
	cpu->phase = CPU_ARMED;
	return CPU_ARMED;
}

__inline_always int on_free(struct sk_buff *skb, __u64 location, __u32 reason, struct sock *rx_sk,
			    const enum reading how, const bool dynptr)
{
	__u32 zero = 0, level, phase;
	struct cpu_state *cpu = bpf_map_lookup_elem(&cpus, &zero);
	struct skb_ends ends;
	bool folding;

	if (!cpu)
		return 0;
	level = cpu->nesting;
	cpu->nesting = level + 1;
	barrier(); /* who interrupts us must see it before we touch anything, the phase included */
	phase = cpu->phase; /* once: an interrupt may switch it under us */
	if (phase != CPU_ARMED) {
		phase = phase_of_unarmed(cpu, phase);
		if (phase == CPU_IDLE)
			goto out;
	}
	skb_ends__init(&ends, skb, rx_sk, how);
	folding = goes_on_folding(cpu);
	if (!level && phase == CPU_ARMED && !is_part(location) && (folding || filter_asks_for_key()) &&
	    handle_quickly(skb, &ends, location, reason, folding, how))
		goto out;
	handle_free(skb, &ends, location, reason, level, phase, how, dynptr);
out:
	barrier();
	cpu->nesting = level;
	return 0;
}

/* From 6.12, where the programs may read an skb's fragments, too: 8aeaed21befc ("bpf: Support
 * bpf_dynptr_from_skb() for tp_btf") */
SEC("?tp_btf/kfree_skb")
int BPF_PROG(kfree_skb_dynptr, struct sk_buff *skb, void *location, enum skb_drop_reason reason,
	     struct sock *rx_sk)
{
	return on_free(skb, (__u64)location, reason, rx_sk, READ_FAULTING, true);
}

/* From 6.11: c53795d48ee8 ("net: add rx_sk to trace_kfree_skb") */
SEC("?tp_btf/kfree_skb")
int BPF_PROG(kfree_skb_args4, struct sk_buff *skb, void *location, enum skb_drop_reason reason,
	     struct sock *rx_sk)
{
	return on_free(skb, (__u64)location, reason, rx_sk, READ_FAULTING, false);
}

/* From 5.17: c504e5c2f964 ("net: skb: introduce kfree_skb_reason()") */
SEC("?tp_btf/kfree_skb")
int BPF_PROG(kfree_skb_args3, struct sk_buff *skb, void *location, enum skb_drop_reason reason)
{
	return on_free(skb, (__u64)location, reason, NULL, READ_TYPED, false);
}

SEC("?tp_btf/kfree_skb")
int BPF_PROG(kfree_skb_args2, struct sk_buff *skb, void *location)
{
	return on_free(skb, (__u64)location, NO_REASON, NULL, READ_TYPED, false);
}

/* The last resort, where typed tracepoints are refused: the same by way of perf events. */
SEC("?tracepoint/skb/kfree_skb")
int kfree_skb_classic(struct trace_event_raw_kfree_skb *ctx)
{
	struct sk_buff *skb = BPF_CORE_READ(ctx, skbaddr);
	__u64 location = (__u64)BPF_CORE_READ(ctx, location);
	__u32 reason = NO_REASON;

	if (bpf_core_field_exists(ctx->reason))
		reason = BPF_CORE_READ(ctx, reason);
	on_free(skb, location, reason, NULL, READ_PROBED, false);
	/* 0 would hide the event from perf and from everybody else's programs */
	return 1;
}
