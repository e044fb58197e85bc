/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What `dropwhy features` prints, of a kernel that can do all, of one that can
 * do little, and of one that nothing is known of.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <jansson.h>
#include <linux/capability.h>
#include <stdlib.h>

#include "tests/unit/golden.h"
#include "user/commands/features_report.h"

#define BIT(n) (1ULL << (n))

static const char *const functions[__HOOK_FUNCTION_MAX] = {
	"nf_ct_resolve_clash", "__nf_conntrack_confirm", "__nf_conntrack_alloc",
	"nf_conntrack_in", "early_drop", "nf_ct_delete",
};

static void fill_hooks(struct features *f, enum conntrack_hook_method method, const char *why_not)
{
	static const char *const modes[] = { "auto", "counters", "direct", "both" };
	static const char *const causes[] = { "counters", "counters", "hooks", "both" };
	int i;

	for (i = 0; i < __HOOK_FUNCTION_MAX; i++) {
		f->hooks[i].function = functions[i];
		f->hooks[i].method = method;
		f->hooks[i].why_not = why_not;
		snprintf(f->hooks[i].symbol, sizeof(f->hooks[i].symbol), "%s", functions[i]);
	}
	for (i = 0; i < __FEATURES_MODE_MAX; i++) {
		f->modes[i].name = modes[i];
		f->modes[i].causes = causes[i];
		if (i == FEATURES_COUNTERS)
			continue;
		f->modes[i].hooked = method != HOOK_METHOD_NONE;
		f->modes[i].refused = !method && i >= FEATURES_DIRECT;
		f->modes[i].why_not = why_not;
		memcpy(f->modes[i].hooks, f->hooks, sizeof(f->hooks));
	}
}

static struct features make_able(void)
{
	struct features f = {
		.release = "6.12.48",
		.machine = "x86_64",
		.lockdown = "none",
		.capabilities = BIT(CAP_BPF) | BIT(CAP_PERFMON) | BIT(CAP_NET_ADMIN) |
				BIT(CAP_SYS_ADMIN) | BIT(CAP_SYS_PTRACE) | BIT(CAP_SYSLOG) |
				BIT(CAP_DAC_READ_SEARCH),
		.module_types = { MODULE_TYPES_OWN, MODULE_TYPES_OWN, MODULE_TYPES_NONE,
				  MODULE_TYPES_KERNEL },
		.args = 4,
		.typed = true,
		.variant = { "kfree_skb_dynptr", "tp_btf/kfree_skb (4 arguments)" },
		.loads = TRIAL_YES,
		.ring_buffer = TRIAL_YES,
		.test_run = TRIAL_YES,
		.page_fragments = "dynptr",
		.tracefs = "/sys/kernel/tracing",
		.functions = 64209,
		.reasons = 106,
		.subsystem_count = 2,
		.subsystems = { "core", "openvswitch" },
		.conntrack = MODULE_LOADED,
		.counters = true,
		.entries_in = "nf_conntrack_net",
		.trampolines = TRIAL_YES,
		.kprobes = TRIAL_YES,
		.watch = TRIAL_YES,
		.watches_node = true,
	};

	fill_hooks(&f, HOOK_METHOD_KPROBE, NULL);
	/* as the compiler may have it */
	snprintf(f.hooks[HOOK_CLASH].symbol, sizeof(f.hooks[0].symbol),
		 "nf_ct_resolve_clash.isra.0");
	f.modes[FEATURES_AUTO].hooks[HOOK_IN].method = HOOK_METHOD_NONE;
	f.hooks[HOOK_EVICT].method = HOOK_METHOD_TRAMPOLINE;
	return f;
}

static struct features make_unable(void)
{
	struct features f = {
		.release = "5.4.0",
		.machine = "aarch64",
		.lockdown = "confidentiality",
		.capabilities = BIT(CAP_NET_ADMIN),
		.btf_file = "vmlinux.btf",
		.args = -ENOENT,
		.variant = { "kfree_skb_classic", "tracepoint/skb/kfree_skb" },
		.loads = TRIAL_NO,
		.ring_buffer = TRIAL_NO,
		.test_run = TRIAL_NO,
		.kallsyms_error = -EPERM,
		.conntrack = MODULE_BUILT_IN,
		.missing_count = 2,
		.watch_why_not = "this kernel refuses the cgroup/sysctl program",
		.missing = { "have BPF ring buffers (Linux 5.8)", "do \"this\"" },
	};

	fill_hooks(&f, HOOK_METHOD_NONE, "the kernel has no kprobes and refuses trampolines");
	return f;
}

static struct features make_unknown(void)
{
	struct features f = {
		.btf_error = -ENOENT,
		.args = -ENOENT,
		.variant = { "kfree_skb_classic", "tracepoint/skb/kfree_skb" },
		.loads = TRIAL_UNKNOWN,
		.ring_buffer = TRIAL_UNKNOWN,
		.test_run = TRIAL_UNKNOWN,
		.kallsyms_error = -EPERM,
		.trampolines = TRIAL_UNKNOWN,
		.kprobes = TRIAL_UNKNOWN,
		.watch = TRIAL_UNKNOWN,
		.watch_why_not = "this process may not load BPF programs",
	};
	int i;

	fill_hooks(&f, HOOK_METHOD_NONE, "this process may not load BPF programs");
	for (i = 0; i < __FEATURES_MODE_MAX; i++)
		f.modes[i].refused = false;
	for (i = 0; i < __HOOK_FUNCTION_MAX; i++)
		f.hooks[i].symbol[0] = '\0';
	f.modes[FEATURES_BOTH].hooked = true;
	return f;
}

typedef int (*report_fn)(const struct features *f, FILE *out);

static char *render(report_fn report, const struct features *f, size_t *ret_len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_len);

	cr_assert_not_null(out);
	cr_assert_eq(report(f, out), 0);
	cr_assert_eq(fclose(out), 0);
	return text;
}

Test(features_report, golden_files)
{
	static const struct {
		struct features (*make)(void);
		const char *text_path, *json_path;
	} cases[] = {
		{ make_able, "tests/unit/golden/features.txt", "tests/unit/golden/features.json" },
		{ make_unable, "tests/unit/golden/features-unable.txt",
		  "tests/unit/golden/features-unable.json" },
		{ make_unknown, "tests/unit/golden/features-unknown.txt",
		  "tests/unit/golden/features-unknown.json" },
	};
	size_t i, len;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct features f = cases[i].make();
		char *text = render(features_report__text, &f, &len);

		golden__expect(cases[i].text_path, text, len);
		free(text);
		text = render(features_report__json, &f, &len);
		golden__expect(cases[i].json_path, text, len);
		free(text);
	}
}

/* Under every member's name text has a line, too. */
Test(features_report, says_the_same_twice)
{
	struct features f = make_able();
	const char *group_name, *name;
	json_t *object, *group, *value;
	char *text, *json;
	size_t len;

	json = render(features_report__json, &f, &len);
	object = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
	cr_assert_not_null(object, "%s", json);
	text = render(features_report__text, &f, &len);
	json_object_foreach(object, group_name, group)
		json_object_foreach(group, name, value) {
			char line[64];

			snprintf(line, sizeof(line), "\n  %s: ", name);
			cr_expect(strstr(text, line) || json_is_array(value), "%s.%s", group_name,
				  name);
		}
	cr_expect(json_is_true(json_object_get(object, "can_trace")));
	json_decref(object);
	free(text);
	free(json);
}

/* In a container that sees its own cgroup alone. */
Test(features_report, whose_writes_are_watched)
{
	struct features f = make_able();
	char *text;
	size_t len;

	f.watches_node = false;
	text = render(features_report__json, &f, &len);
	cr_expect(strstr(text, "\"settings\":{\"watch\":true,\"writes_of\":\"container\","
			       "\"sysctl_auto\":\"watch\"}"), "%s", text);
	free(text);
}

Test(features_report, reports_a_full_device)
{
	struct features f = make_able();
	FILE *out = fopen("/dev/full", "w");

	if (!out)
		cr_skip_test("no /dev/full");
	cr_expect_eq(features_report__text(&f, out), -ENOSPC);
	cr_expect_eq(features_report__json(&f, out), -ENOSPC);
	fclose(out);
}
