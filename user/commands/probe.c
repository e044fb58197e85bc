// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * `dropwhy probe`: opens all parts of the daemon, gives up the privileges that
 * only opening needs, runs, and ends in order.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/commands/complaint.h"
#include "user/commands/filter_warning.h"
#include "user/commands/probe.h"
#include "user/commands/probe_options.h"
#include "user/exit_status.h"
#include "user/probe/daemon.h"
#include "user/probe/log_stream.h"
#include "user/probe/notify.h"
#include "user/probe/privileges.h"
#include "user/sinks/summary_text.h"

/* Mapped twice and always resident; folded records are few. */
#define RING_BYTES (1 << 20)

struct probe {
	struct probe_options options;
	struct daemon daemon;
	int notify_fd;
	struct run_summary summary;
};

/* What is wrong is still said where this fails, though a reader may then stop us. */
static void open_messages(struct daemon *d)
{
	FILE *messages = log_stream__messages(STDERR_FILENO);

	if (messages)
		d->messages = messages;
}

static int open_tracer(struct probe *p)
{
	struct daemon *d = &p->daemon;
	struct tracer_options options = run_options__tracer(&p->options.run);
	struct tracer_handler handler = {
		.ctx = d,
		.drop = daemon__drop,
		.notice = daemon__notice,
		.polled = daemon__polled,
	};
	struct tracer_failure failure;
	int err;

	if (!p->options.run.fold_given)
		options.fold = FOLD_ALWAYS;
	if (!p->options.run.ring_given)
		options.ring_bytes = RING_BYTES;
	d->options.ring_bytes = options.ring_bytes;
	err = tracer__open(&d->tracer, &options, &handler, &failure);

	if (err)
		return complain_of(&failure, err);
	d->ring = ring_fill__new(live__events_fd(d->tracer.live));
	d->metrics = metrics__new(p->options.max_series);
	if (p->options.recorder_bytes)
		d->recorder = recorder__new(p->options.recorder_bytes);
	if (!d->ring || !d->metrics || (p->options.recorder_bytes && !d->recorder))
		return complain(EXIT_FAILED, -errno, "make room",
				"try a smaller --recorder-size or --max-series");
	return EXIT_FINE;
}

static int open_log(struct probe *p)
{
	struct daemon *d = &p->daemon;
	struct rotating_log_options options = {
		.format = p->options.csv_dir ? "csv" : "json",
		.dir = p->options.csv_dir,
		.prefix = "drops",
		.suffix = p->options.csv_dir ? "csv" : "json",
		.bytes = p->options.log_bytes,
		.age_s = p->options.log_age_s,
		.files = p->options.log_files,
	};
	const char *where = p->options.csv_dir ? p->options.csv_dir : p->options.json_log;

	if (!where)
		return EXIT_FINE;
	if (!p->options.csv_dir && !strcmp(where, "-"))
		options.stream = log_stream__open(STDOUT_FILENO, &options.poll_fd);
	else
		options.dir = where;
	if (options.stream || options.dir)
		d->log = rotating_log__new(&options);
	if (d->log)
		return EXIT_FINE;
	fprintf(stderr, "dropwhy: cannot write to %s: %s\n", where, strerror(errno));
	if (errno == ENOENT || errno == ENOTDIR)
		fputs("dropwhy: it must be a directory that exists\n", stderr);
	return EXIT_FAILED;
}

static int open_http(struct probe *p)
{
	struct daemon *d = &p->daemon;
	if (!strcmp(p->options.listen, "none"))
		return EXIT_FINE;
	d->http = http_server__new(d->tracer.loop, p->options.listen, daemon_routes, d);
	if (d->http)
		return EXIT_FINE;
	if (errno == EINVAL) {
		fputs("dropwhy: --listen takes a numeric ADDRESS:PORT, e.g. 127.0.0.1:9810 or "
		      "[::1]:9810, or none\n", stderr);
		return EXIT_USAGE;
	}
	fprintf(stderr, "dropwhy: cannot listen on %s: %s\n", p->options.listen, strerror(errno));
	if (errno == EADDRINUSE)
		fputs("dropwhy: is another probe running? --listen takes another address\n", stderr);
	return EXIT_FAILED;
}

static int check_bundle_dir(const struct probe *p)
{
	if (!p->options.bundle_dir || !access(p->options.bundle_dir, W_OK | X_OK))
		return EXIT_FINE;
	fprintf(stderr, "dropwhy: cannot write bundles to %s: %s\n", p->options.bundle_dir,
		strerror(errno));
	return EXIT_FAILED;
}

static int open_settings(struct probe *p)
{
	struct daemon *d = &p->daemon;
	struct settings_options options =
		run_options__settings(&p->options.run, d->tracer.enricher);
	struct settings_handler handler = { .ctx = d, .change = daemon__change,
					    .notice = daemon__notice };
	const char *why_not;
	int err;

	d->settings = settings__open(&options, &handler, d->tracer.loop, &why_not);
	if (d->settings)
		return EXIT_FINE;
	err = -errno;
	return complain(err == -EOPNOTSUPP ? EXIT_KERNEL : EXIT_FAILED, err,
			"watch sysctls being written", why_not);
}

static void on_signal(void *ctx, int signal)
{
	struct probe *p = ctx;

	if (signal == SIGUSR1)
		daemon__bundle_by_signal(&p->daemon);
	else if (signal != SIGHUP) /* a terminal that goes away is no reason to stop */
		event_loop__stop(p->daemon.tracer.loop);
}

static void on_watchdog(void *ctx, int fd)
{
	const struct probe *p = ctx;

	(void)fd;
	notify__send(p->notify_fd, "WATCHDOG=1");
}

static int open_events(struct probe *p)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1, 0 };
	struct event_loop *loop = p->daemon.tracer.loop;
	double watchdog_s = notify__watchdog_s();
	int err;

	signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of the write */
	err = event_loop__signals(loop, signals, on_signal, p);
	if (!err && !event_loop__timer(loop, 1, 1, daemon__tick, &p->daemon))
		err = -errno;
	if (!err && watchdog_s > 0 &&
	    !event_loop__timer(loop, watchdog_s, watchdog_s, on_watchdog, p))
		err = -errno;
	return err ? complain(EXIT_FAILED, err, "wait for events", NULL) : EXIT_FINE;
}

static int give_up_privileges(const struct probe *p)
{
	const char *what;
	int err;

	if (p->options.keep_privileges)
		return EXIT_FINE;
	err = privileges__drop(&what);
	return err ? complain(EXIT_FAILED, err, what, "--keep-privileges does without") :
		     EXIT_FINE;
}

static int start(struct probe *p)
{
	struct daemon *d = &p->daemon;
	struct tracer_failure failure = {};
	int err;

	err = tracer__start(&d->tracer, &failure);
	if (err)
		return complain_of(&failure, err);
	daemon__tick(d, -1);
	d->ready = true;
	fprintf(d->messages, "dropwhy: probing packet drops by %s%s%s; Ctrl-C ends it\n",
		live__hook_name(d->tracer.live), d->http ? ", http://" : "",
		d->http ? http_server__address(d->http) : "");
	notify__send(p->notify_fd, "READY=1");
	return EXIT_FINE;
}

static int run(struct probe *p)
{
	struct tracer_failure failure;
	int err;

	err = tracer__run(&p->daemon.tracer, &failure);
	notify__send(p->notify_fd, "STOPPING=1");
	return err ? complain_of(&failure, err) : EXIT_FINE;
}

/* The same last words as trace has: the accounting of the run. */
static int finish(struct probe *p)
{
	struct daemon *d = &p->daemon;
	int err;

	tracer__stop(&d->tracer);
	settings__finish(d->settings);
	if (d->log)
		rotating_log__flush(d->log);
	err = tracer__summarize(&d->tracer, &p->summary);
	if (err)
		return complain(EXIT_FAILED, err, "add up the run", NULL);
	p->summary.summary.settings = settings__found(d->settings);
	p->summary.summary.rows_failed = d->log ? rotating_log__failed(d->log) : 0;
	p->summary.summary.packets_failed = d->log ? rotating_log__packets_failed(d->log) : 0;
	summary_text__write(d->messages, &p->summary.summary, false);
	return EXIT_FINE;
}

static int open_all(struct probe *p)
{
	int status = open_tracer(p);

	if (!status)
		status = open_log(p);
	if (!status)
		status = check_bundle_dir(p);
	if (!status)
		status = open_settings(p);
	if (!status)
		status = open_http(p);
	if (!status)
		status = open_events(p);
	if (!status)
		status = give_up_privileges(p);
	return status;
}

static struct daemon_options daemon_options(const struct probe_options *options)
{
	return (struct daemon_options){
		.recorder_age_s = options->recorder_age_s,
		.bundle_dir = options->bundle_dir,
		.bundle_archive = options->bundle_archive,
		.bundle_quota_bytes = options->bundle_quota_bytes,
		.bundle_interval_s = options->bundle_interval_s,
	};
}

int probe__main(int argc, char **argv)
{
	static char name[] = "dropwhy probe";
	static struct probe p;
	int status, finished;

	argv[0] = name;
	daemon__init(&p.daemon);
	probe_options__parse(argc, argv, &p.options);
	p.daemon.options = daemon_options(&p.options);
	let_libbpf_speak(p.options.run.verbose);
	open_messages(&p.daemon);
	p.notify_fd = notify__open();
	status = open_all(&p);
	if (!status) {
		warn_about_tables(p.daemon.tracer.enricher);
		warn_about_view(p.options.run.root);
		warn_about_filter(p.daemon.tracer.enricher, &p.options.run.filter);
		status = start(&p);
	}
	if (!status) {
		status = run(&p);
		finished = finish(&p);
		status = status ? status : finished;
	}
	run_summary__done(&p.summary);
	daemon__done(&p.daemon);
	probe_options__done(&p.options);
	if (p.notify_fd >= 0)
		close(p.notify_fd);
	return status;
}
