/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Findings for people, and the headroom of what is well.
 */
#include <string.h>

#include "user/doctor/report.h"
#include "user/number.h"

#define WIDTH	  96 /* columns of a paragraph */
#define WIDTH_MIN 32 /* some words fit beside what indents them */
#define INDENT	  13

static const char *const headings[__HARM_MAX] = {
	[HARM_NOTE] = "NOTE",
	[HARM_RISK] = "RISK",
	[HARM_SLOW] = "SLOW",
	[HARM_NEAR] = "NEARLY THERE",
	[HARM_LOSS] = "LOSING PACKETS",
};

static size_t blanks(const char *text, size_t len)
{
	size_t count = 0;

	while (count < len && text[count] == ' ')
		count++;
	return count;
}

/* Breaks at blanks. @column: where the line is already; @width: 0 breaks nowhere. */
static void put_words(struct line *out, const char *text, size_t text_len, size_t column,
		      size_t indent, size_t width)
{
	const char *end = text + text_len, *blank;
	bool first = true;
	size_t len;

	while (text < end) {
		blank = memchr(text, ' ', (size_t)(end - text));
		len = (size_t)((blank ? blank : end) - text);
		if (!first && width && column + 1 + len > width) {
			line__put(out, "\n", 1);
			line__pad(out, indent);
			column = indent;
		} else if (!first) {
			line__put(out, " ", 1);
			column++;
		}
		line__put(out, text, len);
		column += len;
		text += len;
		text += blanks(text, (size_t)(end - text));
		first = false;
	}
	line__put(out, "\n", 1);
}

static void put_escaped_words(struct line *out, const char *text, size_t column, size_t indent,
			      size_t width)
{
	struct line escaped = {};

	line__put_escaped(&escaped, text, strlen(text));
	out->failed |= escaped.failed;
	put_words(out, escaped.data, escaped.len, column, indent, width);
	line__done(&escaped);
}

/* Whole lines, which are broken where a terminal is narrow. */
static void put_lines(struct line *out, const struct line *lines, size_t width)
{
	const char *text = lines->data, *end = text + lines->len, *newline;
	size_t len, indent;

	out->failed |= lines->failed;
	for (; text < end && (newline = memchr(text, '\n', (size_t)(end - text))); text = newline + 1) {
		len = (size_t)(newline - text);
		indent = blanks(text, len);
		line__pad(out, indent);
		put_words(out, text + indent, len - indent, indent, indent + 2, width);
	}
}

static void put_paragraph(struct line *out, const char *title, const char *text, size_t width)
{
	if (!*text)
		return;
	line__put_text(out, "   ");
	line__put_text(out, title);
	line__pad(out, INDENT - 3 - strlen(title));
	put_escaped_words(out, text, INDENT, INDENT, width ? width : WIDTH);
}

static void put_finding(struct line *out, const struct finding *finding, size_t number, bool color,
			size_t width)
{
	const char *heading = headings[finding->harm];
	size_t column = strlen("1. : ") + (number > 9) + strlen(heading);

	line__printf(out, "\n%zu. %s%s%s: ", number, color ? "\033[1m" : "", heading,
		     color ? "\033[0m" : "");
	put_escaped_words(out, finding->title, column, 3, width);
	put_paragraph(out, "evidence", finding->evidence, width);
	put_paragraph(out, "why", finding->rule->why, width);
	put_paragraph(out, "do now", finding->now, width);
	put_paragraph(out, "to last", finding->lasting, width);
	line__printf(out, "   certainty %s (%s)\n", confidence__name(finding->confidence),
		     finding->rule->id);
}

static void put_neighbours(struct line *out, const char *name, const struct neighbour_facts *n)
{
	if (n->limit)
		line__printf(out, "  %s neighbours: %u of %u\n", name, n->entries, n->limit);
}

static void put_tables(struct line *out, const struct facts *f)
{
	const struct table_facts *t = facts__fullest_table(f);
	const char *name = t && t->netns_name ? t->netns_name : "?";

	if (f->tables_unknown) {
		line__put_text(out, "  conntrack: unknown, its tables could not be read\n");
		return;
	}
	if (!t) {
		line__put_text(out, "  conntrack: not in use\n");
		return;
	}
	line__put_text(out, "  conntrack: ");
	line__put_grouped(out, t->now.entries);
	line__put_text(out, " of ");
	line__put_count(out, t->now.max, "entry", "entries");
	line__printf(out, " (%.1f%% free) in ", 100 * conntrack_table__headroom(&t->now));
	line__put_escaped(out, name, strlen(name));
	if (f->table_count == 1)
		line__put_text(out, ", the only namespace");
	else
		line__printf(out, ", the fullest of %zu namespaces", f->table_count);
	line__put_text(out, f->only_container ? " that can be seen\n" : "\n");
}

static void put_headroom(struct line *out, const struct facts *f)
{
	line__put_text(out, "\nheadroom\n");
	put_tables(out, f);
	put_neighbours(out, "IPv4", &f->arp);
	put_neighbours(out, "IPv6", &f->ndisc);
	line__put_text(out, "  drops: ");
	line__put_grouped(out, f->drops.seen);
	line__put_text(out, " seen, of which ");
	line__put_grouped(out, f->drops.noise);
	line__printf(out, " %s no trouble, in %.1f s\n", number__form(f->drops.noise, "is", "are"),
		     f->seconds);
	if (f->drops.lost) {
		line__put_text(out, "  ");
		line__put_count(out, f->drops.lost, "drop", "drops");
		line__put_text(out, " came too fast to be looked at: findings may be missing\n");
	}
}

static void put_headline(struct line *out, const struct report *report)
{
	struct facts_unknown unknown[FACTS_UNKNOWN_MAX];
	size_t unknown_count = facts__unknown(report->facts, unknown), i;

	if (rules__troubles(report->findings, report->count))
		line__printf(out, "%zu finding%s", report->count,
			     number__form(report->count, "", "s, the worst first"));
	else if (unknown_count)
		line__put_text(out, "nothing found");
	else
		line__put_text(out, "healthy: none of what dropwhy knows to go wrong was seen");
	for (i = 0; i < unknown_count; i++) {
		line__put_text(out, i ? " and " : "; but ");
		line__put_text(out, unknown[i].text);
	}
	line__put_text(out, unknown_count ? " could not be read: findings may be missing\n" : "\n");
}

void report__text(struct line *out, const struct report *report, bool color)
{
	size_t width = report->width < WIDTH ? report->width : 0, i;
	struct line lines = {};

	if (width && width < WIDTH_MIN)
		width = WIDTH_MIN;
	put_headline(&lines, report);
	put_lines(out, &lines, width);
	for (i = 0; i < report->count; i++)
		put_finding(out, &report->findings[i], i + 1, color, width);
	line__clear(&lines);
	put_headroom(&lines, report->facts);
	put_lines(out, &lines, width);
	line__done(&lines);
}
