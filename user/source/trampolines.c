// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Takes the sections fentry/ and fexit/ over from libbpf: see trampolines.h.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "user/source/kernel_btf.h"
#include "user/source/trampolines.h"

#define MODULE_NAME_MAX 64

/* libbpf keeps pointers to its handlers in each program: they stay once they are there. */
static struct {
	bool taken;
	int fd;			/* nf_conntrack's types; -1: it is built in, or not there */
} aim = { .fd = -1 };

static int prepare(struct bpf_program *program, struct bpf_prog_load_opts *opts, long cookie)
{
	const char *slash = strrchr(bpf_program__section_name(program), '/');
	const struct btf *kernel = kernel_btf__get(NULL), *module;
	int id = -ENOENT;

	(void)cookie;
	if (!slash || !kernel)
		return -ENOENT;
	module = aim.fd >= 0 ? kernel_btf__conntrack() : NULL;
	if (module)
		id = kernel_btf__find_own(module, slash + 1, BTF_KIND_FUNC);
	if (id > 0)
		opts->attach_btf_obj_fd = aim.fd;
	else
		id = btf__find_by_name_kind(kernel, slash + 1, BTF_KIND_FUNC);
	if (id < 0)
		return id;
	opts->attach_btf_id = (__u32)id;
	return 0;
}

static int take_sections(void)
{
	LIBBPF_OPTS(libbpf_prog_handler_opts, opts, .prog_prepare_load_fn = prepare);
	int id = libbpf_register_prog_handler("fentry/", BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY,
					      &opts);

	if (id >= 0)
		id = libbpf_register_prog_handler("fexit/", BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT,
						  &opts);
	return id < 0 ? id : 0;
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

int trampolines__begin(void)
{
	int err = aim.taken ? 0 : take_sections();

	if (err)
		return err;
	aim.taken = true;
	aim.fd = types_fd("nf_conntrack");
	return 0;
}

void trampolines__end(void)
{
	if (aim.fd >= 0)
		close(aim.fd);
	aim.fd = -1;
}
