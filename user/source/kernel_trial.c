/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Trial loads: see kernel_trial.h.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <unistd.h>

#include "user/source/kernel_trial.h"

#define KPROBE_PMU "/sys/bus/event_source/devices/kprobe/type"

/* return 0; */
static const struct bpf_insn nothing[] = {
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
	{ .code = BPF_JMP | BPF_EXIT },
};

#define NOTHING_LENGTH (sizeof(nothing) / sizeof(nothing[0]))

static int load_raw_tracepoint(void)
{
	return bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "trial", "GPL", nothing, NOTHING_LENGTH,
			     NULL);
}

/*
 * EPERM may be meant for everybody: kernels exist that refuse trampolines so.
 * A raw tracepoint's program takes the same capabilities and is never refused.
 */
static enum trial_answer answer_to(int err)
{
	int fd;

	if (err != -EPERM && err != -EACCES)
		return TRIAL_NO;
	fd = load_raw_tracepoint();
	if (fd < 0)
		return TRIAL_UNKNOWN;
	close(fd);
	return TRIAL_NO;
}

static int find(const struct btf *btf, const char *name, __u32 kind)
{
	return btf ? btf__find_by_name_kind(btf, name, kind) : -ENOENT;
}

enum trial_answer kernel_trial__trampolines(const struct btf *btf)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FEXIT);
	int fd, link, id;

	/* any function of the kernel proper that is rarely called will do */
	id = find(btf, "kfree_skb_partial", BTF_KIND_FUNC);
	if (id < 0)
		return TRIAL_NO;
	opts.attach_btf_id = id;
	fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "trial", "GPL", nothing, NOTHING_LENGTH, &opts);
	if (fd < 0)
		return answer_to(fd);
	/* some refuse only this */
	link = bpf_raw_tracepoint_open(NULL, fd);
	if (link >= 0)
		close(link);
	close(fd);
	return link >= 0 ? TRIAL_YES : TRIAL_NO;
}

enum trial_answer kernel_trial__skb_dynptr(const struct btf *btf)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_RAW_TP);
	const int kfunc = find(btf, "bpf_dynptr_from_skb", BTF_KIND_FUNC);
	const int tracepoint = find(btf, "btf_trace_kfree_skb", BTF_KIND_TYPEDEF);
	/* bpf_dynptr_from_skb(skb, 0, &on_the_stack); return 0; */
	const struct bpf_insn insns[] = {
		{ .code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_1, .src_reg = BPF_REG_1 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_3, .src_reg = BPF_REG_10 },
		{ .code = BPF_ALU64 | BPF_ADD /* | BPF_K */, .dst_reg = BPF_REG_3, .imm = -16 },
		{ .code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_KFUNC_CALL, .imm = kfunc },
		nothing[0],
		nothing[1],
	};
	int fd;

	if (kfunc < 0 || tracepoint < 0)
		return TRIAL_NO;
	opts.attach_btf_id = tracepoint;
	fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "trial", "GPL", insns,
			   sizeof(insns) / sizeof(insns[0]), &opts);
	if (fd < 0)
		return answer_to(fd);
	close(fd);
	return TRIAL_YES;
}

enum trial_answer kernel_trial__kprobes(void)
{
	return access(KPROBE_PMU, R_OK) == 0 ? TRIAL_YES : TRIAL_NO;
}

enum trial_answer kernel_trial__ring_buffer(void)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "trial", 0, 0, sysconf(_SC_PAGESIZE), NULL);

	if (fd < 0)
		return fd == -EPERM || fd == -EACCES ? TRIAL_UNKNOWN : TRIAL_NO;
	close(fd);
	return TRIAL_YES;
}

enum trial_answer kernel_trial__test_run(void)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .flags = BPF_F_TEST_RUN_ON_CPU, .cpu = 0);
	int fd = load_raw_tracepoint(), err;

	if (fd < 0)
		return answer_to(fd);
	err = bpf_prog_test_run_opts(fd, &opts);
	close(fd);
	/* ENXIO: that CPU is offline, but the question was understood */
	return !err || err == -ENXIO ? TRIAL_YES : TRIAL_NO;
}
