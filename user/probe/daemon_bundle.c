// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Bundles are written by a child: it has all memory as it was at the trigger,
 * while the probe goes on; a slow disk or a failure there is no trouble here.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "user/bundle/bundle_dir.h"
#include "user/bundle/bundle_write.h"
#include "user/file_stamp.h"
#include "user/probe/daemon.h"
#include "user/probe/snapshot.h"

/* A child that takes longer hangs on a disk that does not answer. */
#define CHILD_SECONDS 120
/* Another try after one that failed, e.g. for a full disk, and what somebody asks for, need not
 * wait as long. */
#define RETRY_SECONDS 10

static void make_name(enum trigger_kind trigger, char *name, size_t size)
{
	char stamp[FILE_STAMP_LEN];

	file_stamp__format(time(NULL), stamp);
	snprintf(name, size, BUNDLE_PREFIX "%s-%s", stamp, trigger__name(trigger));
}

/* The child's exit status. */
static int write_bundle(struct daemon *d, const struct snapshot *snapshot)
{
	struct bundle_writer *w;
	char name[128], kept[NAME_MAX + 1];
	int fd, err;

	make_name(snapshot->trigger, name, sizeof(name));
	w = bundle_writer__new(d->options.bundle_dir, name, d->options.bundle_archive);
	if (!w) {
		err = -errno;
	} else {
		snprintf(kept, sizeof(kept), "%s", bundle_writer__name(w));
		snapshot__write(w, snapshot);
		err = bundle_writer__finish(w);
	}
	if (err) {
		fprintf(d->messages, "dropwhy: cannot write a bundle to %s: %s\n",
			d->options.bundle_dir, strerror(-err));
		return 1;
	}
	fprintf(d->messages, "dropwhy: bundle %s written to %s\n", kept, d->options.bundle_dir);
	fd = open(d->options.bundle_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return 1;
	/* whoever is on this machine may ask for those */
	err = bundle_dir__keep_quota(fd, d->options.bundle_quota_bytes, kept,
				     trigger__name(TRIGGER_REQUEST));
	if (err < 0)
		fprintf(d->messages, "dropwhy: cannot delete old bundles in %s: %s\n",
			d->options.bundle_dir, strerror(-err));
	return 0;
}

/* Does not wait, or waits until it has ended. */
static void reap(struct daemon *d, int options)
{
	int status;

	if (!d->bundle_pid || waitpid(d->bundle_pid, &status, options) != d->bundle_pid)
		return;
	d->bundle_pid = 0;
	d->bundle_failed = !WIFEXITED(status) || WEXITSTATUS(status);
	if (!d->bundle_failed) {
		d->bundles++;
		return;
	}
	d->bundles_failed++;
	if (WIFSIGNALED(status))
		fprintf(d->messages, "dropwhy: writing a bundle was ended by signal %d\n",
			WTERMSIG(status));
}

static bool is_asked_for(enum trigger_kind trigger)
{
	return trigger == TRIGGER_SIGNAL || trigger == TRIGGER_REQUEST;
}

/* Who asks waits after any bundle; a trigger that nobody asked for only after its like, or whoever
 * asks again and again would keep it from being written. */
static double interval_left_s(const struct daemon *d, enum trigger_kind trigger)
{
	__u64 last_s = is_asked_for(trigger) ? d->bundle_last_s : d->bundle_unasked_s;
	double wait = d->options.bundle_interval_s;

	if ((d->bundle_failed || is_asked_for(trigger)) && wait > RETRY_SECONDS)
		wait = RETRY_SECONDS;
	return last_s ? wait - (double)(d->now_s - last_s) : 0;
}

unsigned int daemon__bundle_wait_s(const struct daemon *d, enum trigger_kind trigger)
{
	double wait = interval_left_s(d, trigger);
	unsigned int whole;

	if (wait <= 0)
		return d->bundle_pid ? 1 : 0;
	whole = (unsigned int)wait;
	return whole + (whole < wait);
}

/* What only the one that is just being written stands in the way of comes after it. */
static enum bundle_start put_off(struct daemon *d, enum trigger_kind trigger)
{
	if (is_asked_for(trigger) || interval_left_s(d, trigger) > 0)
		d->bundles_limited += trigger != TRIGGER_SIGNAL; /* that one is remembered */
	else if (!d->bundle_due)
		d->bundle_due = trigger;
	return BUNDLE_TOO_SOON;
}

/* Where a signal goes to all processes of a unit or of a terminal, the probe answers it; what has
 * begun is written. */
static void leave_signals_to_parent(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1 };
	sigset_t none;
	size_t i;

	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		signal(signals[i], SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int start_child(struct daemon *d, const struct snapshot *snapshot)
{
	pid_t pid;

	fflush(NULL); /* what is buffered is the parent's to write */
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid) {
		/* connections of ours end when we close them, not when the child does */
		syscall(SYS_close_range, 3U, ~0U, 0);
		leave_signals_to_parent();
		alarm(CHILD_SECONDS);
		_exit(write_bundle(d, snapshot));
	}
	d->bundle_pid = pid;
	return 0;
}

enum bundle_start daemon__bundle(struct daemon *d, enum trigger_kind trigger)
{
	struct run_summary accounting = {};
	struct metrics_gauges gauges;
	struct snapshot snapshot = {
		.trigger = trigger,
		.start = d->tracer.start,
		.accounting = &accounting.summary,
		.gauges = &gauges,
		.metrics = d->metrics,
		.recorder = d->recorder,
		.sysctls = &d->sysctls,
		.lowered_before = d->lowered_before,
		.enricher = d->tracer.enricher,
	};
	int err;

	if (!d->options.bundle_dir)
		return BUNDLE_NO_DIRECTORY;
	reap(d, WNOHANG);
	if (daemon__bundle_wait_s(d, trigger))
		return put_off(d, trigger);
	d->bundle_last_s = d->now_s;
	if (!is_asked_for(trigger)) {
		d->bundle_unasked_s = d->now_s;
		d->bundle_due = TRIGGER_NONE;
	}
	d->bundle_asked = false; /* whatever began it, it holds what was asked for */
	clock_gettime(CLOCK_REALTIME, &snapshot.time);
	daemon__gauges(d, &gauges);
	err = daemon__accounting(d, &accounting);
	if (!err)
		err = start_child(d, &snapshot);
	run_summary__done(&accounting);
	if (!err)
		return BUNDLE_STARTED;
	d->bundle_failed = true;
	d->bundles_failed++;
	fprintf(d->messages, "dropwhy: cannot write a bundle: %s\n", strerror(-err));
	return BUNDLE_FAILED;
}

void daemon__bundle_by_signal(struct daemon *d)
{
	enum bundle_start start = daemon__bundle(d, TRIGGER_SIGNAL);

	if (start == BUNDLE_NO_DIRECTORY)
		fputs("dropwhy: no bundle is written on SIGUSR1: the probe was started without "
		      "--bundle-dir\n", d->messages);
	if (start != BUNDLE_TOO_SOON || d->bundle_asked)
		return;
	d->bundle_asked = true;
	fprintf(d->messages, "dropwhy: too soon after the last bundle: SIGUSR1's is written in %u s\n",
		daemon__bundle_wait_s(d, TRIGGER_SIGNAL));
}

void daemon__look_for_bundle(struct daemon *d)
{
	reap(d, WNOHANG);
	if (d->bundle_due)
		daemon__bundle(d, d->bundle_due);
	else if (d->bundle_asked)
		daemon__bundle(d, TRIGGER_SIGNAL);
}

/* What has waited for the one that was being written until the end of the probe. */
static void write_due(struct daemon *d)
{
	enum trigger_kind due = d->bundle_due;

	reap(d, 0);
	if (!due)
		return;
	if (daemon__bundle(d, due) == BUNDLE_TOO_SOON)
		fprintf(d->messages, "dropwhy: the bundle of %s was not written: it was too soon after "
				     "the last one\n", trigger__name(due));
	reap(d, 0);
}

void daemon__done(struct daemon *d)
{
	write_due(d);
	if (d->bundle_asked)
		fputs("dropwhy: the bundle that SIGUSR1 asked for was not written: it was too soon "
		      "after the last one\n", d->messages);
	http_server__free(d->http);
	rotating_log__free(d->log);
	recorder__free(d->recorder);
	metrics__free(d->metrics);
	ring_fill__free(d->ring);
	line__done(&d->row.line);
	settings__close(d->settings);
	tracer__close(&d->tracer);
	if (d->messages != stderr)
		fclose(d->messages);
}
