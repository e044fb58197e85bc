// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The commands' messages: see complaint.h.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/commands/complaint.h"
#include "user/commands/features.h"
#include "user/enrich/netns_scan.h"
#include "user/exit_status.h"

int complain(int status, int err, const char *what, const char *remedy)
{
	fprintf(stderr, "dropwhy: cannot %s: %s\n", what, strerror(-err));
	if (remedy)
		fprintf(stderr, "dropwhy: %s\n", remedy);
	return status;
}

void say_notice(void *ctx, const struct notice *notice)
{
	(void)ctx;
	fprintf(stderr, "dropwhy: %s\n", notice->text);
}

void say_of_sources(struct sources *sources)
{
	struct notice notice = {};
	char *text;

	while ((text = sources__notice(sources, &notice.source))) {
		notice.text = text;
		say_notice(NULL, &notice);
		free(text);
	}
}

int complain_of(const struct tracer_failure *failure, int err)
{
	if (!failure->live.what) {
		fprintf(stderr, "dropwhy: %s\n", failure->usage);
		return EXIT_USAGE;
	}
	if (failure->live.kernel_cannot && !features__check_types(failure->btf_path))
		return EXIT_FAILED;
	if (failure->live.kernel_cannot && features__explain(failure->btf_path))
		return EXIT_KERNEL;
	return complain(failure->live.kernel_cannot ? EXIT_KERNEL : EXIT_FAILED, err,
			failure->live.what, failure->live.remedy);
}

void warn_about_tables(const struct enricher *enricher)
{
	const struct enricher_errors *errors = enricher__errors(enricher);

	if (errors->reasons)
		fprintf(stderr, "dropwhy: no names of drop reasons: %s; numbers are shown\n",
			strerror(-errors->reasons));
	if (errors->kallsyms)
		fprintf(stderr,
			"dropwhy: no names of kernel functions: %s; locations are shown as "
			"numbers and causes stay vague%s\n",
			strerror(-errors->kallsyms),
			errors->kallsyms == -EPERM ?
				"; sysctl kernel.kptr_restrict=1 and CAP_SYSLOG help" : "");
	if (errors->netns)
		fprintf(stderr, "dropwhy: no names of network namespaces: %s\n",
			strerror(-errors->netns));
}

void warn_about_view(const char *root)
{
	enum netns_view view = netns_scan__view(root);

	if (view == NETNS_VIEW_CONTAINER)
		fputs("dropwhy: only this container's processes are seen: network namespaces of others "
		      "are missing or nameless; hostPID: true in the pod, docker's --pid=host, or "
		      "--root where the node's / is, with its /proc, shows them\n", stderr);
	else if (view == NETNS_VIEW_NODE)
		fputs("dropwhy: this node is a container: drops are seen of the whole machine, network "
		      "namespaces of this container's processes alone\n", stderr);
}

static int print_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	return vfprintf(stderr, format, args);
}

void let_libbpf_speak(bool verbose)
{
	libbpf_set_print(verbose ? print_libbpf : NULL);
}
