// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Opens the stages, moves records through them, and closes them in order, so
 * that nothing is lost on the way: see tracer.h.
 */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "user/clock.h"
#include "user/run/tracer.h"
#include "user/source/decode.h"
#include "user/source/kernel_btf.h"
#include "user/source/kernel_functions.h"

/* After a wake-up the ring is polled this often; the kernel side relies on
 * two polls after the last one it sent (WAKEUP_QUIET_NS in bpf/drop.bpf.c). */
#define POLL_MS	       20
#define IDLE_POLLS_MIN 2

static int fail(struct tracer_failure *failure, int err, const char *what)
{
	failure->live = (struct live_failure){ .what = what };
	return err;
}

/* --- opening */

static int open_live(struct tracer *t, struct tracer_failure *failure)
{
	static struct location_class locations[LOCATION_CLASSES_MAX];
	static struct hook_function hooks[HOOK_FUNCTIONS_MAX];
	static __u8 reason_flags[REASON_SLOTS];
	const struct tracer_options *from = &t->options;
	struct kallsyms *kallsyms = enricher__kallsyms(t->enricher);
	struct live_options options = {
		.hook = from->hook,
		.btf_path = from->btf_path,
		.filter = &from->filter->kernel,
		.reason_flags = reason_flags,
		.locations = locations,
		.location_count = kernel_functions__locations(kallsyms, locations),
		.hooks = hooks,
		.hook_count = kernel_functions__hooks(kallsyms, hooks),
		.memory = kernel_functions__memory(kallsyms),
		.ring_bytes = from->ring_bytes,
		.netns_count = netns_table__count(enricher__netns(t->enricher)),
		.dns_ports = from->dns_ports,
		.dns_port_count = from->dns_port_count,
		.noise = from->noise,
		.fold = from->fold,
		.fold_flows_only = filter_spec__asks_who(from->filter),
		.conntrack = from->conntrack,
		.verdicts = from->direct_extra || from->conntrack != CONNTRACK_COUNTERS,
	};
	int err;

	memset(reason_flags, 0, sizeof(reason_flags));
	if (filter_spec__reason_flags(from->filter, enricher__reasons(t->enricher), reason_flags,
				      failure->usage))
		return -EINVAL;
	err = live__open(&options, &t->live, &failure->live);
	if (err)
		return err;
	t->hooks.mode = from->conntrack;
	t->hooks.btf_path = options.btf_path;
	t->hooks.wanted = options.verdicts;
	return run_hooks__open(&t->hooks, t->live, kallsyms, &failure->live);
}

static void on_ring(void *ctx, int fd)
{
	/* every round of tracer__run() reads the ring, whatever woke it */
	(void)ctx;
	(void)fd;
}

static void tell_of_sources(struct tracer *t)
{
	struct notice notice;
	char *text;

	while ((text = enricher__notice(t->enricher, &notice.source))) {
		notice.text = text;
		clock_gettime(CLOCK_REALTIME, &notice.time);
		if (t->handler.notice)
			t->handler.notice(t->handler.ctx, &notice);
		free(text);
	}
}

static void on_tick(void *ctx, int fd)
{
	struct notice notice = { .source = "conntrack" };
	struct tracer *t = ctx;

	(void)fd;
	live__maintain(t->live);
	enricher__tick(t->enricher);
	tell_of_sources(t);
	run_hooks__refresh(&t->hooks, t->live, enricher__kallsyms(t->enricher), &notice.text);
	if (!notice.text || !t->handler.notice)
		return;
	clock_gettime(CLOCK_REALTIME, &notice.time);
	t->handler.notice(t->handler.ctx, &notice);
}

static void on_pods(void *ctx, int fd)
{
	struct tracer *t = ctx;

	(void)fd;
	enricher__ready(t->enricher);
}

int tracer__open(struct tracer *t, const struct tracer_options *options,
		 const struct tracer_handler *handler, struct tracer_failure *ret_failure)
{
	struct enricher_options tables = { .btf_path = options->btf_path,
					   .root = *options->root ? options->root : NULL,
					   .kube = options->kube };
	int err;

	memset(ret_failure, 0, sizeof(*ret_failure));
	ret_failure->btf_path = options->btf_path;
	t->options = *options;
	t->handler = *handler;
	t->enricher = enricher__new(&tables);
	if (!t->enricher)
		return fail(ret_failure, -errno, "load the tables");
	err = open_live(t, ret_failure);
	if (err)
		return err;
	t->loop = event_loop__new();
	if (!t->loop || !event_loop__timer(t->loop, 1, 1, on_tick, t))
		return fail(ret_failure, -errno, "wait for events");
	if (enricher__fd(t->enricher) >= 0 &&
	    !event_loop__watch(t->loop, enricher__fd(t->enricher), on_pods, t))
		return fail(ret_failure, -errno, "wait for pods");
	t->holdback = holdback__new();
	if (!t->holdback)
		return fail(ret_failure, -ENOMEM, "make room for drops that wait for a name");
	return 0;
}

/* --- running */

/* Evictions are shown like drops, but are none: they stand outside of the accounting. */
static void on_eviction(struct tracer *t, const struct drop *eviction)
{
	if (t->handler.eviction && filter_spec__matches_all(t->options.filter, eviction))
		t->handler.eviction(t->handler.ctx, eviction);
}

static void deliver(struct tracer *t, struct drop *drop)
{
	if (drop__is_eviction(drop)) {
		on_eviction(t, drop);
		return;
	}
	if (!filter_spec__matches(t->options.filter, drop) ||
	    !t->handler.drop(t->handler.ctx, drop)) {
		t->corrections.filtered[reason_slot(drop->rec.reason)]++;
		t->corrections.filtered_folded[reason_slot(drop->rec.reason)] += drop->count - 1;
	}
}

/*
 * Hands on what waits: all that is settled, or has waited long enough. One
 * rescan serves them all.
 */
static void release(struct tracer *t, bool all)
{
	const void *data;
	struct drop drop;
	size_t size;
	bool due;

	if (!holdback__empty(t->holdback))
		enricher__rescan(t->enricher);
	while ((data = holdback__first(t->holdback, &size, &due))) {
		drop__decode(data, size, &drop); /* it could be decoded when it came */
		if (!enricher__drop(t->enricher, &drop) && !due && !all)
			return;
		deliver(t, &drop);
		holdback__pop(t->holdback);
	}
}

static void on_record(void *ctx, const void *data, size_t size)
{
	struct tracer *t = ctx;
	struct drop drop;

	if (drop__decode(data, size, &drop)) {
		t->corrections.undecoded++;
		return;
	}
	if ((!holdback__empty(t->holdback) || !enricher__drop(t->enricher, &drop)) &&
	    !holdback__push(t->holdback, data, size))
		return;
	if (!holdback__empty(t->holdback)) {
		/* no room: those that wait go first, with what is known */
		release(t, true);
		enricher__drop(t->enricher, &drop);
	}
	deliver(t, &drop);
}

static void give_notice(struct tracer *t, const char *text)
{
	struct notice notice = { .source = "fold", .text = text };

	clock_gettime(CLOCK_REALTIME, &notice.time);
	if (t->handler.notice)
		t->handler.notice(t->handler.ctx, &notice);
}

static void on_fold_window(void *ctx, int fd)
{
	struct tracer *t = ctx;

	(void)fd;
	/* what it could not do is done the next time, at the latest in tracer__stop() */
	live__flush(t->live, on_record, t);
	if (!t->coarse && live__coarse(t->live)) {
		t->coarse = true;
		give_notice(t, "more flows at once than the fold tables hold: some drops are counted "
			       "without ports, or without addresses");
	}
}

/* The timer of the fold window runs only while there is something to flush. */
static void watch_folds(struct tracer *t)
{
	double window_s = t->options.fold_ms / 1000.0;
	bool folds = live__folds(t->live);
	__u32 storms;

	if (folds && !t->fold_timer)
		t->fold_timer = event_loop__timer(t->loop, window_s, window_s, on_fold_window, t);
	if (!folds && t->fold_timer) {
		event_loop__remove(t->loop, t->fold_timer);
		t->fold_timer = NULL;
	}
	storms = live__storms(t->live);
	if (storms != t->storms) {
		t->storms = storms;
		give_notice(t, "a storm of drops: while it lasts, those that are alike are counted "
			       "together; --fold=0 shows each");
	}
}

/* Hands over what waits in the ring. The number of records, or -errno. */
static int consume(struct tracer *t)
{
	int n = live__consume(t->live, on_record, t);

	release(t, false);
	if (t->options.fold != FOLD_OFF)
		watch_folds(t);
	if (t->handler.polled)
		t->handler.polled(t->handler.ctx);
	return n;
}

static void read_counters(struct tracer *t, enum run_reading which)
{
	int err = netns_table__refresh(enricher__netns(t->enricher));

	if (!err)
		err = conntrack_counters__read(enricher__netns(t->enricher), &t->readings[which]);
	if (err && !t->reading_error)
		t->reading_error = err;
}

int tracer__start(struct tracer *t, struct tracer_failure *ret_failure)
{
	int err;

	/* what was found wrong on opening */
	tell_of_sources(t);
	read_counters(t, READING_BEFORE_ARM);
	err = live__start(t->live, &ret_failure->live);
	if (!err) {
		t->start_ns = clock__ns(CLOCK_BOOTTIME);
		clock_gettime(CLOCK_REALTIME, &t->start);
		read_counters(t, READING_AFTER_ARM);
	}
	kernel_btf__release();
	/* several MiB that only starting needed lie between what is kept */
	malloc_trim(0);
	if (!err)
		err = live__map(t->live, &ret_failure->live);
	if (!err && !event_loop__watch(t->loop, live__fd(t->live), on_ring, t))
		err = fail(ret_failure, -errno, "wait for events");
	return err;
}

int tracer__run(struct tracer *t, struct tracer_failure *ret_failure)
{
	int idle_polls = 0, n = 0, err;

	while (!event_loop__stopped(t->loop)) {
		bool poll = idle_polls < IDLE_POLLS_MIN || !holdback__empty(t->holdback);
		bool more = n == LIVE_CONSUME_MAX;

		err = event_loop__wait(t->loop, more ? 0 : poll ? POLL_MS : -1);
		if (err)
			return fail(ret_failure, err, "wait for events");
		n = consume(t);
		if (n < 0)
			return fail(ret_failure, n, "read the ring buffer");
		idle_polls = n ? 0 : idle_polls + 1;
	}
	return 0;
}

/* --- ending */

void tracer__stop(struct tracer *t)
{
	event_loop__release_signals(t->loop);
	read_counters(t, READING_BEFORE_DISARM);
	live__stop(t->live);
	t->end_ns = clock__ns(CLOCK_BOOTTIME);
	clock_gettime(CLOCK_REALTIME, &t->end);
	read_counters(t, READING_AFTER_DISARM);
	while (consume(t) > 0)
		;
	if (live__flush(t->live, on_record, t))
		give_notice(t, "some folded drops could not be fetched: the totals are too low");
	while (consume(t) > 0)
		;
	release(t, true);
	/* the run may have been shorter than a tick */
	tell_of_sources(t);
	if (t->handler.polled)
		t->handler.polled(t->handler.ctx);
}

int tracer__summarize(struct tracer *t, struct run_summary *ret_summary)
{
	struct summary *summary = &ret_summary->summary;
	int err;

	t->corrections.counters_restarted = t->hooks.unloaded;
	err = run_summary__fill(ret_summary, t->live, t->enricher, t->readings, t->reading_error,
				t->start_ns, &t->corrections);
	if (!err)
		err = run_summary__names(ret_summary, t->enricher,
					 holdback__held(t->holdback));
	if (err)
		return err;
	summary->start = t->start;
	summary->end = t->end;
	summary->evictions_known = run_hooks__evictions(&t->hooks, &summary->evictions,
							 &summary->evictions_lost);
	return 0;
}

void tracer__close(struct tracer *t)
{
	int i;

	for (i = 0; i < __READING_MAX; i++)
		conntrack_reading__done(&t->readings[i]);
	run_hooks__close(&t->hooks);
	live__close(t->live);
	holdback__free(t->holdback);
	enricher__free(t->enricher);
	event_loop__free(t->loop);
	memset(t, 0, sizeof(*t));
}
