/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Prints features as text or JSON, both from one walk, so that they say the
 * same under the same names. Of what is unknown JSON says nothing.
 */
#include <errno.h>
#include <jansson.h>
#include <linux/capability.h>
#include <string.h>

#include "user/commands/features_report.h"
#include "user/sinks/sink.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Width of the column of names. */
#define NAME_WIDTH 24

struct report {
	FILE *out;
	json_t *root;		/* NULL: text is wanted */
	json_t *group;		/* member of root */
	bool failed;		/* out of memory */
};

static const struct {
	const char *name;
	int bit;
} capabilities[] = {
	{ "CAP_BPF", CAP_BPF },		    { "CAP_PERFMON", CAP_PERFMON },
	{ "CAP_NET_ADMIN", CAP_NET_ADMIN }, { "CAP_SYS_ADMIN", CAP_SYS_ADMIN },
	{ "CAP_SYS_PTRACE", CAP_SYS_PTRACE }, { "CAP_SYSLOG", CAP_SYSLOG },
	{ "CAP_DAC_READ_SEARCH", CAP_DAC_READ_SEARCH },
};

static const char *const modules[__FEATURES_MODULE_MAX] = {
	[FEATURES_CONNTRACK] = "nf_conntrack",
	[FEATURES_TABLES] = "nf_tables",
	[FEATURES_OPENVSWITCH] = "openvswitch",
	[FEATURES_MAC80211] = "mac80211",
};

static const char *const module_states[] = {
	[MODULE_ABSENT] = "not loaded",
	[MODULE_LOADED] = "module",
	[MODULE_BUILT_IN] = "built in",
};

static const char *const types_places[] = {
	[MODULE_TYPES_NONE] = NULL,
	[MODULE_TYPES_KERNEL] = "kernel",
	[MODULE_TYPES_OWN] = "module",
};

static const char *const methods[] = {
	[HOOK_METHOD_NONE] = "none",
	[HOOK_METHOD_TRAMPOLINE] = "trampoline",
	[HOOK_METHOD_KPROBE] = "kprobe",
};

const char *features_report__module(enum features_module module)
{
	return modules[module];
}

/* --- one value in either form */

static void set(struct report *r, json_t *object, const char *name, json_t *value)
{
	if (json_object_set_new(object, name, value))
		r->failed = true;
}

static void append(struct report *r, json_t *array, json_t *value)
{
	if (json_array_append_new(array, value))
		r->failed = true;
}

static void begin_group(struct report *r, const char *name, const char *title)
{
	if (!r->root) {
		fprintf(r->out, "%s\n", title);
		return;
	}
	r->group = json_object();
	if (json_object_set_new(r->root, name, r->group)) {
		r->failed = true;
		r->group = NULL; /* it is gone */
	}
}

static void put_name(struct report *r, const char *name)
{
	fprintf(r->out, "  %s:%-*s", name, (int)(NAME_WIDTH - strlen(name)), "");
}

/* @absent: what text says where there is no value. */
static void put_text(struct report *r, const char *name, const char *value, const char *absent)
{
	if (!r->root) {
		put_name(r, name);
		fprintf(r->out, "%s\n", value ? value : absent);
	} else if (value) {
		set(r, r->group, name, json_string(value));
	}
}

static void put_number(struct report *r, const char *name, long long value, bool known)
{
	if (r->root) {
		if (known)
			set(r, r->group, name, json_integer(value));
		return;
	}
	put_name(r, name);
	if (known)
		fprintf(r->out, "%lld\n", value);
	else
		fputs("unknown\n", r->out);
}

static void put_answer(struct report *r, const char *name, enum trial_answer answer)
{
	static const char *const words[] = { "no", "yes", "unknown" };

	if (!r->root) {
		put_name(r, name);
		fprintf(r->out, "%s\n", words[answer]);
	} else if (answer != TRIAL_UNKNOWN) {
		set(r, r->group, name, json_boolean(answer == TRIAL_YES));
	}
}

static void put_list(struct report *r, const char *name, const char *const *values, size_t count)
{
	json_t *list;
	size_t i;

	if (!r->root) {
		put_name(r, name);
		for (i = 0; i < count; i++)
			fprintf(r->out, "%s%s", i ? ", " : "", values[i]);
		fputs(count ? "\n" : "none\n", r->out);
		return;
	}
	list = json_array();
	for (i = 0; i < count; i++)
		append(r, list, json_string(values[i]));
	set(r, r->group, name, list);
}

/* --- the groups */

static void put_kernel(struct report *r, const struct features *f)
{
	const char *have[ARRAY_SIZE(capabilities)], *lack[ARRAY_SIZE(capabilities)];
	size_t have_count = 0, lack_count = 0, i;

	for (i = 0; i < ARRAY_SIZE(capabilities); i++) {
		if (f->capabilities >> capabilities[i].bit & 1)
			have[have_count++] = capabilities[i].name;
		else
			lack[lack_count++] = capabilities[i].name;
	}
	begin_group(r, "kernel", "Kernel, and this process");
	put_text(r, "release", f->release, "unknown");
	put_text(r, "machine", f->machine, "unknown");
	put_text(r, "lockdown", f->lockdown, "unknown (none, or securityfs is not mounted)");
	put_list(r, "capabilities", have, have_count);
	put_list(r, "capabilities_missing", lack, lack_count);
}

static void put_types(struct report *r, const struct features *f)
{
	enum features_module module;

	begin_group(r, "types", "Types (BTF)");
	put_text(r, "btf", f->btf_error ? NULL : f->btf_file ? "file" : "kernel", "none");
	for (module = 0; module < __FEATURES_MODULE_MAX; module++)
		put_text(r, modules[module], types_places[f->module_types[module]], "none");
}

static void put_drops(struct report *r, const struct features *f)
{
	begin_group(r, "drops", "Drops and their reasons");
	put_number(r, "tracepoint_arguments", f->args, f->args >= 0);
	put_text(r, "program", f->variant.program, "none");
	put_text(r, "hook", f->variant.hook_name, "none");
	put_answer(r, "program_loads", f->loads);
	put_answer(r, "ring_buffer", f->ring_buffer);
	put_answer(r, "test_run_on_cpu", f->test_run);
	put_text(r, "page_fragments", f->page_fragments, "not read");
	put_text(r, "tracefs", f->tracefs, "none");
	put_number(r, "kernel_functions", f->functions, !f->kallsyms_error);
	put_number(r, "reasons", f->reasons, true);
	put_list(r, "subsystems", f->subsystems, f->subsystem_count);
}

static void put_function(struct report *r, json_t *list, const struct conntrack_hook_status *hook)
{
	json_t *row;

	if (!r->root) {
		put_name(r, hook->function);
		fputs(methods[hook->method], r->out);
		if (hook->method && strcmp(hook->symbol, hook->function))
			fprintf(r->out, " on %s", hook->symbol);
		if (hook->why_not)
			fprintf(r->out, ": %s", hook->why_not);
		fputc('\n', r->out);
		return;
	}
	row = json_object();
	set(r, row, "function", json_string(hook->function));
	if (hook->symbol[0])
		set(r, row, "symbol", json_string(hook->symbol));
	set(r, row, "method", json_string(methods[hook->method]));
	if (hook->why_not)
		set(r, row, "why_not", json_string(hook->why_not));
	append(r, list, row);
}

static void put_functions(struct report *r, const struct features *f)
{
	json_t *list = r->root ? json_array() : NULL;
	int i;

	for (i = 0; i < __HOOK_FUNCTION_MAX; i++)
		put_function(r, list, &f->hooks[i]);
	if (r->root)
		set(r, r->group, "functions", list);
}

static void put_conntrack(struct report *r, const struct features *f)
{
	begin_group(r, "conntrack", "Causes of conntrack's drops");
	put_text(r, "nf_conntrack", module_states[f->conntrack], "unknown");
	put_answer(r, "counters", f->counters ? TRIAL_YES : TRIAL_NO);
	put_text(r, "entries_counted_in", f->entries_in, "unknown");
	put_answer(r, "trampolines", f->trampolines);
	put_answer(r, "kprobes", f->kprobes);
	put_functions(r, f);
}

static void put_mode_text(struct report *r, const struct features_mode *mode)
{
	const char *separator = "hooks on ";
	int i;

	put_name(r, mode->name);
	if (mode->refused) {
		fprintf(r->out, "refused: %s\n", mode->why_not);
		return;
	}
	fprintf(r->out, "causes by %s; ", mode->causes);
	if (!mode->hooked)
		fputs("no hooks", r->out);
	else if (mode->why_not)
		fputs("hooks once they can be", r->out);
	for (i = 0; mode->hooked && !mode->why_not && i < __HOOK_FUNCTION_MAX; i++) {
		if (!mode->hooks[i].method)
			continue;
		fprintf(r->out, "%s%s (%s)", separator, mode->hooks[i].function,
			methods[mode->hooks[i].method]);
		separator = ", ";
	}
	if (mode->why_not)
		fprintf(r->out, ": %s", mode->why_not);
	fputc('\n', r->out);
}

static json_t *make_hook(struct report *r, const struct conntrack_hook_status *hook)
{
	json_t *row = json_object();

	set(r, row, "function", json_string(hook->function));
	set(r, row, "method", json_string(methods[hook->method]));
	return row;
}

static json_t *make_mode(struct report *r, const struct features_mode *mode)
{
	json_t *row = json_object(), *hooks = json_array();
	int i;

	set(r, row, "mode", json_string(mode->name));
	set(r, row, "possible", json_boolean(!mode->refused));
	set(r, row, "causes", json_string(mode->causes));
	for (i = 0; mode->hooked && !mode->why_not && i < __HOOK_FUNCTION_MAX; i++)
		if (mode->hooks[i].method)
			append(r, hooks, make_hook(r, &mode->hooks[i]));
	set(r, row, "hooks", hooks);
	if (mode->why_not)
		set(r, row, "why_not", json_string(mode->why_not));
	return row;
}

static void put_modes(struct report *r, const struct features *f)
{
	json_t *list = r->root ? json_array() : NULL;
	enum features_modes mode;

	if (!r->root)
		fputs("What --conntrack-hooks comes to\n", r->out);
	for (mode = 0; mode < __FEATURES_MODE_MAX; mode++) {
		if (r->root)
			append(r, list, make_mode(r, &f->modes[mode]));
		else
			put_mode_text(r, &f->modes[mode]);
	}
	if (r->root)
		set(r, r->root, "conntrack_hooks", list);
}

static void put_settings(struct report *r, const struct features *f)
{
	static const char *const words[] = { "no", "yes", "unknown" };
	static const char *const variants[] = { "compare", "watch", NULL };

	begin_group(r, "settings", "Changes of settings");
	if (r->root) {
		put_answer(r, "watch", f->watch);
		if (f->watch_why_not)
			set(r, r->group, "why_not", json_string(f->watch_why_not));
	} else {
		put_name(r, "watch");
		fprintf(r->out, "%s%s%s\n", words[f->watch], f->watch_why_not ? ": " : "",
			f->watch_why_not ? f->watch_why_not : "");
	}
	put_text(r, "writes_of",
		 f->watch != TRIAL_YES ? NULL : f->watches_node ? "node" : "container",
		 f->watch == TRIAL_NO ? "nobody" : "unknown");
	put_text(r, "sysctl_auto", variants[f->watch], "unknown");
}

static void put_verdict(struct report *r, const struct features *f)
{
	static const char *const verdicts[] = { "cannot run", "can run",
						"unknown: this process may not load BPF programs" };
	enum trial_answer answer = f->missing_count ? TRIAL_NO : f->loads;

	r->group = r->root;
	if (!r->root) {
		fprintf(r->out, "dropwhy trace\n  %s\n", verdicts[answer]);
		return;
	}
	put_answer(r, "can_trace", answer);
	put_list(r, "missing", f->missing, f->missing_count);
}

static void put_all(struct report *r, const struct features *f)
{
	put_kernel(r, f);
	put_types(r, f);
	put_drops(r, f);
	put_conntrack(r, f);
	put_modes(r, f);
	put_settings(r, f);
	put_verdict(r, f);
}

static int finish(FILE *out)
{
	if (fflush(out))
		return -errno;
	return ferror(out) ? -EIO : 0;
}

int features_report__text(const struct features *f, FILE *out)
{
	struct report r = { .out = out };

	put_all(&r, f);
	return finish(out);
}

int features_report__json(const struct features *f, FILE *out)
{
	struct report r = { .out = out, .root = json_object() };
	char *text = NULL;
	int err;

	if (!r.root)
		return -ENOMEM;
	set(&r, r.root, "type", json_string("features"));
	set(&r, r.root, "schema", json_integer(OUTPUT_SCHEMA_VERSION));
	put_all(&r, f);
	if (!r.failed)
		text = json_dumps(r.root, JSON_COMPACT | JSON_ENSURE_ASCII);
	if (text)
		fprintf(out, "%s\n", text);
	err = text ? finish(out) : -ENOMEM;
	free(text);
	json_decref(r.root);
	return err;
}
