// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Reads the options that the tracing commands share: see run_options.h.
 */
#include <errno.h>
#include <error.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/commands/argument.h"
#include "user/commands/kube_arguments.h"
#include "user/commands/run_options.h"
#include "user/exit_status.h"

#define RING_BYTES_DEFAULT (4 << 20)
#define RING_BYTES_MAX	   (1UL << 30)
#define DNS_PORT	   53
#define FOLD_MS_DEFAULT	   1000
#define FOLD_MS_MIN	   10
#define FOLD_MS_MAX	   60000

/* Beyond those of any command. */
enum option_key {
	OPTION_ALL = 0x1000,
	OPTION_RING_SIZE,
	OPTION_HOOK,
	OPTION_CONNTRACK_HOOKS,
	OPTION_DNS_PORT,
	OPTION_FOLD,
	OPTION_SYSCTL,
	OPTION_BTF,
	OPTION_ROOT,
	OPTION_FILTER, /* + enum filter_option; the last */
};

#define FILTER_KEY(name) (OPTION_FILTER + FILTER_OPTION_##name)

static const struct argp_option argp_options[] = {
	{ NULL, 0, NULL, 0,
	  "What to show (values of one option are alternatives, different options must all match):",
	  3 },
	{ "pod", FILTER_KEY(POD), "PATTERN", 0, "Pods that own it or are one of its ends", 0 },
	{ "namespace", FILTER_KEY(NAMESPACE), "PATTERN", 0,
	  "Kubernetes namespaces of these pods, or of Services", 0 },
	{ "service", FILTER_KEY(SERVICE), "PATTERN", 0,
	  "Services it was sent to or answers for: NAME or NAMESPACE/NAME", 0 },
	{ "selector", FILTER_KEY(SELECTOR), "SELECTOR", 0,
	  "Labels of these pods, as kubectl takes them: app=web,tier!=db", 0 },
	{ "netns", FILTER_KEY(NETNS), "NETNS", 0,
	  "Network namespaces: name, host, inode number, path or pid:PID", 0 },
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
	  "Ring buffer, rounded up to a power of two; k and m are understood (default 4m; in probe 1m)", 0 },
	{ "hook", OPTION_HOOK, "HOOK", 0,
	  "auto, btf (typed tracepoint) or tracepoint (the classic one) (default auto)", 0 },
	{ "conntrack-hooks", OPTION_CONNTRACK_HOOKS, "HOW", 0,
	  "How conntrack's drops are told: counters, direct (hooks on its functions), both "
	  "(compared), or auto: counters, and hooks where they add who won a clash or was "
	  "evicted (default auto)",
	  0 },
	{ "fold", OPTION_FOLD, "MS", 0,
	  "Count drops that are alike together, for so many milliseconds at a time; the first is "
	  "shown at once. 0: never; auto: in a storm (default auto; always with --summary-only)",
	  0 },
	{ "dns-port", OPTION_DNS_PORT, "PORT[,PORT...]", 0,
	  "Ports whose packets' DNS queries are read, or none (default 53)", 0 },
	{ "sysctl", OPTION_SYSCTL, "HOW", 0,
	  "How changes of sysctls that make packets drop are found: auto, watch (each write, with "
	  "who did it), compare (values, once a second) or off (default auto)",
	  0 },
	{ "btf", OPTION_BTF, "FILE", 0, "The kernel's types, where it does not carry them", 0 },
	{ "root", OPTION_ROOT, "DIR", 0,
	  "Where the node's file system is mounted, when run in a container", 0 },
	{ "verbose", 'v', NULL, 0, "Say more on stderr, libbpf's and the verifier's words too", 0 },
	{ 0 },
};

static size_t read_ring_bytes(struct argp_state *state, const char *text)
{
	size_t wanted = argument__bytes(state, "ring-size", text, 1, RING_BYTES_MAX);
	size_t bytes = sysconf(_SC_PAGESIZE);

	while (bytes < wanted)
		bytes *= 2;
	return bytes;
}

static void set_conntrack_hooks(struct argp_state *state, struct run_options *options,
				const char *text)
{
	static const char *const words[] = { "counters", "direct", "both", "auto", NULL };
	int word = argument__word(state, "conntrack-hooks", text, words);

	options->direct_extra = word == 3;
	options->conntrack = word == 3 ? CONNTRACK_COUNTERS : word;
}

/* --netns is resolved below --root, wherever that stands: filters are read last. */
struct given_filter {
	enum filter_option option;
	const char *values;
};

struct parser {
	struct run_options *options;
	struct given_filter *filters;
	size_t filter_count;
};

static void add_filters(struct argp_state *state, const struct parser *parser)
{
	struct run_options *options = parser->options;
	char error[FILTER_ERROR_LEN];
	size_t i;

	for (i = 0; i < parser->filter_count; i++)
		if (filter_spec__add(&options->filter, parser->filters[i].option, options->root,
				     parser->filters[i].values, error))
			argp_error(state, "%s", error);
}

static void set_defaults(struct run_options *options)
{
	*options = (struct run_options){
		.root = "",
		.direct_extra = true,
		.ring_bytes = RING_BYTES_DEFAULT,
		.fold = FOLD_STORMS,
		.fold_ms = FOLD_MS_DEFAULT,
		.dns_ports = { DNS_PORT },
		.dns_port_count = 1,
	};
}

static void set_dns_ports(struct argp_state *state, struct run_options *options, const char *text)
{
	unsigned long port;
	char *end;

	options->dns_port_count = 0;
	if (!strcmp(text, "none"))
		return;
	for (;; text = end + 1) {
		errno = 0;
		port = strtoul(text, &end, 10);
		if (*text < '0' || *text > '9' || errno || port < 1 || port > 65535 ||
		    (*end && *end != ','))
			argp_error(state, "--dns-port takes ports from 1 to 65535, separated by "
					  "commas, or none");
		if (options->dns_port_count == DNS_PORTS_MAX)
			argp_error(state, "--dns-port takes at most %d ports", DNS_PORTS_MAX);
		options->dns_ports[options->dns_port_count++] = port;
		if (!*end)
			return;
	}
}

static void set_fold(struct argp_state *state, struct run_options *options, const char *text)
{
	options->fold_given = true;
	options->fold_ms = FOLD_MS_DEFAULT;
	options->fold = FOLD_STORMS;
	if (!strcmp(text, "auto"))
		return;
	options->fold_ms = argument__number(state, "fold", text, 0, FOLD_MS_MAX);
	if (options->fold_ms && options->fold_ms < FOLD_MS_MIN)
		argp_error(state, "--fold takes auto, 0, or %d to %d milliseconds", FOLD_MS_MIN,
			   FOLD_MS_MAX);
	options->fold = options->fold_ms ? FOLD_ALWAYS : FOLD_OFF;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	static const char *const hooks[] = { "auto", "btf", "tracepoint", NULL };
	static const char *const settings[] = { "auto", "watch", "compare", "off", NULL };
	/* a command line is read once in a process */
	static struct parser parser;
	struct run_options *options = state->input;

	if (key >= OPTION_FILTER && key < OPTION_FILTER + __FILTER_OPTION_MAX) {
		parser.filters[parser.filter_count++] =
			(struct given_filter){ key - OPTION_FILTER, arg };
		return 0;
	}
	switch (key) {
	case ARGP_KEY_INIT:
		set_defaults(options);
		parser = (struct parser){ .options = options,
					  .filters = calloc(state->argc, sizeof(*parser.filters)) };
		if (!parser.filters)
			error(EXIT_FAILED, ENOMEM, "cannot read the options");
		state->child_inputs[0] = &options->kube;
		return 0;
	case OPTION_ALL:
		options->noise = true;
		return 0;
	case OPTION_RING_SIZE:
		options->ring_bytes = read_ring_bytes(state, arg);
		options->ring_given = true;
		return 0;
	case OPTION_HOOK:
		options->hook = argument__word(state, "hook", arg, hooks);
		return 0;
	case OPTION_CONNTRACK_HOOKS:
		set_conntrack_hooks(state, options, arg);
		return 0;
	case OPTION_FOLD:
		set_fold(state, options, arg);
		return 0;
	case OPTION_DNS_PORT:
		set_dns_ports(state, options, arg);
		return 0;
	case OPTION_SYSCTL:
		options->settings = argument__word(state, "sysctl", arg, settings);
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
		add_filters(state, &parser);
		options->kube.want_labels = options->filter.selector_count > 0;
		free(parser.filters);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = { { &kube_arguments_argp, 0, NULL, 0 }, { 0 } };

const struct argp run_options_argp = { argp_options, parse_option, NULL, NULL, children, NULL, NULL };

struct tracer_options run_options__tracer(const struct run_options *options)
{
	struct tracer_options tracer = {
		.hook = options->hook,
		.conntrack = options->conntrack,
		.direct_extra = options->direct_extra,
		.btf_path = options->btf_path,
		.root = options->root,
		.ring_bytes = options->ring_bytes,
		.noise = options->noise,
		.fold = options->fold,
		.fold_ms = options->fold_ms,
		.filter = &options->filter,
		.kube = &options->kube,
		.dns_port_count = options->dns_port_count,
	};

	memcpy(tracer.dns_ports, options->dns_ports, sizeof(tracer.dns_ports));
	return tracer;
}

struct settings_options run_options__settings(const struct run_options *options,
					      struct enricher *enricher)
{
	struct settings_options settings = {
		.mode = options->settings,
		.btf_path = options->btf_path,
		.root = options->root,
		.netns = enricher__netns(enricher),
		.directory = enricher__directory(enricher),
	};

	return settings;
}

void run_options__done(struct run_options *options)
{
	filter_spec__done(&options->filter);
}
