// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Sees each write to a watched sysctl at the root of the cgroups, an object of
 * its own: a kernel that refuses it still has the drop program, and its ring
 * has room when a storm of drops has filled theirs.
 *
 * It only looks on. Whatever it finds or fails at, the write goes through:
 * every path returns ALLOW.
 */
#include "vmlinux/vmlinux.h"

#include <bpf/bpf_helpers.h>

#include "bpf/kread.bpf.h"
#include "bpf/sysctl_record.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define ALLOW 1
#define E2BIG 7

/* Filled by the loader from the table of names. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, struct sysctl_watched_name);
	__type(value, __u8);
} watched SEC(".maps");

/* 120 writes at once; more is a storm, of which the count is enough. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 << 10);
} changes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sysctl_watch_counters);
} counters SEC(".maps");

__inline_always bool is_watched(struct bpf_sysctl *ctx, char *name)
{
	struct sysctl_watched_name starred = { .name = "*/" };

	if (bpf_map_lookup_elem(&watched, name))
		return true;
	return bpf_sysctl_get_name(ctx, starred.name + 2, sizeof(starred.name) - 2,
				   BPF_F_SYSCTL_BASE_NAME) > 0 &&
	       bpf_map_lookup_elem(&watched, &starred);
}

/* Lengths by the helpers' rule: what does not fit is cut, and ends in a NUL. */
__inline_always __u16 value_len(long found, __u32 *flags, __u32 cut, __u32 unknown)
{
	if (found == -E2BIG) {
		*flags |= cut;
		return SYSCTL_VALUE_LEN - 1;
	}
	if (found < 0) {
		*flags |= unknown;
		return 0;
	}
	return (__u16)found;
}

__inline_always void fill_writer(struct sysctl_record *rec)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	__u64 start, len;

	rec->netns_ino = BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
	rec->pid = BPF_CORE_READ(task, tgid);
	rec->tid = BPF_CORE_READ(task, pid);
	bpf_probe_read_kernel(rec->comm, sizeof(rec->comm), __builtin_preserve_access_index(&task->comm));
	rec->cgroup_id = bpf_get_current_cgroup_id();
	if (!mm) /* a thread of the kernel */
		return;
	/* here and now: who writes a sysctl is often gone when /proc is looked at */
	start = BPF_CORE_READ(mm, arg_start);
	len = BPF_CORE_READ(mm, arg_end) - start;
	if (len > SYSCTL_COMMAND_LEN) {
		len = SYSCTL_COMMAND_LEN;
		rec->flags |= SYSCTL_F_COMMAND_CUT;
	}
	if (!len || bpf_probe_read_user(rec->command, len, (const void *)start))
		return;
	rec->command_len = len;
}

__inline_always void fill(struct sysctl_record *rec, struct bpf_sysctl *ctx)
{
	__builtin_memset(rec, 0, sizeof(*rec));
	rec->hdr.type = RECORD_SYSCTL;
	rec->hdr.version = DROP_RECORD_VERSION;
	rec->hdr.size = sizeof(*rec);
	rec->time_ns = bpf_ktime_get_boot_ns();
	if (ctx->file_pos)
		rec->flags |= SYSCTL_F_AT_OFFSET;
	bpf_sysctl_get_name(ctx, rec->name, sizeof(rec->name), 0);
	rec->old_len = value_len(bpf_sysctl_get_current_value(ctx, rec->old_value,
							      sizeof(rec->old_value)),
				 &rec->flags, SYSCTL_F_OLD_CUT, SYSCTL_F_OLD_UNKNOWN);
	rec->new_len = value_len(bpf_sysctl_get_new_value(ctx, rec->new_value,
							  sizeof(rec->new_value)),
				 &rec->flags, SYSCTL_F_NEW_CUT, SYSCTL_F_NEW_UNKNOWN);
	fill_writer(rec);
}

SEC("cgroup/sysctl")
int sysctl_watch(struct bpf_sysctl *ctx)
{
	char name[SYSCTL_NAME_LEN] = {};
	struct sysctl_watch_counters *counts;
	struct sysctl_record *rec;
	__u32 zero = 0;

	if (!ctx->write || bpf_sysctl_get_name(ctx, name, sizeof(name), 0) < 0 ||
	    !is_watched(ctx, name))
		return ALLOW;
	counts = bpf_map_lookup_elem(&counters, &zero);
	if (!counts)
		return ALLOW;
	counts->seen++;
	rec = bpf_ringbuf_reserve(&changes, sizeof(*rec), 0);
	if (!rec) {
		counts->lost++;
		return ALLOW;
	}
	fill(rec, ctx);
	bpf_ringbuf_submit(rec, 0);
	return ALLOW;
}
