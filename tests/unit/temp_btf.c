/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Makes BTF with libbpf's own writer.
 */
#include <bpf/libbpf.h>
#include <criterion/criterion.h>

#include "tests/unit/temp_btf.h"
#include "tests/unit/temp_tree.h"

#define INT_BYTES 4

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

void temp_btf__be_quiet(void)
{
	libbpf_set_print(quiet);
}

struct btf *temp_btf__new(void)
{
	struct btf *btf = btf__new_empty();

	cr_assert(btf);
	cr_assert(btf__add_int(btf, "int", INT_BYTES, BTF_INT_SIGNED) > 0);
	return btf;
}

void temp_btf__enum(struct btf *btf, const char *name, const struct temp_btf_value *values)
{
	cr_assert(btf__add_enum(btf, name, INT_BYTES) > 0);
	for (; values->name; values++)
		cr_assert(btf__add_enum_value(btf, values->name, values->value) == 0);
}

void temp_btf__struct(struct btf *btf, const char *name, const struct temp_btf_value *offsets)
{
	const struct temp_btf_value *member;
	__u32 size = 0;
	__s32 integer = btf__find_by_name_kind(btf, "int", BTF_KIND_INT);

	cr_assert(integer > 0);
	for (member = offsets; member->name; member++)
		if (member->value + INT_BYTES > size)
			size = (__u32)member->value + INT_BYTES;
	cr_assert(btf__add_struct(btf, name, size) > 0);
	for (member = offsets; member->name; member++)
		cr_assert(btf__add_field(btf, member->name, integer, (__u32)member->value * 8, 0) ==
			  0);
}

void temp_btf__function(struct btf *btf, const char *name)
{
	int prototype = btf__add_func_proto(btf, btf__find_by_name_kind(btf, "int", BTF_KIND_INT));

	cr_assert(prototype > 0);
	cr_assert(btf__add_func(btf, name, BTF_FUNC_GLOBAL, prototype) > 0);
}

void temp_btf__write(const struct btf *btf, const char *root, const char *path)
{
	__u32 size;
	const void *data = btf__raw_data(btf, &size);

	cr_assert(data);
	temp_tree__write(root, path, data, size);
}
