/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the probe keeps while it runs, and what it does with each drop and each
 * second. Its beginning and end are commands/probe.c's.
 */
#ifndef DROPWHY_DAEMON_H
#define DROPWHY_DAEMON_H

#include <stdio.h>

#include "user/probe/change_lines.h"
#include "user/probe/http.h"
#include "user/probe/metrics.h"
#include "user/probe/recorder.h"
#include "user/probe/rotating_log.h"
#include "user/probe/sysctl_log.h"
#include "user/probe/trigger.h"
#include "user/run/settings.h"
#include "user/run/tracer.h"
#include "user/source/ring_fill.h"

/* What the user chose, as far as it matters after the start. */
struct daemon_options {
	size_t ring_bytes;
	double recorder_age_s;	/* what is older is not kept */
	const char *bundle_dir;	/* NULL: no bundles are written */
	bool bundle_archive;	/* .tar.zst rather than a directory */
	size_t bundle_quota_bytes;
	double bundle_interval_s; /* least time between two */
};

struct daemon {
	struct daemon_options options;
	FILE *messages;			/* stderr until set; nothing of it may wait for a reader */
	struct tracer tracer;
	struct settings *settings;
	struct metrics *metrics;
	struct ring_fill *ring;
	struct http_server *http;	/* NULL: none is wanted */
	struct rotating_log *log;	/* NULL: none is wanted */
	struct recorder *recorder;	/* NULL: none is wanted */
	struct sink row;		/* builds the recorder's rows */
	struct sysctl_log sysctls;
	struct change_lines change_lines;
	struct trigger trigger;
	__u64 lowered_before;		/* sysctls.lowered before the look that found the trigger */
	struct accounting told;		/* the last time */
	__u64 drops;			/* packets */
	__u64 now_s;			/* CLOCK_BOOTTIME */
	bool ready;
	bool log_failing;		/* has been said */
	bool http_failing;		/* likewise */

	/* a child that writes a bundle */
	pid_t bundle_pid;		/* 0: there is none */
	__u64 bundle_last_s;		/* when the last began; 0: never */
	__u64 bundle_unasked_s;		/* of those that nobody asked for, likewise */
	bool bundle_failed;		/* the last one */
	bool bundle_asked;		/* by a signal that came too soon: is written yet */
	enum trigger_kind bundle_due;	/* came while another was written; TRIGGER_NONE: nothing did */
	__u64 bundles, bundles_failed, bundles_limited;
	__u64 seconds;			/* ticks */
};

/** @brief **daemon__init()** empties it. */
void daemon__init(struct daemon *d);

/** @brief **daemon__drop()** a tracer_handler's drop. */
bool daemon__drop(void *ctx, const struct drop *drop);

/** @brief **daemon__change()** a settings_handler's change. */
void daemon__change(void *ctx, const struct sysctl_change *change);

/** @brief **daemon__notice()** a tracer_handler's and a settings_handler's notice. */
void daemon__notice(void *ctx, const struct notice *notice);

/** @brief **daemon__polled()** a tracer_handler's polled. */
void daemon__polled(void *ctx);

/** @brief **daemon__tick()** an event_fn, to be called once a second. */
void daemon__tick(void *ctx, int fd);

/** @brief **daemon__read_conntrack()** reads conntrack's counters for the metrics. */
void daemon__read_conntrack(struct daemon *d);

/** @brief **daemon__accounting()** run_summary__accounting() as counters, which never fall. */
int daemon__accounting(struct daemon *d, struct run_summary *s);

/** @brief **daemon__gauges()** what metrics__write() wants to know. */
void daemon__gauges(const struct daemon *d, struct metrics_gauges *ret_gauges);

/** What becomes of a trigger. */
enum bundle_start {
	BUNDLE_STARTED,
	BUNDLE_NO_DIRECTORY,	/* none is configured */
	BUNDLE_TOO_SOON,	/* after the last */
	BUNDLE_FAILED,
};

/** @brief **daemon__bundle()** begins to write a bundle, in a child. */
enum bundle_start daemon__bundle(struct daemon *d, enum trigger_kind trigger);

/**
 * @brief **daemon__bundle_by_signal()** begins to write a bundle, or does so as soon as it is no
 * longer too soon. Says on stderr what does not happen at once.
 */
void daemon__bundle_by_signal(struct daemon *d);

/**
 * @brief **daemon__bundle_wait_s()** how long such a trigger is still too soon after the last
 * bundle, in whole seconds, as far as is known; 0: it is not.
 */
unsigned int daemon__bundle_wait_s(const struct daemon *d, enum trigger_kind trigger);

/**
 * @brief **daemon__look_for_bundle()** whether the child has ended, and begins what waits for that;
 * to be called once a second.
 */
void daemon__look_for_bundle(struct daemon *d);

/** Paths that the probe serves; ctx is the daemon. */
extern const struct http_route daemon_routes[];

/** @brief **daemon__done()** waits for the child, writes the bundle that waits for it, frees all. */
void daemon__done(struct daemon *d);

#endif
