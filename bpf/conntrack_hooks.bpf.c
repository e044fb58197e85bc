// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Direct hooks on conntrack's own functions, an object of its own: it can be
 * loaded when nf_conntrack comes later, and a kernel that refuses it still has
 * the drop program. Each hook exists twice, as fentry/fexit and as
 * kprobe/kretprobe; user/source/conntrack_hooks.c picks per function.
 *
 * The verdict on a packet is left under the address of its skb for the drop
 * program. Entry and return of a kprobe are joined by the address of the stack
 * frame: it is the function's alone while it runs, on whatever CPU, also in
 * softirq, which has no process of its own.
 */
#include "vmlinux/vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/conntrack_entry.bpf.h"
#include "bpf/direct_verdict.h"
#include "bpf/kread.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define NF_DROP 0 /* uapi/linux/netfilter.h */
#define NF_ACCEPT 1
#define MAX_ERRNO 4095 /* linux/err.h */

/* Evictions of one CPU wake the reader no more often than this. */
#define EVICTION_WAKEUP_NS 1000000

/* nf_ct_resolve_clash is hooked: a packet that did not clash is known not to have. */
const volatile bool has_clash_hook = false;

/* The maps of the drop object; the loader puts them in the place of these. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct direct_verdict);
} verdicts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct conntrack_progress);
} progress SEC(".maps");

/* Arguments of functions in progress, by stack frame and function. */
enum frame_function {
	FRAME_CONFIRM,
	FRAME_IN,
	FRAME_CLASH,
};

struct frame_arguments {
	__u64 skb;
	__u64 winner;		/* struct nf_conntrack_tuple_hash * */
};

/* As many as CPUs and their nested interrupts can have in progress, and more. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct frame_arguments);
} frames SEC(".maps");

__inline_always struct conntrack_progress *this_progress(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&progress, &zero);
}

/* Leaves a verdict, keeping what an earlier hook found about the same packet. */
__inline_always void leave_verdict(__u64 skb, __u32 cause)
{
	struct direct_verdict fresh = {}, *known = bpf_map_lookup_elem(&verdicts, &skb);

	if (known) {
		known->cause = cause;
		return;
	}
	fresh.cause = cause;
	bpf_map_update_elem(&verdicts, &skb, &fresh, BPF_ANY);
}

__inline_always void on_clash(__u64 skb, __u64 winner_hash, int verdict)
{
	struct direct_verdict clash = { .clashed = 1 };
	struct nf_conntrack_tuple_hash *hash = (void *)winner_hash;

	if (verdict == NF_ACCEPT)
		return;
	read_winner(hash, &clash.winner);
	bpf_map_update_elem(&verdicts, &skb, &clash, BPF_ANY);
}

__inline_always void on_confirm(__u64 skb_address, int verdict)
{
	struct sk_buff *skb = (void *)skb_address;
	struct direct_verdict *known;
	struct nf_conn *ct;

	known = bpf_map_lookup_elem(&verdicts, &skb_address);
	if (verdict != NF_DROP) {
		if (known)
			bpf_map_delete_elem(&verdicts, &skb_address);
		return;
	}
	/* neither lost to another entry nor dying: nowhere to put it */
	ct = (void *)(BPF_CORE_READ(skb, _nfct) & ~CT_INFO_MASK);
	if (!known && has_clash_hook &&
	    bpf_core_field_exists(struct ip_conntrack_stat, chaintoolong) &&
	    !(BPF_CORE_READ(ct, status) & IPS_DYING))
		leave_verdict(skb_address, CAUSE_CT_CHAIN_TOO_LONG);
	else
		leave_verdict(skb_address, CAUSE_CT_INSERT_FAILED);
}

__inline_always void on_in(__u64 skb, int verdict)
{
	struct conntrack_progress *mine = this_progress();

	if (!mine)
		return;
	if (verdict == NF_DROP)
		leave_verdict(skb, mine->alloc_failed ? CAUSE_CT_TABLE_FULL : CAUSE_CT_OTHER);
	mine->alloc_failed = 0;
}

__inline_always void on_alloc(__u64 entry)
{
	struct conntrack_progress *mine = this_progress();

	if (mine && entry >= (__u64)-MAX_ERRNO)
		mine->alloc_failed = 1;
}

__inline_always void on_evict(bool entering)
{
	struct conntrack_progress *mine = this_progress();

	if (mine)
		mine->evicting = entering;
}

struct eviction {
	struct drop_record rec;
	struct drop_section_ct victim;
};

__inline_always void fill_eviction(struct eviction *to, const struct nf_conn *ct)
{
	struct drop_record *rec = &to->rec;

	__builtin_memset(to, 0, sizeof(*to));
	if (read_entry(ct, &to->victim))
		rec->tuple = to->victim.orig;
	rec->hdr.type = RECORD_EVICTION;
	rec->hdr.version = DROP_RECORD_VERSION;
	rec->hdr.size = sizeof(*to);
	rec->sections = DROP_SECTION_CT;
	rec->flags = DROP_F_L3;
	if (rec->tuple.sport_be || rec->tuple.dport_be)
		rec->flags |= DROP_F_L4;
	rec->l3_proto = rec->tuple.ip_version == 6 ? ETH_P_IPV6 : ETH_P_IP;
	rec->time_ns = rec->last_ns = bpf_ktime_get_boot_ns();
	rec->count = 1;
	rec->netns_ino = BPF_CORE_READ(ct, ct_net.net, ns.inum);
}

/* As nf_ct_is_expired() has it. */
__inline_always bool is_expired(const struct nf_conn *ct)
{
	return (__s32)(BPF_CORE_READ(ct, timeout) - (__u32)bpf_jiffies64()) <= 0;
}

/*
 * The reader looks at evictions when it looks at drops; while there are none it sleeps. It is
 * woken before they fill the ring: once that is full no drop can wake it any more.
 */
__inline_always __u64 wakeup_flags(struct conntrack_progress *mine, __u64 now_ns)
{
	if (bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) <
		    bpf_ringbuf_query(&events, BPF_RB_RING_SIZE) / 4 ||
	    now_ns - mine->wakeup_ns < EVICTION_WAKEUP_NS)
		return BPF_RB_NO_WAKEUP;
	mine->wakeup_ns = now_ns;
	return BPF_RB_FORCE_WAKEUP;
}

__inline_always void on_delete(__u64 ct)
{
	struct conntrack_progress *mine = this_progress();
	struct eviction *eviction;

	/* on its way early_drop clears away what has expired: no loss to anybody */
	if (!mine || !mine->evicting || is_expired((const void *)ct))
		return;
	mine->evictions++;
	eviction = bpf_ringbuf_reserve(&events, sizeof(*eviction), 0);
	if (!eviction) {
		mine->evictions_lost++;
		return;
	}
	fill_eviction(eviction, (const void *)ct);
	bpf_ringbuf_submit(eviction, wakeup_flags(mine, eviction->rec.time_ns));
}

/* --- fentry and fexit */

SEC("?fexit/nf_ct_resolve_clash")
int BPF_PROG(clash_fexit, struct sk_buff *skb, struct nf_conntrack_tuple_hash *h, __u32 reply_hash,
	     int ret)
{
	/* 6.1 lets nobody calculate with a pointer whose type it knows */
	on_clash((__u64)skb, kernel_address(h), ret);
	return 0;
}

SEC("?fexit/__nf_conntrack_confirm")
int BPF_PROG(confirm_fexit, struct sk_buff *skb, int ret)
{
	on_confirm((__u64)skb, ret);
	return 0;
}

SEC("?fexit/nf_conntrack_in")
int BPF_PROG(in_fexit, struct sk_buff *skb, const struct nf_hook_state *state, unsigned int ret)
{
	on_in((__u64)skb, ret);
	return 0;
}

SEC("?fexit/__nf_conntrack_alloc")
int BPF_PROG(alloc_fexit, struct net *net, const struct nf_conntrack_zone *zone,
	     const struct nf_conntrack_tuple *orig, const struct nf_conntrack_tuple *repl,
	     unsigned int gfp, __u32 hash, struct nf_conn *ret)
{
	on_alloc((__u64)ret);
	return 0;
}

SEC("?fentry/early_drop")
int BPF_PROG(evict_fentry, struct net *net, unsigned int hash)
{
	on_evict(true);
	return 0;
}

SEC("?fexit/early_drop")
int BPF_PROG(evict_fexit, struct net *net, unsigned int hash, bool ret)
{
	on_evict(false);
	return 0;
}

SEC("?fentry/nf_ct_delete")
int BPF_PROG(delete_fentry, struct nf_conn *ct)
{
	on_delete((__u64)ct);
	return 0;
}

/* --- kprobes and kretprobes */

/*
 * x86: a call leaves the return address on the stack, so the stack pointer on
 * entry is 8 below that on return. arm64: it is in a register, they are equal.
 */
#ifdef __TARGET_ARCH_x86
#define CALL_BYTES 8
#else
#define CALL_BYTES 0
#endif

__inline_always void enter_frame(struct pt_regs *ctx, enum frame_function function)
{
	struct frame_arguments arguments = { .skb = PT_REGS_PARM1(ctx), .winner = PT_REGS_PARM2(ctx) };
	__u64 frame = PT_REGS_SP(ctx) | function; /* stacks are aligned to 8 */

	bpf_map_update_elem(&frames, &frame, &arguments, BPF_ANY);
}

__inline_always bool leave_frame(struct pt_regs *ctx, enum frame_function function,
				 struct frame_arguments *ret_arguments)
{
	__u64 frame = (PT_REGS_SP(ctx) - CALL_BYTES) | function;
	struct frame_arguments *arguments = bpf_map_lookup_elem(&frames, &frame);

	if (!arguments)
		return false;
	*ret_arguments = *arguments;
	bpf_map_delete_elem(&frames, &frame);
	return true;
}

SEC("?kprobe")
int clash_kprobe(struct pt_regs *ctx)
{
	enter_frame(ctx, FRAME_CLASH);
	return 0;
}

SEC("?kretprobe")
int clash_kretprobe(struct pt_regs *ctx)
{
	struct frame_arguments arguments;

	if (leave_frame(ctx, FRAME_CLASH, &arguments))
		on_clash(arguments.skb, arguments.winner, (int)PT_REGS_RC(ctx));
	return 0;
}

SEC("?kprobe")
int confirm_kprobe(struct pt_regs *ctx)
{
	enter_frame(ctx, FRAME_CONFIRM);
	return 0;
}

SEC("?kretprobe")
int confirm_kretprobe(struct pt_regs *ctx)
{
	struct frame_arguments arguments;

	if (leave_frame(ctx, FRAME_CONFIRM, &arguments))
		on_confirm(arguments.skb, (int)PT_REGS_RC(ctx));
	return 0;
}

SEC("?kprobe")
int in_kprobe(struct pt_regs *ctx)
{
	enter_frame(ctx, FRAME_IN);
	return 0;
}

SEC("?kretprobe")
int in_kretprobe(struct pt_regs *ctx)
{
	struct frame_arguments arguments;

	if (leave_frame(ctx, FRAME_IN, &arguments))
		on_in(arguments.skb, (int)PT_REGS_RC(ctx));
	return 0;
}

SEC("?kretprobe")
int alloc_kretprobe(struct pt_regs *ctx)
{
	on_alloc(PT_REGS_RC(ctx));
	return 0;
}

SEC("?kprobe")
int evict_kprobe(struct pt_regs *ctx)
{
	on_evict(true);
	return 0;
}

SEC("?kretprobe")
int evict_kretprobe(struct pt_regs *ctx)
{
	on_evict(false);
	return 0;
}

SEC("?kprobe")
int delete_kprobe(struct pt_regs *ctx)
{
	on_delete(PT_REGS_PARM1(ctx));
	return 0;
}
