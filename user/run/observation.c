// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Collects facts: see observation.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/doctor/finding.h"
#include "user/enrich/netns_scan.h"
#include "user/flow.h"
#include "user/number.h"
#include "user/run/observation.h"
#include "user/sysctl/value.h"
#include "user/who/pod_source.h"

/* Who suffers, in the terms that findings name. Beyond so many only their number is known. */
#define WHERE_GROUPS_MAX 4096
#define WHERE_SHOWN	 3

/* A drop cannot be named later than it is counted: who is who is asked first, for so long. */
#define NAMES_MS 3000

enum where_key {
	WHERE_SRC_NAME,
	WHERE_SRC,
	WHERE_NETNS,
	WHERE_SERVICE,
	WHERE_DST,
	__WHERE_MAX,
};

static const enum group_key where_keys[__WHERE_MAX] = {
	[WHERE_SRC_NAME] = GROUP_SRC_NAME,
	[WHERE_SRC] = GROUP_SRC,
	[WHERE_NETNS] = GROUP_NETNS,
	[WHERE_SERVICE] = GROUP_SERVICE,
	[WHERE_DST] = GROUP_DST,
};

static const struct who *service_of(struct observation *o, const struct drop *drop)
{
	const struct flow_tuple *tuple = &drop->rec.tuple;

	if (!drop__has_ports(drop))
		return NULL;
	return directory__service_at(enricher__directory(o->tracer.enricher), tuple->ip_version,
				     tuple->daddr, tuple->dport_be, tuple->l4_proto,
				     drop->rec.time_ns);
}

static bool is_same(const struct flow_tuple *a, enum flow_end a_end, const struct flow_tuple *b,
		    enum flow_end b_end)
{
	return !memcmp(flow__address(a, a_end), flow__address(b, b_end), 16);
}

/* On its way to whom it is for, its source already replaced by SNAT. */
static bool hides_source(const struct drop *drop)
{
	const struct flow_tuple *tuple = &drop->rec.tuple;

	return drop->rec.sections & DROP_SECTION_CT && drop__has_addresses(drop) &&
	       drop->ct.orig.ip_version == tuple->ip_version &&
	       drop->ct.reply.ip_version == tuple->ip_version &&
	       is_same(tuple, FLOW_SRC, &drop->ct.reply, FLOW_DST) &&
	       is_same(tuple, FLOW_DST, &drop->ct.reply, FLOW_SRC) &&
	       !is_same(tuple, FLOW_SRC, &drop->ct.orig, FLOW_SRC);
}

/* The drop with the source that it had before SNAT: who sent it is who suffers. */
static struct drop with_source(struct observation *o, const struct drop *drop)
{
	const struct flow_tuple *orig = &drop->ct.orig;
	struct drop told = *drop;
	const struct who *who = directory__by_address(enricher__directory(o->tracer.enricher),
						      orig->ip_version, orig->saddr,
						      drop->rec.time_ns);

	memcpy(told.rec.tuple.saddr, orig->saddr, sizeof(told.rec.tuple.saddr));
	told.src = (struct drop_end){};
	if (who)
		told.src = (struct drop_end){ .who = who, .kind = who->kind, .name = who->name,
					      .namespace = who->namespace };
	return told;
}

static void add_to_group(struct observation *o, struct aggregate *group, const struct drop *drop)
{
	struct drop told;

	if (!hides_source(drop)) {
		aggregate__add(group, drop);
		return;
	}
	told = with_source(o, drop);
	aggregate__add(group, &told);
}

static bool on_drop(void *ctx, const struct drop *drop)
{
	struct observation *o = ctx;
	const struct drop_evidence evidence = { .drop = drop, .service = service_of(o, drop) };
	size_t i;

	settings__drop(o->settings);
	for (i = 0; i < rule_count; i++) {
		if (!rules[i].concerns || !rules[i].concerns(&evidence))
			continue;
		o->counts[i] += drop->count;
		if (o->groups[i])
			add_to_group(o, o->groups[i], drop);
	}
	return true;
}

static void on_notice(void *ctx, const struct notice *notice)
{
	const struct observation *o = ctx;

	o->notice(NULL, notice);
}

static int read_tables(struct observation *o, struct conntrack_tables *ret_tables)
{
	struct netns_table *netns = enricher__netns(o->tracer.enricher);
	int err = netns_table__refresh(netns);

	if (!err)
		err = conntrack_tables__read(netns, ret_tables);
	if (err && !o->tables_error)
		o->tables_error = err;
	return err;
}

int observation__open(struct observation *o, const struct tracer_options *tracer,
		      enum settings_mode settings, observation_notice_fn notice,
		      struct tracer_failure *ret_failure)
{
	const struct tracer_handler handler = { .ctx = o, .drop = on_drop, .notice = on_notice };
	struct settings_options changes = { .mode = settings,
					    .btf_path = tracer->btf_path,
					    .root = tracer->root };
	const struct settings_handler teller = { .notice = notice };
	const char *why_not;
	size_t i;
	int err;

	_Static_assert((int)__WHERE_MAX <= (int)__GROUP_KEY_MAX, "more keys than there are");
	if (rule_count > OBSERVATION_RULES_MAX)
		return -E2BIG;
	o->notice = notice;
	err = tracer__open(&o->tracer, tracer, &handler, ret_failure);
	if (err)
		return err;
	for (i = 0; i < rule_count; i++)
		if (rules[i].concerns)
			o->groups[i] = aggregate__new(where_keys, __WHERE_MAX, WHERE_GROUPS_MAX);
	changes.netns = enricher__netns(o->tracer.enricher);
	changes.directory = enricher__directory(o->tracer.enricher);
	o->settings = settings__open(&changes, &teller, o->tracer.loop, &why_not);
	if (o->settings)
		return 0;
	err = -errno;
	ret_failure->live = (struct live_failure){ .what = "watch sysctls being written",
						   .remedy = why_not,
						   .kernel_cannot = err == -EOPNOTSUPP };
	return err;
}

int observation__start(struct observation *o, struct tracer_failure *ret_failure)
{
	/* a full table may also keep an API server from answering: then names are missing */
	sources__settle(enricher__sources(o->tracer.enricher), NAMES_MS);
	read_tables(o, &o->before);
	counter_run__begin(&o->counters, o->tracer.enricher);
	return tracer__start(&o->tracer, ret_failure);
}

int observation__run(struct observation *o, struct tracer_failure *ret_failure)
{
	return tracer__run(&o->tracer, ret_failure);
}

/* --- adding up */

static double seconds_between(const struct timespec *a, const struct timespec *b)
{
	return (double)(b->tv_sec - a->tv_sec) + (double)(b->tv_nsec - a->tv_nsec) / 1e9;
}

static void fill_table(struct observation *o, size_t i, double seconds)
{
	const struct conntrack_table *now = &o->after.tables[i];
	const struct conntrack_table *before = conntrack_tables__find(&o->before, now->netns_ino);
	struct table_facts *table = &o->tables[i];
	int kind;

	table->now = *now;
	table->netns_name = netns_table__name(enricher__netns(o->tracer.enricher),
					      now->netns_ino, 0);
	conntrack_pace__between(before, now, seconds, &table->pace);
	for (kind = 0; kind < __CT_STAT_MAX; kind++)
		table->moved[kind] = !before || before->incarnation != now->incarnation ?
					     now->stats[kind] :
					     conntrack_stat__moved(before->stats[kind],
								   now->stats[kind]);
}

static int fill_tables(struct observation *o)
{
	double seconds;
	size_t i;

	o->facts.tables_unknown = read_tables(o, &o->after) != 0;
	if (o->facts.tables_unknown)
		return 0;
	o->facts.tables_unreadable = o->after.unreadable;
	seconds = seconds_between(&o->before.time, &o->after.time);
	o->tables = calloc(o->after.count ? o->after.count : 1, sizeof(*o->tables));
	if (!o->tables)
		return -ENOMEM;
	for (i = 0; i < o->after.count; i++)
		fill_table(o, i, seconds);
	o->facts.tables = o->tables;
	o->facts.table_count = o->after.count;
	return 0;
}

/* "shop/web > kube-system/kube-dns"; of a source without a name also where: "192.0.2.1 > 192.0.2.2
 * in host" */
static void say_group(char *text, size_t size, const char *const *values)
{
	const char *name = values[WHERE_SRC_NAME], *src = values[WHERE_SRC];
	const char *netns = values[WHERE_NETNS], *service = values[WHERE_SERVICE];

	if (!*name && !*src) {
		finding__say(text, size, "%.120s", *netns ? netns : "?");
		return;
	}
	finding__say(text, size, "%.120s > %.120s", *name ? name : src,
		     *service ? service : values[WHERE_DST]);
	if (!*name && *netns)
		finding__say(text, size, " in %.120s", netns);
}

/* "shop/web > kube-system/kube-dns (12), 192.0.2.1 > 192.0.2.2 in host (3)" */
static int fill_where(struct observation *o, size_t rule)
{
	const struct group *const *groups;
	char *text = o->where[rule];
	size_t count, i, size = sizeof(o->where[rule]);
	int err;

	if (!o->groups[rule] || !o->counts[rule])
		return 0;
	err = aggregate__sorted(o->groups[rule], &groups, &count);
	if (err)
		return err;
	for (i = 0; i < count && i < WHERE_SHOWN; i++) {
		finding__say(text, size, "%s", i ? ", " : "");
		say_group(text, size, groups[i]->values);
		finding__say(text, size, " (%llu)", groups[i]->count);
	}
	if (count > WHERE_SHOWN)
		finding__say(text, size, " and %zu other%s", count - WHERE_SHOWN,
			     number__form(count - WHERE_SHOWN, "", "s"));
	o->tallies[rule].where = text;
	return 0;
}

static __u64 read_number(const char *root, const char *path)
{
	char value[SYSCTL_VALUE_LEN];
	bool cut;

	sysctl_value__read(root, path, value, &cut);
	return strtoull(value, NULL, 10);
}

static void fill_node(struct observation *o)
{
	static const char *const max_names[] = { "net.netfilter.nf_conntrack_max",
						 "net.nf_conntrack_max", NULL };
	const char *root = o->tracer.options.root;
	struct facts *f = &o->facts;
	char value[SYSCTL_FILES_VALUE_LEN];
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	f->only_container = netns_scan__view(root) == NETNS_VIEW_CONTAINER;
	f->cores = cores > 0 ? (unsigned int)cores : 1;
	kube_proxy__find(root, &f->kube_proxy);
	if (!sysctl_files__find(root, max_names, value, f->configured_max.path))
		f->configured_max.value = strtoull(value, NULL, 10);
	f->netdev_max_backlog = read_number(root, "net/core/netdev_max_backlog");
	f->somaxconn = read_number(root, "net/core/somaxconn");
	f->rmem_max = read_number(root, "net/core/rmem_max");
	f->ipfrag_high_thresh = read_number(root, "net/ipv4/ipfrag_high_thresh");
	f->arp.limit = (__u32)read_number(root, "net/ipv4/neigh/default/gc_thresh3");
	f->ndisc.limit = (__u32)read_number(root, "net/ipv6/neigh/default/gc_thresh3");
	f->arp.entries = o->counters.levels.arp_entries;
	f->ndisc.entries = o->counters.levels.ndisc_entries;
}

static int look_at_source(const struct source_report *report, void *ctx)
{
	struct facts *f = ctx;

	if (report->source == &source_api)
		f->api_unknown = !report->told;
	else if (report->source == &source_kubelet)
		f->kubelet_unknown = !report->told;
	return 0;
}

static int is_told_by_api(const struct source_report *report, void *ctx)
{
	(void)ctx;
	return report->source == &source_api && report->told;
}

static void fill_sources(struct observation *o)
{
	const struct sources *sources = enricher__sources(o->tracer.enricher);

	sources__each(sources, look_at_source, &o->facts);
	/* in a pod a kubelet is asked unbidden, and may well refuse */
	if (sources__each(sources, is_told_by_api, NULL))
		o->facts.kubelet_unknown = false;
}

int observation__conclude(struct observation *o)
{
	struct facts *f = &o->facts;
	size_t i;
	int err;

	tracer__stop(&o->tracer);
	counter_run__end(&o->counters, o->tracer.enricher, &f->counters);
	if (o->settings) {
		settings__finish(o->settings);
		f->settings = settings__found(o->settings);
	}
	err = tracer__summarize(&o->tracer, &o->summary);
	if (err)
		return err;
	f->drops = o->summary.summary.total;
	f->seconds = (double)(o->tracer.end_ns - o->tracer.start_ns) / 1e9;
	err = fill_tables(o);
	fill_node(o);
	fill_sources(o);
	for (i = 0; !err && i < rule_count; i++) {
		o->tallies[i].count = o->counts[i];
		err = fill_where(o, i);
	}
	return err;
}

void observation__close(struct observation *o)
{
	size_t i;

	for (i = 0; i < OBSERVATION_RULES_MAX; i++)
		aggregate__free(o->groups[i]);
	free(o->tables);
	conntrack_tables__done(&o->before);
	conntrack_tables__done(&o->after);
	counter_run__done(&o->counters);
	run_summary__done(&o->summary);
	settings__close(o->settings);
	tracer__close(&o->tracer);
}
