/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The options of `dropwhy probe`.
 */
#ifndef DROPWHY_PROBE_OPTIONS_H
#define DROPWHY_PROBE_OPTIONS_H

#include "user/commands/run_options.h"

struct probe_options {
	const char *listen;	/* address:port; "none": no HTTP */
	size_t max_series;
	const char *csv_dir;	/* NULL: none */
	const char *json_log;	/* a directory, "-" for stdout, NULL: none */
	size_t log_bytes;	/* a log file is closed at this size */
	double log_age_s;	/* and at this age */
	size_t log_files;	/* so many are kept, the current one included */
	const char *bundle_dir;	/* NULL: no bundles are written */
	bool bundle_archive;	/* .tar.zst rather than a directory */
	size_t bundle_quota_bytes;
	double bundle_interval_s; /* least time between two */
	size_t recorder_bytes;
	double recorder_age_s;	/* what is older is not kept */
	bool keep_privileges;	/* no seccomp filter, all capabilities: for debugging */
	struct run_options run;
};

/**
 * @brief **probe_options__parse()** reads the command line. Wrong usage ends
 * the process with status 2, --help with 0.
 * @param ret_options free with probe_options__done()
 */
void probe_options__parse(int argc, char **argv, struct probe_options *ret_options);

/** @brief **probe_options__done()** frees what the options hold. */
void probe_options__done(struct probe_options *options);

#endif
