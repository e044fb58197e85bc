/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The options of `dropwhy trace`.
 */
#ifndef DROPWHY_TRACE_OPTIONS_H
#define DROPWHY_TRACE_OPTIONS_H

#include "user/aggregate/aggregate.h"
#include "user/commands/run_options.h"

struct trace_options {
	const char *format;	/* a sink's name */
	const char *output;	/* file to write to; NULL: stdout */
	double duration_s;	/* 0: until a signal */
	__u64 count;		/* stop after so many shown drops; 0: no limit */
	bool summary_only;
	int color;		/* -1: only on a terminal, 0 never, 1 always */
	enum group_key keys[__GROUP_KEY_MAX];
	size_t key_count;
	size_t top;		/* groups shown in the summary; 0: all */
	size_t max_keys;
	struct run_options run;
};

/**
 * @brief **trace_options__parse()** reads the command line. Wrong usage ends
 * the process with status 2, --help with 0.
 * @param argv argv[0] is "dropwhy trace"
 * @param ret_options free with trace_options__done()
 */
void trace_options__parse(int argc, char **argv, struct trace_options *ret_options);

/** @brief **trace_options__done()** frees what the options hold. */
void trace_options__done(struct trace_options *options);

#endif
