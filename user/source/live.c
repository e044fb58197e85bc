// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Loads the BPF programs and runs them: see live.h. Which namespaces exist and
 * where their counters are, the kernel side finds out by itself (walk.bpf.h);
 * this file runs that walk on each CPU.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/source/btf_excerpt.h"
#include "user/source/conntrack_types.h"
#include "user/source/kernel_btf.h"
#include "user/source/kernel_trial.h"
#include "user/source/live.h"
#include "user/source/live_fold.h"
#include "user/source/tracepoint.h"

/* generated; it uses the types of bpf/live_state.h and bpf/drop_filter.h */
#include "drop.skel.h"
#include "drop_untyped.skel.h"

/* Set in opts.flags of a test run: uapi/linux/bpf.h, since 5.10 */
#ifndef BPF_F_TEST_RUN_ON_CPU
#define BPF_F_TEST_RUN_ON_CPU (1U << 0)
#endif

/* Namespaces may come while we run; beyond this deleted ones are swept out first. */
#define NETNS_ROOM_MIN 256

/* A walk visits WALK_STEPS namespaces a run: room for 64 Ki of them. */
#define WALK_RUNS_MAX 1024

struct live {
	struct drop_bpf *skel;
	struct bpf_program *program; /* the variant in use */
	struct bpf_link *link;
	struct ring_buffer *ring;
	live_record_fn record_fn;
	void *record_ctx;
	const char *hook_name;
	const char *btf_path;
	struct live_claim *gone; /* claims of namespaces that were swept out */
	size_t gone_count;
	int cpu_count;		/* possible CPUs */
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

	return live->record_fn(live->record_ctx, data, size);
}

/*
 * libbpf wants the kernel's own types for a kfunc, even for a weak one that nothing calls. A kernel
 * without them, for which there is a file, gets the same programs compiled without any kfunc.
 */
static struct drop_bpf *open_programs(const struct bpf_object_open_opts *opts)
{
	struct drop_bpf *skel;
	int err;

	if (!opts->btf_custom_path || kernel_btf__get(NULL))
		return drop_bpf__open_opts(opts);
	skel = calloc(1, sizeof(*skel));
	if (!skel)
		return NULL;
	err = drop_bpf__create_skeleton(skel);
	if (!err) {
		skel->skeleton->data =
			(void *)drop_untyped_bpf__elf_bytes(&skel->skeleton->data_sz);
		err = bpf_object__open_skeleton(skel->skeleton, opts);
	}
	if (!err)
		return skel;
	drop_bpf__destroy(skel);
	errno = -err;
	return NULL;
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
	rodata->cpu_count = live->cpu_count;
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

	err = live_fold__configure(live->skel, options->fold, options->filter, live->cpu_count);
	if (err)
		return err;
	err = bpf_map__set_max_entries(live->skel->maps.events, options->ring_bytes);
	if (err)
		return err;
	return bpf_map__set_max_entries(live->skel->maps.namespaces,
					room < NETNS_ROOM_MIN ? NETNS_ROOM_MIN : room);
}

static int fill_hooks(struct live *live, const struct hook_function *hooks, size_t count)
{
	int fd = bpf_map__fd(live->skel->maps.hook_functions);
	size_t i;

	for (i = 0; i < count; i++) {
		const struct hook_function *hook = &hooks[i];

		if (bpf_map_update_elem(fd, &hook->address, &hook->kind, BPF_ANY) < 0)
			return -errno;
	}
	return 0;
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
		if (geteuid() != 0)
			return fail(failure, err, "load the BPF programs",
				    "run as root, or grant CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN",
				    false);
		return fail(failure, err, "load the BPF programs",
			    "the kernel refuses BPF to this process: check its capabilities "
			    "(CAP_BPF, CAP_PERFMON), the lockdown mode and seccomp; "
			    "--verbose shows the kernel's own words",
			    true);
	case -ENOMEM:
		return fail(failure, err, "load the BPF programs",
			    "not enough memory for the maps: try a smaller --ring-size", false);
	default:
		return fail(failure, err, "load the BPF programs",
			    "--verbose shows the kernel's own words", true);
	}
}

static int attach(struct live *live, const struct live_options *options,
		  struct live_failure *failure)
{
	int err;

	live->link = bpf_program__attach(live->program);
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
	struct live *live = calloc(1, sizeof(*live));
	int err;

	if (!live) {
		btf_excerpt__free(excerpt);
		return fail(ret_failure, -ENOMEM, "start", NULL, false);
	}
	live->btf_path = options->btf_path;
	live->cpu_count = libbpf_num_possible_cpus();
	if (live->cpu_count < 0) {
		err = fail(ret_failure, live->cpu_count, "count the CPUs",
			   "is /sys mounted?", false);
		goto cleanup;
	}
	live->skel = open_programs(&open_opts);
	if (!live->skel) {
		err = fail(ret_failure, -errno, "open the BPF programs", NULL, false);
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
	btf_excerpt__free(excerpt);
	excerpt = NULL;
	if (err)
		goto cleanup;
	err = fill_hooks(live, options->hooks, options->hook_count);
	if (err) {
		fail(ret_failure, err, "fill the table of netfilter hooks", NULL, false);
		goto cleanup;
	}
	live->ring = ring_buffer__new(bpf_map__fd(live->skel->maps.events), on_record, live, NULL);
	if (!live->ring) {
		err = fail(ret_failure, -errno, "map the ring buffer", "try a smaller --ring-size",
			   false);
		goto cleanup;
	}
	err = options->trial ? 0 : attach(live, options, ret_failure);
	if (err)
		goto cleanup;
	*ret_live = live;
	return 0;

cleanup:
	btf_excerpt__free(excerpt);
	live__close(live);
	return err;
}

/* Runs the walk program on one CPU; its return value, or -errno. */
static int run_on_cpu(const struct bpf_program *program, int cpu)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	if (cpu >= 0) {
		opts.flags = BPF_F_TEST_RUN_ON_CPU;
		opts.cpu = cpu;
	}
	if (bpf_prog_test_run_opts(bpf_program__fd(program), &opts) < 0)
		return -errno;
	return (int)opts.retval;
}

static int walk_on_cpu(struct live *live, enum walk_command command, int cpu)
{
	int runs, done = -EAGAIN;

	live->skel->bss->globals.command = command;
	for (runs = 0; runs < WALK_RUNS_MAX; runs++) {
		done = run_on_cpu(live->skel->progs.walk_namespaces, cpu);
		if (done != WALK_MORE)
			return done ? done : -EIO;
	}
	return WALK_FULL; /* endless: the list changes faster than we read it */
}

/* A CPU that is offline now counts from the moment that it comes online. */
static int preset_late_cpus(struct live *live)
{
	struct cpu_state *states = calloc(live->cpu_count, sizeof(*states));
	__u32 zero = 0;
	int cpu, err = 0;

	if (!states)
		return -ENOMEM;
	for (cpu = 0; cpu < live->cpu_count; cpu++) {
		err = walk_on_cpu(live, WALK_STOP, cpu);
		if (err < 0 && err != -ENXIO)
			goto cleanup;
		if (err == -ENXIO) {
			states[cpu].phase = CPU_ARMED;
			states[cpu].late = 1;
		}
	}
	err = 0;
	if (bpf_map_update_elem(bpf_map__fd(live->skel->maps.cpus), &zero, states, BPF_ANY) < 0)
		err = -errno;
cleanup:
	free(states);
	return err;
}

/* Where conntrack keeps a namespace's count and limit; it may not be there (yet). */
static int locate(struct live *live)
{
	struct live_globals *globals = &live->skel->bss->globals;
	struct conntrack_types types;
	int done;

	globals->ct_net_known = 0;
	if (!conntrack_types__find(live->btf_path, &types)) {
		globals->ct_net_count_bytes = types.count_bytes;
		globals->ct_net_sysctl_bytes = types.sysctl_bytes;
		globals->ct_net_known = 1;
	}
	done = run_on_cpu(live->skel->progs.locate_namespace, -1);
	if (done == WALK_DONE)
		return 0;
	return done < 0 ? done : -ENOENT;
}

int live__start(struct live *live, struct live_failure *ret_failure)
{
	static const char *what = "take the baseline of conntrack's counters";
	struct live_globals *globals = &live->skel->bss->globals;
	bool full = false;
	int cpu, err;

	err = locate(live);
	if (err)
		return fail(ret_failure, err, what,
			    "needs Linux 5.10 or later (BPF_PROG_TEST_RUN of raw tracepoints)",
			    true);
	err = preset_late_cpus(live);
	if (err)
		return fail(ret_failure, err, what, NULL, false);
	for (cpu = 0; cpu < live->cpu_count; cpu++) {
		err = walk_on_cpu(live, WALK_LEARN, cpu);
		if (err < 0 && err != -ENXIO)
			return fail(ret_failure, err, what, NULL, false);
		full |= err == WALK_FULL;
	}
	globals->all_known = !full;
	for (cpu = 0; cpu < live->cpu_count; cpu++) {
		err = walk_on_cpu(live, WALK_ARM, cpu);
		if (err < 0 && err != -ENXIO)
			return fail(ret_failure, err, "start counting", NULL, false);
	}
	live->started = true;
	return 0;
}

int live__modules_changed(struct live *live, const struct location_class *locations,
			  size_t location_count, const struct hook_function *hooks,
			  size_t hook_count)
{
	struct live_globals *globals = &live->skel->bss->globals;
	unsigned int other = !globals->location_table;
	int err;

	if (location_count > LOCATION_CLASSES_MAX)
		return -E2BIG;
	fill_locations(live, other, locations, location_count);
	__atomic_store_n(&globals->location_table, other, __ATOMIC_RELEASE);
	err = fill_hooks(live, hooks, hook_count);
	return err ? err : locate(live);
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
	const struct live_globals *globals = &live->skel->bss->globals;
	int done;

	if (!globals->ct_net_known || globals->ct_net_id)
		return 0;
	done = run_on_cpu(live->skel->progs.locate_namespace, -1);
	return done < 0 ? done : 0;
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
	int cpu;

	if (!live->started)
		return;
	for (cpu = 0; cpu < live->cpu_count; cpu++)
		walk_on_cpu(live, WALK_STOP, cpu);
	live->started = false;
}

int live__fd(const struct live *live)
{
	return ring_buffer__epoll_fd(live->ring);
}

int live__consume(struct live *live, live_record_fn fn, void *ctx)
{
	live->record_fn = fn;
	live->record_ctx = ctx;
	/* cleared first: a record that comes after this asks for another wake-up */
	__atomic_store_n(&live->skel->bss->globals.wakeup_pending, 0, __ATOMIC_SEQ_CST);
	return ring_buffer__consume(live->ring);
}

bool live__folds(const struct live *live)
{
	return live_fold__used(live->skel, live->cpu_count);
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
	return live_fold__flush(live->skel, live->cpu_count, drain, live);
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

static struct live_claim add_up_claims(const struct live *live, const struct netns_state *values)
{
	struct live_claim claim = {};
	int cpu;

	for (cpu = 0; cpu < live->cpu_count; cpu++) {
		claim.drop += values[cpu].claimed_drop;
		claim.insert_failed += values[cpu].claimed_insert_failed;
		claim.chaintoolong += values[cpu].claimed_chaintoolong;
		if (values[cpu].netns_ino)
			claim.netns_ino = values[cpu].netns_ino;
	}
	return claim;
}

int live__claims(struct live *live, struct live_claim **ret_claims, size_t *ret_count)
{
	int fd = bpf_map__fd(live->skel->maps.namespaces), err = 0;
	size_t room = live->gone_count + bpf_map__max_entries(live->skel->maps.namespaces), n;
	struct netns_state *values = calloc(live->cpu_count, sizeof(*values));
	struct live_claim *claims = calloc(room, sizeof(*claims));
	struct netns_key key, *prev = NULL;

	if (!values || !claims) {
		err = -ENOMEM;
		goto cleanup;
	}
	for (n = 0; n < live->gone_count; n++)
		claims[n] = live->gone[n];
	while (n < room && !bpf_map_get_next_key(fd, prev, &key)) {
		prev = &key;
		if (bpf_map_lookup_elem(fd, &key, values) == 0)
			claims[n++] = add_up_claims(live, values);
	}
	*ret_claims = claims;
	*ret_count = n;
	claims = NULL;
cleanup:
	free(values);
	free(claims);
	return err;
}

/* Forgets a namespace that the walk has not met, but not what was attributed to it. */
static int sweep_out(struct live *live, const struct netns_key *key,
		     const struct netns_state *values)
{
	struct live_claim claim = add_up_claims(live, values), *grown;

	if (claim.drop || claim.insert_failed || claim.chaintoolong) {
		grown = reallocarray(live->gone, live->gone_count + 1, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		live->gone = grown;
		live->gone[live->gone_count++] = claim;
	}
	if (bpf_map_delete_elem(bpf_map__fd(live->skel->maps.namespaces), key) < 0)
		return -errno;
	__atomic_fetch_sub(&live->skel->bss->globals.namespace_count, 1, __ATOMIC_SEQ_CST);
	return 0;
}

static bool met_in(const struct live *live, const struct netns_state *values, __u32 epoch)
{
	int cpu;

	for (cpu = 0; cpu < live->cpu_count; cpu++)
		if (values[cpu].epoch == epoch)
			return true;
	return false;
}

int live__maintain(struct live *live)
{
	int fd = bpf_map__fd(live->skel->maps.namespaces), err = 0, cpu;
	struct live_globals *globals = &live->skel->bss->globals;
	struct netns_key key, next;
	struct netns_state *values;
	bool more;

	if (!live->started || globals->namespace_count <
				      bpf_map__max_entries(live->skel->maps.namespaces) / 4 * 3)
		return 0;
	globals->epoch++;
	for (cpu = 0; cpu < live->cpu_count; cpu++) {
		err = walk_on_cpu(live, WALK_SWEEP, cpu);
		if (err < 0 && err != -ENXIO)
			return err;
	}
	values = calloc(live->cpu_count, sizeof(*values));
	if (!values)
		return -ENOMEM;
	err = 0;
	more = !bpf_map_get_next_key(fd, NULL, &key);
	while (more && !err) {
		more = !bpf_map_get_next_key(fd, &key, &next);
		if (!bpf_map_lookup_elem(fd, &key, values) &&
		    !met_in(live, values, globals->epoch))
			err = sweep_out(live, &key, values);
		key = next;
	}
	free(values);
	return err;
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
	free(live->gone);
	free(live);
}
