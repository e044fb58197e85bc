// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * `dropwhy doctor`: options, one look, the report.
 */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "user/commands/argument.h"
#include "user/commands/complaint.h"
#include "user/commands/doctor.h"
#include "user/commands/filter_warning.h"
#include "user/commands/run_options.h"
#include "user/doctor/report.h"
#include "user/exit_status.h"
#include "user/run/observation.h"

#define DURATION_DEFAULT_S 10
#define DURATION_MIN_S	   0.001
#define DURATION_MAX_S	   86400.0

enum option_key {
	OPTION_JSON = 0x100,
	OPTION_DURATION,
	OPTION_COLOR,
};

struct options {
	struct run_options run;
	double duration_s;
	bool json;
	int color;		/* -1: only on a terminal, 0 never, 1 always */
};

static const struct argp_option argp_options[] = {
	{ NULL, 0, NULL, 0, "Output:", 1 },
	{ "json", OPTION_JSON, NULL, 0, "One JSON object", 0 },
	{ "color", OPTION_COLOR, "WHEN", 0,
	  ARGUMENT_COLOR_HELP, 0 },
	{ NULL, 0, NULL, 0, "How long:", 2 },
	{ "duration", OPTION_DURATION, "SECONDS", 0, "Look for this time (default 10)", 0 },
	{ NULL, 0, NULL, 0, "Help:", -1 },
	{ 0 },
};

static const char doc[] =
	"Look at this node for a while, then say what makes it drop packets or soon will: the worst "
	"first, each with its evidence, an explanation and what to do.\v"
	"Exit status: 0 healthy, 4 there are findings that are more than notes, 1 failed at run time, or "
	"no such was found where not all could be looked at, 2 wrong usage, 3 this kernel cannot do it.";

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->run;
		return 0;
	case OPTION_JSON:
		options->json = true;
		return 0;
	case OPTION_COLOR:
		options->color = argument__color(state, arg);
		return 0;
	case OPTION_DURATION:
		options->duration_s = argument__seconds(state, "duration", arg, DURATION_MIN_S,
							DURATION_MAX_S);
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s' is no option", arg);
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void parse(int argc, char **argv, struct options *ret_options)
{
	static const struct argp_child children[] = { { &run_options_argp, 0, NULL, 0 },
						     { &argument_help_argp, 0, NULL, 0 },
						     { 0 } };
	static const struct argp argp = { argp_options, parse_option, NULL, doc, children, NULL,
					  NULL };

	ret_options->duration_s = DURATION_DEFAULT_S;
	ret_options->color = -1;
	argp_err_exit_status = EXIT_USAGE;
	if (argp_parse(&argp, argc, argv, 0, NULL, ret_options))
		exit(EXIT_USAGE);
}

static void on_end(void *ctx, int fd)
{
	struct event_loop *loop = ctx;

	(void)fd;
	event_loop__stop(loop);
}

static int look(struct observation *o, const struct options *options)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, 0 };
	struct tracer_options tracer = run_options__tracer(&options->run);
	struct tracer_failure failure = {};
	int err;

	err = observation__open(o, &tracer, options->run.settings, say_notice, &failure);
	if (err)
		return complain_of(&failure, err);
	err = event_loop__signals(o->tracer.loop, signals, on_end, o->tracer.loop);
	if (err)
		return complain(EXIT_FAILED, err, "wait for events", NULL);
	warn_about_view(options->run.root);
	warn_about_filter(o->tracer.enricher, &options->run.filter);
	err = observation__start(o, &failure);
	if (err)
		return complain_of(&failure, err);
	/* what starting took is not of the time that was asked for */
	if (!event_loop__timer(o->tracer.loop, options->duration_s, 0, on_end, o->tracer.loop))
		return complain(EXIT_FAILED, -errno, "wait for events", NULL);
	fprintf(stderr, "dropwhy: looking for %g s; Ctrl-C ends it sooner\n", options->duration_s);
	err = observation__run(o, &failure);
	if (err)
		return complain_of(&failure, err);
	err = observation__conclude(o);
	return err ? complain(EXIT_FAILED, err, "add up what was seen", NULL) : EXIT_FINE;
}

/* 0: it is no terminal. */
static size_t terminal_width(FILE *out)
{
	struct winsize size = {};

	return isatty(fileno(out)) && !ioctl(fileno(out), TIOCGWINSZ, &size) ? size.ws_col : 0;
}

static int print(const struct report *report, const struct options *options)
{
	bool color = argument__wants_color(options->color, stdout);
	struct facts_unknown unknown[FACTS_UNKNOWN_MAX];
	struct line out = {};
	int err = 0;

	if (options->json)
		report__json(&out, report);
	else
		report__text(&out, report, color);
	errno = 0;
	if (out.failed)
		err = -ENOMEM;
	else if (fwrite(out.data, 1, out.len, stdout) != out.len || fflush(stdout))
		err = errno ? -errno : -EIO;
	line__done(&out);
	if (err)
		return complain(EXIT_FAILED, err, "write to standard output", NULL);
	if (rules__troubles(report->findings, report->count))
		return EXIT_FINDINGS;
	/* what could not be looked at is not healthy */
	return facts__unknown(report->facts, unknown) ? EXIT_FAILED : EXIT_FINE;
}

int doctor__main(int argc, char **argv)
{
	static char name[] = "dropwhy doctor";
	static struct observation observation;
	struct options options = {};
	struct report report = { .facts = &observation.facts };
	struct finding *findings;
	int status;

	argv[0] = name;
	parse(argc, argv, &options);
	let_libbpf_speak(options.run.verbose);
	signal(SIGPIPE, SIG_IGN);
	findings = calloc(rule_count, sizeof(*findings));
	if (!findings)
		return complain(EXIT_FAILED, -ENOMEM, "make room", NULL);
	status = look(&observation, &options);
	if (!status) {
		report.findings = findings;
		report.count = rules__apply(&observation.facts, observation.tallies, findings);
		clock_gettime(CLOCK_REALTIME, &report.time);
		report.width = terminal_width(stdout);
		status = print(&report, &options);
	}
	observation__close(&observation);
	run_options__done(&options.run);
	free(findings);
	return status;
}
