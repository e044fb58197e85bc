// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * `dropwhy trace`: shows what a run of the tracer hands over, decides when it
 * ends, and shows what it came to.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/commands/argument.h"
#include "user/commands/complaint.h"
#include "user/commands/filter_warning.h"
#include "user/commands/trace.h"
#include "user/commands/trace_options.h"
#include "user/exit_status.h"
#include "user/number.h"
#include "user/run/counter_run.h"
#include "user/run/settings.h"
#include "user/run/tracer.h"
#include "user/sinks/sink.h"
#include "user/sinks/summary_text.h"

/* Rows leave in pieces of this size in a storm; each poll flushes what there is. */
#define OUTPUT_BUFFER_BYTES (256 << 10)

struct trace {
	struct trace_options options;
	struct tracer tracer;
	struct settings *settings;
	FILE *out;
	struct sink *sink;
	struct aggregate *groups;
	struct run_summary summary;
	struct counter_run counters;
	__u64 shown;
};

static void on_eviction(void *ctx, const struct drop *eviction)
{
	struct trace *t = ctx;

	if (!t->options.summary_only)
		sink__drop(t->sink, eviction);
}

/* People are told on stderr, at once and even when the output goes to a file. */
static void on_notice(void *ctx, const struct notice *notice)
{
	struct trace *t = ctx;

	say_notice(NULL, notice);
	if (strcmp(t->options.format, "text"))
		sink__notice(t->sink, notice);
}

static bool on_drop(void *ctx, const struct drop *drop)
{
	struct trace *t = ctx;

	if (t->options.count && t->shown >= t->options.count)
		return false;
	t->shown++;
	settings__drop(t->settings);
	aggregate__add(t->groups, drop);
	/* a failed write is counted by the sink and ends the run in on_polled() */
	if (!t->options.summary_only)
		sink__drop(t->sink, drop);
	if (t->options.count && t->shown >= t->options.count)
		event_loop__stop(t->tracer.loop);
	return true;
}

static void on_change(void *ctx, const struct sysctl_change *change)
{
	struct trace *t = ctx;

	sink__sysctl(t->sink, change);
	sink__flush(t->sink);
}

static void on_polled(void *ctx)
{
	struct trace *t = ctx;

	sink__flush(t->sink);
	if (t->sink->first_error)
		event_loop__stop(t->tracer.loop);
}

static int open_tracer(struct trace *t)
{
	struct tracer_options options = run_options__tracer(&t->options.run);
	struct tracer_handler handler = {
		.ctx = t,
		.drop = on_drop,
		.eviction = on_eviction,
		.notice = on_notice,
		.polled = on_polled,
	};
	struct tracer_failure failure;
	int err;

	/* nobody sees single drops; or so many of them are wanted and no more */
	if (!t->options.run.fold_given && t->options.count)
		options.fold = FOLD_OFF;
	else if (!t->options.run.fold_given && t->options.summary_only)
		options.fold = FOLD_ALWAYS;
	err = tracer__open(&t->tracer, &options, &handler, &failure);

	return err ? complain_of(&failure, err) : EXIT_FINE;
}

static int open_output(struct trace *t)
{
	static char buffer[OUTPUT_BUFFER_BYTES]; /* as long as standard output */
	struct sink_options options = { .quiet_rows = t->options.summary_only };
	int fd;

	t->out = stdout;
	if (t->options.output) {
		fd = open(t->options.output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
		t->out = fd < 0 ? NULL : fdopen(fd, "w");
		if (!t->out) {
			fprintf(stderr, "dropwhy: cannot write to %s: %s\n", t->options.output,
				strerror(errno));
			return EXIT_FAILED;
		}
	}
	/* without a buffer given the size counts for nothing: glibc takes a block's, 4 KB */
	setvbuf(t->out, buffer, _IOFBF, sizeof(buffer));
	options.color = argument__wants_color(t->options.color, t->out);
	t->sink = sink__new(t->options.format, t->out, &options);
	if (!t->sink)
		return complain(EXIT_FAILED, -errno, "write the output", NULL);
	t->groups = aggregate__new(t->options.keys, t->options.key_count, t->options.max_keys);
	if (!t->groups)
		return complain(EXIT_FAILED, -errno, "make room for the groups",
				"try a smaller --max-keys");
	return EXIT_FINE;
}

static int open_settings(struct trace *t)
{
	struct settings_options options =
		run_options__settings(&t->options.run, t->tracer.enricher);
	struct settings_handler handler = { .ctx = t, .change = on_change, .notice = on_notice };
	const char *why_not;
	int err;

	options.only_netns = t->options.run.filter.kernel.netns_ino;
	options.only_netns_count = t->options.run.filter.kernel.netns_count;
	t->settings = settings__open(&options, &handler, t->tracer.loop, &why_not);
	if (t->settings)
		return EXIT_FINE;
	err = -errno;
	return complain(err == -EOPNOTSUPP ? EXIT_KERNEL : EXIT_FAILED, err,
			"watch sysctls being written", why_not);
}

static void on_end(void *ctx, int fd)
{
	struct event_loop *loop = ctx;

	(void)fd;
	event_loop__stop(loop);
}

static int open_events(struct trace *t)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, 0 };
	struct event_loop *loop = t->tracer.loop;
	int err;

	signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of the write */
	err = event_loop__signals(loop, signals, on_end, loop);
	return err ? complain(EXIT_FAILED, err, "wait for events", NULL) : EXIT_FINE;
}

static int run(struct trace *t)
{
	struct tracer_failure failure;
	int err;

	err = tracer__run(&t->tracer, &failure);
	return err ? complain_of(&failure, err) : EXIT_FINE;
}

static int start(struct trace *t)
{
	struct event_loop *loop = t->tracer.loop;
	struct tracer_failure failure = {};
	int err;

	counter_run__begin(&t->counters, t->tracer.enricher);
	err = tracer__start(&t->tracer, &failure);
	if (err)
		return complain_of(&failure, err);
	/* what starting took is not of the time that was asked for */
	if (t->options.duration_s > 0 &&
	    !event_loop__timer(loop, t->options.duration_s, 0, on_end, loop))
		return complain(EXIT_FAILED, -errno, "wait for events", NULL);
	fprintf(stderr, "dropwhy: tracing packet drops by %s; Ctrl-C ends it\n",
		live__hook_name(t->tracer.live));
	return EXIT_FINE;
}

/* @err: why the summary is missing; 0: it is not. */
static int report_failed_writes(const struct trace *t, int err)
{
	if (t->sink->first_error)
		err = t->sink->first_error;
	else if (!err && t->sink->rows_failed)
		err = -ENOMEM; /* all else stays in first_error */
	if (!err)
		return EXIT_FINE;
	fprintf(stderr, "dropwhy: cannot write to %s: %s; %llu %s not written\n",
		t->options.output ? t->options.output : "standard output",
		strerror(-err), t->sink->rows_failed,
		number__form(t->sink->rows_failed, "row was", "rows were"));
	return EXIT_FAILED;
}

static int finish(struct trace *t)
{
	struct summary *summary = &t->summary.summary;
	int err, summary_err = 0;
	size_t i;

	tracer__stop(&t->tracer);
	counter_run__end(&t->counters, t->tracer.enricher, &summary->counters);
	settings__finish(t->settings);
	err = tracer__summarize(&t->tracer, &t->summary);
	if (err)
		return complain(EXIT_FAILED, err, "add up the run", NULL);
	summary->groups = t->groups;
	summary->settings = settings__found(t->settings);
	summary->top = t->options.top;
	summary->rows_failed = t->sink->rows_failed;
	summary->packets_failed = t->sink->packets_failed;
	for (i = 0; i < summary->counters.count; i++)
		sink__counter(t->sink, &summary->counters.rows[i]);
	if (!t->sink->first_error)
		summary_err = sink__summary(t->sink, summary);
	sink__flush(t->sink);
	summary->rows_failed = t->sink->rows_failed;
	summary->packets_failed = t->sink->packets_failed;
	if (!t->sink->type->summary || t->options.output || t->sink->first_error || summary_err)
		summary_text__write(stderr, summary,
				    argument__wants_color(t->options.color, stderr));
	return report_failed_writes(t, summary_err);
}

static int trace__done(struct trace *t, int status)
{
	sink__free(t->sink);
	if (t->out && t->out != stdout && fclose(t->out) && status == EXIT_FINE)
		status = complain(EXIT_FAILED, -errno, "close the output", NULL);
	aggregate__free(t->groups);
	run_summary__done(&t->summary);
	counter_run__done(&t->counters);
	settings__close(t->settings);
	tracer__close(&t->tracer);
	trace_options__done(&t->options);
	return status;
}

int trace__main(int argc, char **argv)
{
	static char name[] = "dropwhy trace";
	static struct trace t; /* 8 KiB of corrections */
	int status, finished;

	argv[0] = name;
	trace_options__parse(argc, argv, &t.options);
	let_libbpf_speak(t.options.run.verbose);

	status = open_tracer(&t);
	if (!status)
		status = open_output(&t);
	if (!status)
		status = open_settings(&t);
	if (!status)
		status = open_events(&t);
	if (status)
		return trace__done(&t, status);
	warn_about_tables(t.tracer.enricher);
	warn_about_view(t.options.run.root);
	warn_about_filter(t.tracer.enricher, &t.options.run.filter);
	status = start(&t);
	if (status)
		return trace__done(&t, status);
	status = run(&t);
	finished = finish(&t);
	return trace__done(&t, status ? status : finished);
}
