/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `dropwhy features`: asks the kernel, tries what cannot be asked, and draws
 * the conclusions that `dropwhy trace` draws. Attaches no program that sees a
 * packet, and for a moment the one that sees writes to settings.
 */
#include <argp.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "user/enrich/reason.h"
#include "user/exit_status.h"
#include "user/commands/argument.h"
#include "user/commands/features.h"
#include "user/commands/features_report.h"
#include "user/run/settings.h"
#include "user/source/kernel_btf.h"
#include "user/source/kernel_functions.h"
#include "user/source/live.h"

/* The smallest that the kernel takes on any machine. */
#define TRIAL_RING_BYTES (64 << 10)

enum option_key {
	OPTION_JSON = 0x100,
	OPTION_BTF,
};

struct features_options {
	bool json;
	const char *btf_path;
};

static const struct argp_option argp_options[] = {
	{ "json", OPTION_JSON, NULL, 0, "One JSON object", 0 },
	{ "btf", OPTION_BTF, "FILE", 0, "The kernel's types, where it does not carry them", 0 },
	{ 0 },
};

static const char doc[] =
	"Show what this kernel offers, which of dropwhy's programs run on it, and why others do "
	"not.\v"
	"Exit status: 0 fine, 1 failed at run time, 2 wrong usage, 3 this kernel cannot run "
	"'dropwhy trace'.";

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct features_options *options = state->input;

	switch (key) {
	case OPTION_JSON:
		options->json = true;
		return 0;
	case OPTION_BTF:
		options->btf_path = arg;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s' is no option", arg);
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const char may_not_load[] = "this process may not load BPF programs";

/* What is looked at, and must live as long as the features that point into it. */
struct inquiry {
	struct features features;
	struct utsname name;
	char lockdown[LOCKDOWN_LEN];
	struct reason_names *reasons;
	struct kallsyms *kallsyms;
	char refusal[256];	/* why the drop program does not load */
	bool finds_entries;	/* conntrack's, in its own data */
};

static void ask_types(struct inquiry *q, const char *btf_path)
{
	/* a function that is the module's own, and never inlined */
	static const char *const functions[__FEATURES_MODULE_MAX] = {
		[FEATURES_CONNTRACK] = "nf_conntrack_in",
		[FEATURES_TABLES] = "nft_do_chain",
		[FEATURES_OPENVSWITCH] = "ovs_dp_process_packet",
		[FEATURES_MAC80211] = "ieee80211_alloc_hw_nm",
	};
	const struct btf *btf = kernel_btf__get(btf_path);
	struct features *f = &q->features;
	enum features_module module;

	f->btf_file = btf_path;
	f->btf_error = btf ? 0 : -errno;
	for (module = 0; module < __FEATURES_MODULE_MAX; module++)
		f->module_types[module] = kernel_facts__module_types(
			"", btf, features_report__module(module), functions[module]);
	f->counters = kernel_facts__has_conntrack_counters(btf);
	if (kernel_facts__counts_entries_in_netns(btf))
		f->entries_in = "netns_ct";
}

static void ask_reasons(struct inquiry *q, const char *btf_path)
{
	struct features *f = &q->features;
	const char *name;
	__u32 subsys;

	q->reasons = reason_names__load(btf_path);
	if (!q->reasons || !reason_names__has_reasons(q->reasons))
		return;
	f->reasons = reason_names__count(q->reasons);
	for (subsys = 0; subsys < FEATURES_SUBSYSTEMS_MAX; subsys++) {
		name = reason_names__subsys(q->reasons, subsys);
		if (name)
			f->subsystems[f->subsystem_count++] = name;
	}
}

static void ask_kernel(struct inquiry *q)
{
	struct features *f = &q->features;

	uname(&q->name);
	f->release = q->name.release;
	f->machine = q->name.machine;
	if (!kernel_facts__lockdown("", q->lockdown))
		f->lockdown = q->lockdown;
	kernel_facts__capabilities("", &f->capabilities);
	f->tracefs = kernel_facts__tracefs("");
	q->kallsyms = kallsyms__load(NULL);
	f->kallsyms_error = q->kallsyms ? 0 : -errno;
	f->functions = q->kallsyms ? kallsyms__count(q->kallsyms) : 0;
}

/* Loads the drop program, without a filter; attaches nothing. */
static void try_to_load(struct inquiry *q, const char *btf_path)
{
	static const struct drop_filter any;
	static const __u8 reason_flags[REASON_SLOTS];
	static const __u16 dns_port = 53; /* what reads DNS is to be loaded, too */
	struct live_options options = {
		.btf_path = btf_path,
		.filter = &any,
		.reason_flags = reason_flags,
		.ring_bytes = TRIAL_RING_BYTES,
		.dns_ports = &dns_port,
		.dns_port_count = 1,
		.verdicts = true,
		.trial = true,
	};
	struct live_failure failure = {};
	struct features *f = &q->features;
	struct live *live = NULL;
	int err = live__open(&options, &live, &failure);

	q->finds_entries = !err && live__finds_entries(live);
	live__close(live);
	if (!err) {
		f->loads = TRIAL_YES;
		return;
	}
	/* who may not even try learns nothing of the kernel */
	f->loads = failure.kernel_cannot && f->test_run != TRIAL_UNKNOWN ? TRIAL_NO : TRIAL_UNKNOWN;
	snprintf(q->refusal, sizeof(q->refusal),
		 "let dropwhy %s: %s ('dropwhy trace --verbose' shows its own words)", failure.what,
		 strerror(-err));
}

static void ask_about_drops(struct inquiry *q, const char *btf_path)
{
	struct features *f = &q->features;

	const bool dynptr = kernel_trial__skb_dynptr(kernel_btf__get(NULL)) == TRIAL_YES;
	const struct memory_symbols memory = kernel_functions__memory(q->kallsyms);

	f->args = tracepoint__kfree_skb_args();
	f->typed = tracepoint__variant(f->args, dynptr, &f->variant);
	if (f->typed && dynptr)
		f->page_fragments = "dynptr";
	else if (memory.page_offset_base && memory.vmemmap_base)
		f->page_fragments = "page addresses";
	f->ring_buffer = kernel_trial__ring_buffer();
	f->test_run = kernel_trial__test_run();
	try_to_load(q, btf_path);
}

/* --- direct hooks */

static void plan_modes(struct features *f)
{
	static const struct {
		const char *name, *causes;
		enum conntrack_mode mode;
		bool hooks_wanted, hooks_required;
	} modes[__FEATURES_MODE_MAX] = {
		[FEATURES_AUTO] = { "auto", "counters", CONNTRACK_COUNTERS, true, false },
		[FEATURES_COUNTERS] = { "counters", "counters", CONNTRACK_COUNTERS, false, false },
		[FEATURES_DIRECT] = { "direct", "hooks", CONNTRACK_DIRECT, true, true },
		[FEATURES_BOTH] = { "both", "both", CONNTRACK_BOTH, true, true },
	};
	int i, err;

	for (i = 0; i < __FEATURES_MODE_MAX; i++) {
		struct features_mode *mode = &f->modes[i];

		mode->name = modes[i].name;
		mode->causes = modes[i].causes;
		if (!modes[i].hooks_wanted)
			continue;
		memcpy(mode->hooks, f->hooks, sizeof(mode->hooks));
		err = conntrack_hooks__plan(modes[i].mode, mode->hooks, &mode->why_not);
		/* without nf_conntrack they wait for it */
		mode->hooked = !err || err == -ENOENT;
		mode->refused = !mode->hooked && modes[i].hooks_required;
	}
}

static void ask_about_conntrack(struct inquiry *q, const char *btf_path)
{
	struct features *f = &q->features;
	struct conntrack_types types;
	int i;

	f->conntrack = kernel_facts__module("", "nf_conntrack");
	if (!f->entries_in && (q->finds_entries || !conntrack_types__find(btf_path, &types)))
		f->entries_in = "nf_conntrack_net";
	f->trampolines = kernel_trial__trampolines(kernel_btf__get(NULL));
	f->kprobes = kernel_trial__kprobes();
	conntrack_hooks__look(q->kallsyms, CONNTRACK_BOTH, f->hooks);
	for (i = 0; i < __HOOK_FUNCTION_MAX; i++) {
		if (f->loads != TRIAL_UNKNOWN)
			continue;
		f->hooks[i].method = HOOK_METHOD_NONE;
		f->hooks[i].symbol[0] = '\0';
		f->hooks[i].why_not = may_not_load;
	}
	plan_modes(f);
}

/* --- changes of settings */

static void ask_about_settings(struct inquiry *q, const char *btf_path)
{
	struct features *f = &q->features;
	int err;

	f->watch = TRIAL_UNKNOWN;
	f->watch_why_not = may_not_load;
	if (f->loads == TRIAL_UNKNOWN)
		return;
	err = settings__try("", btf_path, &f->watches_node, &f->watch_why_not);
	if (!err)
		f->watch_why_not = NULL;
	if (err != -ENOMEM)
		f->watch = err ? TRIAL_NO : TRIAL_YES;
}

/* --- conclusions */

static void miss(struct features *f, const char *what)
{
	f->missing[f->missing_count++] = what;
}

static void conclude(struct inquiry *q)
{
	struct features *f = &q->features;

	if (f->btf_error)
		miss(f, "carry its types (CONFIG_DEBUG_INFO_BTF, or a file for --btf)");
	if (f->ring_buffer == TRIAL_NO)
		miss(f, "have BPF ring buffers (Linux 5.8)");
	if (f->test_run == TRIAL_NO)
		miss(f, "run BPF programs on a chosen CPU for testing (Linux 5.10), by which the "
			"baselines of conntrack's counters are taken");
	if (!f->typed && !f->tracefs)
		miss(f, "show the kfree_skb tracepoint, neither typed in its BTF nor below tracefs "
			"(mount -t tracefs tracefs /sys/kernel/tracing)");
	if (f->lockdown && !strcmp(f->lockdown, "confidentiality"))
		miss(f, "let BPF programs read its memory: lockdown=confidentiality");
	if (f->loads == TRIAL_NO && !f->missing_count)
		miss(f, q->refusal);
}

static void name_missing(const struct features *f)
{
	size_t i;

	fputs("dropwhy: this kernel cannot run 'dropwhy trace': it does not ", stderr);
	for (i = 0; i < f->missing_count; i++)
		fprintf(stderr, "%s%s", i ? "; nor does it " : "", f->missing[i]);
	fputs(".\n", stderr);
}

/* Then what was not found says nothing of the kernel. */
static bool is_short_of_memory(const struct features *f)
{
	return f->btf_error == -ENOMEM || f->kallsyms_error == -ENOMEM;
}

/* @err: -errno, libbpf's own numbers among them. */
static void refuse_types(const char *btf_path, int err)
{
	char why[256];

	libbpf_strerror(err, why, sizeof(why));
	fprintf(stderr, "dropwhy: cannot read the types in %s: %s; --btf takes BTF, or an ELF file "
		"that holds it\n", btf_path, why);
}

bool features__check_types(const char *btf_path)
{
	int err;

	if (!btf_path || kernel_btf__get(btf_path))
		return true;
	err = -errno;
	/* then what was not found says nothing of the file */
	if (err == -ENOMEM)
		return true;
	refuse_types(btf_path, err);
	return false;
}

bool features__explain(const char *btf_path)
{
	static struct inquiry q;

	memset(&q, 0, sizeof(q));
	ask_kernel(&q);
	ask_types(&q, btf_path);
	if (!is_short_of_memory(&q.features)) {
		ask_about_drops(&q, btf_path);
		conclude(&q);
	}
	if (q.features.missing_count)
		name_missing(&q.features);
	kernel_btf__release();
	kallsyms__free(q.kallsyms);
	return q.features.missing_count > 0;
}

static int report(const struct features *f, bool json)
{
	int err = json ? features_report__json(f, stdout) : features_report__text(f, stdout);

	if (err) {
		fprintf(stderr, "dropwhy: cannot write to standard output: %s\n", strerror(-err));
		return EXIT_FAILED;
	}
	if (!f->missing_count)
		return EXIT_FINE;
	name_missing(f);
	return EXIT_KERNEL;
}

int features__main(int argc, char **argv)
{
	static const struct argp_child children[] = { { &argument_help_argp, 0, NULL, 0 }, { 0 } };
	static const struct argp argp = { argp_options, parse_option, NULL, doc, children, NULL,
					  NULL };
	static char name[] = "dropwhy features";
	struct features_options options = {};
	static struct inquiry q;
	int status;

	argv[0] = name;
	argp_err_exit_status = EXIT_USAGE;
	if (argp_parse(&argp, argc, argv, 0, NULL, &options))
		return EXIT_USAGE;
	libbpf_set_print(NULL);
	ask_kernel(&q);
	ask_types(&q, options.btf_path);
	if (is_short_of_memory(&q.features)) {
		fputs("dropwhy: not enough memory for the kernel's types and functions\n", stderr);
		status = EXIT_FAILED;
	} else if (options.btf_path && q.features.btf_error) {
		refuse_types(options.btf_path, q.features.btf_error);
		status = EXIT_FAILED;
	} else {
		ask_reasons(&q, options.btf_path);
		ask_about_drops(&q, options.btf_path);
		ask_about_conntrack(&q, options.btf_path);
		ask_about_settings(&q, options.btf_path);
		conclude(&q);
		status = report(&q.features, options.json);
	}
	kernel_btf__release();
	reason_names__free(q.reasons);
	kallsyms__free(q.kallsyms);
	return status;
}
