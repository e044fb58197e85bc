// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Reads the options of `dropwhy trace` with argp.
 */
#include <argp.h>
#include <errno.h>
#include <error.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/commands/argument.h"
#include "user/commands/trace_options.h"
#include "user/exit_status.h"

#define MAX_KEYS_DEFAULT   65536
#define TOP_DEFAULT	   20

/* A year: more is a mistake, and keeps the arithmetic of timers far from its limits. */
#define DURATION_MIN_S 0.001
#define DURATION_MAX_S (366 * 86400.0)

enum option_key {
	OPTION_JSON = 0x100,
	OPTION_CSV,
	OPTION_DURATION,
	OPTION_COUNT,
	OPTION_SUMMARY_ONLY,
	OPTION_BY,
	OPTION_TOP,
	OPTION_MAX_KEYS,
	OPTION_COLOR,
};

static const struct argp_option argp_options[] = {
	{ NULL, 0, NULL, 0, "Output:", 1 },
	{ "json", OPTION_JSON, NULL, 0, "One JSON object a line", 0 },
	{ "csv", OPTION_CSV, NULL, 0, "CSV (RFC 4180) with a header row; the summary goes to stderr",
	  0 },
	{ "output", 'o', "FILE", 0, "Write there instead of to stdout", 0 },
	{ "summary-only", OPTION_SUMMARY_ONLY, NULL, 0, "No line a drop, only the summary", 0 },
	{ "by", OPTION_BY, "KEY[,KEY...]", 0,
	  "Group the summary by pod, service, workload, netns, reason, cause, tuple, src, dst, "
	  "iface, dns, src-name, dst-name, location (default netns,reason,cause,src,dst)",
	  0 },
	{ "top", OPTION_TOP, "N", 0, "Groups in the summary, 0 for all (default 20)", 0 },
	{ "max-keys", OPTION_MAX_KEYS, "N", 0,
	  "Groups kept in memory; beyond it the smallest become \"other\" (default 65536)", 0 },
	{ "color", OPTION_COLOR, "WHEN", 0,
	  ARGUMENT_COLOR_HELP, 0 },
	{ NULL, 0, NULL, 0, "When to stop:", 2 },
	{ "duration", OPTION_DURATION, "SECONDS", 0, "Stop after this time (fractions allowed)", 0 },
	{ "count", OPTION_COUNT, "N", 0, "Stop after this many drops were shown", 0 },
	{ NULL, 0, NULL, 0, "Help:", -1 },
	{ 0 },
};

static const char doc[] =
	"Show the packets that this node's kernel drops, each with its reason and cause, until "
	"Ctrl-C; then a summary, where every drop went, and how that compares with conntrack's own "
	"counters.\v"
	"Examples:\n"
	"  dropwhy trace                              everything that goes wrong\n"
	"  dropwhy trace --cause 'ct_*' --by src,dst  who suffers from conntrack\n"
	"  dropwhy trace --port 53 --duration 30 --csv -o dns.csv\n"
	"\n"
	"Exit status: 0 fine, 1 failed at run time, 2 wrong usage, 3 this kernel cannot do it.";

static void set_format(struct argp_state *state, struct trace_options *options, const char *format)
{
	if (strcmp(options->format, "text") && strcmp(options->format, format))
		argp_error(state, "--json and --csv exclude each other");
	options->format = format;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct trace_options *options = state->input;

	switch (key) {
	case OPTION_JSON:
		set_format(state, options, "json");
		return 0;
	case OPTION_CSV:
		set_format(state, options, "csv");
		return 0;
	case 'o':
		options->output = arg;
		return 0;
	case OPTION_SUMMARY_ONLY:
		options->summary_only = true;
		return 0;
	case OPTION_BY:
		if (group_key__parse(arg, options->keys, &options->key_count))
			argp_error(state, "--by takes pod, service, workload, netns, reason, cause, "
					  "tuple, src, dst, iface, dns, src-name, dst-name, location, each "
					  "once, separated by commas");
		return 0;
	case OPTION_TOP:
		options->top = argument__number(state, "top", arg, 0, 1000000);
		return 0;
	case OPTION_MAX_KEYS:
		options->max_keys = argument__number(state, "max-keys", arg, 1, 1 << 24);
		return 0;
	case OPTION_COLOR:
		options->color = argument__color(state, arg);
		return 0;
	case OPTION_DURATION:
		options->duration_s = argument__seconds(state, "duration", arg, DURATION_MIN_S, DURATION_MAX_S);
		return 0;
	case OPTION_COUNT:
		options->count = argument__number(state, "count", arg, 1, ~0UL);
		return 0;
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->run;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s' is no option; filters begin with --, e.g. --host %s", arg,
			   arg);
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

void trace_options__parse(int argc, char **argv, struct trace_options *ret_options)
{
	static const struct argp_child children[] = { { &run_options_argp, 0, NULL, 0 },
						     { &argument_help_argp, 0, NULL, 0 },
						     { 0 } };
	static const struct argp argp = { argp_options, parse_option, NULL, doc, children, NULL,
					  NULL };

	*ret_options = (struct trace_options){
		.format = "text",
		.color = -1,
		.keys = { GROUP_NETNS, GROUP_REASON, GROUP_CAUSE, GROUP_SRC, GROUP_DST },
		.key_count = 5,
		.top = TOP_DEFAULT,
		.max_keys = MAX_KEYS_DEFAULT,
	};
	argp_err_exit_status = EXIT_USAGE;
	if (argp_parse(&argp, argc, argv, 0, NULL, ret_options))
		exit(EXIT_USAGE);
}

void trace_options__done(struct trace_options *options)
{
	run_options__done(&options->run);
}
