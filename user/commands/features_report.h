/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What `dropwhy features` found out, and how it is printed. Finding out is
 * features.c's.
 */
#ifndef DROPWHY_FEATURES_REPORT_H
#define DROPWHY_FEATURES_REPORT_H

#include <stdio.h>

#include "user/source/conntrack_hooks.h"
#include "user/source/conntrack_types.h"
#include "user/source/kernel_facts.h"
#include "user/source/kernel_trial.h"
#include "user/source/tracepoint.h"

/* More than subsystems of drop reasons are known (6.18 has 4). */
#define FEATURES_SUBSYSTEMS_MAX 64

/* More than can be wrong with a kernel at once. */
#define FEATURES_MISSING_MAX 8

enum features_module {
	FEATURES_CONNTRACK,
	FEATURES_TABLES,
	FEATURES_OPENVSWITCH,
	FEATURES_MAC80211,
	__FEATURES_MODULE_MAX,
};

/* What one --conntrack-hooks=MODE comes to. */
struct features_mode {
	const char *name;
	const char *causes;	/* what tells them: "counters", "hooks", "both" */
	bool hooked;		/* hooks are attached, now or once nf_conntrack is loaded */
	bool refused;		/* the mode cannot run: exit status 3 */
	const char *why_not;	/* not hooked: static, why */
	struct conntrack_hook_status hooks[__HOOK_FUNCTION_MAX]; /* those with a method */
};

enum features_modes {
	FEATURES_AUTO,
	FEATURES_COUNTERS,
	FEATURES_DIRECT,
	FEATURES_BOTH,
	__FEATURES_MODE_MAX,
};

/* Strings belong to whoever filled it. */
struct features {
	/* kernel and process */
	const char *release, *machine; /* as uname(2) has them */
	const char *lockdown;	/* mode; NULL: unknown */
	__u64 capabilities;	/* effective: bit 1 << CAP_* */

	/* types */
	const char *btf_file;	/* --btf; NULL: the kernel's own */
	int btf_error;		/* -errno: there are no types; 0: there are */
	enum module_types module_types[__FEATURES_MODULE_MAX];

	/* the drop program */
	int args;		/* of the tracepoint; -errno: unknown */
	bool typed;		/* the tracepoint in use is the typed one */
	struct tracepoint_variant variant;
	enum trial_answer loads;
	enum trial_answer ring_buffer;
	enum trial_answer test_run;
	const char *page_fragments; /* by what a DNS message in them is read; NULL: it is not */
	const char *tracefs;	/* NULL: not there */
	size_t functions;	/* in kallsyms */
	int kallsyms_error;	/* -errno: none */
	size_t reasons;		/* with a name */
	size_t subsystem_count;
	const char *subsystems[FEATURES_SUBSYSTEMS_MAX];

	/* causes of conntrack's drops */
	enum module_state conntrack;
	bool counters;		/* its counters can be read where drops are */
	const char *entries_in;	/* the type that counts entries; NULL: unknown, and so is a full table */
	enum trial_answer trampolines, kprobes;
	struct conntrack_hook_status hooks[__HOOK_FUNCTION_MAX];
	struct features_mode modes[__FEATURES_MODE_MAX];

	/* changes of settings: what --sysctl=auto comes to */
	enum trial_answer watch; /* the program that sees writes can be attached */
	bool watches_node;	/* all writes, not only a container's */
	const char *watch_why_not; /* not yes: static, why */

	/* what dropwhy trace cannot do without: "its types (…)" */
	size_t missing_count;
	const char *missing[FEATURES_MISSING_MAX];
};

/** @brief **features_report__module()** a module's name, static. */
const char *features_report__module(enum features_module module);

/** @brief **features_report__text()** prints it for people. 0 or -errno. */
int features_report__text(const struct features *f, FILE *out);

/** @brief **features_report__json()** prints one object on one line. 0 or -errno. */
int features_report__json(const struct features *f, FILE *out);

#endif
