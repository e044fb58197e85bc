// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Loads the BPF programs and runs them: see live.h.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/source/btf_attach.h"
#include "user/source/btf_excerpt.h"
#include "user/source/cpu_ids.h"
#include "user/source/kernel_btf.h"
#include "user/source/kernel_facts.h"
#include "user/source/kernel_trial.h"
#include "user/source/live.h"
#include "user/source/live_claims.h"
#include "user/source/live_fold.h"
#include "user/source/live_locate.h"
#include "user/source/live_walk.h"
#include "user/source/tracepoint.h"

/* generated; it uses the types of bpf/live_state.h and bpf/drop_filter.h */
#include "drop.skel.h"

/* Namespaces may come while we run; beyond this deleted ones are swept out first. */
#define NETNS_ROOM_MIN 256

struct live {
	struct drop_bpf *skel;
	struct bpf_program *program; /* the variant in use */
	struct bpf_link *link;
	struct ring_buffer *ring;
	live_record_fn record_fn;
	void *record_ctx;
	int taken;		/* records, by the present live__consume() */
	const char *hook_name;
	struct live_claims claims;
	struct live_locate locate;
	int cpu_count;		/* possible CPUs: values of per-CPU maps, in their order */
	int cpu_ids;		/* their numbers are below; there may be holes */
	bool *learned;		/* by number, whether baselines were taken there */
	bool started;
};

static int fail(struct live_failure *failure, int err, const char *what, const char *remedy,
		bool kernel_cannot)
{
	failure->what = what;
	failure->remedy = remedy;
	failure->kernel_cannot = kernel_cannot;
	return err;
}

static int on_record(void *ctx, void *data, size_t size)
{
	struct live *live = ctx;

	live->record_fn(live->record_ctx, data, size);
	/* what is negative ends the reading behind this record */
	return ++live->taken < LIVE_CONSUME_MAX ? 0 : -ECANCELED;
}

/* The variant whose arguments are those of the running kernel's tracepoint. */
static int choose_program(struct live *live, const struct live_options *options)
{
	int args = options->hook == LIVE_HOOK_TRACEPOINT ? -ENOENT : tracepoint__kfree_skb_args();
	struct tracepoint_variant variant;
	bool dynptr;

	dynptr = args >= 0 && options->dns_port_count &&
		 kernel_trial__skb_dynptr(kernel_btf__get(NULL)) == TRIAL_YES;
	if (!tracepoint__variant(args, dynptr, &variant) && options->hook == LIVE_HOOK_BTF)
		return args < 0 ? args : -EOPNOTSUPP;
	live->program = bpf_object__find_program_by_name(live->skel->obj, variant.program);
	live->hook_name = variant.hook_name;
	return live->program ? bpf_program__set_autoload(live->program, true) : -errno;
}

static void fill_locations(struct live *live, unsigned int table,
			   const struct location_class *locations, size_t count)
{
	const struct location_class unused = { .start = ~0ULL, .end = ~0ULL };
	size_t i;

	for (i = 0; i < LOCATION_CLASSES_MAX; i++)
		live->skel->bss->location_classes[table][i] = i < count ? locations[i] : unused;
}

/* The function itself, not what the compiler split off. */
static void find_parts(struct drop_bpf__rodata *rodata, const struct location_class *locations,
		       size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		__u64 bytes = locations[i].end - locations[i].start;

		if (locations[i].kind != LOCATION_PART || bytes <= rodata->parts_bytes)
			continue;
		rodata->parts_at = locations[i].start;
		rodata->parts_bytes = bytes;
	}
}

/* What headers are read in place as, see bpf/fold_key.bpf.h; 0 where they are not. */
static __u32 find_utsname(void)
{
	const struct btf *btf = kernel_btf__get(NULL);
	int id = btf ? btf__find_by_name_kind(btf, "new_utsname", BTF_KIND_STRUCT) : 0;

	return id > 0 ? (__u32)id : 0;
}

static int configure(struct live *live, const struct live_options *options)
{
	struct drop_bpf__rodata *rodata = live->skel->rodata;
	size_t room = 2 * options->netns_count, i;
	int err;

	if (options->location_count > LOCATION_CLASSES_MAX ||
	    options->dns_port_count > DNS_PORTS_MAX)
		return -E2BIG;
	/* rodata is const volatile for the programs only */
	memcpy((void *)&rodata->filter, options->filter, sizeof(rodata->filter));
	memcpy((void *)rodata->reason_flags, options->reason_flags, sizeof(rodata->reason_flags));
	fill_locations(live, 0, options->locations, options->location_count);
	find_parts(rodata, options->locations, options->location_count);
	rodata->cpu_ids = live->cpu_ids;
	rodata->conntrack_mode = options->conntrack;
	rodata->enable_verdicts = options->verdicts;
	rodata->enable_noise = options->noise;
	rodata->page_offset_base_at = options->memory.page_offset_base;
	rodata->vmemmap_base_at = options->memory.vmemmap_base;
	rodata->dns_port_count = options->dns_port_count;
	for (i = 0; i < options->dns_port_count; i++)
		*(__u16 *)&rodata->dns_ports_be[i] = htons(options->dns_ports[i]);
	rodata->wakeup_bytes = options->ring_bytes / 4;
	rodata->utsname_type = find_utsname();

	err = live_fold__configure(live->skel, options->fold, options->filter,
				   options->fold_flows_only, live->cpu_ids);
	if (err)
		return err;
	err = bpf_map__set_max_entries(live->skel->maps.events, options->ring_bytes);
	if (err)
		return err;
	return bpf_map__set_max_entries(live->skel->maps.namespaces,
					room < NETNS_ROOM_MIN ? NETNS_ROOM_MIN : room);
}

static bool is_hook(const struct hook_function *hooks, size_t count, __u64 address)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (hooks[i].address == address)
			return true;
	return false;
}

/* Forgets functions of modules that went: others may come to lie there. */
static void remove_hooks(int fd, const struct hook_function *hooks, size_t count)
{
	__u64 address, next;
	bool more = !bpf_map_get_next_key(fd, NULL, &address);

	while (more) {
		more = !bpf_map_get_next_key(fd, &address, &next);
		if (!is_hook(hooks, count, address))
			bpf_map_delete_elem(fd, &address);
		address = next;
	}
}

static int fill_hooks(struct live *live, const struct hook_function *hooks, size_t count)
{
	int fd = bpf_map__fd(live->skel->maps.hook_functions);
	int err = 0;
	size_t i;

	remove_hooks(fd, hooks, count);
	for (i = 0; i < count && !err; i++)
		if (bpf_map_update_elem(fd, &hooks[i].address, &hooks[i].kind, BPF_ANY) < 0)
			err = -errno;
	/* last: what was found out meanwhile is found out again */
	__atomic_add_fetch(&live->skel->bss->globals.hooks_epoch, 1, __ATOMIC_SEQ_CST);
	return err;
}

static int load(struct live *live, struct btf_excerpt *excerpt, struct live_failure *failure)
{
	int err = kernel_btf__fill_excerpt(excerpt, bpf_object__btf(live->skel->obj));

	if (!err)
		err = drop_bpf__load(live->skel);
	switch (err) {
	case 0:
		return 0;
	case -EPERM:
	case -EACCES:
		if (!kernel_facts__may_trace(""))
			return fail(failure, err, "load the BPF programs",
				    "run as the host's root, or grant CAP_BPF, CAP_PERFMON and "
				    "CAP_NET_ADMIN",
				    false);
		if (err == -EACCES) /* who may not use BPF at all gets EPERM */
			return fail(failure, err, "load the BPF programs",
				    "a security module (SELinux) forbids it, or the verifier refuses "
				    "them: then --verbose shows its words, for a bug report",
				    true);
		return fail(failure, err, "load the BPF programs",
			    "the kernel refuses BPF to this process, which has the capabilities: "
			    "check the lockdown mode and seccomp; "
			    "--verbose shows the kernel's own words",
			    true);
	case -ENOMEM:
		return fail(failure, err, "load the BPF programs",
			    "not enough memory for the maps, which grow with the CPUs (OVERHEAD in "
			    "dropwhy(8)): raise the memory limit, or try --fold=0 or a smaller "
			    "--ring-size", false);
	default:
		return fail(failure, err, "load the BPF programs",
			    "--verbose shows the kernel's own words", true);
	}
}

static int attach(struct live *live, const struct live_options *options,
		  struct live_failure *failure)
{
	int err;

	live->link = bpf_program__type(live->program) == BPF_PROG_TYPE_TRACING ?
			     bpf_program__attach_trace(live->program) :
			     bpf_program__attach(live->program);
	if (live->link)
		return 0;
	err = -errno;
	if (options->hook != LIVE_HOOK_BTF && live->program == live->skel->progs.kfree_skb_classic)
		return fail(failure, err, "attach to the skb:kfree_skb tracepoint",
			    "it needs tracefs: mount -t tracefs tracefs /sys/kernel/tracing", true);
	return fail(failure, err, "attach to the kfree_skb tracepoint",
		    "try --hook=tracepoint, the classic one", true);
}

int live__open(const struct live_options *options, struct live **ret_live,
	       struct live_failure *ret_failure)
{
	struct btf_excerpt *excerpt = kernel_btf__excerpt(options->btf_path);
	LIBBPF_OPTS(bpf_object_open_opts, open_opts,
		    .btf_custom_path = excerpt ? btf_excerpt__path(excerpt) : options->btf_path);
	/* no types for want of memory is not the same as a kernel without */
	bool memory_short = !excerpt && !options->btf_path && errno == ENOMEM;
	struct live *live = calloc(1, sizeof(*live));
	int err;

	if (!live || memory_short) {
		btf_excerpt__free(excerpt);
		free(live);
		return fail(ret_failure, -ENOMEM, "start", NULL, false);
	}
	live->locate.btf_path = options->btf_path;
	live->cpu_count = libbpf_num_possible_cpus();
	live->cpu_ids = cpu_ids__possible();
	if (live->cpu_count < 0 || live->cpu_ids < 0) {
		err = live->cpu_count < 0 ? live->cpu_count : live->cpu_ids;
		err = fail(ret_failure, err, "count the CPUs",
			   "is /sys mounted?", false);
		goto cleanup;
	}
	live->learned = calloc(live->cpu_ids, sizeof(*live->learned));
	if (!live->learned) {
		err = fail(ret_failure, -ENOMEM, "start", NULL, false);
		goto cleanup;
	}
	err = btf_attach__begin();
	if (!err) {
		live->skel = drop_bpf__open_opts(&open_opts);
		err = live->skel ? 0 : -errno;
	}
	if (err) {
		fail(ret_failure, err, "open the BPF programs", NULL, false);
		goto cleanup;
	}
	err = choose_program(live, options);
	if (err) {
		fail(ret_failure, err, "find the kfree_skb tracepoint in the kernel's BTF",
		     "the kernel needs CONFIG_DEBUG_INFO_BTF; --hook=tracepoint does without, "
		     "given --btf FILE", true);
		goto cleanup;
	}
	err = configure(live, options);
	if (err) {
		fail(ret_failure, err, "configure the BPF programs", NULL, false);
		goto cleanup;
	}
	err = load(live, excerpt, ret_failure);
	btf_attach__end();
	btf_excerpt__free(excerpt);
	excerpt = NULL;
	if (err)
		goto cleanup;
	live->claims.skel = live->skel;
	live->claims.cpu_count = live->cpu_count;
	live->locate.skel = live->skel;
	err = fill_hooks(live, options->hooks, options->hook_count);
	if (err) {
		fail(ret_failure, err, "fill the table of netfilter hooks", NULL, false);
		goto cleanup;
	}
	err = options->trial ? 0 : attach(live, options, ret_failure);
	if (err)
		goto cleanup;
	*ret_live = live;
	return 0;

cleanup:
	btf_attach__end();
	btf_excerpt__free(excerpt);
	live__close(live);
	return err;
}

int live__start(struct live *live, struct live_failure *ret_failure)
{
	static const char *what = "take the baseline of conntrack's counters";
	struct live_globals *globals = &live->skel->bss->globals;
	int err;

	err = live_locate__run(&live->locate);
	if (err)
		return fail(ret_failure, err, what,
			    "needs Linux 5.10 or later (BPF_PROG_TEST_RUN of raw tracepoints)",
			    true);
	err = live_walk__learn(live->skel, live->cpu_ids, live->learned);
	if (err < 0)
		return fail(ret_failure, err, what, NULL, false);
	globals->all_known = err != WALK_FULL;
	__atomic_store_n(&globals->counting, 1, __ATOMIC_SEQ_CST);
	live->started = true;
	return 0;
}

int live__map(struct live *live, struct live_failure *ret_failure)
{
	live->ring = ring_buffer__new(bpf_map__fd(live->skel->maps.events), on_record, live, NULL);
	return live->ring ? 0 : fail(ret_failure, -errno, "map the ring buffer",
				     "try a smaller --ring-size", false);
}

int live__modules_changed(struct live *live, const struct location_class *locations,
			  size_t location_count, const struct hook_function *hooks,
			  size_t hook_count)
{
	struct live_globals *globals = &live->skel->bss->globals;
	unsigned int other = !globals->location_table;
	int err, locate_err;

	if (location_count > LOCATION_CLASSES_MAX)
		return -E2BIG;
	fill_locations(live, other, locations, location_count);
	__atomic_store_n(&globals->location_table, other, __ATOMIC_RELEASE);
	err = fill_hooks(live, hooks, hook_count);
	locate_err = live_locate__run(&live->locate);
	return err ? err : locate_err;
}

void live__conntrack_gone(struct live *live, bool gone)
{
	struct live_globals *globals = &live->skel->bss->globals;

	__atomic_store_n(&globals->ct_gone, gone, __ATOMIC_SEQ_CST);
	/* each CPU forgets what it knows of each namespace when it next looks; this comes
	 * second, or one could look in between and learn again what is left behind */
	if (gone)
		__atomic_add_fetch(&globals->ct_departures, 1, __ATOMIC_SEQ_CST);
}

int live__conntrack_up(struct live *live)
{
	return live_locate__again(&live->locate);
}

bool live__finds_entries(struct live *live)
{
	return !live_locate__run(&live->locate) && live->skel->bss->globals.ct_net_id;
}

int live__verdicts_fd(const struct live *live)
{
	return bpf_map__fd(live->skel->maps.verdicts);
}

int live__events_fd(const struct live *live)
{
	return bpf_map__fd(live->skel->maps.events);
}

void live__stop(struct live *live)
{
	if (!live->started)
		return;
	__atomic_store_n(&live->skel->bss->globals.counting, 0, __ATOMIC_SEQ_CST);
	live_walk__all(live->skel, live->cpu_ids, WALK_STOP);
	/* a CPU that is offline now is still armed, and may come back before we end */
	bpf_link__destroy(live->link);
	live->link = NULL;
	live->started = false;
}

int live__fd(const struct live *live)
{
	return ring_buffer__epoll_fd(live->ring);
}

int live__consume(struct live *live, live_record_fn fn, void *ctx)
{
	int n;

	live->record_fn = fn;
	live->record_ctx = ctx;
	live->taken = 0;
	/* cleared first: a record that comes after this asks for another wake-up */
	__atomic_store_n(&live->skel->bss->globals.wakeup_pending, 0, __ATOMIC_SEQ_CST);
	n = ring_buffer__consume(live->ring);
	return n == -ECANCELED ? live->taken : n;
}

bool live__folds(const struct live *live)
{
	return live_fold__used(live->skel, live->cpu_ids);
}

static int drain(void *ctx)
{
	struct live *live = ctx;

	return live__consume(live, live->record_fn, live->record_ctx);
}

int live__flush(struct live *live, live_record_fn fn, void *ctx)
{
	live->record_fn = fn;
	live->record_ctx = ctx;
	return live_fold__flush(live->skel, live->cpu_ids, drain, live);
}

__u32 live__storms(const struct live *live)
{
	return __atomic_load_n(&live->skel->bss->globals.storms, __ATOMIC_RELAXED);
}

__u64 live__coarse(const struct live *live)
{
	return __atomic_load_n(&live->skel->bss->globals.coarse, __ATOMIC_RELAXED);
}

int live__counters(struct live *live, struct drop_counters *ret_counts, __u64 *ret_missed)
{
	int fd = bpf_map__fd(live->skel->maps.counters), err = 0, cpu;
	struct drop_counters *values = calloc(live->cpu_count, sizeof(*values));
	struct bpf_prog_info info = {};
	__u32 slot, info_len = sizeof(info);

	if (!values)
		return -ENOMEM;
	memset(ret_counts, 0, REASON_SLOTS * sizeof(*ret_counts));
	for (slot = 0; slot < REASON_SLOTS; slot++) {
		if (bpf_map_lookup_elem(fd, &slot, values) < 0) {
			err = -errno;
			goto cleanup;
		}
		for (cpu = 0; cpu < live->cpu_count; cpu++) {
			ret_counts[slot].seen += values[cpu].seen;
			ret_counts[slot].seen_bytes += values[cpu].seen_bytes;
			ret_counts[slot].delivered += values[cpu].delivered;
			ret_counts[slot].folded += values[cpu].folded;
			ret_counts[slot].coarse += values[cpu].coarse;
			ret_counts[slot].filtered += values[cpu].filtered;
			ret_counts[slot].noise += values[cpu].noise;
			ret_counts[slot].lost += values[cpu].lost;
		}
	}
	/* kernels that do not know recursion_misses (before 5.12) leave it zero */
	if (bpf_obj_get_info_by_fd(bpf_program__fd(live->program), &info, &info_len) < 0)
		err = -errno;
	*ret_missed = info.recursion_misses;
cleanup:
	free(values);
	return err;
}

int live__claims(struct live *live, struct live_claim **ret_claims, size_t *ret_count)
{
	return live_claims__read(&live->claims, ret_claims, ret_count);
}

int live__maintain(struct live *live)
{
	struct live_globals *globals = &live->skel->bss->globals;
	int err;

	if (!live->started)
		return 0;
	/* of CPUs that have come online; what cannot be done now is tried again */
	live_walk__learn(live->skel, live->cpu_ids, live->learned);
	if (globals->namespace_count < bpf_map__max_entries(live->skel->maps.namespaces) / 4 * 3)
		return 0;
	globals->epoch++;
	err = live_walk__all(live->skel, live->cpu_ids, WALK_SWEEP);
	return err < 0 ? err : live_claims__sweep(&live->claims, globals->epoch);
}

int live__evidence(struct live *live, struct live_evidence *ret_evidence)
{
	struct cpu_state *states = calloc(live->cpu_count, sizeof(*states));
	struct live_evidence evidence = {};
	__u32 zero = 0;
	int cpu, err = 0;

	if (!states)
		return -ENOMEM;
	if (bpf_map_lookup_elem(bpf_map__fd(live->skel->maps.cpus), &zero, states) < 0) {
		err = -errno;
		goto cleanup;
	}
	for (cpu = 0; cpu < live->cpu_count; cpu++) {
		evidence.no_baseline += states[cpu].no_baseline;
		evidence.compared += states[cpu].compared;
		evidence.disagreed += states[cpu].disagreed;
	}
	*ret_evidence = evidence;
cleanup:
	free(states);
	return err;
}

const char *live__hook_name(const struct live *live)
{
	return live->hook_name;
}

void live__close(struct live *live)
{
	if (!live)
		return;
	bpf_link__destroy(live->link);
	ring_buffer__free(live->ring);
	drop_bpf__destroy(live->skel);
	live_claims__done(&live->claims);
	free(live->learned);
	free(live);
}
