/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A small table laid out as wide as what it holds. Cells are added row by row,
 * the titles first; whatever they hold is made harmless for terminals.
 */
#ifndef DROPWHY_TEXT_TABLE_H
#define DROPWHY_TEXT_TABLE_H

#include "user/sinks/line.h"

struct text_cell_span {
	size_t start;		/* in text */
	size_t len;		/* bytes */
	size_t width;		/* columns on the screen */
};

struct text_table {
	size_t columns;
	size_t right_aligned;	/* the first so many columns */
	struct line text;	/* all cells, escaped */
	struct line cells;	/* struct text_cell_span, row by row */
	size_t cell_count;
};

/** @brief **text_table__begin()** starts a table; @p table is zeroed. */
void text_table__begin(struct text_table *table, size_t columns, size_t right_aligned);

/** @brief **text_table__add()** adds the next cell; an empty one is shown as "-". */
void text_table__add(struct text_table *table, const char *text, size_t len);

/** @brief **text_table__add_text()** as text_table__add(); NULL is empty. */
void text_table__add_text(struct text_table *table, const char *text);

/** @brief **text_table__add_title()** adds an ASCII text in capitals. */
void text_table__add_title(struct text_table *table, const char *text);

/** @brief **text_table__end_row()** adds a note and leaves the rest of the row blank. */
void text_table__end_row(struct text_table *table, const char *note);

/**
 * @brief **text_table__print()** appends the table, a line a row.
 * @param out gets it; failed is set when the table ran out of memory
 * @param color whether the titles are to be bold
 */
void text_table__print(const struct text_table *table, struct line *out, bool color);

/** @brief **text_table__done()** frees what the table holds. */
void text_table__done(struct text_table *table);

#endif
