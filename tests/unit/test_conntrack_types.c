/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Offsets in struct nf_conntrack_net, from BTF made on the spot.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "tests/unit/temp_btf.h"
#include "tests/unit/temp_tree.h"
#include "user/source/conntrack_types.h"

/* as from 5.13 on, which moved the count of entries here */
static const struct temp_btf_value whole[] = {
	{ "count", 0 }, { "expect_count", 4 }, { "sysctl_header", 24 }, {},
};

static const struct temp_btf_value moved[] = {
	{ "users4", 0 }, { "sysctl_header", 8 }, { "count", 16 }, {},
};

static const struct temp_btf_value without_count[] = {
	{ "users4", 0 }, { "sysctl_header", 8 }, {},
};

static const struct temp_btf_value without_sysctl[] = {
	{ "count", 0 }, { "expect_count", 4 }, {},
};

static const struct temp_btf_value empty[] = { {} };

static int find(const char *root, struct conntrack_types *ret_types)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/vmlinux", root);
	return conntrack_types__find(path, ret_types);
}

TestSuite(conntrack_types, .init = temp_btf__be_quiet);

Test(conntrack_types, offsets)
{
	static const struct {
		const char *what;
		const char *name;
		const struct temp_btf_value *members;
		int err;
		__u32 count_bytes, sysctl_bytes;
	} cases[] = {
		{ "as it is", "nf_conntrack_net", whole, 0, 0, 24 },
		{ "as it may be", "nf_conntrack_net", moved, 0, 16, 8 },
		{ "before 5.13", "nf_conntrack_net", without_count, -ENOENT, 0, 0 },
		{ "no limit", "nf_conntrack_net", without_sysctl, -ENOENT, 0, 0 },
		{ "nothing in it", "nf_conntrack_net", empty, -ENOENT, 0, 0 },
		{ "not there", "nf_conntrack_nets", whole, -ENOENT, 0, 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct conntrack_types types = { 77, 78 };
		char *root = temp_tree__new();
		struct btf *btf = temp_btf__new();

		temp_btf__struct(btf, cases[i].name, cases[i].members);
		temp_btf__write(btf, root, "vmlinux");
		cr_expect_eq(find(root, &types), cases[i].err, "%s", cases[i].what);
		if (!cases[i].err) {
			cr_expect_eq(types.count_bytes, cases[i].count_bytes, "%s", cases[i].what);
			cr_expect_eq(types.sysctl_bytes, cases[i].sysctl_bytes, "%s",
				     cases[i].what);
		} else {
			cr_expect_eq(types.count_bytes, 77, "%s", cases[i].what);
		}
		btf__free(btf);
		temp_tree__free(root);
	}
}

/* A function of that name is no type. */
Test(conntrack_types, other_kinds)
{
	struct conntrack_types types;
	char *root = temp_tree__new();
	struct btf *btf = temp_btf__new();
	static const struct temp_btf_value values[] = { { "count", 0 }, { "sysctl_header", 1 }, {} };

	temp_btf__enum(btf, "nf_conntrack_net", values);
	temp_btf__write(btf, root, "vmlinux");
	cr_expect_eq(find(root, &types), -ENOENT);
	btf__free(btf);
	temp_tree__free(root);
}

Test(conntrack_types, files_that_are_no_btf)
{
	struct conntrack_types types;
	char *root = temp_tree__new();

	cr_expect_eq(find(root, &types), -ENOENT);
	temp_tree__text(root, "vmlinux", "neither BTF nor ELF\n");
	cr_expect_lt(find(root, &types), 0);
	temp_tree__free(root);
}
