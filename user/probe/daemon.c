// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * See daemon.h.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "user/counters/counter_reading.h"
#include "user/number.h"
#include "user/probe/daemon.h"
#include "user/sinks/change_text.h"

#define CONNTRACK_SECONDS 5
#define MAINTAIN_SECONDS  5
/* 200 µs a namespace: with a hundred of them less than a thousandth of a CPU. */
#define COUNTER_SECONDS	  30

void daemon__init(struct daemon *d)
{
	memset(d, 0, sizeof(*d));
	d->row.type = &sink_csv;
	d->messages = stderr;
}

static __u64 boot_time_s(void)
{
	struct timespec time;

	clock_gettime(CLOCK_BOOTTIME, &time);
	return (__u64)time.tv_sec;
}

static void record(struct daemon *d, const struct drop *drop)
{
	line__clear(&d->row.line);
	sink_csv.drop(&d->row, drop);
	if (!d->row.line.failed)
		recorder__add(d->recorder, d->row.line.data, d->row.line.len, d->now_s,
			      drop->count);
}

bool daemon__drop(void *ctx, const struct drop *drop)
{
	struct daemon *d = ctx;

	d->drops += drop->count;
	settings__drop(d->settings);
	metrics__drop(d->metrics, drop, d->now_s);
	if (d->log)
		rotating_log__drop(d->log, drop);
	if (d->recorder)
		record(d, drop);
	return true;
}

/* Where neither a log nor a bundle is looked at: in the pod's log, in the journal. */
static void tell_change(struct daemon *d, const struct sysctl_change *change)
{
	struct line line = {};

	if (!change_lines__take(&d->change_lines, change, d->now_s))
		return;
	change_text__append(&line, change);
	line__put(&line, "", 1);
	if (!line.failed)
		fprintf(d->messages, "dropwhy: setting changed: %s\n", line.data);
	line__done(&line);
}

static void tell_untold_changes(struct daemon *d)
{
	__u64 untold = change_lines__untold(&d->change_lines, d->now_s);

	if (untold)
		fprintf(d->messages, "dropwhy: %llu more %s changed within a minute than are told "
				     "here: dropwhy_sysctl_changes_total counts all\n",
			untold, number__form(untold, "setting was", "settings were"));
}

void daemon__change(void *ctx, const struct sysctl_change *change)
{
	struct daemon *d = ctx;

	if (sysctl_change__matters(change)) {
		sysctl_log__add(&d->sysctls, change);
		metrics__sysctl(d->metrics, change->name, d->now_s);
		tell_change(d, change);
	}
	if (d->log)
		rotating_log__sysctl(d->log, change);
}

void daemon__notice(void *ctx, const struct notice *notice)
{
	const struct daemon *d = ctx;

	fprintf(d->messages, "dropwhy: %s\n", notice->text);
}

void daemon__polled(void *ctx)
{
	struct daemon *d = ctx;

	if (d->log)
		rotating_log__flush(d->log);
}

void daemon__read_conntrack(struct daemon *d)
{
	struct netns_table *netns = enricher__netns(d->tracer.enricher);
	struct conntrack_reading reading = {};

	netns_table__refresh_if_due(netns);
	if (!conntrack_counters__read(netns, &reading))
		metrics__conntrack(d->metrics, &reading, d->tracer.enricher, d->now_s);
}

static void read_counters(struct daemon *d)
{
	struct counters counters = {};

	if (!counter_reading__take(enricher__netns(d->tracer.enricher), &counters, NULL))
		metrics__counters(d->metrics, &counters, d->now_s);
}

/* Says once that writing fails, and once that it works again. */
static void report_log(struct daemon *d)
{
	int error = rotating_log__error(d->log);

	if (!!error == d->log_failing)
		return;
	d->log_failing = !!error;
	if (error)
		fprintf(d->messages,
			"dropwhy: cannot write the log: %s; rows that are lost are counted "
			"in dropwhy_log_rows_failed_total, it is tried again\n",
			strerror(-error));
	else
		fputs("dropwhy: the log is written again\n", d->messages);
}

static void look_at_log(struct daemon *d)
{
	report_log(d);
	rotating_log__tick(d->log);
	report_log(d);
}

/* Says once that clients have to wait: who is not let in learns nothing. */
static void look_at_http(struct daemon *d)
{
	const struct http_counts *counts = http_server__counts(d->http);

	if (counts->not_accepted && !d->http_failing) {
		d->http_failing = true;
		fprintf(d->messages,
			"dropwhy: cannot let a client in: %s; it is tried again each second, and "
			"counted in dropwhy_http_accepts_failed_total\n",
			strerror(counts->accept_error));
	}
	http_server__tick(d->http);
}

static double fullest(const struct conntrack_reading *reading)
{
	double most = 0, used;
	size_t i;

	for (i = 0; i < reading->usage_count; i++) {
		if (!reading->usage[i].max)
			continue;
		used = (double)reading->usage[i].entries / reading->usage[i].max;
		most = used > most ? used : most;
	}
	return most;
}

static void look_for_triggers(struct daemon *d)
{
	struct trigger_input input = {
		.drops = d->drops,
		.table_full = metrics__causes(d->metrics)[CAUSE_CT_TABLE_FULL],
		.lowered = d->sysctls.lowered,
		.used = fullest(metrics__reading(d->metrics)),
	};
	enum trigger_kind kind;

	if (!d->bundle_due)
		d->lowered_before = d->trigger.last.lowered;
	kind = trigger__look(&d->trigger, &input);
	if (kind != TRIGGER_NONE)
		daemon__bundle(d, kind);
}

void daemon__tick(void *ctx, int fd)
{
	struct daemon *d = ctx;
	__u64 age = (__u64)d->options.recorder_age_s;

	(void)fd;
	d->now_s = boot_time_s();
	d->seconds++;
	enricher__follow_clock(d->tracer.enricher);
	if (d->seconds % CONNTRACK_SECONDS == 1)
		daemon__read_conntrack(d);
	if (d->seconds % COUNTER_SECONDS == 1)
		read_counters(d);
	if (d->seconds % MAINTAIN_SECONDS == 0)
		metrics__maintain(d->metrics, enricher__directory(d->tracer.enricher), d->now_s);
	daemon__look_for_bundle(d);
	tell_untold_changes(d);
	if (d->http)
		look_at_http(d);
	if (d->log)
		look_at_log(d);
	if (d->recorder && d->now_s > age)
		recorder__forget(d->recorder, d->now_s - age);
	look_for_triggers(d);
}

int daemon__accounting(struct daemon *d, struct run_summary *s)
{
	int err = run_summary__accounting(s, d->tracer.live, d->tracer.enricher,
					  &d->tracer.corrections);

	if (err)
		return err;
	accounting__never_fall(&s->summary.total, &d->told);
	d->told = s->summary.total;
	return 0;
}

void daemon__gauges(const struct daemon *d, struct metrics_gauges *ret_gauges)
{
	struct metrics_gauges g = {
		.hook = live__hook_name(d->tracer.live),
		.ring_bytes = ring_fill__bytes(d->ring),
		.ring_capacity_bytes = d->options.ring_bytes,
		.bundles = d->bundles,
		.bundles_failed = d->bundles_failed,
		.bundles_limited = d->bundles_limited,
	};

	if (d->http) {
		g.http_requests = http_server__counts(d->http)->answered;
		g.http_refused = http_server__counts(d->http)->refused;
		g.http_cut_off = http_server__counts(d->http)->cut_off;
		g.http_not_accepted = http_server__counts(d->http)->not_accepted;
	}
	if (d->log) {
		g.rows_written = rotating_log__written(d->log);
		g.rows_failed = rotating_log__failed(d->log);
	}
	if (d->recorder) {
		g.recorder_bytes = recorder__bytes(d->recorder);
		g.recorder_rows = recorder__rows(d->recorder);
	}
	*ret_gauges = g;
}
