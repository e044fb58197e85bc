// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Looks at the typedef that the kernel makes for every typed tracepoint
 * (include/trace/bpf_probe.h): void (*btf_trace_NAME)(void *, arguments…).
 */
#include <bpf/btf.h>
#include <errno.h>

#include "user/source/kernel_btf.h"
#include "user/source/tracepoint.h"

int tracepoint__kfree_skb_args(void)
{
	const struct btf *btf = kernel_btf__get(NULL);
	const struct btf_type *type;
	int id;

	if (!btf)
		return -errno;
	id = btf__find_by_name_kind(btf, "btf_trace_kfree_skb", BTF_KIND_TYPEDEF);
	if (id < 0)
		return -ENOENT;
	type = btf__type_by_id(btf, btf__type_by_id(btf, id)->type);
	if (!btf_is_ptr(type))
		return -ENOENT;
	type = btf__type_by_id(btf, type->type);
	if (!btf_is_func_proto(type) || btf_vlen(type) == 0)
		return -ENOENT;
	return btf_vlen(type) - 1; /* the first is the attachment's own data */
}

bool tracepoint__variant(int args, bool dynptr, struct tracepoint_variant *ret_variant)
{
	static const struct tracepoint_variant typed[] = {
		[2] = { "kfree_skb_args2", "tp_btf/kfree_skb (2 arguments)" },
		[3] = { "kfree_skb_args3", "tp_btf/kfree_skb (3 arguments)" },
		[4] = { "kfree_skb_args4", "tp_btf/kfree_skb (4 arguments)" },
	};
	static const struct tracepoint_variant classic = { "kfree_skb_classic",
							   "tracepoint/skb/kfree_skb" };
	bool fits = args >= 0 && args < (int)(sizeof(typed) / sizeof(typed[0])) &&
		    typed[args].program;

	*ret_variant = fits ? typed[args] : classic;
	if (fits && args == 4 && dynptr)
		ret_variant->program = "kfree_skb_dynptr";
	return fits;
}
