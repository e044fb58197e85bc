/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Conntrack's part of the text summary.
 */
#include <errno.h>
#include <string.h>

#include "user/aggregate/reconcile.h"
#include "user/number.h"
#include "user/sinks/summary_conntrack.h"

static const char *const advice[__CAUSE_MAX] = {
	[CAUSE_CT_TABLE_FULL] =
		"the conntrack table was full. 'dropwhy conntrack --by pod,service,state' shows "
		"who fills it, 'dropwhy doctor' what to do",
	[CAUSE_CT_INSERT_FAILED] =
		"a new entry collided with an existing one. With SNAT the source ports towards "
		"one destination ran out: widen the range; else a flow's first packets raced",
	[CAUSE_CT_CHAIN_TOO_LONG] =
		"the hash table is too small for its entries. Raise "
		"net.netfilter.nf_conntrack_buckets",
	[CAUSE_CT_OTHER] =
		"conntrack refused the packet, its counters do not tell why. "
		"net.netfilter.nf_conntrack_log_invalid=255 logs what it finds invalid",
};

static void put_error(struct line *text, int err)
{
	line__printf(text, "conntrack: its counters could not be read (%s): ", strerror(-err));
	switch (-err) {
	case EPERM:
	case EACCES:
		line__put_text(text, "needs CAP_NET_ADMIN, and CAP_SYS_ADMIN to look into "
				     "other namespaces\n");
		break;
	case EINVAL:
	case ENOENT:
	case EOPNOTSUPP:
	case EPROTONOSUPPORT:
		line__put_text(text, "load the module nf_conntrack_netlink\n");
		break;
	default:
		line__put_text(text, "nothing to compare with\n");
	}
}

/* What conntrack dropped: packets cut off by a long chain are not in its "drop". */
static void add_drops(struct conntrack_counter *sum, const struct conntrack_reconciliation *row)
{
	sum->least += row->drop.least + row->chaintoolong.least;
	sum->most += row->drop.most + row->chaintoolong.most;
	sum->attributed += row->drop.attributed + row->chaintoolong.attributed;
}

static void put_mismatch(struct line *text, const struct conntrack_reconciliation *row,
			 const char *name, const struct conntrack_counter *counter)
{
	if (reconcile__agrees(counter))
		return;
	line__put_text(text, "  netns ");
	if (row->netns_name)
		line__put_escaped(text, row->netns_name, strlen(row->netns_name));
	else
		line__printf(text, "%u", row->netns_ino);
	line__printf(text, ": %s moved by ", name);
	line__put_grouped(text, counter->least);
	if (counter->most != counter->least) {
		line__put_text(text, " to ");
		line__put_grouped(text, counter->most);
	}
	line__put_text(text, ", ");
	line__put_grouped(text, counter->attributed);
	line__put_text(text, " attributed: ");
	if (counter->attributed < counter->least) {
		line__put_grouped(text, counter->least - counter->attributed);
		line__put_text(text, " unexplained\n");
	} else {
		line__put_grouped(text, counter->attributed - counter->most);
		line__put_text(text, " too many\n");
	}
}

static void put_total(struct line *text, const struct conntrack_counter *total, __u64 namespaces)
{
	line__put_text(text, "conntrack: ");
	if (total->most != total->least) {
		line__put_text(text, "between ");
		line__put_grouped(text, total->least);
		line__put_text(text, " and ");
	}
	line__put_count(text, total->most, "drop", "drops");
	line__put_text(text, " in ");
	line__put_count(text, namespaces, "namespace", "namespaces");
	line__put_text(text, "; ");
	line__put_grouped(text, total->attributed);
	line__put_text(text, " attributed\n");
}

static void put_reconciliation(struct line *text, const struct summary *summary)
{
	struct conntrack_counter total = {}, lost = {};
	__u64 namespaces = 0, gone = 0;
	bool resolved_clashes = false;
	size_t i;

	for (i = 0; i < summary->conntrack_count; i++) {
		const struct conntrack_reconciliation *row = &summary->conntrack[i];

		add_drops(row->gone ? &lost : &total, row);
		namespaces += !row->gone;
		gone += row->gone;
	}
	put_total(text, &total, namespaces);
	for (i = 0; i < summary->conntrack_count; i++) {
		const struct conntrack_reconciliation *row = &summary->conntrack[i];

		if (row->gone)
			continue;
		put_mismatch(text, row, "drop", &row->drop);
		put_mismatch(text, row, "insert_failed", &row->insert_failed);
		put_mismatch(text, row, "chaintoolong", &row->chaintoolong);
		if (row->insert_failed.attributed < row->insert_failed.least)
			resolved_clashes = true;
	}
	if (resolved_clashes)
		line__put_text(text, "  insert_failed moves without a loss, too, where the kernel "
				     "has no clash_resolve counter\n");
	if (gone) {
		line__put_text(text, "  ");
		line__put_count(text, gone, "namespace", "namespaces");
		line__put_text(text, " deleted during the run, or nf_conntrack unloaded: the counters "
				     "went with it; ");
		line__put_grouped(text, lost.attributed);
		line__put_text(text, " attributed there\n");
	}
}

/* How sure the causes are, and what early_drop did. */
static void put_evidence(struct line *text, const struct summary *summary)
{
	if (summary->compared) {
		line__put_text(text, "conntrack hooks: ");
		line__put_count(text, summary->compared, "drop", "drops");
		line__put_text(text, " compared with the counters; ");
		line__put_count(text, summary->disagreed, "disagreement", "disagreements");
		line__put_text(text, "\n");
	}
	if (summary->no_baseline) {
		line__put_text(text, "  ");
		line__put_count(text, summary->no_baseline, "netfilter drop", "netfilter drops");
		line__put_text(text, " without a baseline to compare conntrack's counters with: "
				     "left without a cause\n");
	}
	if (summary->evictions) {
		line__put_text(text, "early_drop evicted ");
		line__put_count(text, summary->evictions, "conntrack entry", "conntrack entries");
		line__put_text(text, " to make room");
		if (summary->evictions_lost) {
			line__put_text(text, " (");
			line__put_grouped(text, summary->evictions_lost);
			line__put_text(text, " of them not shown: the ring buffer was full)");
		}
		line__put_text(text, "\n");
	}
}

void summary_conntrack__append(struct line *text, const struct summary *summary, bool color)
{
	const __u64 *causes = summary->groups ? aggregate__causes(summary->groups) : NULL;
	unsigned int cause;

	if (summary->conntrack_error)
		put_error(text, summary->conntrack_error);
	else
		put_reconciliation(text, summary);
	put_evidence(text, summary);
	for (cause = 0; causes && cause < __CAUSE_MAX; cause++) {
		if (!causes[cause] || !advice[cause])
			continue;
		line__printf(text, "%s%s%s (", color ? "\033[1;31m" : "", drop_cause__name(cause),
			     color ? "\033[0m" : "");
		line__put_grouped(text, causes[cause]);
		line__printf(text, "): %s\n", advice[cause]);
	}
}
