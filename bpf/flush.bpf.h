/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sends out what the fold table of a CPU has counted, and forgets the keys of
 * which nothing came since the last time. Run by the loader on the CPU itself
 * (BPF_PROG_TEST_RUN on a CPU), so it can only interrupt a drop program or be
 * interrupted by one: cpu_state.nesting tells which, and the second yields.
 *
 * The table of a CPU that is offline is sent from another one. The CPU may come
 * back meanwhile: so what is in its table is taken out of its reach before, then
 * the loader makes sure that the CPU is still offline; what it adds later is its own.
 */
#ifndef DROPWHY_FLUSH_BPF_H
#define DROPWHY_FLUSH_BPF_H

#include "bpf/fold.bpf.h"

/* Delivers what one entry has counted; false: the ring is full, nothing changed. */
__inline_always bool flush_entry(struct fold_entry *entry, struct fold_record *record,
				 __u64 now_ns, __u64 now_ticks)
{
	struct drop_record *rec = (struct drop_record *)record->bytes;
	__u32 slot = reason_slot(entry->key.reason), size;
	struct drop_counters *count;

	barrier_var(slot);
	slot &= REASON_SLOTS - 1;
	count = bpf_map_lookup_elem(&counters, &slot);
	if (!count)
		return false;
	rec->count = entry->count;
	rec->bytes = entry->bytes;
	rec->time_ns = now_ns - (now_ticks - entry->first) * tick_ns;
	rec->last_ns = now_ns - (now_ticks - entry->last) * tick_ns;
	size = rec->hdr.size;
	barrier_var(size); /* as in fold_insert() */
	if (size > sizeof(record->bytes) ||
	    bpf_ringbuf_output(&events, record->bytes, size, BPF_RB_NO_WAKEUP))
		return false;
	__sync_fetch_and_add(&count->seen, entry->count);
	__sync_fetch_and_add(&count->seen_bytes, entry->bytes);
	__sync_fetch_and_add(&count->delivered, 1);
	__sync_fetch_and_add(&count->folded, entry->count - 1);
	if (entry->key.kind != FOLD_FLOW) {
		__sync_fetch_and_add(&count->coarse, entry->count);
		__sync_fetch_and_add(&globals.coarse, entry->count);
	}
	entry->count = entry->bytes = 0;
	return true;
}

#define FLUSH_NO_ROOM (1ULL << 63)

/*
 * How many entries stay, in the upper half, and how many packets went out; or FLUSH_NO_ROOM.
 * @only_held: from another CPU. What is held goes either way, for its tag is no more.
 */
__stage __u64 flush_bucket(__u32 at, __u64 now_ns, __u64 now_ticks, bool only_held)
{
	struct fold_bucket *bucket = bpf_map_lookup_elem(&folds, &at);
	struct fold_record *record;
	__u64 answer = 0;
	__u32 way, index, tag;

	if (!bucket)
		return 0;
	for (way = 0; way < FOLD_WAYS; way++) {
		struct fold_entry *entry = &bucket->ways[way];

		tag = bucket->tags[way];
		if (!tag || (only_held && tag != FOLD_TAG_HELD))
			continue;
		if (!entry->count) {
			bucket->tags[way] = 0;
			continue;
		}
		answer += (__u32)entry->count;
		index = at * FOLD_WAYS + way;
		record = bpf_map_lookup_elem(&fold_records, &index);
		if (!record || !flush_entry(entry, record, now_ns, now_ticks))
			return FLUSH_NO_ROOM;
		if (tag == FOLD_TAG_HELD)
			bucket->tags[way] = 0;
		else
			answer += 1ULL << 32;
	}
	return answer;
}

__inline_always __u32 fold_buckets(void)
{
	return fold_mask + 1 + FOLD_COARSE_BUCKETS;
}

/* FLUSH_DONE at the end of the table of the CPU with that number; @cpu says how far it is. */
__inline_always int flush_some(struct cpu_state *cpu, __u32 number, bool only_held)
{
	__u64 now_ns = bpf_ktime_get_boot_ns(), now_ticks = bpf_jiffies64(), answer;
	__u32 step;

	for (step = 0; step < FLUSH_STEPS; step++) {
		answer = flush_bucket(fold_base(number) + cpu->flush_at, now_ns, now_ticks,
				      only_held);
		if (answer == FLUSH_NO_ROOM)
			return FLUSH_FULL;
		cpu->flush_kept += answer >> 32;
		cpu->flush_packets += (__u32)answer;
		if (++cpu->flush_at >= fold_buckets())
			break;
	}
	if (cpu->flush_at < fold_buckets())
		return FLUSH_MORE;
	cpu->flush_at = 0;
	return FLUSH_DONE;
}

/* Of the CPU that runs this. */
__inline_always int flush_own(struct cpu_state *cpu)
{
	__u32 number = bpf_get_smp_processor_id(), mark = number & (FOLD_CPUS - 1);
	int answer;

	if (cpu->flush_number != globals.flush_number) {
		cpu->flush_number = globals.flush_number;
		cpu->flush_at = 0; /* one that did not come to its end leaves another number */
	}
	if (!cpu->flush_at) {
		/* whoever comes into a bucket behind us sets it again; a flush that never
		 * comes to its end leaves it so, and what is ahead is fetched the next time */
		fold_used[mark] = FOLD_FLUSHING;
		cpu->flush_kept = 0;
		cpu->flush_packets = 0;
	}
	answer = flush_some(cpu, number, false);
	if (answer != FLUSH_DONE)
		return answer;
	if (cpu->flush_kept)
		fold_used[mark] = FOLD_IN_USE;
	else if (fold_used[mark] == FOLD_FLUSHING)
		fold_used[mark] = FOLD_EMPTY;
	if (cpu->flush_packets < STORM_DROPS / 2)
		cpu->storm = 0;
	return FLUSH_DONE;
}

SEC("raw_tp/dropwhy_flush")
int flush_folds(void *ctx)
{
	__u32 zero = 0;
	struct cpu_state *cpu = bpf_map_lookup_elem(&cpus, &zero);
	int answer;

	if (!cpu)
		return 0;
	if (cpu->nesting)
		return FLUSH_BUSY;
	cpu->nesting = 1;
	barrier();
	answer = flush_own(cpu);
	barrier();
	cpu->nesting = 0;
	return answer;
}

/* Takes what the bucket holds out of reach. */
__stage int hold_bucket(__u32 at)
{
	struct fold_bucket *bucket = bpf_map_lookup_elem(&folds, &at);
	__u32 way;

	if (!bucket)
		return 0;
	for (way = 0; way < FOLD_WAYS; way++)
		if (bucket->tags[way])
			bucket->tags[way] = FOLD_TAG_HELD;
	return 0;
}

/* Run on any CPU, for globals.offline_cpu: see above. */
SEC("raw_tp/dropwhy_hold")
int hold_folds(void *ctx)
{
	struct cpu_state *place = &globals.offline;
	__u32 step;

	for (step = 0; step < FLUSH_STEPS; step++) {
		hold_bucket(fold_base(globals.offline_cpu) + place->flush_at);
		if (++place->flush_at >= fold_buckets()) {
			place->flush_at = 0;
			return FLUSH_DONE;
		}
	}
	return FLUSH_MORE;
}

SEC("raw_tp/dropwhy_held")
int flush_held(void *ctx)
{
	return flush_some(&globals.offline, globals.offline_cpu, true);
}

#endif
