/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `dropwhy pods`: reads all sources once and shows what they add up to, so that
 * a missing or wrong name in a trace can be explained.
 */
#include <argp.h>
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/commands/argument.h"
#include "user/commands/ask_network.h"
#include "user/commands/kube_arguments.h"
#include "user/commands/pods.h"
#include "user/commands/pods_report.h"
#include "user/enrich/netns.h"
#include "user/exit_status.h"
#include "user/who/directory.h"
#include "user/who/sources.h"

enum option_key {
	OPTION_JSON = 0x100,
	OPTION_ROOT,
};

struct pods_options {
	bool json;
	const char *root;
	struct kube_options kube;
};

static const struct argp_option argp_options[] = {
	{ "json", OPTION_JSON, NULL, 0, "One JSON object a line", 0 },
	{ "root", OPTION_ROOT, "DIR", 0,
	  "Where the node's own / is, when running in a container (default /)", 0 },
	{ 0 },
};

static const char doc[] =
	"List the pods, containers, Services and nodes that dropwhy knows here, from which "
	"sources, and what it could not read.\v"
	"Exit status: 0 fine, 1 failed at run time, 2 wrong usage.";

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct pods_options *options = state->input;

	switch (key) {
	case OPTION_JSON:
		options->json = true;
		return 0;
	case OPTION_ROOT:
		if (access(arg, F_OK))
			argp_error(state, "--root '%s': %s", arg, strerror(errno));
		options->root = strcmp(arg, "/") == 0 ? "" : arg;
		return 0;
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->kube;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s' is no option", arg);
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int complain(const char *what, int err)
{
	fprintf(stderr, "dropwhy: cannot %s: %s\n", what, strerror(-err));
	return EXIT_FAILED;
}

static int report(const struct pods_options *options, struct directory *dir,
		  const struct sources *sources)
{
	int err = options->json ? pods_report__json(stdout, dir, sources) :
				  pods_report__text(stdout, dir, sources);

	if (!err && fflush(stdout))
		err = -errno;
	return err ? complain("write the list", err) : EXIT_FINE;
}

int pods__main(int argc, char **argv)
{
	static const struct argp_child children[] = { { &kube_arguments_argp, 0, NULL, 0 },
						     { &argument_help_argp, 0, NULL, 0 },
						     { 0 } };
	static const struct argp argp = { argp_options, parse_option, NULL, doc, children, NULL,
					  NULL };
	static char name[] = "dropwhy pods";
	struct pods_options options = { .root = "", .kube.want_labels = true };
	struct netns_table *netns;
	struct directory *dir = NULL;
	struct sources *sources = NULL;
	int status, err;

	argv[0] = name;
	argp_err_exit_status = EXIT_USAGE;
	if (argp_parse(&argp, argc, argv, 0, NULL, &options))
		return EXIT_USAGE;
	netns = netns_table__new(options.root);
	if (netns)
		dir = directory__new(options.root, netns);
	err = dir ? netns_table__refresh(netns) : -ENOMEM;
	if (err)
		fprintf(stderr, "dropwhy: no network namespaces: %s; --root names the node's /\n",
			strerror(-err));
	if (dir)
		sources = sources__new(options.root, options.kube.node, dir);
	if (sources) {
		ask_network(sources, options.root, &options.kube);
		directory__prime(dir);
		status = report(&options, dir, sources);
	} else {
		status = complain("read the pods", -ENOMEM);
	}
	sources__free(sources);
	directory__free(dir);
	netns_table__free(netns);
	return status;
}
