/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The options that all commands share which watch the kernel: what is of
 * interest, and how to trace. An argp child of each command's own options.
 */
#ifndef DROPWHY_RUN_OPTIONS_H
#define DROPWHY_RUN_OPTIONS_H

#include <argp.h>
#include <stdbool.h>

#include "user/filter_spec.h"
#include "user/run/settings.h"
#include "user/run/tracer.h"
#include "user/who/kube_options.h"

struct run_options {
	const char *btf_path;	/* NULL: the kernel's own */
	const char *root;	/* where the node's file system is; "" is / */
	bool noise;		/* show noise reasons too */
	bool verbose;
	enum live_hook hook;
	enum conntrack_mode conntrack;
	bool direct_extra;	/* CONNTRACK_COUNTERS, and what direct hooks add where they can */
	size_t ring_bytes;
	bool ring_given;	/* by the user: the command's own default does not matter */
	enum fold_mode fold;
	unsigned int fold_ms;
	bool fold_given;	/* by the user: the command's own default does not matter */
	__u16 dns_ports[DNS_PORTS_MAX]; /* host order */
	size_t dns_port_count;
	enum settings_mode settings; /* how changes of settings are found */
	struct kube_options kube; /* whom to ask about pods */
	struct filter_spec filter;
};

/* To be listed among the children of a command's argp, whose parser sets
 * child_inputs to a struct run_options at ARGP_KEY_INIT. Wrong usage ends the
 * process. The options' groups are 3 and 4. */
extern const struct argp run_options_argp;

/** @brief **run_options__tracer()** the same as the tracer takes it; points into @p options. */
struct tracer_options run_options__tracer(const struct run_options *options);

/** @brief **run_options__settings()** the same for watching settings during a run. */
struct settings_options run_options__settings(const struct run_options *options,
					      struct enricher *enricher);

/** @brief **run_options__done()** frees what the options hold. */
void run_options__done(struct run_options *options);

#endif
