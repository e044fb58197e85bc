/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The options of `dropwhy conntrack`.
 */
#ifndef DROPWHY_CONNTRACK_OPTIONS_H
#define DROPWHY_CONNTRACK_OPTIONS_H

#include <stdbool.h>

#include "user/conntrack/occupants.h"
#include "user/sinks/conntrack_rows.h"
#include "user/who/kube_options.h"

struct conntrack_options {
	enum rows_format format;
	const char *root;	/* where the node's file system is; "" is / */
	double interval_s;	/* between the two readings that make rates; 0: one, no rates */
	double watch_s;		/* print again and again; 0: once */
	__u64 count;		/* end after so many times; 0: no limit */
	int color;		/* -1: only on a terminal, 0 never, 1 always */
	bool by;		/* keys say who holds the entries */
	enum occupant_key keys[__OCCUPANT_KEY_MAX];
	size_t key_count;
	size_t top;		/* groups shown; 0: all */
	size_t max_keys;
	__u32 *netns;		/* only these; free with conntrack_options__done() */
	size_t netns_count;	/* 0: all */
	struct kube_options kube; /* whom to ask for names, with keys */
};

/**
 * @brief **conntrack_options__parse()** reads the command line. Wrong usage ends
 * the process with status 2, --help with 0.
 */
void conntrack_options__parse(int argc, char **argv, struct conntrack_options *ret_options);

/** @brief **conntrack_options__done()** frees what the options hold. */
void conntrack_options__done(struct conntrack_options *options);

#endif
