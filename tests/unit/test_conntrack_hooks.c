/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which functions a mode hooks, and what it cannot do without.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/temp_btf.h"
#include "user/source/conntrack_hooks.h"

#define REFUSED	   "the kernel has no kprobes and refuses trampolines"
#define NOT_LOADED "nf_conntrack is not loaded"

/* All functions there, all to be hooked in this way. */
static void fill(struct conntrack_hook_status *status, enum conntrack_hook_method method)
{
	int i;

	for (i = 0; i < __HOOK_FUNCTION_MAX; i++) {
		status[i] = (struct conntrack_hook_status){ .function = "f", .method = method,
							    .why_not = method ? NULL : REFUSED };
		snprintf(status[i].symbol, sizeof(status[i].symbol), "f");
	}
}

static void lack(struct conntrack_hook_status *status, const char *why_not)
{
	status->symbol[0] = '\0';
	status->method = HOOK_METHOD_NONE;
	status->why_not = why_not;
	status->may_come = !strcmp(why_not, NOT_LOADED);
}

Test(conntrack_hooks, all_functions_for_verdicts)
{
	struct conntrack_hook_status status[__HOOK_FUNCTION_MAX];
	enum conntrack_mode mode;
	const char *why_not;
	int i;

	for (mode = CONNTRACK_DIRECT; mode <= CONNTRACK_BOTH; mode++) {
		fill(status, HOOK_METHOD_TRAMPOLINE);
		cr_expect_eq(conntrack_hooks__plan(mode, status, &why_not), 0);
		for (i = 0; i < __HOOK_FUNCTION_MAX; i++)
			cr_expect_eq(status[i].method, HOOK_METHOD_TRAMPOLINE, "function %d", i);
	}
}

Test(conntrack_hooks, beside_counters_only_what_adds_to_them)
{
	struct conntrack_hook_status status[__HOOK_FUNCTION_MAX];
	const char *why_not;
	int i;

	fill(status, HOOK_METHOD_KPROBE);
	cr_expect_eq(conntrack_hooks__plan(CONNTRACK_COUNTERS, status, &why_not), 0);
	for (i = 0; i < __HOOK_FUNCTION_MAX; i++)
		cr_expect_eq(status[i].method,
			     i == HOOK_CLASH || i == HOOK_EVICT || i == HOOK_DELETE ?
				     HOOK_METHOD_KPROBE : HOOK_METHOD_NONE,
			     "function %d", i);
}

Test(conntrack_hooks, says_what_is_missing)
{
	static const struct {
		enum conntrack_mode mode;
		enum conntrack_hook_function missing;
		int err;
	} cases[] = {
		{ CONNTRACK_DIRECT, HOOK_CONFIRM, -EOPNOTSUPP },
		{ CONNTRACK_BOTH, HOOK_IN, -EOPNOTSUPP },
		{ CONNTRACK_BOTH, HOOK_ALLOC, -EOPNOTSUPP },
		/* the verdict is known without these */
		{ CONNTRACK_BOTH, HOOK_CLASH, 0 },
		{ CONNTRACK_DIRECT, HOOK_EVICT, 0 },
		{ CONNTRACK_COUNTERS, HOOK_IN, 0 },
		{ CONNTRACK_COUNTERS, HOOK_CLASH, 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct conntrack_hook_status status[__HOOK_FUNCTION_MAX];
		const char *why_not = NULL;

		fill(status, HOOK_METHOD_KPROBE);
		lack(&status[cases[i].missing], "inlined");
		cr_expect_eq(conntrack_hooks__plan(cases[i].mode, status, &why_not), cases[i].err,
			     "case %zu", i);
		if (cases[i].err)
			cr_expect_str_eq(why_not, "inlined", "case %zu", i);
	}
}

Test(conntrack_hooks, victims_need_both_hooks)
{
	struct conntrack_hook_status status[__HOOK_FUNCTION_MAX];
	const char *why_not;

	fill(status, HOOK_METHOD_KPROBE);
	lack(&status[HOOK_EVICT], "inlined");
	cr_expect_eq(conntrack_hooks__plan(CONNTRACK_COUNTERS, status, &why_not), 0);
	cr_expect_eq(status[HOOK_DELETE].method, HOOK_METHOD_NONE);
	cr_expect_eq(status[HOOK_CLASH].method, HOOK_METHOD_KPROBE);
}

/* Nothing to be hooked, for want of kprobes or of nf_conntrack. */
Test(conntrack_hooks, nothing_at_all)
{
	struct conntrack_hook_status status[__HOOK_FUNCTION_MAX];
	enum conntrack_mode mode;
	const char *why_not;
	int i;

	for (mode = CONNTRACK_COUNTERS; mode <= CONNTRACK_BOTH; mode++) {
		why_not = NULL;
		fill(status, HOOK_METHOD_NONE);
		cr_expect_eq(conntrack_hooks__plan(mode, status, &why_not), -EOPNOTSUPP);
		cr_expect_str_eq(why_not, REFUSED);
		for (i = 0; i < __HOOK_FUNCTION_MAX; i++)
			lack(&status[i], NOT_LOADED);
		cr_expect_eq(conntrack_hooks__plan(mode, status, &why_not), -ENOENT);
		cr_expect_str_eq(why_not, NOT_LOADED);
	}
}

#define CONNTRACK "\t[nf_conntrack]\n"

static struct kallsyms *load_symbols(const char *text)
{
	char path[] = "/tmp/dropwhy-kallsyms.XXXXXX";
	int fd = mkstemp(path);
	struct kallsyms *k;

	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	k = kallsyms__load(path);
	unlink(path);
	cr_assert_not_null(k);
	return k;
}

Test(conntrack_hooks, finds_what_the_compiler_renamed)
{
	static const char text[] = "ffffffff81000100 t early_drop\n"
				   "ffffffffc0001000 t early_drop\t[another]\n"
				   "ffffffffc0002000 t early_drop.isra.0.cold" CONNTRACK
				   "ffffffffc0002100 t early_drop.isra.0" CONNTRACK
				   "ffffffffc0002200 t nf_ct_delete" CONNTRACK
				   "ffffffffc0002300 t nf_ct_delete.part.0" CONNTRACK
				   "ffffffffc0002400 t __nf_conntrack_alloc.constprop.0" CONNTRACK
				   "ffffffffc0002500 T nf_conntrack_in" CONNTRACK;
	const struct conntrack_hook_means means = { .kprobes = true };
	struct conntrack_hook_status status[__HOOK_FUNCTION_MAX];
	static const struct {
		enum conntrack_hook_function function;
		const char *symbol;
		__u64 address;
	} found[] = {
		{ HOOK_EVICT, "early_drop.isra.0", 0xffffffffc0002100 },
		{ HOOK_DELETE, "nf_ct_delete.part.0", 0xffffffffc0002300 },
		{ HOOK_ALLOC, "__nf_conntrack_alloc.constprop.0", 0xffffffffc0002400 },
		{ HOOK_IN, "nf_conntrack_in", 0xffffffffc0002500 },
	};
	struct kallsyms *k = load_symbols(text);
	size_t i;

	conntrack_hooks__judge(k, &means, status);
	for (i = 0; i < sizeof(found) / sizeof(found[0]); i++) {
		const struct conntrack_hook_status *s = &status[found[i].function];

		cr_expect_str_eq(s->symbol, found[i].symbol);
		cr_expect_eq(s->address, found[i].address, "%s", found[i].symbol);
		cr_expect_eq(s->method, HOOK_METHOD_KPROBE, "%s", found[i].symbol);
		cr_expect_null(s->why_not);
	}
	kallsyms__free(k);
}

Test(conntrack_hooks, reports_what_was_inlined)
{
	static const char text[] = "ffffffffc0002500 T nf_conntrack_in" CONNTRACK
				   "ffffffffc0002600 t early_drop\t[another]\n"
				   "ffffffffc0002700 t nf_ct_resolve_clash.cold" CONNTRACK;
	const struct conntrack_hook_means kprobes = { .kprobes = true }, none = {};
	struct conntrack_hook_status status[__HOOK_FUNCTION_MAX];
	struct kallsyms *k = load_symbols(text);

	conntrack_hooks__judge(k, &kprobes, status);
	cr_expect_null(status[HOOK_IN].why_not);
	cr_expect_not_null(strstr(status[HOOK_EVICT].why_not, "inlined"));
	cr_expect_not_null(strstr(status[HOOK_CLASH].why_not, "inlined"));
	cr_expect_not(status[HOOK_CLASH].may_come);
	conntrack_hooks__judge(k, &none, status);
	cr_expect_str_eq(status[HOOK_IN].why_not, REFUSED);
	kallsyms__free(k);
	k = load_symbols("ffffffff81000100 t early_drop\n");
	conntrack_hooks__judge(k, &kprobes, status);
	cr_expect_str_eq(status[HOOK_IN].why_not, NOT_LOADED);
	cr_expect(status[HOOK_IN].may_come);
	kallsyms__free(k);
}

/* One that cannot be read tells nothing: nf_conntrack may be there. */
Test(conntrack_hooks, symbols_that_are_not_shown)
{
	const struct conntrack_hook_means kprobes = { .kprobes = true }, none = {};
	struct conntrack_hook_status status[__HOOK_FUNCTION_MAX];
	enum conntrack_mode mode;
	const char *why_not;

	for (mode = CONNTRACK_COUNTERS; mode <= CONNTRACK_BOTH; mode++) {
		conntrack_hooks__judge(NULL, &kprobes, status);
		cr_expect_not(status[HOOK_IN].may_come);
		cr_expect_eq(conntrack_hooks__plan(mode, status, &why_not), -EPERM);
		cr_expect_not_null(strstr(why_not, "kptr_restrict"));
		conntrack_hooks__judge(NULL, &none, status);
		cr_expect_eq(conntrack_hooks__plan(mode, status, &why_not), -EOPNOTSUPP);
	}
}

#define ALL_FUNCTIONS(module)                                                                     \
	"ffffffffc0002000 t nf_ct_resolve_clash" module "ffffffffc0002100 T __nf_conntrack_confirm" \
	module "ffffffffc0002200 t __nf_conntrack_alloc" module                                    \
	"ffffffffc0002300 T nf_conntrack_in" module "ffffffffc0002400 t early_drop.isra.0" module  \
	"ffffffffc0002500 T nf_ct_delete" module

static struct btf *types_of_conntrack(struct btf *kernel)
{
	struct btf *btf = kernel ? btf__new_empty_split(kernel) : temp_btf__new();

	cr_assert_not_null(btf);
	/* what the compiler renamed has lost its types: not early_drop */
	temp_btf__function(btf, "nf_ct_resolve_clash");
	temp_btf__function(btf, "__nf_conntrack_confirm");
	temp_btf__function(btf, "__nf_conntrack_alloc");
	temp_btf__function(btf, "nf_conntrack_in");
	temp_btf__function(btf, "early_drop");
	return btf;
}

static void expect_methods(const struct conntrack_hook_status *status, const char *what,
			   enum conntrack_hook_method typed, enum conntrack_hook_method untyped)
{
	int i;

	for (i = 0; i < __HOOK_FUNCTION_MAX; i++) {
		bool is_typed = i != HOOK_EVICT && i != HOOK_DELETE;

		cr_expect_eq(status[i].method, is_typed ? typed : untyped, "%s: %s", what,
			     status[i].function);
		cr_expect_eq(!status[i].why_not, status[i].method != HOOK_METHOD_NONE, "%s: %s",
			     what, status[i].function);
	}
}

/* By trampolines what has types where it lies; else by kprobes. */
Test(conntrack_hooks, takes_trampolines_where_there_are_types)
{
	enum { N = HOOK_METHOD_NONE, T = HOOK_METHOD_TRAMPOLINE, K = HOOK_METHOD_KPROBE };
	struct btf *plain = temp_btf__new(), *module = types_of_conntrack(plain),
		   *built_in = types_of_conntrack(NULL);
	struct kallsyms *in_module = load_symbols(ALL_FUNCTIONS(CONNTRACK)),
			*in_kernel = load_symbols(ALL_FUNCTIONS("\n"));
	const struct {
		const char *what;
		const struct kallsyms *symbols;
		struct conntrack_hook_means means;
		int typed, untyped;
	} cases[] = {
		{ "a module", in_module, { true, true, false, plain, module }, T, K },
		{ "without kprobes", in_module, { false, true, false, plain, module }, T, N },
		{ "without trampolines", in_module, { true, false, false, plain, module }, K, K },
		{ "a module without types", in_module, { true, true, false, plain, NULL }, K, K },
		{ "types out of reach", in_module, { true, true, true, plain, NULL }, K, K },
		{ "neither", in_module, { false, true, true, plain, NULL }, N, N },
		{ "others' types", in_module, { true, true, false, built_in, NULL }, K, K },
		{ "built in", in_kernel, { true, true, false, built_in, NULL }, T, K },
		{ "built in, no kprobes", in_kernel, { false, true, false, built_in, NULL }, T, N },
	};
	struct conntrack_hook_status status[__HOOK_FUNCTION_MAX];
	const char *why_not;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		conntrack_hooks__judge(cases[i].symbols, &cases[i].means, status);
		expect_methods(status, cases[i].what, cases[i].typed, cases[i].untyped);
		cr_expect_eq(conntrack_hooks__plan(CONNTRACK_DIRECT, status, &why_not),
			     cases[i].typed == N ? -EPERM : 0, "%s", cases[i].what);
		if (cases[i].typed == N)
			cr_expect_not_null(strstr(why_not, "CAP_SYS_ADMIN"));
	}
	kallsyms__free(in_kernel);
	kallsyms__free(in_module);
	btf__free(built_in);
	btf__free(module);
	btf__free(plain);
}
