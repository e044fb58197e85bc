// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Reads the options of `dropwhy trace` with argp.
 */
#include <argp.h>
#include <errno.h>
#include <error.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/exit_status.h"
#include "user/commands/trace_options.h"

#define RING_BYTES_DEFAULT (4 << 20)
#define RING_BYTES_MAX	   (1UL << 30)
#define MAX_KEYS_DEFAULT   65536
#define TOP_DEFAULT	   20

/* A year: more is a mistake, and keeps the arithmetic of timers far from its limits. */
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
	OPTION_ALL,
	OPTION_RING_SIZE,
	OPTION_COLOR,
	OPTION_HOOK,
	OPTION_CONNTRACK_HOOKS,
	OPTION_BTF,
	OPTION_ROOT,
	OPTION_FILTER, /* + enum filter_option; the last */
};

#define FILTER_KEY(name) (OPTION_FILTER + FILTER_OPTION_##name)

static const struct argp_option argp_options[] = {
	{ NULL, 0, NULL, 0, "Output:", 1 },
	{ "json", OPTION_JSON, NULL, 0, "One JSON object a line", 0 },
	{ "csv", OPTION_CSV, NULL, 0, "CSV (RFC 4180) with a header row; the summary goes to stderr",
	  0 },
	{ "output", 'o', "FILE", 0, "Write there instead of to stdout", 0 },
	{ "summary-only", OPTION_SUMMARY_ONLY, NULL, 0, "No line a drop, only the summary", 0 },
	{ "by", OPTION_BY, "KEY[,KEY...]", 0,
	  "Group the summary by pod, netns, reason, cause, tuple, src, dst, iface, location "
	  "(default netns,reason,cause,src,dst)",
	  0 },
	{ "top", OPTION_TOP, "N", 0, "Groups in the summary, 0 for all (default 20)", 0 },
	{ "max-keys", OPTION_MAX_KEYS, "N", 0,
	  "Groups kept in memory; beyond it the smallest become \"other\" (default 65536)", 0 },
	{ "color", OPTION_COLOR, "WHEN", 0,
	  "auto, always or never; auto is on a terminal without NO_COLOR (default auto)", 0 },
	{ NULL, 0, NULL, 0, "When to stop:", 2 },
	{ "duration", OPTION_DURATION, "SECONDS", 0, "Stop after this time (fractions allowed)", 0 },
	{ "count", OPTION_COUNT, "N", 0, "Stop after this many drops were shown", 0 },
	{ NULL, 0, NULL, 0,
	  "What to show (values of one option are alternatives, different options must all match):",
	  3 },
	{ "pod", FILTER_KEY(POD), "PATTERN", 0, "Pods whose network namespace it died in", 0 },
	{ "namespace", FILTER_KEY(NAMESPACE), "PATTERN", 0, "Kubernetes namespaces of these pods", 0 },
	{ "netns", FILTER_KEY(NETNS), "NETNS", 0,
	  "Network namespaces: name, inode number, path or pid:PID", 0 },
	{ "iface", FILTER_KEY(IFACE), "PATTERN", 0, "Interface names", 0 },
	{ "reason", FILTER_KEY(REASON), "PATTERN", 0,
	  "Drop reasons, e.g. NETFILTER_DROP or 'TCP_*'; shown even if they are noise", 0 },
	{ "cause", FILTER_KEY(CAUSE), "PATTERN", 0,
	  "Causes, e.g. ct_table_full, 'ct_*', nft_rule, none", 0 },
	{ "proto", FILTER_KEY(PROTO), "PROTO", 0,
	  "tcp, udp, icmp, icmpv6, sctp, dccp, udplite, gre, esp, ip, ipv6, arp, or a number", 0 },
	{ "host", FILTER_KEY(HOST), "PREFIX", 0, "Address or CIDR prefix at either end", 0 },
	{ "src", FILTER_KEY(SRC), "PREFIX", 0, "Source address or CIDR prefix", 0 },
	{ "dst", FILTER_KEY(DST), "PREFIX", 0, "Destination address or CIDR prefix", 0 },
	{ "port", FILTER_KEY(PORT), "PORT", 0, "Port or FIRST-LAST at either end", 0 },
	{ "sport", FILTER_KEY(SPORT), "PORT", 0, "Source port or FIRST-LAST", 0 },
	{ "dport", FILTER_KEY(DPORT), "PORT", 0, "Destination port or FIRST-LAST", 0 },
	{ "all", OPTION_ALL, NULL, 0, "Show the reasons that are no trouble too", 0 },
	{ NULL, 0, NULL, 0, "How to trace:", 4 },
	{ "ring-size", OPTION_RING_SIZE, "BYTES", 0,
	  "Ring buffer, rounded up to a power of two; k and m are understood (default 4m)", 0 },
	{ "hook", OPTION_HOOK, "HOOK", 0,
	  "auto, btf (typed tracepoint) or tracepoint (the classic one) (default auto)", 0 },
	{ "conntrack-hooks", OPTION_CONNTRACK_HOOKS, "HOW", 0,
	  "How conntrack's drops are told: counters, direct (hooks on its functions), both "
	  "(compared), or auto: counters, and hooks where they add who won a clash or was "
	  "evicted (default auto)",
	  0 },
	{ "btf", OPTION_BTF, "FILE", 0, "The kernel's types, where it does not carry them", 0 },
	{ "root", OPTION_ROOT, "DIR", 0,
	  "Where the node's file system is mounted, when run in a container", 0 },
	{ "verbose", 'v', NULL, 0, "Say more on stderr, libbpf's and the verifier's words too", 0 },
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

/* Ends the process unless @text is a whole number in the range. */
static unsigned long read_number(struct argp_state *state, const char *option, const char *text,
				 unsigned long min, unsigned long max)
{
	unsigned long number;
	char *end;

	errno = 0;
	number = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || errno || number < min || number > max)
		argp_error(state, "--%s takes a whole number from %lu to %lu", option, min, max);
	return number;
}

static size_t read_ring_bytes(struct argp_state *state, const char *text)
{
	size_t page = sysconf(_SC_PAGESIZE), bytes = page;
	unsigned long number, unit = 1;
	char *end;

	errno = 0;
	number = strtoul(text, &end, 10);
	if (*end == 'k' || *end == 'K')
		unit = 1 << 10;
	else if (*end == 'm' || *end == 'M')
		unit = 1 << 20;
	if (text[0] < '0' || text[0] > '9' || errno || (*end && (unit == 1 || end[1])) ||
	    number == 0 || number > RING_BYTES_MAX / unit)
		argp_error(state, "--ring-size takes bytes up to 1024m, e.g. 65536, 256k or 16m");
	while (bytes < number * unit)
		bytes *= 2;
	return bytes;
}

static double read_duration(struct argp_state *state, const char *text)
{
	char *end;
	double seconds = strtod(text, &end);

	if (end == text || *end || !isfinite(seconds) || seconds <= 0 || seconds > DURATION_MAX_S)
		argp_error(state, "--duration takes seconds, more than 0 and at most a year");
	return seconds;
}

/* The index of @text among @words; ends the process if it is none of them. */
static int read_word(struct argp_state *state, const char *option, const char *text,
		     const char *const *words)
{
	int i;

	for (i = 0; words[i]; i++)
		if (!strcmp(text, words[i]))
			return i;
	argp_error(state, "--%s takes %s, %s, …: see --help", option, words[0], words[1]);
	return -1;
}

static void set_conntrack_hooks(struct argp_state *state, struct trace_options *options,
				const char *text)
{
	static const char *const words[] = { "counters", "direct", "both", "auto", NULL };
	int word = read_word(state, "conntrack-hooks", text, words);

	options->direct_extra = word == 3;
	options->conntrack = word == 3 ? CONNTRACK_COUNTERS : word;
}

static void set_format(struct argp_state *state, struct trace_options *options, const char *format)
{
	if (strcmp(options->format, "text") && strcmp(options->format, format))
		argp_error(state, "--json and --csv exclude each other");
	options->format = format;
}

/* --netns is resolved below --root, wherever that stands: filters are read last. */
struct given_filter {
	enum filter_option option;
	const char *values;
};

struct parser {
	struct trace_options *options;
	struct given_filter *filters;
	size_t filter_count;
};

static void add_filters(struct argp_state *state, const struct parser *parser)
{
	struct trace_options *options = parser->options;
	char error[FILTER_ERROR_LEN];
	size_t i;

	for (i = 0; i < parser->filter_count; i++)
		if (filter_spec__add(&options->filter, parser->filters[i].option, options->root,
				     parser->filters[i].values, error))
			argp_error(state, "%s", error);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	static const char *const colors[] = { "never", "always", "auto", NULL };
	static const char *const hooks[] = { "auto", "btf", "tracepoint", NULL };
	struct parser *parser = state->input;
	struct trace_options *options = parser->options;

	if (key >= OPTION_FILTER && key < OPTION_FILTER + __FILTER_OPTION_MAX) {
		parser->filters[parser->filter_count++] =
			(struct given_filter){ key - OPTION_FILTER, arg };
		return 0;
	}
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
			argp_error(state, "--by takes pod, netns, reason, cause, tuple, src, dst, "
					  "iface, location, each once, separated by commas");
		return 0;
	case OPTION_TOP:
		options->top = read_number(state, "top", arg, 0, 1000000);
		return 0;
	case OPTION_MAX_KEYS:
		options->max_keys = read_number(state, "max-keys", arg, 1, 1 << 24);
		return 0;
	case OPTION_COLOR:
		options->color = read_word(state, "color", arg, colors);
		options->color = options->color == 2 ? -1 : options->color;
		return 0;
	case OPTION_DURATION:
		options->duration_s = read_duration(state, arg);
		return 0;
	case OPTION_COUNT:
		options->count = read_number(state, "count", arg, 1, ~0UL);
		return 0;
	case OPTION_ALL:
		options->noise = true;
		return 0;
	case OPTION_RING_SIZE:
		options->ring_bytes = read_ring_bytes(state, arg);
		return 0;
	case OPTION_HOOK:
		options->hook = read_word(state, "hook", arg, hooks);
		return 0;
	case OPTION_CONNTRACK_HOOKS:
		set_conntrack_hooks(state, options, arg);
		return 0;
	case OPTION_BTF:
		options->btf_path = arg;
		return 0;
	case OPTION_ROOT:
		options->root = arg;
		return 0;
	case 'v':
		options->verbose = true;
		return 0;
	case ARGP_KEY_END:
		add_filters(state, parser);
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
	static const struct argp argp = { argp_options, parse_option, NULL, doc, NULL, NULL, NULL };
	struct parser parser = { .options = ret_options,
				 .filters = calloc(argc, sizeof(*parser.filters)) };

	*ret_options = (struct trace_options){
		.format = "text",
		.root = "",
		.color = -1,
		.direct_extra = true,
		.ring_bytes = RING_BYTES_DEFAULT,
		.keys = { GROUP_NETNS, GROUP_REASON, GROUP_CAUSE, GROUP_SRC, GROUP_DST },
		.key_count = 5,
		.top = TOP_DEFAULT,
		.max_keys = MAX_KEYS_DEFAULT,
	};
	if (!parser.filters)
		error(EXIT_FAILED, ENOMEM, "cannot read the options");
	argp_err_exit_status = EXIT_USAGE;
	if (argp_parse(&argp, argc, argv, 0, NULL, &parser))
		exit(EXIT_USAGE);
	free(parser.filters);
}

void trace_options__done(struct trace_options *options)
{
	filter_spec__done(&options->filter);
}
