/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Findings for programs: one JSON object.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "user/doctor/report.h"
#include "user/sinks/escape.h"
#include "user/sinks/sink.h"
#include "user/sinks/timestamp.h"

/* As visible text: JSON cannot hold every byte. */
static json_t *make_text(const char *text)
{
	size_t len = strlen(text);
	char *visible = malloc(ESCAPE_TERMINAL_ROOM(len) + 1);
	json_t *value;

	if (!visible)
		return NULL;
	value = json_stringn(visible, escape__terminal(text, len, visible));
	free(visible);
	return value;
}

/* NULL where memory ran out. */
static json_t *make_finding(const struct finding *finding)
{
	const char *now = *finding->now ? finding->now : NULL;
	const char *lasting = *finding->lasting ? finding->lasting : NULL;

	return json_pack("{s:s, s:s, s:s, s:I, s:o, s:o, s:s, s:o*, s:o*}", "id",
			 finding->rule->id, "harm", harm__name(finding->harm), "confidence",
			 confidence__name(finding->confidence), "lost", (json_int_t)finding->lost,
			 "title", make_text(finding->title), "evidence",
			 make_text(finding->evidence), "why", finding->rule->why, "now",
			 now ? make_text(now) : NULL, "lasting",
			 lasting ? make_text(lasting) : NULL);
}

static json_t *make_neighbours(const struct neighbour_facts *n)
{
	if (!n->limit)
		return NULL;
	return json_pack("{s:I, s:I}", "entries", (json_int_t)n->entries, "max",
			 (json_int_t)n->limit);
}

static json_t *make_table(const struct facts *f)
{
	const struct table_facts *t = facts__fullest_table(f);

	if (!t)
		return NULL;
	return json_pack("{s:I, s:I, s:I, s:o*}", "entries", (json_int_t)t->now.entries, "max",
			 (json_int_t)t->now.max, "netns", (json_int_t)t->now.netns_ino,
			 "netns_name", t->netns_name ? make_text(t->netns_name) : NULL);
}

/* NULL: all could be looked at. */
static json_t *make_unknown(const struct facts *f)
{
	struct facts_unknown unknown[FACTS_UNKNOWN_MAX];
	size_t count = facts__unknown(f, unknown), i;
	json_t *list = count ? json_array() : NULL;

	for (i = 0; list && i < count; i++)
		if (json_array_append_new(list, json_string(unknown[i].id))) {
			json_decref(list);
			return NULL;
		}
	return list;
}

/* NULL where nothing but notes was found, and not all could be looked at. */
static json_t *make_healthy(const struct report *report)
{
	struct facts_unknown unknown[FACTS_UNKNOWN_MAX];
	size_t troubles = rules__troubles(report->findings, report->count);

	if (!troubles && facts__unknown(report->facts, unknown))
		return NULL;
	return json_boolean(!troubles);
}

void report__json(struct line *out, const struct report *report)
{
	const struct facts *f = report->facts;
	json_t *findings = json_array(), *object, *finding;
	bool whole = findings != NULL;
	char time[TIMESTAMP_LEN], *text = NULL;
	size_t i;

	timestamp__rfc3339(&report->time, time);
	for (i = 0; whole && i < report->count; i++) {
		finding = make_finding(&report->findings[i]);
		whole = finding && !json_array_append_new(findings, finding);
	}
	object = json_pack("{s:s, s:i, s:s, s:f, s:o*, s:o*, s:o, s:{s:o*, s:o*, s:o*}, s:I, s:I, s:I}",
			   "type", "doctor", "schema", OUTPUT_SCHEMA_VERSION, "time", time,
			   "seconds", f->seconds, "healthy", make_healthy(report), "unknown",
			   make_unknown(f), "findings", findings, "headroom", "conntrack",
			   make_table(f), "arp", make_neighbours(&f->arp), "ndisc",
			   make_neighbours(&f->ndisc), "seen", (json_int_t)f->drops.seen,
			   "noise", (json_int_t)f->drops.noise, "lost", (json_int_t)f->drops.lost);
	if (whole && object)
		text = json_dumps(object, JSON_COMPACT);
	if (text)
		line__put_text(out, text);
	else
		out->failed = true;
	line__put(out, "\n", 1);
	free(text);
	json_decref(object);
}
