// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Finds struct nf_conntrack_net by its members' names.
 */
#include <bpf/btf.h>
#include <errno.h>
#include <string.h>

#include "user/source/conntrack_types.h"
#include "user/source/kernel_btf.h"

/* Bytes from the start of @type to a member of that name; -ENOENT. */
static int member_offset(const struct btf *btf, const struct btf_type *type, const char *name)
{
	const struct btf_member *members = btf_members(type);
	__u32 i;

	for (i = 0; i < btf_vlen(type); i++)
		if (!strcmp(btf__name_by_offset(btf, members[i].name_off), name))
			return (int)(btf_member_bit_offset(type, i) / 8);
	return -ENOENT;
}

static int find_in(const struct btf *btf, struct conntrack_types *ret_types)
{
	int id = kernel_btf__find_own(btf, "nf_conntrack_net", BTF_KIND_STRUCT), count, sysctl;

	if (id < 0)
		return -ENOENT;
	count = member_offset(btf, btf__type_by_id(btf, id), "count");
	sysctl = member_offset(btf, btf__type_by_id(btf, id), "sysctl_header");
	if (count < 0 || sysctl < 0)
		return -ENOENT;
	ret_types->count_bytes = count;
	ret_types->sysctl_bytes = sysctl;
	return 0;
}

int conntrack_types__find(const char *btf_path, struct conntrack_types *ret_types)
{
	struct btf *base = kernel_btf__get(btf_path), *module;

	if (!base)
		return -errno;
	module = kernel_btf__conntrack();
	if (module && !find_in(module, ret_types))
		return 0;
	return find_in(base, ret_types);
}
