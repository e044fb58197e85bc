// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The metrics' names, units and help texts, by Prometheus's conventions.
 * https://prometheus.io/docs/practices/naming/
 */
#include "user/probe/metrics_state.h"
#include "user/probe/process_stat.h"

const char *const metrics_drop_labels[] = { "namespace", "pod", "workload", "direction",
					    "reason", "cause", NULL };
static const char *const conntrack_labels[] = { "namespace", "pod", "workload", "netns", NULL };

/* What stands for all that have no series of their own. */
static const char *const other_drop[] = { "", "", "", "", "other", "" };
static const char *const other_conntrack[] = { "", "", "", "other" };

struct writer {
	struct openmetrics *om;
	const char *const *names;
	size_t value;		/* which of a series' values */
};

static void write_one(void *ctx, const struct series *series)
{
	const struct writer *w = ctx;

	openmetrics__sample(w->om, w->names, series->labels,
			    series->known ? series->values[w->value] : 0);
}

/* One value of all series of a set, and "other", from the first scrape on. */
static void write_series(struct openmetrics *om, const struct series_set *set,
			 const char *const *names, const char *const *other, size_t value)
{
	struct writer w = { om, names, value };

	series_set__each(set, write_one, &w);
	openmetrics__sample(om, names, other, series_set__other(set)[value]);
}

static void counter(struct openmetrics *om, const char *name, const char *help, __u64 value)
{
	openmetrics__family(om, name, METRIC_COUNTER, NULL, help);
	openmetrics__sample(om, NULL, NULL, value);
}

static void gauge(struct openmetrics *om, const char *name, const char *unit, const char *help,
		  __u64 value)
{
	openmetrics__family(om, name, METRIC_GAUGE, unit, help);
	openmetrics__sample(om, NULL, NULL, value);
}

static void write_drops(const struct metrics *m, struct openmetrics *om)
{
	static const char *const cause[] = { "cause", NULL };
	size_t i;

	openmetrics__family(om, "dropwhy_drops", METRIC_COUNTER, NULL,
			    "Packets that the kernel dropped and the filters let through.");
	write_series(om, m->drops, metrics_drop_labels, other_drop, 0);
	openmetrics__family(om, "dropwhy_dropped_bytes", METRIC_COUNTER, "bytes",
			    "Their bytes, each packet's without the headers that had been taken off "
			    "where it was dropped.");
	write_series(om, m->drops, metrics_drop_labels, other_drop, 1);
	openmetrics__family(om, "dropwhy_cause_drops", METRIC_COUNTER, NULL,
			    "The same packets by cause alone; each cause is there from the start.");
	for (i = 0; i < __CAUSE_MAX; i++) {
		const char *name = i == CAUSE_NONE ? "none" : drop_cause__name((unsigned int)i);

		openmetrics__sample(om, cause, &name, m->causes[i]);
	}
}

static void write_accounting(struct openmetrics *om, const struct summary *accounting)
{
	static const char *const fate[] = { "fate", NULL }, *const reason[] = { "reason", NULL };
	const struct accounting *total = &accounting->total;
	const struct {
		const char *name;
		__u64 packets;
	} fates[] = {
		{ "delivered", total->delivered }, { "folded", total->folded },
		{ "filtered", total->filtered },   { "noise", total->noise },
		{ "lost", total->lost },
	};
	size_t i;

	openmetrics__family(om, "dropwhy_seen_packets", METRIC_COUNTER, "packets",
			    "Packets that the kernel freed as dropped, noise included, by its own "
			    "reason.");
	for (i = 0; i < accounting->reason_count; i++)
		openmetrics__sample(om, reason, &accounting->reasons[i].reason,
				    accounting->reasons[i].counts.seen);
	if (accounting->missed) {
		const char *none = "(missed)";

		openmetrics__sample(om, reason, &none, accounting->missed);
	}
	openmetrics__family(om, "dropwhy_accounted_packets", METRIC_COUNTER, "packets",
			    "What became of the packets seen; the fates add up to them.");
	for (i = 0; i < sizeof(fates) / sizeof(fates[0]); i++)
		openmetrics__sample(om, fate, &fates[i].name, fates[i].packets);
	openmetrics__family(om, "dropwhy_coarse_packets", METRIC_COUNTER, "packets",
			    "Of those delivered or folded, counted without ports or addresses: more "
			    "flows at once than the fold tables hold.");
	openmetrics__sample(om, NULL, NULL, accounting->coarse);
}

static const char *const *usage_labels(const struct metrics_usage *usage)
{
	return (const char *const *)usage->labels;
}

static void write_conntrack(const struct metrics *m, struct openmetrics *om)
{
	static const struct {
		const char *name, *help;
	} counters[] = {
		{ "dropwhy_conntrack_dropped_packets",
		  "Conntrack's own counter drop: a full table, or a clash." },
		{ "dropwhy_conntrack_insert_failed_packets",
		  "Conntrack's own counter insert_failed; not all of these packets are lost." },
		{ "dropwhy_conntrack_chain_too_long_packets",
		  "Conntrack's own counter chaintoolong." },
	};
	size_t i;

	openmetrics__family(om, "dropwhy_conntrack_entries", METRIC_GAUGE, NULL,
			    "Entries in the conntrack table of a network namespace; absent where there "
			    "are none.");
	for (i = 0; i < m->usage_count; i++)
		openmetrics__sample(om, conntrack_labels, usage_labels(&m->usage[i]),
				    m->usage[i].usage.entries);
	openmetrics__sample(om, conntrack_labels, other_conntrack, m->rest_entries);
	openmetrics__family(om, "dropwhy_conntrack_entries_limit", METRIC_GAUGE, NULL,
			    "The most entries that it may have; absent where unknown.");
	for (i = 0; i < m->usage_count; i++)
		if (m->usage[i].usage.max)
			openmetrics__sample(om, conntrack_labels, usage_labels(&m->usage[i]),
					    m->usage[i].usage.max);
	openmetrics__family(om, "dropwhy_conntrack_headroom_ratio", METRIC_GAUGE, "ratio",
			    "What is left of the limit: 1 is an empty table, 0 a full one.");
	for (i = 0; i < m->usage_count; i++) {
		const struct conntrack_usage *usage = &m->usage[i].usage;
		double left = usage->max > usage->entries ? usage->max - usage->entries : 0;

		if (usage->max)
			openmetrics__sample_real(om, conntrack_labels, usage_labels(&m->usage[i]),
						 left / usage->max);
	}
	for (i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
		openmetrics__family(om, counters[i].name, METRIC_COUNTER, "packets",
				    counters[i].help);
		write_series(om, m->conntrack, conntrack_labels, other_conntrack, i);
	}
	gauge(om, "dropwhy_conntrack_unreadable_namespaces", NULL,
	      "Network namespaces whose counters could not be read the last time.",
	      m->reading.unreadable);
}

static void write_sysctls(const struct metrics *m, struct openmetrics *om)
{
	static const char *const names[] = { "name", NULL }, *const other[] = { "other" };

	openmetrics__family(om, "dropwhy_sysctl_changes", METRIC_COUNTER, NULL,
			    "Changes of settings that drop packets; a star stands for any interface, all "
			    "and default.");
	write_series(om, m->sysctls, names, other, 0);
}

/* What is lost where no packet is freed as dropped: the tracepoint never sees it. */
static void write_counters(const struct metrics *m, struct openmetrics *om)
{
	static const char *const names[] = { "counter", NULL }, *const other[] = { "other" };

	openmetrics__family(om, "dropwhy_kernel_losses", METRIC_COUNTER, NULL,
			    "The kernel's own counters of losses that moved, over all network "
			    "namespaces and interfaces; many count what dropwhy_drops_total has, too.");
	write_series(om, m->counters, names, other, 0);
}

static void write_own(const struct metrics *m, struct openmetrics *om,
		      const struct metrics_gauges *g)
{
	gauge(om, "dropwhy_ring_fill_bytes", "bytes", "Records that wait in the ring buffer.",
	      g->ring_bytes);
	gauge(om, "dropwhy_ring_size_bytes", "bytes", "The ring buffer's size.",
	      g->ring_capacity_bytes);
	gauge(om, "dropwhy_series", NULL, "Series of dropwhy_drops_total beside other.",
	      series_set__count(m->drops));
	gauge(om, "dropwhy_series_limit", NULL, "The most that there can be: --max-series.",
	      m->max_series);
	counter(om, "dropwhy_series_demoted",
		"Series of dropwhy_drops_total that made place for bigger ones; they go on in other.",
		series_set__demoted(m->drops));
	counter(om, "dropwhy_series_expired",
		"Series of dropwhy_drops_total that went for want of drops.",
		series_set__expired(m->drops));
	counter(om, "dropwhy_log_rows", "Rows written to the log.", g->rows_written);
	counter(om, "dropwhy_log_rows_failed", "Rows that could not be written to the log.",
		g->rows_failed);
	gauge(om, "dropwhy_recorder_fill_bytes", "bytes", "The flight recorder's memory in use.",
	      g->recorder_bytes);
	gauge(om, "dropwhy_recorder_rows", NULL, "Rows in the flight recorder.",
	      g->recorder_rows);
	counter(om, "dropwhy_bundles", "Bundles written.", g->bundles);
	counter(om, "dropwhy_bundles_failed", "Bundles that could not be written.",
		g->bundles_failed);
	counter(om, "dropwhy_bundles_limited", "Triggers too soon after a bundle.",
		g->bundles_limited);
	counter(om, "dropwhy_http_requests", "HTTP requests answered.", g->http_requests);
	counter(om, "dropwhy_http_requests_refused", "Of these with a status of 400 or more.",
		g->http_refused);
	counter(om, "dropwhy_http_connections_cut_off", "Connections that took too long.",
		g->http_cut_off);
	counter(om, "dropwhy_http_accepts_failed",
		"Times that nobody could be let in, e.g. for want of a descriptor.",
		g->http_not_accepted);
}

static void write_process(struct openmetrics *om)
{
	struct process_stat stat;

	if (process_stat__read(&stat))
		return;
	openmetrics__family(om, "process_cpu_seconds", METRIC_COUNTER, "seconds",
			    "Time on a CPU, user and system.");
	openmetrics__sample_real(om, NULL, NULL, stat.cpu_s);
	gauge(om, "process_resident_memory_bytes", "bytes", "Resident memory.",
	      stat.resident_bytes);
	openmetrics__family(om, "process_start_time_seconds", METRIC_GAUGE, "seconds",
			    "When the process started, since the epoch.");
	openmetrics__sample_real(om, NULL, NULL, stat.start_s);
}

void metrics__write(const struct metrics *m, struct openmetrics *om,
		    const struct summary *accounting, const struct metrics_gauges *gauges)
{
	static const char *const build[] = { "version", "hook", NULL };
	const char *const values[] = { DROPWHY_VERSION, gauges->hook };

	openmetrics__family(om, "dropwhy_build", METRIC_INFO, NULL,
			    "Version, and the program that sees the drops.");
	openmetrics__sample(om, build, values, 1);
	write_drops(m, om);
	write_accounting(om, accounting);
	write_conntrack(m, om);
	write_sysctls(m, om);
	write_counters(m, om);
	write_own(m, om, gauges);
	write_process(om);
	openmetrics__end(om);
}

void metrics__scraped(struct metrics *m)
{
	series_set__scraped(m->drops);
	series_set__scraped(m->conntrack);
	series_set__scraped(m->sysctls);
	series_set__scraped(m->counters);
}
