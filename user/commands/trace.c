// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * `dropwhy trace`: opens the stages, moves records through them until it is
 * time to stop, and closes them in order, so that nothing is lost on the way.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "user/exit_status.h"
#include "user/sinks/sink.h"
#include "user/sinks/summary_text.h"
#include "user/source/decode.h"
#include "user/source/kernel_btf.h"
#include "user/source/kernel_functions.h"
#include "user/commands/trace.h"
#include "user/commands/trace_hooks.h"
#include "user/commands/trace_options.h"
#include "user/commands/trace_summary.h"

/* After a wake-up the ring is polled this often; the kernel side relies on
 * two polls after the last one it sent (WAKEUP_QUIET_NS in bpf/drop.bpf.c). */
#define POLL_MS	       20
#define IDLE_POLLS_MIN 2

/* Rows leave in pieces of this size in a storm; each poll flushes what there is. */
#define OUTPUT_BUFFER_BYTES (256 << 10)

struct trace {
	struct trace_options options;
	struct enricher *enricher;
	struct live *live;
	struct trace_hooks hooks;
	FILE *out;
	struct sink *sink;
	struct aggregate *groups;
	struct trace_corrections corrections;
	struct conntrack_reading readings[__READING_MAX];
	int reading_error;
	struct trace_summary summary;
	__u64 start_ns;		/* CLOCK_BOOTTIME */
	__u64 shown;
	int epoll_fd;
	int signal_fd;
	int timer_fd;		/* ends the run; -1: nothing does */
	int tick_fd;		/* once a second */
	bool stop;
};

/* One message on stderr for what failed, why, and what to do about it. */
static int complain(int status, int err, const char *what, const char *remedy)
{
	fprintf(stderr, "dropwhy: cannot %s: %s\n", what, strerror(-err));
	if (remedy)
		fprintf(stderr, "dropwhy: %s\n", remedy);
	return status;
}

static int complain_of(const struct live_failure *failure, int err)
{
	return complain(failure->kernel_cannot ? EXIT_KERNEL : EXIT_FAILED, err, failure->what,
			failure->remedy);
}

static int print_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	return vfprintf(stderr, format, args);
}

static __u64 boot_time_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_BOOTTIME, &time);
	return time.tv_sec * 1000000000ULL + time.tv_nsec;
}

/* --- opening */

static void warn_about_tables(const struct trace *t)
{
	const struct enricher_errors *errors = enricher__errors(t->enricher);

	if (errors->reasons)
		fprintf(stderr, "dropwhy: no names of drop reasons: %s; numbers are shown\n",
			strerror(-errors->reasons));
	if (errors->kallsyms)
		fprintf(stderr,
			"dropwhy: no names of kernel functions: %s; locations are shown as "
			"numbers and causes stay vague%s\n",
			strerror(-errors->kallsyms),
			errors->kallsyms == -EPERM ?
				"; sysctl kernel.kptr_restrict=1 and CAP_SYSLOG help" : "");
	if (errors->netns)
		fprintf(stderr, "dropwhy: no names of network namespaces: %s\n",
			strerror(-errors->netns));
}

static int open_enricher(struct trace *t)
{
	struct enricher_options options = { .btf_path = t->options.btf_path,
					    .root = *t->options.root ? t->options.root : NULL };

	t->enricher = enricher__new(&options);
	return t->enricher ? EXIT_FINE : complain(EXIT_FAILED, -errno, "load the tables", NULL);
}

static int open_live(struct trace *t)
{
	static struct location_class locations[LOCATION_CLASSES_MAX];
	static struct hook_function hooks[HOOK_FUNCTIONS_MAX];
	static __u8 reason_flags[REASON_SLOTS];
	struct kallsyms *kallsyms = enricher__kallsyms(t->enricher);
	struct live_options options = {
		.hook = t->options.hook,
		.btf_path = t->options.btf_path,
		.filter = &t->options.filter.kernel,
		.reason_flags = reason_flags,
		.locations = locations,
		.location_count = kernel_functions__locations(kallsyms, locations),
		.hooks = hooks,
		.hook_count = kernel_functions__hooks(kallsyms, hooks),
		.ring_bytes = t->options.ring_bytes,
		.netns_count = netns_table__count(enricher__netns(t->enricher)),
		.noise = t->options.noise,
		.conntrack = t->options.conntrack,
		.verdicts = t->options.direct_extra || t->options.conntrack != CONNTRACK_COUNTERS,
	};
	struct live_failure failure = {};
	char error[FILTER_ERROR_LEN];
	int err;

	if (filter_spec__reason_flags(&t->options.filter, enricher__reasons(t->enricher),
				      reason_flags, error)) {
		fprintf(stderr, "dropwhy: %s\n", error);
		return EXIT_USAGE;
	}
	err = live__open(&options, &t->live, &failure);
	if (err)
		return complain_of(&failure, err);
	t->hooks.mode = t->options.conntrack;
	t->hooks.wanted = options.verdicts;
	err = trace_hooks__open(&t->hooks, t->live, kallsyms, &failure);
	return err ? complain_of(&failure, err) : EXIT_FINE;
}

static bool want_color(const struct trace_options *options, FILE *out)
{
	const char *no_color = getenv("NO_COLOR"); /* https://no-color.org */

	if (options->color >= 0)
		return options->color;
	return isatty(fileno(out)) && !(no_color && *no_color);
}

static int open_output(struct trace *t)
{
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
	setvbuf(t->out, NULL, _IOFBF, OUTPUT_BUFFER_BYTES);
	options.color = want_color(&t->options, t->out);
	t->sink = sink__new(t->options.format, t->out, &options);
	if (!t->sink)
		return complain(EXIT_FAILED, -errno, "write the output", NULL);
	t->groups = aggregate__new(t->options.keys, t->options.key_count, t->options.max_keys);
	if (!t->groups)
		return complain(EXIT_FAILED, -errno, "make room for the groups",
				"try a smaller --max-keys");
	return EXIT_FINE;
}

static int watch(struct trace *t, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	return epoll_ctl(t->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static struct timespec seconds(double s)
{
	struct timespec t = { .tv_sec = (time_t)s };

	t.tv_nsec = (long)((s - (double)t.tv_sec) * 1e9);
	if (!t.tv_sec && !t.tv_nsec)
		t.tv_nsec = 1; /* zero would disarm the timer */
	return t;
}

static int watch_timer(struct trace *t, int *ret_fd, double first_s, double then_s)
{
	struct itimerspec when = { .it_value = seconds(first_s) };
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	if (then_s > 0)
		when.it_interval = seconds(then_s);
	if (timerfd_settime(fd, 0, &when, NULL) < 0)
		return -errno;
	return watch(t, fd);
}

static int open_events(struct trace *t)
{
	sigset_t signals;
	int err;

	signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of the write */
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	t->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	t->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (t->epoll_fd < 0 || t->signal_fd < 0)
		return complain(EXIT_FAILED, -errno, "wait for events", NULL);
	err = watch(t, t->signal_fd);
	if (!err)
		err = watch(t, live__fd(t->live));
	if (!err)
		err = watch_timer(t, &t->tick_fd, 1, 1);
	if (!err && t->options.duration_s > 0)
		err = watch_timer(t, &t->timer_fd, t->options.duration_s, 0);
	return err ? complain(EXIT_FAILED, err, "wait for events", NULL) : EXIT_FINE;
}

/* --- running */

/* Evictions are shown like drops, but are none: they stand outside of the accounting. */
static void on_eviction(struct trace *t, const struct drop *eviction)
{
	if (!t->options.summary_only && filter_spec__matches_all(&t->options.filter, eviction))
		sink__drop(t->sink, eviction);
}

static int on_record(void *ctx, const void *data, size_t size)
{
	struct trace *t = ctx;
	struct drop drop;

	if (drop__decode(data, size, &drop)) {
		t->corrections.undecoded++;
		return 0;
	}
	enricher__drop(t->enricher, &drop);
	if (drop__is_eviction(&drop)) {
		on_eviction(t, &drop);
		return 0;
	}
	if (!filter_spec__matches(&t->options.filter, &drop) ||
	    (t->options.count && t->shown >= t->options.count)) {
		t->corrections.filtered[reason_slot(drop.rec.reason)]++;
		return 0;
	}
	t->shown++;
	aggregate__add(t->groups, &drop);
	/* a failed write is counted by the sink and ends the run below */
	if (!t->options.summary_only)
		sink__drop(t->sink, &drop);
	if (t->options.count && t->shown >= t->options.count)
		t->stop = true;
	return 0;
}

/* Hands over what waits in the ring. The number of records, or -errno. */
static int consume(struct trace *t)
{
	int n = live__consume(t->live, on_record, t);

	sink__flush(t->sink);
	if (t->sink->first_error)
		t->stop = true;
	return n;
}

static void read_counters(struct trace *t, enum trace_reading which)
{
	int err = netns_table__refresh(enricher__netns(t->enricher));

	if (!err)
		err = conntrack_counters__read(enricher__netns(t->enricher), &t->readings[which]);
	if (err && !t->reading_error)
		t->reading_error = err;
}

/* Forgets the number of times that a timer fired. */
static void acknowledge(int fd)
{
	__u64 times;

	if (read(fd, &times, sizeof(times)) < 0 && errno != EAGAIN)
		fprintf(stderr, "dropwhy: timer: %s\n", strerror(errno));
}

static void on_event(struct trace *t, int fd)
{
	if (fd == t->tick_fd) {
		acknowledge(fd);
		live__maintain(t->live);
		trace_hooks__refresh(&t->hooks, t->live, enricher__kallsyms(t->enricher));
	} else if (fd == t->timer_fd || fd == t->signal_fd) {
		t->stop = true;
	}
}

static int run(struct trace *t)
{
	struct epoll_event events[4];
	int idle_polls = 0, n, i;

	while (!t->stop) {
		n = epoll_wait(t->epoll_fd, events, 4, idle_polls < IDLE_POLLS_MIN ? POLL_MS : -1);
		if (n < 0 && errno != EINTR)
			return complain(EXIT_FAILED, -errno, "wait for events", NULL);
		for (i = 0; i < n; i++)
			on_event(t, events[i].data.fd);
		n = consume(t);
		if (n < 0)
			return complain(EXIT_FAILED, n, "read the ring buffer", NULL);
		idle_polls = n ? 0 : idle_polls + 1;
	}
	return EXIT_FINE;
}

static int start(struct trace *t)
{
	struct live_failure failure = {};
	int err;

	read_counters(t, READING_BEFORE_ARM);
	err = live__start(t->live, &failure);
	if (err)
		return complain_of(&failure, err);
	t->start_ns = boot_time_ns();
	clock_gettime(CLOCK_REALTIME, &t->summary.summary.start);
	read_counters(t, READING_AFTER_ARM);
	fprintf(stderr, "dropwhy: tracing packet drops by %s; Ctrl-C ends it\n",
		live__hook_name(t->live));
	return EXIT_FINE;
}

/* --- ending */

/* A second Ctrl-C ends at once. */
static void restore_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_UNBLOCK, &signals, NULL);
}

static int report_failed_writes(const struct trace *t)
{
	if (!t->sink->first_error)
		return EXIT_FINE;
	fprintf(stderr, "dropwhy: cannot write to %s: %s; %llu rows were not written\n",
		t->options.output ? t->options.output : "standard output",
		strerror(-t->sink->first_error), t->sink->rows_failed);
	return EXIT_FAILED;
}

static int finish(struct trace *t)
{
	struct summary *summary = &t->summary.summary;
	struct signalfd_siginfo info;
	int err;

	while (read(t->signal_fd, &info, sizeof(info)) > 0)
		;
	restore_signals();
	read_counters(t, READING_BEFORE_DISARM);
	live__stop(t->live);
	clock_gettime(CLOCK_REALTIME, &summary->end);
	read_counters(t, READING_AFTER_DISARM);
	while (consume(t) > 0)
		;
	err = trace_summary__fill(&t->summary, t->live, t->enricher, t->readings,
				  t->reading_error, t->start_ns, &t->corrections);
	if (err)
		return complain(EXIT_FAILED, err, "add up the run", NULL);
	summary->evictions_known = trace_hooks__evictions(&t->hooks, &summary->evictions,
							   &summary->evictions_lost);
	summary->groups = t->groups;
	summary->top = t->options.top;
	summary->rows_failed = t->sink->rows_failed;
	if (!t->sink->first_error)
		sink__summary(t->sink, summary);
	sink__flush(t->sink);
	summary->rows_failed = t->sink->rows_failed;
	if (!t->sink->type->summary || t->options.output || t->sink->first_error)
		summary_text__write(stderr, summary, want_color(&t->options, stderr));
	return report_failed_writes(t);
}

static void trace__init(struct trace *t)
{
	memset(t, 0, sizeof(*t));
	t->epoll_fd = t->signal_fd = t->timer_fd = t->tick_fd = -1;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

static int trace__done(struct trace *t, int status)
{
	int i;

	sink__free(t->sink);
	if (t->out && t->out != stdout && fclose(t->out) && status == EXIT_FINE)
		status = complain(EXIT_FAILED, -errno, "close the output", NULL);
	aggregate__free(t->groups);
	trace_summary__done(&t->summary);
	for (i = 0; i < __READING_MAX; i++)
		conntrack_reading__done(&t->readings[i]);
	trace_hooks__close(&t->hooks);
	live__close(t->live);
	enricher__free(t->enricher);
	close_fd(t->timer_fd);
	close_fd(t->tick_fd);
	close_fd(t->signal_fd);
	close_fd(t->epoll_fd);
	trace_options__done(&t->options);
	return status;
}

int trace__main(int argc, char **argv)
{
	static char name[] = "dropwhy trace";
	static struct trace t; /* 8 KiB of corrections */
	int status, finished;

	argv[0] = name;
	trace__init(&t);
	trace_options__parse(argc, argv, &t.options);
	libbpf_set_print(t.options.verbose ? print_libbpf : NULL);

	status = open_enricher(&t);
	if (!status)
		status = open_live(&t);
	if (!status)
		status = open_output(&t);
	if (!status)
		status = open_events(&t);
	if (status)
		return trace__done(&t, status);
	warn_about_tables(&t);
	status = start(&t);
	kernel_btf__release();
	if (status)
		return trace__done(&t, status);
	status = run(&t);
	finished = finish(&t);
	return trace__done(&t, status ? status : finished);
}
