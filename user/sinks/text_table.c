/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A small table laid out as wide as what it holds.
 */
#include <ctype.h>
#include <string.h>

#include "user/sinks/text_table.h"

#define COLUMN_GAP 2

/* More columns than any table here has. */
#define COLUMNS_MAX 16

void text_table__begin(struct text_table *table, size_t columns, size_t right_aligned)
{
	table->columns = columns < COLUMNS_MAX ? columns : COLUMNS_MAX;
	table->right_aligned = right_aligned;
}

static void add_cell(struct text_table *table, const char *text, size_t len)
{
	struct text_cell_span cell = { .start = table->text.len };
	size_t i;

	line__put_escaped(&table->text, text, len);
	cell.len = table->text.len - cell.start;
	for (i = 0; i < cell.len; i++)
		cell.width += ((unsigned char)table->text.data[cell.start + i] & 0xc0) != 0x80;
	line__put(&table->cells, (const char *)&cell, sizeof(cell));
	table->cell_count++;
}

void text_table__add(struct text_table *table, const char *text, size_t len)
{
	add_cell(table, len ? text : "-", len ? len : 1);
}

void text_table__add_text(struct text_table *table, const char *text)
{
	text_table__add(table, text, text ? strlen(text) : 0);
}

void text_table__add_title(struct text_table *table, const char *text)
{
	char title[32];
	size_t len;

	for (len = 0; text[len] && len < sizeof(title); len++)
		title[len] = (char)toupper((unsigned char)text[len]);
	text_table__add(table, title, len);
}

void text_table__end_row(struct text_table *table, const char *note)
{
	add_cell(table, note, strlen(note));
	while (table->cell_count % table->columns)
		add_cell(table, "", 0);
}

/* Copied out: the buffer promises no alignment. */
static struct text_cell_span cell_at(const struct text_table *table, size_t index)
{
	struct text_cell_span cell;

	memcpy(&cell, table->cells.data + index * sizeof(cell), sizeof(cell));
	return cell;
}

static void print_row(const struct text_table *table, size_t first, const size_t *widths,
		      struct line *out)
{
	size_t pending = 0, i;

	for (i = 0; i < table->columns; i++) {
		struct text_cell_span cell = cell_at(table, first + i);
		size_t fill = widths[i] - cell.width;

		/* spaces wait until something follows them: no line ends in one */
		if (i < table->right_aligned)
			pending += fill;
		if (cell.len)
			line__pad(out, pending);
		line__put(out, table->text.data + cell.start, cell.len);
		pending = (cell.len ? 0 : pending) + COLUMN_GAP;
		if (i >= table->right_aligned)
			pending += fill;
	}
	line__put(out, "\n", 1);
}

void text_table__print(const struct text_table *table, struct line *out, bool color)
{
	size_t widths[COLUMNS_MAX] = {}, i;

	if (table->text.failed || table->cells.failed) {
		out->failed = true;
		return;
	}
	for (i = 0; i < table->cell_count; i++) {
		struct text_cell_span cell = cell_at(table, i);

		if (cell.width > widths[i % table->columns])
			widths[i % table->columns] = cell.width;
	}
	for (i = 0; i + table->columns <= table->cell_count; i += table->columns) {
		if (!i && color)
			line__put_text(out, "\033[1m");
		print_row(table, i, widths, out);
		if (!i && color)
			line__put_text(out, "\033[0m");
	}
}

void text_table__done(struct text_table *table)
{
	line__done(&table->text);
	line__done(&table->cells);
}
