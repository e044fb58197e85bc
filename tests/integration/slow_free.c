/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Makes the end of each dropped packet slow, before its tracepoint is reached:
 * a kprobe whose program copies memory for a while. Who is moved to another
 * CPU in the meantime is moved between the verdict on its packet and its end.
 *
 * Prints "ready" and is slow until SIGTERM. Needs kprobes.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define COPIED_BYTES (4 << 20)
#define COPIES	     20ul
#define COPY_INSNS   6

static void die(const char *what)
{
	fprintf(stderr, "slow_free: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static int make_map(void)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4,
				.value_size = COPIED_BYTES, .max_entries = 1 };
	int fd = bpf(BPF_MAP_CREATE, &attr);

	if (fd < 0)
		die("making the map");
	return fd;
}

static int load(int map)
{
	/* bpf_probe_read_kernel(value, COPIED_BYTES, value) */
	const struct bpf_insn copy[COPY_INSNS] = {
		{ .code = BPF_LD | BPF_DW /* | BPF_IMM */, .dst_reg = 1,
		  .src_reg = BPF_PSEUDO_MAP_VALUE, .imm = map },
		{},
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 3, .src_reg = 1 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 2, .imm = COPIED_BYTES },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_probe_read_kernel },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0 },
	};
	struct bpf_insn insns[COPIES * COPY_INSNS + 1];
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_KPROBE,
		.insns = (__u64)(unsigned long)insns,
		.insn_cnt = sizeof(insns) / sizeof(insns[0]),
		.license = (__u64)(unsigned long)"GPL",
	};
	size_t i;
	int fd;

	for (i = 0; i < COPIES * COPY_INSNS; i++)
		insns[i] = copy[i % COPY_INSNS];
	insns[i] = (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT };
	fd = bpf(BPF_PROG_LOAD, &attr);
	if (fd < 0)
		die("loading the program");
	return fd;
}

static int kprobe_type(void)
{
	FILE *file = fopen("/sys/bus/event_source/devices/kprobe/type", "re");
	char line[16];

	if (!file || !fgets(line, sizeof(line), file))
		die("kprobe/type");
	fclose(file);
	return strtol(line, NULL, 10);
}

/* 0 or -errno: without the function. */
static int attach(int program, const char *function)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = kprobe_type(),
		.config1 = (__u64)(unsigned long)function,
	};
	int fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (ioctl(fd, PERF_EVENT_IOC_SET_BPF, program) || ioctl(fd, PERF_EVENT_IOC_ENABLE, 0))
		die(function);
	return 0;
}

int main(void)
{
	/* the one that reaches the tracepoint: from 6.11, from 5.17, before */
	static const char *const functions[] = { "sk_skb_reason_drop", "kfree_skb_reason",
						 "kfree_skb" };
	sigset_t set;
	int program, sig, err = -ENOENT;
	size_t i;

	program = load(make_map());
	for (i = 0; err && i < sizeof(functions) / sizeof(functions[0]); i++)
		err = attach(program, functions[i]);
	if (err) {
		errno = -err;
		die("no function to probe");
	}
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	printf("ready\n");
	fflush(stdout);
	return sigwait(&set, &sig) ? 1 : 0;
}
