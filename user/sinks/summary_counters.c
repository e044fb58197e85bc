/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Counters that moved, the most first.
 */
#include <string.h>

#include "user/number.h"
#include "user/sinks/summary_counters.h"
#include "user/sinks/text_table.h"

static void add_row(struct text_table *table, const struct counter_moved *row)
{
	const struct counter *counter = row->counter;
	const char *meaning = counter__meaning(counter->name);
	char number[NUMBER_LEN];

	text_table__add(table, number, number__grouped(counter->value, number));
	text_table__add_text(table, counter->name);
	if (!row->netns_name && counter->netns_ino)
		text_table__add(table, number, number__decimal(counter->netns_ino, number));
	else
		text_table__add_text(table, row->netns_name);
	text_table__add_text(table, counter->iface);
	text_table__add_text(table, meaning);
}

void summary_counters__append(struct line *text, const struct counters_found *found, size_t top,
			      bool color)
{
	static const char *const titles[] = { "moved by", "kernel counter", "netns", "iface",
					      "which counts" };
	size_t shown = top && top < found->count ? top : found->count, i;
	struct text_table table = {};

	if (found->error)
		line__printf(text, "kernel counters: unknown: %s\n", strerror(-found->error));
	if (found->unreadable)
		line__printf(text, "kernel counters: %zu namespace%s could not be read\n",
			     found->unreadable, number__form(found->unreadable, "", "s"));
	if (!found->count)
		return;
	line__put(text, "\n", 1);
	text_table__begin(&table, sizeof(titles) / sizeof(titles[0]), 1);
	for (i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
		text_table__add_title(&table, titles[i]);
	for (i = 0; i < shown; i++)
		add_row(&table, &found->rows[i]);
	text_table__print(&table, text, color);
	text_table__done(&table);
	if (shown < found->count)
		line__printf(text, "  and %zu further counter%s\n", found->count - shown,
			     number__form(found->count - shown, "", "s"));
}
