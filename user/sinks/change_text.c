// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A changed setting for people: see change_text.h.
 */
#include <string.h>

#include "user/sinks/change_text.h"

static void put(struct line *line, const char *text)
{
	line__put_escaped(line, text, strlen(text));
}

static void put_value(struct line *line, const char *value, bool cut)
{
	if (*value)
		put(line, value);
	else
		line__put(line, "?", 1);
	if (cut)
		line__put_text(line, "...");
}

static void put_home(struct line *line, const struct sysctl_change *change)
{
	if (change->pod[0]) {
		line__put_text(line, ", pod ");
		if (change->namespace[0]) {
			put(line, change->namespace);
			line__put(line, "/", 1);
		}
		put(line, change->pod);
	} else if (change->unit[0]) {
		line__put_text(line, ", ");
		put(line, change->unit);
	}
}

static void put_writer(struct line *line, const struct sysctl_change *change)
{
	line__put_text(line, " by ");
	put(line, change->comm[0] ? change->comm : "?");
	line__printf(line, " (pid %u", change->pid);
	put_home(line, change);
	line__put(line, ")", 1);
	if (!change->command[0])
		return;
	line__put_text(line, ": ");
	put(line, change->command);
	if (change->command_cut)
		line__put_text(line, "...");
}

void change_text__append(struct line *line, const struct sysctl_change *change)
{
	put(line, change->name);
	line__put_text(line, ": ");
	put_value(line, change->old_value, change->old_cut);
	line__put_text(line, " > ");
	put_value(line, change->new_value, change->new_cut);
	if (change->refused)
		line__put_text(line, " refused by the kernel, the value stays;");
	if (change->netns_name[0]) {
		line__put_text(line, " in ");
		put(line, change->netns_name);
	} else if (change->netns_ino) {
		line__printf(line, " in network namespace %u", change->netns_ino);
	}
	if (change->seen_by == SYSCTL_SEEN_WRITE)
		put_writer(line, change);
	else
		line__put_text(line, ", found by comparing; by whom is not known");
}
