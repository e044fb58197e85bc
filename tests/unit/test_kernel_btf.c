/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Types that are looked for in a module, and not in the kernel before it.
 */
#include <bpf/btf.h>
#include <criterion/criterion.h>
#include <errno.h>

#include "tests/unit/temp_btf.h"
#include "user/source/kernel_btf.h"

Test(kernel_btf, finds_a_modules_own)
{
	struct btf *kernel = temp_btf__new(), *module;
	int in_kernel, in_module;

	temp_btf__function(kernel, "early_drop");
	temp_btf__function(kernel, "nf_hook_slow");
	module = btf__new_empty_split(kernel);
	temp_btf__struct(module, "early_drop", (struct temp_btf_value[]){ { "a", 0 }, {} });
	temp_btf__function(module, "early_drop");
	in_kernel = kernel_btf__find_own(kernel, "early_drop", BTF_KIND_FUNC);
	in_module = kernel_btf__find_own(module, "early_drop", BTF_KIND_FUNC);
	cr_expect_gt(in_kernel, 0);
	cr_expect_geq(in_module, (int)btf__type_cnt(kernel));
	cr_expect(btf_is_func(btf__type_by_id(module, (__u32)in_module)));
	cr_expect_eq(kernel_btf__find_own(module, "nf_hook_slow", BTF_KIND_FUNC), -ENOENT);
	btf__free(module);
	btf__free(kernel);
}

Test(kernel_btf, makes_no_excerpt_where_there_is_a_file)
{
	cr_expect_null(kernel_btf__excerpt("/nowhere"));
	cr_expect_eq(kernel_btf__fill_excerpt(NULL, NULL), 0);
}
