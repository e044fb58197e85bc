/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A run of the tracer, shared by the commands that watch the kernel: opens the
 * tables and the programs, hands over decoded and enriched drops, keeps what
 * depends on modules and namespaces up to date, reads conntrack's counters
 * around the run, and adds it all up. Writes nothing.
 *
 *   tracer__open() → event_loop sources of one's own → tracer__start() →
 *   tracer__run() → tracer__stop() → tracer__summarize() → tracer__close()
 */
#ifndef DROPWHY_TRACER_H
#define DROPWHY_TRACER_H

#include "user/enrich/enrich.h"
#include "user/filter_spec.h"
#include "user/notice.h"
#include "user/run/event_loop.h"
#include "user/run/holdback.h"
#include "user/run/hooks.h"
#include "user/run/run_summary.h"
#include "user/source/live.h"

struct kube_options;

struct tracer_options {
	enum live_hook hook;
	enum conntrack_mode conntrack;
	bool direct_extra;	/* CONNTRACK_COUNTERS, and what direct hooks add where they can */
	const char *btf_path;	/* NULL: the kernel's own; the caller's until tracer__close() */
	const char *root;	/* where the node's file system is; "" is / */
	size_t ring_bytes;	/* a power of two times the page size */
	__u16 dns_ports[DNS_PORTS_MAX]; /* packets from or to these carry DNS; host order */
	size_t dns_port_count;
	bool noise;		/* deliver noise reasons too */
	const struct kube_options *kube; /* whom to ask about pods; NULL: nobody; likewise */
	enum fold_mode fold;
	unsigned int fold_ms;	/* how long drops are counted together, unless FOLD_OFF */
	const struct filter_spec *filter; /* the caller's until tracer__close() */
};

/* Who gets what comes. @ctx is the handler's. */
struct tracer_handler {
	void *ctx;
	/* A drop that the filters let through. False: it is to count as filtered. */
	bool (*drop)(void *ctx, const struct drop *drop);
	/* An eviction that the filters let through; NULL: nobody cares. */
	void (*eviction)(void *ctx, const struct drop *eviction);
	/* Something happened to the run itself; NULL: nobody cares. */
	void (*notice)(void *ctx, const struct notice *notice);
	/* After each round of reading, also an empty one; NULL. */
	void (*polled)(void *ctx);
};

/* What could not be done, for the one message that the caller prints. */
struct tracer_failure {
	struct live_failure live; /* what is NULL: the message is in usage */
	char usage[FILTER_ERROR_LEN]; /* a filter that this kernel does not know */
	const char *btf_path;	/* that of the options */
};

struct tracer {
	struct tracer_options options;
	struct tracer_handler handler;
	struct event_loop *loop;
	struct enricher *enricher;
	struct live *live;
	struct run_hooks hooks;
	struct holdback *holdback;
	struct run_corrections corrections;
	struct conntrack_reading readings[__READING_MAX];
	int reading_error;	/* -errno of the first reading that failed */
	struct event_source *fold_timer; /* runs while something is folded */
	__u32 storms;		/* of which notice was given */
	bool coarse;		/* likewise */
	__u64 start_ns, end_ns;	/* CLOCK_BOOTTIME */
	struct timespec start, end; /* wall clock */
};

/**
 * @brief **tracer__open()** loads the tables, loads and attaches the programs,
 * makes the event loop. Nothing is counted yet.
 * @param t zeroed; to be given to tracer__close() also after a failure
 * @param ret_failure on failure, what and why
 * @return 0 or -errno
 */
int tracer__open(struct tracer *t, const struct tracer_options *options,
		 const struct tracer_handler *handler, struct tracer_failure *ret_failure);

/**
 * @brief **tracer__start()** reads conntrack's counters, starts counting, frees
 * what only starting needs, then maps the ring.
 * @return 0 or -errno with @p ret_failure filled
 */
int tracer__start(struct tracer *t, struct tracer_failure *ret_failure);

/**
 * @brief **tracer__run()** moves records until event_loop__stop().
 * @return 0 or -errno with @p ret_failure filled
 */
int tracer__run(struct tracer *t, struct tracer_failure *ret_failure);

/**
 * @brief **tracer__stop()** releases the signals, so that a second Ctrl-C ends
 * at once, stops counting, and hands over what still waits.
 */
void tracer__stop(struct tracer *t);

/**
 * @brief **tracer__summarize()** adds up a run that has been stopped.
 * @param ret_summary to be freed with run_summary__done(); groups, top and
 * rows_failed are left to the caller. Strings live as long as the tracer.
 * @return 0 or -errno
 */
int tracer__summarize(struct tracer *t, struct run_summary *ret_summary);

/** @brief **tracer__close()** frees all; a zeroed one is fine. */
void tracer__close(struct tracer *t);

#endif
