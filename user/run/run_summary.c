// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Adds up a run: see run_summary.h. No output here.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/aggregate/reconcile.h"
#include "user/run/run_summary.h"

/* The number behind a slot: the inverse of reason_slot(). */
static __u32 slot_reason(size_t slot)
{
	__u32 subsys;

	if (slot < REASON_SLOT_CORE)
		return slot;
	subsys = (slot - REASON_SLOT_CORE) / REASON_SLOT_SUBSYS + 1;
	return subsys << 16 | (slot - REASON_SLOT_CORE) % REASON_SLOT_SUBSYS;
}

static const char *slot_name(struct enricher *enricher, size_t slot)
{
	if (slot != REASON_SLOT_OTHER)
		return enricher__reason(enricher, slot_reason(slot));
	return reason_names__has_reasons(enricher__reasons(enricher)) ?
		       "other" : "(this kernel gives no reasons)";
}

static int by_seen(const void *a, const void *b)
{
	const struct reason_accounting *x = a, *y = b;

	if (x->counts.seen != y->counts.seen)
		return x->counts.seen > y->counts.seen ? -1 : 1;
	return strcmp(x->reason, y->reason);
}

static struct accounting correct(const struct drop_counters *kernel, __u64 filtered, __u64 folded)
{
	struct accounting a = {
		.seen = kernel->seen,
		.seen_bytes = kernel->seen_bytes,
		.delivered = kernel->delivered - filtered,
		.folded = kernel->folded - folded,
		.filtered = kernel->filtered + filtered + folded,
		.noise = kernel->noise,
		.lost = kernel->lost,
	};

	return a;
}

int run_summary__accounting(struct run_summary *s, struct live *live, struct enricher *enricher,
			    const struct run_corrections *corrections)
{
	struct drop_counters *counters = calloc(REASON_SLOTS, sizeof(*counters));
	struct summary *summary = &s->summary;
	int err = -ENOMEM;
	size_t slot;

	s->reasons = calloc(REASON_SLOTS, sizeof(*s->reasons));
	if (!counters || !s->reasons)
		goto cleanup;
	err = live__counters(live, counters, &summary->missed);
	if (err)
		goto cleanup;
	for (slot = 0; slot < REASON_SLOTS; slot++) {
		struct reason_accounting *row = &s->reasons[summary->reason_count];

		if (!counters[slot].seen)
			continue;
		row->reason = slot_name(enricher, slot);
		row->counts = correct(&counters[slot], corrections->filtered[slot],
				      corrections->filtered_folded[slot]);
		summary->coarse += counters[slot].coarse;
		accounting__add(&summary->total, &row->counts);
		summary->reason_count++;
	}
	qsort(s->reasons, summary->reason_count, sizeof(*s->reasons), by_seen);
	summary->reasons = s->reasons;

	/* neither has a reason to stand under */
	summary->total.delivered -= corrections->undecoded;
	summary->total.lost += corrections->undecoded;
	summary->total.seen += summary->missed;
	summary->total.lost += summary->missed;
cleanup:
	free(counters);
	return err;
}

/* Who has the number now, or had it when the run began. */
static const char *netns_name(struct netns_table *netns, __u32 ino, __u64 start_ns)
{
	const char *name = netns_table__name(netns, ino, 0);

	return name ? name : netns_table__name(netns, ino, start_ns);
}

static int fill_conntrack(struct run_summary *s, struct live *live, struct enricher *enricher,
			  struct conntrack_reading *readings, __u64 start_ns, bool restarted)
{
	struct reconcile_input in = {
		.restarted = restarted,
		.before_arm = readings[READING_BEFORE_ARM].snapshot,
		.after_arm = readings[READING_AFTER_ARM].snapshot,
		.before_disarm = readings[READING_BEFORE_DISARM].snapshot,
		.after_disarm = readings[READING_AFTER_DISARM].snapshot,
	};
	struct conntrack_claim *claims = NULL;
	struct live_claim *live_claims = NULL;
	size_t count, i;
	int err;

	err = live__claims(live, &live_claims, &count);
	if (err)
		return err;
	claims = calloc(count ? count : 1, sizeof(*claims));
	if (!claims) {
		err = -ENOMEM;
		goto cleanup;
	}
	for (i = 0; i < count; i++)
		claims[i] = (struct conntrack_claim){
			.netns_ino = live_claims[i].netns_ino,
			.drop = live_claims[i].drop,
			.insert_failed = live_claims[i].insert_failed,
			.chaintoolong = live_claims[i].chaintoolong,
		};
	in.claims = claims;
	in.claim_count = count;
	err = reconcile__conntrack(&in, &s->conntrack, &s->summary.conntrack_count);
	if (err)
		goto cleanup;
	for (i = 0; i < s->summary.conntrack_count; i++)
		s->conntrack[i].netns_name =
			netns_name(enricher__netns(enricher), s->conntrack[i].netns_ino, start_ns);
	s->summary.conntrack = s->conntrack;
cleanup:
	free(live_claims);
	free(claims);
	return err;
}

int run_summary__fill(struct run_summary *s, struct live *live, struct enricher *enricher,
			struct conntrack_reading *readings, int reading_error, __u64 start_ns,
			const struct run_corrections *corrections)
{
	struct live_evidence evidence;
	int err = run_summary__accounting(s, live, enricher, corrections);

	if (!err)
		err = live__evidence(live, &evidence);
	if (err)
		return err;
	s->summary.no_baseline = evidence.no_baseline;
	s->summary.compared = evidence.compared;
	s->summary.disagreed = evidence.disagreed;
	s->summary.conntrack_error = reading_error;
	return reading_error ? 0 : fill_conntrack(s, live, enricher, readings, start_ns,
				     corrections->counters_restarted);
}

static int add_trouble(const struct source_report *report, void *ctx)
{
	const struct source_stats *stats = report->stats;
	struct run_summary *s = ctx;
	struct source_trouble *grown;

	if (!report->error && !stats->torn && !stats->huge && !stats->unreadable)
		return 0;
	grown = reallocarray(s->troubles, s->summary.names.trouble_count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	grown[s->summary.names.trouble_count++] = (struct source_trouble){
		.source = report->source->name,
		.torn = stats->torn,
		.huge = stats->huge,
		.unreadable = stats->unreadable,
		.example = stats->example[0] ? stats->example : NULL,
		.error = report->error,
	};
	s->troubles = grown;
	s->summary.names.troubles = grown;
	return 0;
}

int run_summary__names(struct run_summary *s, struct enricher *enricher, __u64 held_back)
{
	s->summary.names.held_back = held_back;
	return sources__each(enricher__sources(enricher), add_trouble, s);
}

void run_summary__done(struct run_summary *s)
{
	free(s->reasons);
	free(s->conntrack);
	free(s->troubles);
}
