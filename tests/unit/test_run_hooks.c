/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * When hooks on conntrack's functions are attached and taken off, and what is said of it. What
 * would ask the kernel is replaced by the linker, see UNIT_REPLACED in the Makefile.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/temp_tree.h"
#include "user/run/hooks.h"

#define KERNEL	  "ffffffff81000100 T kfree_skb_reason\n"
#define CONNTRACK "ffffffffc0002500 T nf_conntrack_in\t[nf_conntrack]\n"
#define ANOTHER	  "ffffffffc0003000 t ovs_vport_send\t[openvswitch]\n"

/* The kernel that there is not. */
static struct {
	int err;		/* of attaching */
	unsigned int attempts, closed;
} kernel;

struct conntrack_hooks *__wrap_conntrack_hooks__open(const struct kallsyms *k,
						     enum conntrack_mode mode, const char *btf_path,
						     int verdicts_fd, int events_fd,
						     const char **ret_why_not);
int __wrap_conntrack_hooks__evictions(const struct conntrack_hooks *hooks, __u64 *ret_evictions,
				      __u64 *ret_lost);
void __wrap_conntrack_hooks__close(struct conntrack_hooks *hooks);
int __wrap_live__modules_changed(struct live *live, const struct location_class *locations,
				 size_t location_count, const struct hook_function *hooks,
				 size_t hook_count);
void __wrap_live__conntrack_gone(struct live *live, bool gone);
int __wrap_live__conntrack_up(struct live *live);
int __wrap_live__verdicts_fd(const struct live *live);
int __wrap_live__events_fd(const struct live *live);

struct conntrack_hooks *__wrap_conntrack_hooks__open(const struct kallsyms *k,
						     enum conntrack_mode mode, const char *btf_path,
						     int verdicts_fd, int events_fd,
						     const char **ret_why_not)
{
	(void)k;
	(void)mode;
	(void)btf_path;
	(void)verdicts_fd;
	(void)events_fd;
	kernel.attempts++;
	*ret_why_not = "so it is";
	errno = -kernel.err;
	return kernel.err ? NULL : (void *)&kernel;
}

int __wrap_conntrack_hooks__evictions(const struct conntrack_hooks *hooks, __u64 *ret_evictions,
				      __u64 *ret_lost)
{
	(void)hooks;
	*ret_evictions = 3;
	*ret_lost = 1;
	return 0;
}

void __wrap_conntrack_hooks__close(struct conntrack_hooks *hooks)
{
	kernel.closed += hooks != NULL;
}

int __wrap_live__modules_changed(struct live *live, const struct location_class *locations,
				 size_t location_count, const struct hook_function *hooks,
				 size_t hook_count)
{
	(void)live;
	(void)locations;
	(void)location_count;
	(void)hooks;
	(void)hook_count;
	return 0;
}

void __wrap_live__conntrack_gone(struct live *live, bool gone)
{
	(void)live;
	(void)gone;
}

int __wrap_live__conntrack_up(struct live *live)
{
	(void)live;
	return 0;
}

int __wrap_live__verdicts_fd(const struct live *live)
{
	(void)live;
	return -1;
}

int __wrap_live__events_fd(const struct live *live)
{
	(void)live;
	return -1;
}

static char *root;
static struct kallsyms *symbols;
static struct run_hooks hooks;

/* The kernel's functions, and with them its modules, are others from now on. */
static void show(const char *functions)
{
	static unsigned int changes;
	char module[64];

	temp_tree__text(root, "kallsyms", functions);
	snprintf(module, sizeof(module), "module%u 4096 0 - Live 0xffffffffc0000000\n", changes++);
	temp_tree__text(root, "modules", module);
}

static int begin(enum conntrack_mode mode, const char *functions, int err)
{
	struct live_failure failure = {};
	char path[256];

	root = temp_tree__new();
	show(functions);
	snprintf(path, sizeof(path), "%s/kallsyms", root);
	symbols = kallsyms__load(path);
	cr_assert_not_null(symbols);
	hooks = (struct run_hooks){ .mode = mode, .wanted = true };
	kernel.err = err;
	kernel.attempts = kernel.closed = 0;
	err = run_hooks__open(&hooks, NULL, symbols, &failure);
	if (err)
		cr_expect_str_eq(failure.remedy, "so it is");
	return err;
}

static void end(void)
{
	run_hooks__close(&hooks);
	kallsyms__free(symbols);
	temp_tree__free(root);
}

/* What one look says; "": nothing. */
static const char *look(void)
{
	const char *news;

	run_hooks__refresh(&hooks, NULL, symbols, &news);
	return news ? news : "";
}

Test(run_hooks, stay_when_other_modules_come)
{
	cr_assert_eq(begin(CONNTRACK_BOTH, KERNEL CONNTRACK, 0), 0);
	show(KERNEL CONNTRACK ANOTHER);
	cr_expect_str_eq(look(), "");
	show(KERNEL CONNTRACK);
	cr_expect_str_eq(look(), "");
	cr_expect_eq(kernel.attempts, 1);
	cr_expect_eq(kernel.closed, 0);
	end();
}

Test(run_hooks, go_and_come_with_conntrack)
{
	__u64 evictions, lost;

	cr_assert_eq(begin(CONNTRACK_DIRECT, KERNEL CONNTRACK, 0), 0);
	show(KERNEL);
	cr_expect_str_eq(look(), "nf_conntrack was unloaded");
	cr_expect_eq(kernel.closed, 1);
	show(KERNEL CONNTRACK);
	cr_expect_str_eq(look(), "nf_conntrack was loaded: its drops are known from now on");
	cr_expect_eq(kernel.attempts, 2);
	cr_expect(run_hooks__evictions(&hooks, &evictions, &lost));
	cr_expect_eq(evictions, 6);
	cr_expect_eq(lost, 2);
	end();
}

/* No failure is nf_conntrack that is not there, and none what only adds to the counters. */
Test(run_hooks, failures_to_begin_with)
{
	static const struct {
		enum conntrack_mode mode;
		const char *functions;
		int err, expected;
	} cases[] = {
		{ CONNTRACK_DIRECT, KERNEL, -ENOENT, 0 },
		{ CONNTRACK_BOTH, KERNEL, -ENOENT, 0 },
		{ CONNTRACK_DIRECT, KERNEL CONNTRACK, -ENOENT, -ENOENT },
		{ CONNTRACK_BOTH, KERNEL CONNTRACK, -EPERM, -EPERM },
		{ CONNTRACK_COUNTERS, KERNEL CONNTRACK, -ENOENT, 0 },
		{ CONNTRACK_COUNTERS, KERNEL CONNTRACK, -EPERM, 0 },
	};
	struct live_failure failure;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cr_expect_eq(begin(cases[i].mode, cases[i].functions, cases[i].err),
			     cases[i].expected, "case %zu", i);
		end();
	}
	kernel.err = -ENOENT;
	hooks = (struct run_hooks){ .mode = CONNTRACK_DIRECT, .wanted = true };
	cr_expect_eq(run_hooks__open(&hooks, NULL, NULL, &failure), -ENOENT, "no symbols");
}

/* It is told once, and tried at longer and longer intervals. */
Test(run_hooks, are_tried_again)
{
	static const bool tried[] = { true, false, true, false, false, false, true };
	unsigned int attempts;
	size_t i;

	cr_assert_eq(begin(CONNTRACK_DIRECT, KERNEL, -ENOENT), 0);
	cr_expect_str_eq(look(), "");
	cr_expect_eq(kernel.attempts, 1, "tried without nf_conntrack");
	kernel.err = -EACCES;
	show(KERNEL CONNTRACK);
	cr_expect_str_eq(look(), "nf_conntrack was loaded; conntrack's functions cannot be hooked "
				 "(so it is: Permission denied), and its drops have no cause");
	for (i = 0; i < sizeof(tried) / sizeof(tried[0]); i++) {
		attempts = kernel.attempts;
		cr_expect_str_eq(look(), "");
		cr_expect_eq(kernel.attempts - attempts, tried[i], "look %zu", i);
	}
	kernel.err = 0;
	for (i = 0; i < 7; i++)
		cr_expect_str_eq(look(), "");
	cr_expect_str_eq(look(), "conntrack's functions are hooked from now on");
	attempts = kernel.attempts;
	cr_expect_str_eq(look(), "");
	cr_expect_eq(kernel.attempts, attempts);
	end();
}

/* Not until another nf_conntrack comes; of what nobody asked for by name nothing is said. */
Test(run_hooks, are_not_tried_where_the_kernel_cannot)
{
	int i;

	cr_assert_eq(begin(CONNTRACK_COUNTERS, KERNEL CONNTRACK, -EOPNOTSUPP), 0);
	for (i = 0; i < 100; i++)
		cr_expect_str_eq(look(), "");
	show(KERNEL CONNTRACK ANOTHER);
	cr_expect_str_eq(look(), "");
	cr_expect_eq(kernel.attempts, 1);
	show(KERNEL);
	cr_expect_str_eq(look(), "nf_conntrack was unloaded");
	show(KERNEL CONNTRACK);
	cr_expect_str_eq(look(), "nf_conntrack was loaded: its drops are known from now on");
	cr_expect_eq(kernel.attempts, 2);
	end();
}

/* What fails for want of a privilege is told of at the first look. */
Test(run_hooks, what_adds_to_the_counters_is_missed)
{
	cr_assert_eq(begin(CONNTRACK_COUNTERS, KERNEL CONNTRACK, -EPERM), 0);
	cr_expect_not_null(strstr(look(), "evictions and winners of clashes are not shown"));
	kernel.err = 0;
	cr_expect_str_eq(look(), "conntrack's functions are hooked from now on");
	end();
}
