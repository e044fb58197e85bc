// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Looks for what the filters ask for: see filter_warning.h.
 */
#include <errno.h>
#include <fnmatch.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "user/commands/filter_warning.h"
#include "user/conntrack/netns_visit.h"
#include "user/sinks/line.h"

struct search {
	const struct filter_patterns *patterns;
	bool found[FILTER_VALUES_MAX];
};

static void look_at(struct search *search, const char *name)
{
	size_t i;

	for (i = 0; i < search->patterns->count; i++)
		search->found[i] |= !fnmatch(search->patterns->values[i], name, 0);
}

static void say_missing(const struct search *search, const char *what)
{
	struct line line = {};
	size_t i;

	for (i = 0; i < search->patterns->count; i++) {
		if (search->found[i])
			continue;
		line__printf(&line, "dropwhy: no %s that is known here matches '", what);
		line__put_escaped(&line, search->patterns->values[i],
				  strlen(search->patterns->values[i]));
		line__put_text(&line, "' now: its drops are told once one does\n");
	}
	if (!line.failed && line.len)
		fwrite(line.data, 1, line.len, stderr);
	line__done(&line);
}

static int look_at_interfaces(void *ctx, __u32 ino)
{
	struct if_nameindex *list = if_nameindex(), *one;

	(void)ino;
	if (!list)
		return -errno;
	for (one = list; one->if_index; one++)
		look_at(ctx, one->if_name);
	if_freenameindex(list);
	return 0;
}

static void warn_about_interfaces(struct enricher *enricher, const struct filter_spec *filter)
{
	struct netns_table *netns = enricher__netns(enricher);
	const struct drop_filter *kernel = &filter->kernel;
	struct search search = { .patterns = &filter->ifaces };
	struct netns_visits visits;
	int err;

	if (!filter->ifaces.count)
		return;
	err = kernel->netns_count ? netns_visit__some(netns, kernel->netns_ino, kernel->netns_count,
						      look_at_interfaces, &search, &visits) :
				    netns_visit__each(netns, look_at_interfaces, &search, &visits);
	if (!err && !visits.unreadable)
		say_missing(&search, "interface");
}

static int look_at_item(const struct directory_item *item, void *ctx)
{
	if (!item->gone && item->who->kind == WHO_POD && item->who->name)
		look_at(ctx, item->who->name);
	return 0;
}

static void warn_about_pods(struct enricher *enricher, const struct filter_spec *filter)
{
	struct search search = { .patterns = &filter->pods };

	if (filter->pods.count && sources__settle(enricher__sources(enricher), 0) &&
	    !directory__each(enricher__directory(enricher), look_at_item, &search))
		say_missing(&search, "pod");
}

static void warn_about_namespaces(struct enricher *enricher, const struct filter_spec *filter)
{
	const struct drop_filter *kernel = &filter->kernel;
	__u32 i;

	for (i = 0; i < kernel->netns_count; i++)
		if (filter->netns_by_number[i] &&
		    !netns_table__find(enricher__netns(enricher), kernel->netns_ino[i], 0))
			fprintf(stderr, "dropwhy: no network namespace %u is known yet: its drops are told "
				"once there is one\n", kernel->netns_ino[i]);
}

void warn_about_filter(struct enricher *enricher, const struct filter_spec *filter)
{
	/* else it is told that they are unknown, all of them */
	if (!enricher__errors(enricher)->netns) {
		warn_about_namespaces(enricher, filter);
		warn_about_interfaces(enricher, filter);
	}
	warn_about_pods(enricher, filter);
}
