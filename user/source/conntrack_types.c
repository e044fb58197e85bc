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
	int id = btf__find_by_name_kind(btf, "nf_conntrack_net", BTF_KIND_STRUCT), count, sysctl;

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
	struct btf *base = kernel_btf__get(btf_path);
	struct btf *module;
	int err;

	if (!base)
		return -errno;
	err = find_in(base, ret_types);
	if (err) {
		module = btf__load_module_btf("nf_conntrack", base);
		if (module)
			err = find_in(module, ret_types);
		btf__free(module);
	}
	return err;
}
