/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What all output formats have in common: choosing one, handing its lines to
 * the stream, and an honest count of what did not get there.
 */
#include <errno.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>

#include "user/sinks/sink.h"

static const struct sink_type *const sink_types[] = { &sink_text, &sink_json, &sink_csv };

static int sink__fail(struct sink *sink)
{
	/* stdio does not promise to set errno for a short write */
	sink->first_error = errno ? -errno : -EIO;
	sink->rows_written -= sink->rows_unflushed;
	sink->rows_failed += sink->rows_unflushed;
	sink->packets_failed += sink->packets_unflushed;
	sink->rows_unflushed = 0;
	sink->packets_unflushed = 0;
	/* or else closing the stream might still write rows that were counted as failed */
	__fpurge(sink->out);
	return sink->first_error;
}

int sink__flush(struct sink *sink)
{
	if (sink->first_error)
		return sink->first_error;
	errno = 0;
	if (fflush(sink->out))
		return sink__fail(sink);
	sink->rows_unflushed = 0;
	sink->packets_unflushed = 0;
	return 0;
}

static int sink__write_line(struct sink *sink)
{
	const struct line *line = &sink->line;
	int err;

	if (sink->first_error)
		return sink->first_error;
	if (line->failed)
		return -ENOMEM;
	/* left to itself stdio would fill its buffer to the brim and tear this line in two */
	if (__fpending(sink->out) + line->len > __fbufsize(sink->out)) {
		err = sink__flush(sink);
		if (err)
			return err;
	}
	errno = 0;
	if (line->len && fwrite(line->data, 1, line->len, sink->out) != line->len)
		return sink__fail(sink);
	return 0;
}

static const struct sink_type *find_type(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(sink_types) / sizeof(sink_types[0]); i++)
		if (!strcmp(sink_types[i]->name, name))
			return sink_types[i];
	return NULL;
}

struct sink *sink__new(const char *name, FILE *out, const struct sink_options *options)
{
	const struct sink_type *type = find_type(name);
	struct sink *sink;
	int err = 0;

	if (!type) {
		errno = EINVAL;
		return NULL;
	}
	sink = calloc(1, sizeof(*sink));
	if (!sink)
		return NULL;
	sink->type = type;
	sink->options = *options;
	sink->out = out;
	if (type->state_size) {
		sink->state = calloc(1, type->state_size);
		if (!sink->state)
			err = -ENOMEM;
	}
	if (!err && type->begin) {
		type->begin(sink);
		err = sink__write_line(sink);
	}
	if (err) {
		sink__free(sink);
		errno = -err;
		return NULL;
	}
	return sink;
}

/* Writes the line that was built, if it could be, and counts it either way; @packets: drops
 * that it stands for. */
static int sink__end_row(struct sink *sink, __u64 packets)
{
	int err = sink__write_line(sink);

	if (err) {
		sink->rows_failed++;
		sink->packets_failed += packets;
		return err;
	}
	sink->rows_written++;
	sink->rows_unflushed++;
	sink->packets_unflushed += packets;
	return 0;
}

int sink__drop(struct sink *sink, const struct drop *drop)
{
	if (sink->options.quiet_rows)
		return 0;
	if (!sink->first_error) {
		line__clear(&sink->line);
		sink->type->drop(sink, drop);
	}
	return sink__end_row(sink, drop__is_eviction(drop) ? 0 : drop->count);
}

int sink__sysctl(struct sink *sink, const struct sysctl_change *change)
{
	if (sink->options.quiet_rows || !sink->type->sysctl)
		return 0;
	if (!sink->first_error) {
		line__clear(&sink->line);
		sink->type->sysctl(sink, change);
	}
	return sink__end_row(sink, 0);
}

int sink__notice(struct sink *sink, const struct notice *notice)
{
	if (sink->options.quiet_rows || !sink->type->notice)
		return 0;
	if (!sink->first_error) {
		line__clear(&sink->line);
		sink->type->notice(sink, notice);
	}
	return sink__end_row(sink, 0);
}

int sink__counter(struct sink *sink, const struct counter_moved *moved)
{
	if (sink->options.quiet_rows || !sink->type->counter)
		return 0;
	if (!sink->first_error) {
		line__clear(&sink->line);
		sink->type->counter(sink, moved);
	}
	return sink__end_row(sink, 0);
}

int sink__summary(struct sink *sink, const struct summary *summary)
{
	if (!sink->type->summary)
		return 0;
	line__clear(&sink->line);
	sink->type->summary(sink, summary);
	return sink__write_line(sink);
}

void sink__free(struct sink *sink)
{
	if (!sink)
		return;
	line__done(&sink->line);
	free(sink->state);
	free(sink);
}
