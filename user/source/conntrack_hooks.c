// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Direct hooks on conntrack: see conntrack_hooks.h. What a kernel allows is
 * tried, not read off its version.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/source/btf_attach.h"
#include "user/source/btf_excerpt.h"
#include "user/source/conntrack_hooks.h"
#include "user/source/kernel_btf.h"
#include "user/source/kernel_trial.h"

/* generated; must match the maps' types in bpf/direct_verdict.h */
#include "conntrack_hooks.skel.h"

#define LINKS_PER_FUNCTION 2 /* entry and return */

struct conntrack_hooks {
	struct conntrack_hooks_bpf *skel;
	struct bpf_link *links[__HOOK_FUNCTION_MAX][LINKS_PER_FUNCTION];
	struct conntrack_hook_status status[__HOOK_FUNCTION_MAX];
	int cpu_count;
};

/* Which modes need a function at all, and which of its programs are for what. */
struct hook_plan {
	const char *function;
	bool adds;		/* tells what counters cannot */
	const char *trampolines[LINKS_PER_FUNCTION]; /* attached from the last to the first */
	const char *kprobe, *kretprobe;
};

static const struct hook_plan plans[__HOOK_FUNCTION_MAX] = {
	[HOOK_CLASH] = { "nf_ct_resolve_clash", true, { "clash_fexit" }, "clash_kprobe",
			 "clash_kretprobe" },
	[HOOK_CONFIRM] = { "__nf_conntrack_confirm", false, { "confirm_fexit" }, "confirm_kprobe",
			   "confirm_kretprobe" },
	[HOOK_ALLOC] = { "__nf_conntrack_alloc", false, { "alloc_fexit" }, NULL,
			 "alloc_kretprobe" },
	[HOOK_IN] = { "nf_conntrack_in", false, { "in_fexit" }, "in_kprobe", "in_kretprobe" },
	[HOOK_EVICT] = { "early_drop", true, { "evict_fentry", "evict_fexit" }, "evict_kprobe",
			 "evict_kretprobe" },
	[HOOK_DELETE] = { "nf_ct_delete", true, { "delete_fentry" }, "delete_kprobe", NULL },
};

/* --- what this kernel allows */

#define NO_ADDRESSES                                                                              \
	"the kernel does not show where its functions are: sysctl kernel.kptr_restrict=1 and "     \
	"CAP_SYSLOG help"
#define BARRED "without kprobes it takes CAP_SYS_ADMIN to hook functions of a module"

static bool has_function(const struct btf *btf, const char *name)
{
	return btf && kernel_btf__find_own(btf, name, BTF_KIND_FUNC) > 0;
}

struct symbol_search {
	const struct kallsyms *kallsyms;
	struct conntrack_hook_status *status;
	bool parts;		/* of a function, or the whole of it */
};

/* Static functions of others may be called the same: conntrack's lie where nf_conntrack_in does. */
static bool is_conntracks(const struct kallsyms *k, __u64 address)
{
	const char *module = kallsyms__module(k, address), *home;
	__u64 in;

	if (!kallsyms__addresses(k, "nf_conntrack_in", &in, 1))
		return false;
	home = kallsyms__module(k, in);
	return module && home ? !strcmp(module, home) : module == home;
}

static int take_symbol(__u64 start, __u64 end, const char *name, void *ctx)
{
	const struct symbol_search *search = ctx;

	(void)end;
	if (strstr(name, ".cold") || !strstr(name, ".part.") == search->parts ||
	    !is_conntracks(search->kallsyms, start))
		return 0;
	snprintf(search->status->symbol, sizeof(search->status->symbol), "%s", name);
	search->status->address = start;
	return 1;
}

static void forbid(struct conntrack_hook_status *status, const char *why_not)
{
	status->why_not = why_not;
	status->forbidden = true;
}

static void find_symbol(const struct kallsyms *k, struct conntrack_hook_status *status, bool parts)
{
	struct symbol_search search = { k, status, parts };

	if (k && !status->symbol[0])
		kallsyms__range(k, status->function, take_symbol, &search);
}

/* A trampoline goes by the types of whatever holds the function. */
static bool has_types(const struct kallsyms *k, const struct conntrack_hook_means *means,
		      const struct conntrack_hook_status *status)
{
	return has_function(kallsyms__module(k, status->address) ? means->module_btf :
								   means->kernel_btf,
			    status->function);
}

void conntrack_hooks__judge(const struct kallsyms *k, const struct conntrack_hook_means *means,
			    struct conntrack_hook_status *ret_status)
{
	bool loaded = k && kallsyms__range(k, "nf_conntrack_in", NULL, NULL) > 0;
	bool any = means->trampolines || means->kprobes;
	int i;

	for (i = 0; i < __HOOK_FUNCTION_MAX; i++) {
		struct conntrack_hook_status *status = &ret_status[i];

		memset(status, 0, sizeof(*status));
		status->function = plans[i].function;
		/* 5.10's early_drop calls nf_ct_delete.part.0, which is what others of its file
		 * call where its first test was inlined into them; so does nf_ct_delete */
		if (i == HOOK_DELETE)
			find_symbol(k, status, true);
		find_symbol(k, status, false);
		status->may_come = k && !loaded && any;
		if (!any)
			status->why_not = "the kernel has no kprobes and refuses trampolines";
		else if (!k)
			forbid(status, NO_ADDRESSES);
		else if (!status->symbol[0])
			status->why_not = loaded ? "no such function: the compiler inlined it" :
						   "nf_conntrack is not loaded";
		else if (means->trampolines && !strcmp(status->symbol, status->function) &&
			 has_types(k, means, status))
			status->method = HOOK_METHOD_TRAMPOLINE;
		else if (means->kprobes)
			status->method = HOOK_METHOD_KPROBE;
		else if (means->module_barred)
			forbid(status, BARRED);
		else
			status->why_not = "the kernel has no kprobes and no trampoline fits";
	}
}

void conntrack_hooks__look(const struct kallsyms *k, enum conntrack_mode mode,
			   struct conntrack_hook_status *ret_status)
{
	struct conntrack_hook_means means = { .kprobes = kernel_trial__kprobes() == TRIAL_YES };
	bool wanted = !means.kprobes || mode != CONNTRACK_COUNTERS;
	struct btf *base = wanted ? kernel_btf__get(NULL) : NULL;

	means.trampolines = wanted && kernel_trial__trampolines(base) == TRIAL_YES;
	means.kernel_btf = base;
	means.module_btf = base ? kernel_btf__conntrack() : NULL;
	means.module_barred = means.module_btf && !btf_attach__reaches_conntrack();
	if (means.module_barred)
		means.module_btf = NULL;
	conntrack_hooks__judge(k, &means, ret_status);
}

static int refusal(const struct conntrack_hook_status *status)
{
	if (status->forbidden)
		return -EPERM;
	return status->may_come ? -ENOENT : -EOPNOTSUPP;
}

int conntrack_hooks__plan(enum conntrack_mode mode, struct conntrack_hook_status *status,
			  const char **ret_why_not)
{
	bool kprobes = kernel_trial__kprobes() == TRIAL_YES, any = false;
	int i;

	for (i = 0; i < __HOOK_FUNCTION_MAX; i++) {
		if (mode == CONNTRACK_COUNTERS) {
			if (!plans[i].adds)
				status[i].method = HOOK_METHOD_NONE;
			else if (status[i].method == HOOK_METHOD_TRAMPOLINE && kprobes)
				status[i].method = HOOK_METHOD_KPROBE;
		}
		any |= status[i].method != HOOK_METHOD_NONE;
		if (status[i].why_not && mode != CONNTRACK_COUNTERS &&
		    (i == HOOK_CONFIRM || i == HOOK_IN || i == HOOK_ALLOC)) {
			*ret_why_not = status[i].why_not;
			return refusal(&status[i]);
		}
	}
	/* without early_drop nf_ct_delete tells nothing, and the other way round */
	if (status[HOOK_EVICT].why_not || status[HOOK_DELETE].why_not)
		status[HOOK_EVICT].method = status[HOOK_DELETE].method = HOOK_METHOD_NONE;
	if (any)
		return 0;
	*ret_why_not = status[HOOK_CLASH].why_not;
	return refusal(&status[HOOK_CLASH]);
}

/* --- loading */

static struct bpf_program *find(const struct conntrack_hooks *hooks, const char *name)
{
	return name ? bpf_object__find_program_by_name(hooks->skel->obj, name) : NULL;
}

static void autoload(const struct conntrack_hooks *hooks, int function)
{
	const struct hook_plan *plan = &plans[function];
	int i;

	if (hooks->status[function].method == HOOK_METHOD_TRAMPOLINE) {
		for (i = 0; i < LINKS_PER_FUNCTION && plan->trampolines[i]; i++)
			bpf_program__set_autoload(find(hooks, plan->trampolines[i]), true);
	} else if (hooks->status[function].method == HOOK_METHOD_KPROBE) {
		if (plan->kprobe)
			bpf_program__set_autoload(find(hooks, plan->kprobe), true);
		if (plan->kretprobe)
			bpf_program__set_autoload(find(hooks, plan->kretprobe), true);
	}
}

/* By address: another module may have a function of that name. */
static struct bpf_link *attach_kprobe(struct bpf_program *program, bool at_return, __u64 address)
{
	LIBBPF_OPTS(bpf_kprobe_opts, opts, .retprobe = at_return, .offset = address);

	/* without a name libbpf hands the offset on as the address */
	return bpf_program__attach_kprobe_opts(program, NULL, &opts);
}

static int attach_kprobes(struct conntrack_hooks *hooks, int function)
{
	const struct hook_plan *plan = &plans[function];
	__u64 address = hooks->status[function].address;

	/* the return first: an entry without its return would wait for nothing */
	if (plan->kretprobe) {
		hooks->links[function][1] =
			attach_kprobe(find(hooks, plan->kretprobe), true, address);
		if (!hooks->links[function][1])
			return -errno;
	}
	if (plan->kprobe) {
		hooks->links[function][0] =
			attach_kprobe(find(hooks, plan->kprobe), false, address);
		if (!hooks->links[function][0])
			return -errno;
	}
	return 0;
}

static int attach_trampolines(struct conntrack_hooks *hooks, int function)
{
	const struct hook_plan *plan = &plans[function];
	int i;

	/* as with kprobes: an eviction that was seen to begin must be seen to end */
	for (i = LINKS_PER_FUNCTION - 1; i >= 0; i--) {
		if (!plan->trampolines[i])
			continue;
		hooks->links[function][i] =
			bpf_program__attach_trace(find(hooks, plan->trampolines[i]));
		if (!hooks->links[function][i])
			return -errno;
	}
	return 0;
}

static int attach(struct conntrack_hooks *hooks, int function)
{
	switch (hooks->status[function].method) {
	case HOOK_METHOD_TRAMPOLINE:
		return attach_trampolines(hooks, function);
	case HOOK_METHOD_KPROBE:
		return attach_kprobes(hooks, function);
	default:
		return 0;
	}
}

static int load(struct conntrack_hooks *hooks, struct btf_excerpt *excerpt, int verdicts_fd,
		int events_fd)
{
	int err, i;

	hooks->skel->rodata->has_clash_hook = hooks->status[HOOK_CLASH].method != HOOK_METHOD_NONE;
	for (i = 0; i < __HOOK_FUNCTION_MAX; i++)
		autoload(hooks, i);
	err = bpf_map__reuse_fd(hooks->skel->maps.verdicts, verdicts_fd);
	if (!err)
		err = bpf_map__reuse_fd(hooks->skel->maps.events, events_fd);
	if (!err)
		err = kernel_btf__fill_excerpt(excerpt, bpf_object__btf(hooks->skel->obj));
	if (!err)
		err = conntrack_hooks_bpf__load(hooks->skel);
	for (i = 0; !err && i < __HOOK_FUNCTION_MAX; i++)
		err = attach(hooks, i);
	return err;
}

struct conntrack_hooks *conntrack_hooks__open(const struct kallsyms *k, enum conntrack_mode mode,
					      const char *btf_path, int verdicts_fd, int events_fd,
					      const char **ret_why_not)
{
	LIBBPF_OPTS(bpf_object_open_opts, open_opts, .btf_custom_path = btf_path);
	struct conntrack_hooks *hooks = calloc(1, sizeof(*hooks));
	struct btf_excerpt *excerpt = NULL;
	int err;

	*ret_why_not = "out of memory";
	if (!hooks) {
		errno = ENOMEM;
		return NULL;
	}
	hooks->cpu_count = libbpf_num_possible_cpus();
	conntrack_hooks__look(k, mode, hooks->status);
	err = conntrack_hooks__plan(mode, hooks->status, ret_why_not);
	if (err)
		goto cleanup;
	*ret_why_not = "the kernel refuses the programs";
	err = btf_attach__begin();
	if (err)
		goto cleanup;
	excerpt = kernel_btf__excerpt(btf_path);
	if (excerpt)
		open_opts.btf_custom_path = btf_excerpt__path(excerpt);
	hooks->skel = conntrack_hooks_bpf__open_opts(&open_opts);
	err = hooks->skel ? load(hooks, excerpt, verdicts_fd, events_fd) : -errno;
	if (err)
		goto cleanup;
	btf_attach__end();
	btf_excerpt__free(excerpt);
	return hooks;

cleanup:
	/* EACCES: some distributions' perf asks for CAP_SYS_ADMIN where CAP_PERFMON should do */
	if (hooks->skel && (err == -EACCES || err == -EPERM))
		*ret_why_not = "the kernel refuses the programs: CAP_SYS_ADMIN helps, or CAP_PERFMON "
			       "and sysctl kernel.perf_event_paranoid=2";
	btf_attach__end();
	btf_excerpt__free(excerpt);
	conntrack_hooks__close(hooks);
	errno = -err;
	return NULL;
}

const struct conntrack_hook_status *conntrack_hooks__status(const struct conntrack_hooks *hooks)
{
	return hooks->status;
}

int conntrack_hooks__evictions(const struct conntrack_hooks *hooks, __u64 *ret_evictions,
			       __u64 *ret_lost)
{
	struct conntrack_progress *values = calloc(hooks->cpu_count, sizeof(*values));
	__u64 evictions = 0, lost = 0;
	__u32 zero = 0;
	int cpu, err = 0;

	if (!values)
		return -ENOMEM;
	if (bpf_map_lookup_elem(bpf_map__fd(hooks->skel->maps.progress), &zero, values) < 0) {
		err = -errno;
		goto cleanup;
	}
	for (cpu = 0; cpu < hooks->cpu_count; cpu++) {
		evictions += values[cpu].evictions;
		lost += values[cpu].evictions_lost;
	}
	*ret_evictions = evictions;
	*ret_lost = lost;
cleanup:
	free(values);
	return err;
}

void conntrack_hooks__close(struct conntrack_hooks *hooks)
{
	int i, j;

	if (!hooks)
		return;
	/* a verdict whose grounds are not looked at any more would be another one */
	for (i = __HOOK_FUNCTION_MAX - 1; i >= 0; i--)
		for (j = 0; j < LINKS_PER_FUNCTION; j++)
			bpf_link__destroy(hooks->links[i][j]);
	conntrack_hooks_bpf__destroy(hooks->skel);
	free(hooks);
}
