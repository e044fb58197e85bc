// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Reads the options of `dropwhy conntrack`.
 */
#include <argp.h>
#include <errno.h>
#include <error.h>
#include <stdlib.h>
#include <string.h>

#include "user/commands/argument.h"
#include "user/commands/conntrack_options.h"
#include "user/commands/kube_arguments.h"
#include "user/enrich/netns.h"
#include "user/exit_status.h"

#define TOP_DEFAULT	 20
/* 100 bytes each. */
#define MAX_KEYS_DEFAULT 16384
#define SECONDS_MAX	 86400

enum option_key {
	OPTION_JSON = 0x100,
	OPTION_CSV,
	OPTION_BY,
	OPTION_TOP,
	OPTION_MAX_KEYS,
	OPTION_NETNS,
	OPTION_INTERVAL,
	OPTION_COUNT,
	OPTION_COLOR,
	OPTION_ROOT,
};

static const struct argp_option argp_options[] = {
	{ "by", OPTION_BY, "KEYS", 0,
	  "Who holds the entries, by pod, namespace, workload, service, state, proto, src, dst, "
	  "dst-port, zone, netns, assured",
	  1 },
	{ "top", OPTION_TOP, "N", 0, "Groups shown, 0 for all (default 20)", 1 },
	{ "max-keys", OPTION_MAX_KEYS, "N", 0,
	  "Groups kept in memory; beyond it the smallest go into the rest (default 16384)", 1 },
	{ "netns", OPTION_NETNS, "NETNS[,NETNS...]", 0,
	  "Only these namespaces: name, host, inode number, path or pid:PID", 2 },
	{ "watch", 'w', "SECONDS", 0, "Print again and again, until Ctrl-C", 2 },
	{ "count", OPTION_COUNT, "N", 0, "With --watch: end after so many times", 2 },
	{ "interval", OPTION_INTERVAL, "SECONDS", 0,
	  "Time between the two readings that make rates; 0: no rates, at once (default 1)", 2 },
	{ "json", OPTION_JSON, NULL, 0, "JSON lines", 3 },
	{ "csv", OPTION_CSV, NULL, 0, "CSV with a header row", 3 },
	{ "color", OPTION_COLOR, "WHEN", 0,
	  ARGUMENT_COLOR_HELP, 3 },
	{ "root", OPTION_ROOT, "DIR", 0,
	  "Where the node's file system is mounted, when run in a container", 4 },
	{ 0 },
};

static const char doc[] =
	"Show how full the conntrack table of every network namespace is: entries, the limit as it "
	"is seen inside, what is free, how fast it fills and when it will be full, and what "
	"conntrack drops, per second.  With --by: who holds the entries, and what usually fills a "
	"table.\v"
	"Examples:\n"
	"  dropwhy conntrack\n"
	"  dropwhy conntrack --watch 5\n"
	"  dropwhy conntrack --by pod,service,state\n"
	"  dropwhy conntrack --by src,dst-port --netns host --json\n"
	"\n"
	"Exit status: 0 fine, 1 failed at run time, 2 wrong usage, 3 nf_conntrack is not loaded.";

/* --netns is resolved below --root, wherever that stands. */
struct parser {
	struct conntrack_options *options;
	char **netns;		/* each time that it was given */
	size_t netns_count;
};

static void set_format(struct argp_state *state, struct conntrack_options *options,
		       enum rows_format format)
{
	if (options->format != ROWS_TEXT && options->format != format)
		argp_error(state, "--json and --csv exclude each other");
	options->format = format;
}

/* A namespace may be named in several ways, and is looked at once all the same. */
static void add_netns(struct conntrack_options *options, __u32 ino)
{
	size_t i;

	for (i = 0; i < options->netns_count; i++)
		if (options->netns[i] == ino)
			return;
	options->netns[options->netns_count++] = ino;
}

static void resolve_list(struct argp_state *state, struct conntrack_options *options, char *rest)
{
	char *name;
	__u32 ino;
	int err;

	while ((name = strsep(&rest, ","))) {
		err = netns__resolve(options->root, name, &ino);
		if (err)
			argp_error(state, "--netns: there is no network namespace '%s': %s (a name, "
					  "host, an inode number, a path or pid:PID)",
				   name, strerror(-err));
		add_netns(options, ino);
	}
}

static void resolve_netns(struct argp_state *state, struct parser *parser)
{
	struct conntrack_options *options = parser->options;
	size_t i, room = 0;

	if (!parser->netns_count)
		return;
	for (i = 0; i < parser->netns_count; i++)
		room += strlen(parser->netns[i]) / 2 + 1;
	options->netns = calloc(room, sizeof(*options->netns));
	if (!options->netns)
		error(EXIT_FAILED, ENOMEM, "cannot read the options");
	for (i = 0; i < parser->netns_count; i++)
		resolve_list(state, options, parser->netns[i]);
}

static void check(struct argp_state *state, struct parser *parser)
{
	const struct conntrack_options *options = parser->options;

	resolve_netns(state, parser);
	if (options->count && !(options->watch_s > 0))
		argp_error(state, "--count needs --watch");
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct parser *parser = state->input;
	struct conntrack_options *options = parser->options;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->kube;
		return 0;
	case OPTION_JSON:
		set_format(state, options, ROWS_JSON);
		return 0;
	case OPTION_CSV:
		set_format(state, options, ROWS_CSV);
		return 0;
	case OPTION_BY:
		options->by = true;
		if (occupant_key__parse(arg, options->keys, &options->key_count))
			argp_error(state, "--by takes pod, namespace, workload, service, state, proto, "
					  "src, dst, dst-port, zone, netns, assured, each once, "
					  "separated by commas");
		return 0;
	case OPTION_TOP:
		options->top = argument__number(state, "top", arg, 0, 1000000);
		return 0;
	case OPTION_MAX_KEYS:
		options->max_keys = argument__number(state, "max-keys", arg, 2, 1 << 24);
		return 0;
	case OPTION_NETNS:
		parser->netns[parser->netns_count++] = arg;
		return 0;
	case OPTION_INTERVAL:
		options->interval_s = argument__seconds(state, "interval", arg, 0, SECONDS_MAX);
		return 0;
	case 'w':
		options->watch_s = argument__seconds(state, "watch", arg, 0.01, SECONDS_MAX);
		return 0;
	case OPTION_COUNT:
		options->count = argument__number(state, "count", arg, 1, ~0UL);
		return 0;
	case OPTION_COLOR:
		options->color = argument__color(state, arg);
		return 0;
	case OPTION_ROOT:
		options->root = arg;
		return 0;
	case ARGP_KEY_END:
		check(state, parser);
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s' is no option", arg);
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

void conntrack_options__parse(int argc, char **argv, struct conntrack_options *ret_options)
{
	static const struct argp_child children[] = { { &kube_arguments_argp, 0, NULL, 0 },
						     { &argument_help_argp, 0, NULL, 0 },
						     { 0 } };
	static const struct argp argp = { argp_options, parse_option, NULL, doc, children, NULL,
					  NULL };
	struct parser parser = { .options = ret_options,
				 .netns = calloc(argc + 1, sizeof(*parser.netns)) };

	if (!parser.netns)
		error(EXIT_FAILED, ENOMEM, "cannot read the options");
	*ret_options = (struct conntrack_options){
		.root = "",
		.interval_s = 1,
		.color = -1,
		.top = TOP_DEFAULT,
		.max_keys = MAX_KEYS_DEFAULT,
	};
	argp_err_exit_status = EXIT_USAGE;
	if (argp_parse(&argp, argc, argv, 0, NULL, &parser))
		exit(EXIT_USAGE);
	free(parser.netns);
}

void conntrack_options__done(struct conntrack_options *options)
{
	free(options->netns);
}
