// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Looks at the typedef that the kernel makes for every typed tracepoint
 * (include/trace/bpf_probe.h): void (*btf_trace_NAME)(void *, arguments…).
 */
#include <bpf/btf.h>
#include <errno.h>

#include "user/source/tracepoint.h"

int tracepoint__kfree_skb_args(void)
{
	struct btf *btf = btf__load_vmlinux_btf();
	const struct btf_type *type;
	int id, args = -ENOENT;

	if (!btf)
		return -errno;
	id = btf__find_by_name_kind(btf, "btf_trace_kfree_skb", BTF_KIND_TYPEDEF);
	if (id < 0)
		goto cleanup;
	type = btf__type_by_id(btf, btf__type_by_id(btf, id)->type);
	if (!btf_is_ptr(type))
		goto cleanup;
	type = btf__type_by_id(btf, type->type);
	if (btf_is_func_proto(type) && btf_vlen(type) > 0)
		args = btf_vlen(type) - 1; /* the first is the attachment's own data */
cleanup:
	btf__free(btf);
	return args;
}
