/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the tables and asks each of them about a drop.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include "user/clock.h"
#include "user/enrich/dns.h"
#include "user/enrich/enrich.h"
#include "user/enrich/reason_location.h"
#include "user/who/kube_options.h"
#include "user/who/pod_source.h"
#include "user/who/resolve.h"

/* Modules come and go rarely; looking costs a read of /proc/modules. */
#define STALE_CHECK_NS NS_PER_S

/* A clock that is merely slewed drifts less than this between two looks. */
#define CLOCK_STEP_NS 10000000

struct enricher {
	struct reason_names *reasons;
	struct kallsyms *kallsyms;
	struct netns_table *netns;
	struct directory *directory;
	struct sources *sources;
	struct resolver *resolver;
	struct dns_query dns;	/* of the last drop */
	struct enricher_errors errors;
	__s64 wall_offset_ns; /* CLOCK_REALTIME - CLOCK_BOOTTIME */
	__u64 stale_check_ns; /* CLOCK_BOOTTIME of the next look at the modules */
	__u64 unread_check_ns; /* the same, for a reason whose module had not been loaded */
	__u64 reasons_generation; /* of kallsyms when the reasons' names were read */
};

/* Both clocks cannot be read at once: of several tries the quickest is the most exact. */
static __s64 wall_offset_ns(void)
{
	__s64 before, wall, after, best_gap = INT64_MAX, offset = 0;
	int i;

	for (i = 0; i < 10; i++) {
		before = (__s64)clock__ns(CLOCK_BOOTTIME);
		wall = (__s64)clock__ns(CLOCK_REALTIME);
		after = (__s64)clock__ns(CLOCK_BOOTTIME);
		if (after - before >= best_gap)
			continue;
		best_gap = after - before;
		offset = wall - (before + best_gap / 2);
	}
	return offset;
}

/* One that cannot be opened says so by sources__each(). */
static void open_network_sources(struct enricher *e, const struct enricher_options *options)
{
	const struct pod_source_options source_options = {
		.root = options->root ? options->root : "", .kube = options->kube
	};

	if (!options->kube)
		return;
	sources__add(e->sources, &source_kubelet, &source_options);
	sources__add(e->sources, &source_api, &source_options);
}

char *enricher__notice(struct enricher *e, const char **ret_source)
{
	return sources__notice(e->sources, ret_source);
}

struct enricher *enricher__new(const struct enricher_options *options)
{
	const char *node = options->kube ? options->kube->node : NULL;
	struct enricher *e;

	e = calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	e->wall_offset_ns = wall_offset_ns();
	e->reasons = reason_names__load(options->btf_path);
	if (!e->reasons) {
		e->errors.reasons = -errno;
		e->reasons = reason_names__new();
	}
	e->kallsyms = kallsyms__load(options->kallsyms_path);
	if (!e->kallsyms)
		e->errors.kallsyms = -errno;
	else
		e->reasons_generation = kallsyms__generation(e->kallsyms);
	e->netns = netns_table__new(options->root);
	if (e->netns)
		e->directory = directory__new(options->root, e->netns);
	if (!e->reasons || !e->netns || !e->directory) {
		enricher__free(e);
		errno = ENOMEM;
		return NULL;
	}
	e->errors.netns = netns_table__refresh(e->netns);
	e->sources = sources__new(options->root, node, e->directory);
	e->resolver = resolver__new(options->root, node, e->directory, e->netns);
	if (!e->sources || !e->resolver) {
		enricher__free(e);
		errno = ENOMEM;
		return NULL;
	}
	open_network_sources(e, options);
	directory__prime(e->directory);
	return e;
}

const struct enricher_errors *enricher__errors(const struct enricher *e)
{
	return &e->errors;
}

struct timespec enricher__wall_clock(const struct enricher *e, __u64 boot_ns)
{
	/* a recorded file may hold any stamp: add in unsigned, where nothing overflows */
	__s64 wall = (__s64)(boot_ns + (__u64)e->wall_offset_ns);
	struct timespec ts = { .tv_sec = wall / NS_PER_S, .tv_nsec = wall % NS_PER_S };

	if (ts.tv_nsec < 0) {
		ts.tv_sec--;
		ts.tv_nsec += NS_PER_S;
	}
	return ts;
}

void enricher__follow_clock(struct enricher *e)
{
	__s64 now = wall_offset_ns(), moved = now - e->wall_offset_ns;

	if (moved > CLOCK_STEP_NS || moved < -CLOCK_STEP_NS)
		e->wall_offset_ns = now;
}

static void name_location(struct enricher *e, struct drop *drop)
{
	if (!e->kallsyms || !drop->rec.location)
		return;
	/* the drop's own time will do for a clock: asking for one costs more than the name */
	if (drop->rec.last_ns >= e->stale_check_ns) {
		kallsyms__reload_if_stale(e->kallsyms);
		e->stale_check_ns = clock__ns(CLOCK_BOOTTIME) + STALE_CHECK_NS;
	}
	drop->symbol = kallsyms__find(e->kallsyms, drop->rec.location, &drop->symbol_offset);
}

/* A module that was loaded since brought its reasons' names with it. */
static void read_new_reasons(struct enricher *e)
{
	__u64 now = clock__ns(CLOCK_BOOTTIME), generation;

	if (!e->kallsyms || now < e->unread_check_ns)
		return;
	/* a time of its own: the first drop there is one by which to name all that follow */
	e->unread_check_ns = now + STALE_CHECK_NS;
	kallsyms__reload_if_stale(e->kallsyms);
	generation = kallsyms__generation(e->kallsyms);
	if (generation != e->reasons_generation && !reason_names__reread(e->reasons))
		e->reasons_generation = generation;
}

const char *enricher__reason(struct enricher *e, __u32 reason)
{
	if (reason_names__is_unread(e->reasons, reason))
		read_new_reasons(e);
	return reason_names__get(e->reasons, reason);
}

static void read_dns(struct enricher *e, struct drop *drop)
{
	__u8 sections = drop->rec.sections, l4_proto = drop->rec.tuple.l4_proto;
	enum dns_status status;

	drop->dns = NULL;
	drop->dns_malformed = false;
	if (!(sections & DROP_SECTION_DNS))
		return;
	if (sections & DROP_SECTION_INNER)
		l4_proto = drop->inner.tuple.l4_proto;
	status = dns__parse_payload(l4_proto, &drop->dns_message, &e->dns);
	/* a TCP segment may well begin in the middle of a message */
	drop->dns_malformed = status == DNS_MALFORMED && l4_proto == IPPROTO_UDP;
	if (e->dns.has_header)
		drop->dns = &e->dns;
}

bool enricher__drop(struct enricher *e, struct drop *drop)
{
	const struct drop_record *rec = &drop->rec;
	bool settled;

	drop->time = enricher__wall_clock(e, rec->time_ns);
	drop->last_time = enricher__wall_clock(e, rec->last_ns);
	drop->reason = enricher__reason(e, rec->reason);
	drop->symbol = NULL;
	drop->symbol_offset = 0;
	drop->netns_name = NULL;
	name_location(e, drop);
	read_dns(e, drop);
	if (drop__is_eviction(drop))
		drop->reason = "";
	else if (rec->reason == NO_REASON)
		drop->reason = reason_location__name(drop->symbol);
	/* before the namespace's name: it may renew the namespaces, and their names with them */
	settled = resolver__drop(e->resolver, drop);
	if (rec->netns_ino)
		drop->netns_name = netns_table__name(e->netns, rec->netns_ino, rec->time_ns);
	return settled;
}

int enricher__fd(const struct enricher *e)
{
	return sources__fd(e->sources);
}

void enricher__ready(struct enricher *e)
{
	sources__ready(e->sources);
}

int enricher__rescan(struct enricher *e)
{
	return sources__rescan(e->sources);
}

void enricher__tick(struct enricher *e)
{
	directory__expire(e->directory);
}

struct reason_names *enricher__reasons(struct enricher *e)
{
	return e->reasons;
}

struct kallsyms *enricher__kallsyms(struct enricher *e)
{
	return e->kallsyms;
}

struct netns_table *enricher__netns(struct enricher *e)
{
	return e->netns;
}

struct directory *enricher__directory(struct enricher *e)
{
	return e->directory;
}

struct sources *enricher__sources(struct enricher *e)
{
	return e->sources;
}

void enricher__free(struct enricher *e)
{
	if (!e)
		return;
	reason_names__free(e->reasons);
	kallsyms__free(e->kallsyms);
	resolver__free(e->resolver);
	sources__free(e->sources);
	directory__free(e->directory);
	netns_table__free(e->netns);
	free(e);
}
