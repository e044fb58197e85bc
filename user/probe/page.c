// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The live page: see page.h.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "user/number.h"
#include "user/probe/metrics_state.h"
#include "user/probe/page.h"
#include "user/sinks/escape.h"

#define PAGE_ROWS 25

static const char page_head[] =
	"<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	"<meta http-equiv=\"refresh\" content=\"5\">\n"
	"<meta name=\"viewport\" content=\"width=device-width\">\n"
	"<title>dropwhy probe</title>\n<style>\n"
	"body{font:14px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;"
	"color:#1c2329;background:#fff}\n"
	"table{border-collapse:collapse;width:100%;margin:.5rem 0 2rem}\n"
	"th,td{text-align:left;padding:.25rem .75rem .25rem 0;border-bottom:1px solid #dde2e6}\n"
	"td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}\n"
	".hot{color:#b3261e;font-weight:600}\n"
	"@media(prefers-color-scheme:dark){body{color:#dde3e8;background:#14181b}"
	"th,td{border-color:#333b41}.hot{color:#ff8a80}}\n"
	"</style>\n</head>\n<body>\n";

void page__put_text(struct line *out, const char *text)
{
	size_t len = strlen(text), i;
	char *harmless = malloc(ESCAPE_TERMINAL_ROOM(len) + 1);

	if (!harmless) {
		out->failed = true;
		return;
	}
	len = escape__terminal(text, len, harmless);
	for (i = 0; i < len; i++) {
		switch (harmless[i]) {
		case '<':
			line__put_text(out, "&lt;");
			break;
		case '>':
			line__put_text(out, "&gt;");
			break;
		case '&':
			line__put_text(out, "&amp;");
			break;
		case '"':
			line__put_text(out, "&quot;");
			break;
		default:
			line__put(out, &harmless[i], 1);
		}
	}
	free(harmless);
}

static void cell(struct line *out, const char *text)
{
	line__put_text(out, "<td>");
	page__put_text(out, text && *text ? text : "–");
}

static void number_cell(struct line *out, __u64 value)
{
	char number[NUMBER_LEN];

	number__grouped(value, number);
	line__put_text(out, "<td class=\"n\">");
	line__put_text(out, number);
}

static void bytes_cell(struct line *out, __u64 value)
{
	char number[NUMBER_LEN];

	number__bytes(value, number);
	line__put_text(out, "<td class=\"n\">");
	line__put_text(out, number);
}

/* --- the biggest series */

struct biggest {
	const struct series *series[PAGE_ROWS];
	size_t count;
};

static void take_if_big(void *ctx, const struct series *series)
{
	struct biggest *big = ctx;
	size_t i;

	if (!series->values[0])
		return;
	if (big->count == PAGE_ROWS &&
	    big->series[PAGE_ROWS - 1]->values[0] >= series->values[0])
		return;
	i = big->count < PAGE_ROWS ? big->count++ : PAGE_ROWS - 1;
	for (; i && big->series[i - 1]->values[0] < series->values[0]; i--)
		big->series[i] = big->series[i - 1];
	big->series[i] = series;
}

static void write_drops(struct line *out, const struct metrics *m)
{
	const __u64 *other = series_set__other(m->drops);
	struct biggest big = {};
	size_t i, label;

	series_set__each(m->drops, take_if_big, &big);
	line__put_text(out, "<h2>Drops since the start</h2>\n<table>\n<tr><th>namespace<th>pod"
			    "<th>workload<th>direction<th>reason<th>cause<th class=\"n\">packets"
			    "<th class=\"n\">bytes\n");
	for (i = 0; i < big.count; i++) {
		line__put_text(out, "<tr>");
		for (label = 0; label < METRICS_DROP_LABELS; label++)
			cell(out, big.series[i]->labels[label]);
		number_cell(out, big.series[i]->values[0]);
		bytes_cell(out, big.series[i]->values[1]);
		line__put_text(out, "\n");
	}
	if (other[0]) {
		line__put_text(out, "<tr><td colspan=\"6\">other");
		number_cell(out, other[0]);
		bytes_cell(out, other[1]);
		line__put_text(out, "\n");
	}
	line__put_text(out, "</table>\n");
	if (!big.count && !other[0])
		line__put_text(out, "<p>None.</p>\n");
}

static void write_conntrack(struct line *out, const struct metrics *m)
{
	size_t i;

	if (!m->usage_count)
		return;
	line__put_text(out, "<h2>Conntrack tables</h2>\n<table>\n<tr><th>namespace<th>pod"
			    "<th>network namespace<th class=\"n\">entries<th class=\"n\">limit"
			    "<th class=\"n\">in use\n");
	for (i = 0; i < m->usage_count && i < PAGE_ROWS; i++) {
		const struct conntrack_usage *usage = &m->usage[i].usage;
		double used = usage->max ? 100.0 * usage->entries / usage->max : 0;

		line__put_text(out, "<tr>");
		cell(out, m->usage[i].labels[0]);
		cell(out, m->usage[i].labels[1]);
		cell(out, m->usage[i].labels[3]);
		number_cell(out, usage->entries);
		number_cell(out, usage->max);
		line__printf(out, "<td class=\"n%s\">%.1f%%\n", used >= 80 ? " hot" : "", used);
	}
	line__put_text(out, "</table>\n");
}

static void write_accounting(struct line *out, const struct summary *accounting)
{
	const struct accounting *total = &accounting->total;
	const __u64 values[] = { total->seen,	total->delivered, total->folded, total->filtered,
				 total->noise, total->lost };
	size_t i;

	line__put_text(out, "<h2>Accounting</h2>\n<table>\n<tr><th class=\"n\">seen"
			    "<th class=\"n\">delivered<th class=\"n\">folded"
			    "<th class=\"n\">filtered<th class=\"n\">noise<th class=\"n\">lost\n"
			    "<tr>");
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		number_cell(out, values[i]);
	line__put_text(out, "\n</table>\n");
}

void page__write(struct line *out, const struct metrics *m, const struct summary *accounting,
		 const struct metrics_gauges *gauges)
{
	time_t now = time(NULL);
	char text[64];
	struct tm tm;

	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", gmtime_r(&now, &tm));
	line__put_text(out, page_head);
	line__printf(out, "<h1>dropwhy probe</h1>\n<p>%s. Version " DROPWHY_VERSION ", by ", text);
	page__put_text(out, gauges->hook);
	line__put_text(out, ". <a href=\"/metrics\">metrics</a></p>\n");
	write_drops(out, m);
	write_conntrack(out, m);
	write_accounting(out, accounting);
	line__put_text(out, "</body>\n</html>\n");
}
