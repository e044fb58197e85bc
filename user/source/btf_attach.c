// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Takes the sections tp_btf/, fentry/ and fexit/ over from libbpf: see btf_attach.h.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/kfunc.h"
#include "user/source/btf_attach.h"
#include "user/source/kernel_btf.h"

#define MODULE_NAME_MAX	  64
#define FUNCTION_NAME_MAX 128

static const struct section {
	const char *name;
	enum bpf_attach_type attach;
} sections[] = {
	{ "tp_btf/", BPF_TRACE_RAW_TP },
	{ "fentry/", BPF_TRACE_FENTRY },
	{ "fexit/", BPF_TRACE_FEXIT },
};

static const struct {
	__s32 number;
	const char *name;
} kfuncs[] = {
	{ KFUNC_DYNPTR_FROM_SKB, "bpf_dynptr_from_skb" },
	{ KFUNC_RDONLY_CAST, "bpf_rdonly_cast" },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* libbpf keeps pointers to its handlers in each program: they stay once they are there. */
static struct {
	bool taken;
	bool searched;		/* for nf_conntrack's types */
	int fd;			/* that; -1: it is built in, or not there */
} aim = { .fd = -1 };

/* The typedef that the kernel makes for a typed tracepoint. */
static int find_tracepoint(const struct btf *kernel, const char *name)
{
	char typedef_name[FUNCTION_NAME_MAX];

	snprintf(typedef_name, sizeof(typedef_name), "btf_trace_%s", name);
	return btf__find_by_name_kind(kernel, typedef_name, BTF_KIND_TYPEDEF);
}

/* The kernel's descriptor of a module's types; -1. */
static int types_fd(const char *module)
{
	__u32 id = 0;

	while (!bpf_btf_get_next_id(id, &id)) {
		char name[MODULE_NAME_MAX] = "";
		struct bpf_btf_info info = { .name = (__u64)(unsigned long)name,
					     .name_len = sizeof(name) };
		__u32 len = sizeof(info);
		int fd = bpf_btf_get_fd_by_id(id);

		if (fd < 0)
			continue;
		if (!bpf_obj_get_info_by_fd(fd, &info, &len) && info.kernel_btf &&
		    !strcmp(name, module))
			return fd;
		close(fd);
	}
	return -1;
}

bool btf_attach__reaches_conntrack(void)
{
	int fd = types_fd("nf_conntrack");

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int find_function(const struct btf *kernel, const char *name, int *ret_module_fd)
{
	const struct btf *module;
	int id = -ENOENT;

	if (!aim.searched)
		aim.fd = types_fd("nf_conntrack");
	aim.searched = true;
	module = aim.fd >= 0 ? kernel_btf__conntrack() : NULL;
	if (module)
		id = kernel_btf__find_own(module, name, BTF_KIND_FUNC);
	if (id > 0) {
		*ret_module_fd = aim.fd;
		return id;
	}
	return btf__find_by_name_kind(kernel, name, BTF_KIND_FUNC);
}

/* Index of the kfunc that an instruction calls; -1: none. */
static int called_kfunc(const struct bpf_insn *insn)
{
	size_t i;

	if (insn->code != (BPF_JMP | BPF_CALL) || insn->src_reg)
		return -1;
	for (i = 0; i < COUNT(kfuncs); i++)
		if (insn->imm == kfuncs[i].number)
			return (int)i;
	return -1;
}

/* Calls of kfuncs by their numbers in the kernel's types; -1 as the result where there is none. */
static int resolve_kfuncs(struct bpf_program *program, const struct btf *kernel)
{
	const struct bpf_insn no_such = { .code = BPF_ALU64 | BPF_MOV /* | BPF_K */, .imm = -1 };
	size_t count = bpf_program__insn_cnt(program), i;
	struct bpf_insn *insns = malloc(count * sizeof(*insns));
	int ids[COUNT(kfuncs)] = {}, kfunc, err; /* 0: not looked for yet, all types are gone through */

	if (!insns)
		return -ENOMEM;
	memcpy(insns, bpf_program__insns(program), count * sizeof(*insns));
	for (i = 0; i < count; i++) {
		kfunc = called_kfunc(&insns[i]);
		if (kfunc < 0)
			continue;
		if (!ids[kfunc])
			ids[kfunc] = btf__find_by_name_kind(kernel, kfuncs[kfunc].name,
							    BTF_KIND_FUNC);
		if (ids[kfunc] > 0) {
			insns[i].src_reg = BPF_PSEUDO_KFUNC_CALL;
			insns[i].imm = ids[kfunc];
		} else {
			insns[i] = no_such;
		}
	}
	err = bpf_program__set_insns(program, insns, count);
	free(insns);
	return err;
}

static int prepare(struct bpf_program *program, struct bpf_prog_load_opts *opts, long cookie)
{
	const struct section *section = &sections[cookie];
	const char *name = bpf_program__section_name(program) + strlen(section->name);
	const struct btf *kernel = kernel_btf__get(NULL);
	int id, module_fd = 0, err;

	if (!kernel)
		return -ENOENT;
	if (section->attach == BPF_TRACE_RAW_TP)
		id = find_tracepoint(kernel, name);
	else
		id = find_function(kernel, name, &module_fd);
	if (id < 0)
		return id;
	opts->expected_attach_type = section->attach;
	opts->attach_btf_id = (__u32)id;
	opts->attach_btf_obj_fd = (__u32)module_fd;
	err = resolve_kfuncs(program, kernel);
	if (!err)
		err = bpf_program__set_type(program, BPF_PROG_TYPE_TRACING);
	if (!err) /* attaching asks for it, too */
		err = bpf_program__set_expected_attach_type(program, section->attach);
	return err;
}

/*
 * Until they are loaded the programs pass for raw tracepoints, whose loading takes no types:
 * libbpf parses the kernel's as soon as an object has a program of the type "tracing".
 */
static int take_sections(void)
{
	LIBBPF_OPTS(libbpf_prog_handler_opts, opts, .prog_prepare_load_fn = prepare);
	size_t i;
	int id;

	for (i = 0; i < COUNT(sections); i++) {
		opts.cookie = (long)i;
		id = libbpf_register_prog_handler(sections[i].name, BPF_PROG_TYPE_RAW_TRACEPOINT, 0,
						  &opts);
		if (id < 0)
			return id;
	}
	return 0;
}

int btf_attach__begin(void)
{
	int err = aim.taken ? 0 : take_sections();

	aim.taken = !err;
	return err;
}

void btf_attach__end(void)
{
	if (aim.fd >= 0)
		close(aim.fd);
	aim.fd = -1;
	aim.searched = false;
}
