/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What an excerpt of types has of a kernel's: what an object asks for by name,
 * whole enough for CO-RE, and nothing else.
 */
#include <bpf/btf.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/temp_btf.h"
#include "user/source/btf_excerpt.h"

/* struct net_device { int flags, skipped; const name_t *name; struct stats { int drops, skipped; }
 * stats[3]; union { int mtu; int skipped; }; int up : 1; } and what it does not have to do with. */
static struct btf *make_kernel(void)
{
	struct btf *btf = temp_btf__new();
	int integer = btf__find_by_name_kind(btf, "int", BTF_KIND_INT);
	int stats, array, onion, name, pointer;

	temp_btf__struct(btf, "unasked", (struct temp_btf_value[]){ { "flags", 0 }, {} });
	name = btf__add_typedef(btf, "name_t", integer);
	pointer = btf__add_ptr(btf, btf__add_const(btf, name));
	stats = btf__add_struct(btf, "stats", 8);
	btf__add_field(btf, "drops", integer, 0, 0);
	btf__add_field(btf, "skipped", integer, 32, 0);
	array = btf__add_array(btf, integer, stats, 3);
	onion = btf__add_union(btf, "", 4);
	btf__add_field(btf, "mtu", integer, 0, 0);
	btf__add_field(btf, "skipped", integer, 0, 0);
	btf__add_struct(btf, "net_device", 56);
	btf__add_field(btf, "flags", integer, 0, 0);
	btf__add_field(btf, "skipped", integer, 32, 0);
	btf__add_field(btf, "name", pointer, 64, 0);
	btf__add_field(btf, "stats", array, 128, 0);
	btf__add_field(btf, "", onion, 320, 0);
	btf__add_field(btf, "up", integer, 352, 1);
	temp_btf__enum(btf, "verdict", (struct temp_btf_value[]){ { "NO", 0 }, { "YES", 7 }, {} });
	return btf;
}

/* The same as an object has them: what it needs, a flavour, types of its own. */
static struct btf *make_wanted(void)
{
	struct btf *btf = temp_btf__new();

	temp_btf__struct(btf, "net_device___old", (struct temp_btf_value[]){
		{ "flags", 0 }, { "name", 8 }, { "stats", 16 }, { "mtu", 20 }, { "up", 24 }, {} });
	temp_btf__struct(btf, "stats", (struct temp_btf_value[]){ { "drops", 0 }, {} });
	temp_btf__struct(btf, "of_its_own", (struct temp_btf_value[]){ { "seen", 0 }, {} });
	temp_btf__enum(btf, "verdict", (struct temp_btf_value[]){ { "YES", 1 }, {} });
	btf__add_typedef(btf, "name_t", btf__find_by_name_kind(btf, "int", BTF_KIND_INT));
	return btf;
}

/* Reads it as libbpf does, from the file. */
static struct btf *excerpt_of(struct btf *kernel, struct btf *wanted)
{
	struct btf_excerpt *excerpt = btf_excerpt__new();
	struct btf *read;

	cr_assert(excerpt);
	cr_assert_eq(btf_excerpt__fill(excerpt, kernel, wanted), 0);
	read = btf__parse(btf_excerpt__path(excerpt), NULL);
	cr_assert(read);
	btf_excerpt__free(excerpt);
	btf__free(kernel);
	btf__free(wanted);
	return read;
}

static const struct btf_type *find(const struct btf *btf, const char *name, __u32 kind)
{
	int id = btf__find_by_name_kind(btf, name, kind);

	cr_assert_gt(id, 0, "no %s", name);
	return btf__type_by_id(btf, (__u32)id);
}

static const char *member_name(const struct btf *btf, const struct btf_type *type, __u32 i)
{
	return btf__name_by_offset(btf, btf_members(type)[i].name_off);
}

Test(btf_excerpt, keeps_members_that_are_known)
{
	static const struct { const char *name; __u32 bits, size; } kept[] = {
		{ "flags", 0, 0 }, { "name", 64, 0 }, { "stats", 128, 0 }, { "", 320, 0 },
		{ "up", 352, 1 },
	};
	struct btf *btf = excerpt_of(make_kernel(), make_wanted());
	const struct btf_type *device = find(btf, "net_device", BTF_KIND_STRUCT), *type;
	__u32 i;

	cr_assert_eq(device->size, 56);
	cr_assert_eq(btf_vlen(device), 5);
	for (i = 0; i < 5; i++) {
		cr_expect_str_eq(member_name(btf, device, i), kept[i].name);
		cr_expect_eq(btf_member_bit_offset(device, i), kept[i].bits);
		cr_expect_eq(btf_member_bitfield_size(device, i), kept[i].size);
	}
	cr_expect(btf_is_ptr(btf__type_by_id(btf, btf_members(device)[1].type)));
	type = btf__type_by_id(btf, btf_members(device)[2].type);
	cr_assert(btf_is_array(type));
	cr_expect_eq(btf_array(type)->nelems, 3);
	type = btf__type_by_id(btf, btf_array(type)->type);
	cr_expect_str_eq(btf__name_by_offset(btf, type->name_off), "stats");
	cr_expect_eq(type->size, 8);
	cr_expect_eq(btf_vlen(type), 1);
	type = btf__type_by_id(btf, btf_members(device)[3].type);
	cr_expect(btf_is_union(type));
	cr_expect_str_eq(member_name(btf, type, 0), "mtu");
	cr_expect_eq(btf_vlen(type), 1);
	btf__free(btf);
}

Test(btf_excerpt, keeps_enums_and_typedefs)
{
	struct btf *btf = excerpt_of(make_kernel(), make_wanted());
	const struct btf_type *verdict = find(btf, "verdict", BTF_KIND_ENUM);

	cr_expect_eq(btf_vlen(verdict), 2);
	cr_expect_eq(btf_enum(verdict)[1].val, 7);
	cr_expect(btf_is_int(btf__type_by_id(btf, find(btf, "name_t", BTF_KIND_TYPEDEF)->type)));
	btf__free(btf);
}

Test(btf_excerpt, leaves_out_what_nobody_asks_for)
{
	struct btf *btf = excerpt_of(make_kernel(), make_wanted());

	cr_expect_lt(btf__find_by_name_kind(btf, "unasked", BTF_KIND_STRUCT), 0);
	cr_expect_lt(btf__find_by_name_kind(btf, "of_its_own", BTF_KIND_STRUCT), 0);
	btf__free(btf);
}

Test(btf_excerpt, has_types_of_a_module)
{
	struct btf *kernel = make_kernel(), *module = btf__new_empty_split(kernel), *btf;

	btf__add_struct(module, "of_its_own", 4);
	btf__add_field(module, "seen", btf__find_by_name_kind(kernel, "int", BTF_KIND_INT), 0, 0);
	btf = excerpt_of(module, make_wanted());
	cr_expect_eq(btf_vlen(find(btf, "of_its_own", BTF_KIND_STRUCT)), 1);
	cr_expect_eq(btf_vlen(find(btf, "net_device", BTF_KIND_STRUCT)), 5);
	btf__free(btf);
	btf__free(kernel);
}

Test(btf_excerpt, refuses_names_without_end)
{
	struct btf_excerpt *excerpt = btf_excerpt__new();
	struct btf *kernel = make_kernel(), *wanted = temp_btf__new();
	char name[16];
	int i;

	for (i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "type_%d", i);
		btf__add_struct(wanted, name, 4);
	}
	cr_expect_eq(btf_excerpt__fill(excerpt, kernel, wanted), -E2BIG);
	btf__free(wanted);
	btf__free(kernel);
	btf_excerpt__free(excerpt);
}

Test(btf_excerpt, does_nothing_without_one)
{
	cr_expect_null(btf_excerpt__path(NULL));
	cr_expect_eq(btf_excerpt__fill(NULL, NULL, NULL), 0);
	btf_excerpt__free(NULL);
}
