/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Drops that waited for a name, and files that told none.
 */
#include <string.h>

#include "user/number.h"
#include "user/sinks/escape.h"
#include "user/sinks/summary_names.h"

static void put_files(struct line *text, const char *what, __u64 count)
{
	if (count)
		line__printf(text, ", %llu %s", count, what);
}

static void put_trouble(struct line *text, const struct source_trouble *trouble)
{
	char example[ESCAPE_TERMINAL_ROOM(256)];
	__u64 files;
	size_t len;

	line__printf(text, "names from %s: ", trouble->source);
	if (trouble->error) {
		line__printf(text, "none: %s\n", strerror(-trouble->error));
		return;
	}
	files = trouble->torn + trouble->huge + trouble->unreadable;
	line__printf(text, "%llu file%s left aside", files, number__form(files, "", "s"));
	put_files(text, "not what is expected there", trouble->torn);
	put_files(text, "too large", trouble->huge);
	put_files(text, "not readable", trouble->unreadable);
	if (trouble->example) {
		len = escape__terminal(trouble->example, strnlen(trouble->example, 256), example);
		line__put_text(text, ": ");
		line__put(text, example, len);
	}
	line__put_text(text, "; dropwhy pods lists what is known\n");
}

void summary_names__append(struct line *text, const struct names_found *found)
{
	size_t i;

	if (found->held_back) {
		line__put_text(text, "names: ");
		line__put_count(text, found->held_back, "record", "records");
		line__put_text(text, " waited a moment for one\n");
	}
	for (i = 0; i < found->trouble_count; i++)
		put_trouble(text, &found->troubles[i]);
}
