// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Reads the options of `dropwhy probe` with argp.
 */
#include <argp.h>
#include <stdlib.h>

#include "user/commands/argument.h"
#include "user/commands/probe_options.h"
#include "user/exit_status.h"

#define LISTEN_DEFAULT	   "127.0.0.1:9810"
#define MAX_SERIES_DEFAULT 1000
#define LOG_BYTES_DEFAULT  (64 << 20)
#define LOG_FILES_DEFAULT  8
#define RECORDER_BYTES_DEFAULT (4 << 20)
#define QUOTA_BYTES_DEFAULT (256 << 20)
#define SECONDS_MIN	   0.001
#define SECONDS_MAX	   (366 * 86400.0)
#define BYTES_MAX	   (1UL << 40)

enum option_key {
	OPTION_LISTEN = 0x100,
	OPTION_MAX_SERIES,
	OPTION_CSV_DIR,
	OPTION_JSON_LOG,
	OPTION_LOG_SIZE,
	OPTION_LOG_AGE,
	OPTION_LOG_FILES,
	OPTION_BUNDLE_DIR,
	OPTION_BUNDLE_FORMAT,
	OPTION_BUNDLE_QUOTA,
	OPTION_BUNDLE_INTERVAL,
	OPTION_RECORDER_SIZE,
	OPTION_RECORDER_AGE,
	OPTION_KEEP_PRIVILEGES,
};

static const struct argp_option argp_options[] = {
	{ NULL, 0, NULL, 0, "Metrics and live page:", 1 },
	{ "listen", OPTION_LISTEN, "ADDRESS:PORT", 0,
	  "Serve /metrics, /healthz, /readyz and a live page there; none: do not "
	  "(default " LISTEN_DEFAULT ")", 0 },
	{ "max-series", OPTION_MAX_SERIES, "N", 0,
	  "Label sets of each metric; the biggest are kept, the rest is in \"other\" "
	  "(default 1000)", 0 },
	{ NULL, 0, NULL, 0, "Log and flight recorder:", 2 },
	{ "json-log", OPTION_JSON_LOG, "DIR", 0,
	  "Write files of JSON lines there; - is stdout, for the node's log pipeline", 0 },
	{ "csv-dir", OPTION_CSV_DIR, "DIR", 0,
	  "Write CSV files there, each with a header row; instead of --json-log", 0 },
	{ "log-size", OPTION_LOG_SIZE, "BYTES", 0,
	  "Begin another file at this size; k and m are understood (default 64m)", 0 },
	{ "log-age", OPTION_LOG_AGE, "SECONDS", 0,
	  "Begin another file at this age (default 3600)", 0 },
	{ "log-files", OPTION_LOG_FILES, "N", 0, "Keep so many of them (default 8)", 0 },
	{ "bundle-dir", OPTION_BUNDLE_DIR, "DIR", 0,
	  "On a trigger write what the flight recorder holds into a bundle there", 0 },
	{ "bundle-format", OPTION_BUNDLE_FORMAT, "FORMAT", 0,
	  "A bundle is a directory (dir) or an archive (tar.zst) (default dir)", 0 },
	{ "bundle-quota", OPTION_BUNDLE_QUOTA, "BYTES", 0,
	  "All bundles together; the oldest are deleted (default 256m)", 0 },
	{ "bundle-interval", OPTION_BUNDLE_INTERVAL, "SECONDS", 0,
	  "Write none so soon after another (default 300)", 0 },
	{ "recorder-size", OPTION_RECORDER_SIZE, "BYTES", 0,
	  "Memory of the flight recorder; 0: none (default 4m)", 0 },
	{ "recorder-age", OPTION_RECORDER_AGE, "SECONDS", 0,
	  "How far back it reaches (default 600)", 0 },
	{ NULL, 0, NULL, 0, "Privileges:", 6 },
	{ "keep-privileges", OPTION_KEEP_PRIVILEGES, NULL, 0,
	  "Drop no capability and filter no system call, for debugging", 0 },
	{ NULL, 0, NULL, 0, "Help:", -1 },
	{ 0 },
};

static const char doc[] =
	"Watch this node's packet drops for as long as it runs: metrics for Prometheus and a live "
	"page, rotating logs, and a flight recorder that keeps the last minutes and writes them down "
	"when something happens.\v"
	"A bundle is written when a conntrack table is full or nearly so, when drops surge, when a "
	"limit is lowered, on SIGUSR1, and on POST /bundle from this machine.\n"
	"\n"
	"Examples:\n"
	"  dropwhy probe                                  metrics at http://" LISTEN_DEFAULT "/metrics\n"
	"  dropwhy probe --listen=none --json-log=-       for the node's log pipeline\n"
	"  dropwhy probe --csv-dir=/var/log/dropwhy --bundle-dir=/var/lib/dropwhy\n"
	"\n"
	"Exit status: 0 fine, 1 failed at run time, 2 wrong usage, 3 this kernel cannot do it.";

static error_t parse_log_option(int key, char *arg, struct argp_state *state,
				struct probe_options *options)
{
	static const char *const formats[] = { "dir", "tar.zst", NULL };

	switch (key) {
	case OPTION_LOG_SIZE:
		options->log_bytes = argument__bytes(state, "log-size", arg, 4096, BYTES_MAX);
		return 0;
	case OPTION_LOG_AGE:
		options->log_age_s = argument__seconds(state, "log-age", arg, SECONDS_MIN, SECONDS_MAX);
		return 0;
	case OPTION_LOG_FILES:
		options->log_files = argument__number(state, "log-files", arg, 1, 100000);
		return 0;
	case OPTION_BUNDLE_DIR:
		options->bundle_dir = arg;
		return 0;
	case OPTION_BUNDLE_FORMAT:
		options->bundle_archive =
			argument__word(state, "bundle-format", arg, formats) == 1;
		return 0;
	case OPTION_BUNDLE_QUOTA:
		options->bundle_quota_bytes =
			argument__bytes(state, "bundle-quota", arg, 1, BYTES_MAX);
		return 0;
	case OPTION_BUNDLE_INTERVAL:
		options->bundle_interval_s = argument__seconds(state, "bundle-interval", arg, SECONDS_MIN, SECONDS_MAX);
		return 0;
	case OPTION_RECORDER_SIZE:
		options->recorder_bytes =
			argument__bytes(state, "recorder-size", arg, 0, 1UL << 30);
		return 0;
	case OPTION_RECORDER_AGE:
		options->recorder_age_s = argument__seconds(state, "recorder-age", arg, SECONDS_MIN, SECONDS_MAX);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct probe_options *options = state->input;

	switch (key) {
	case OPTION_LISTEN:
		options->listen = arg;
		return 0;
	case OPTION_MAX_SERIES:
		options->max_series = argument__number(state, "max-series", arg, 1, 100000);
		return 0;
	case OPTION_CSV_DIR:
		options->csv_dir = arg;
		return 0;
	case OPTION_JSON_LOG:
		options->json_log = arg;
		return 0;
	case OPTION_KEEP_PRIVILEGES:
		options->keep_privileges = true;
		return 0;
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->run;
		return 0;
	case ARGP_KEY_END:
		if (options->csv_dir && options->json_log)
			argp_error(state, "--csv-dir and --json-log exclude each other");
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s' is no option; filters begin with --, e.g. --host %s", arg,
			   arg);
		return EINVAL;
	default:
		return parse_log_option(key, arg, state, options);
	}
}

void probe_options__parse(int argc, char **argv, struct probe_options *ret_options)
{
	static const struct argp_child children[] = { { &run_options_argp, 0, NULL, 0 },
						     { &argument_help_argp, 0, NULL, 0 },
						     { 0 } };
	static const struct argp argp = { argp_options, parse_option, NULL, doc, children, NULL,
					  NULL };

	*ret_options = (struct probe_options){
		.listen = LISTEN_DEFAULT,
		.max_series = MAX_SERIES_DEFAULT,
		.log_bytes = LOG_BYTES_DEFAULT,
		.log_age_s = 3600,
		.log_files = LOG_FILES_DEFAULT,
		.bundle_quota_bytes = QUOTA_BYTES_DEFAULT,
		.bundle_interval_s = 300,
		.recorder_bytes = RECORDER_BYTES_DEFAULT,
		.recorder_age_s = 600,
	};
	argp_err_exit_status = EXIT_USAGE;
	if (argp_parse(&argp, argc, argv, 0, NULL, ret_options))
		exit(EXIT_USAGE);
}

void probe_options__done(struct probe_options *options)
{
	run_options__done(&options->run);
}
