// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * See snapshot.h.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "user/conntrack/occupants.h"
#include "user/number.h"
#include "user/probe/snapshot.h"
#include "user/sinks/record_columns.h"
#include "user/sinks/record_line.h"
#include "user/sinks/sink.h"
#include "user/sinks/summary_json.h"
#include "user/sinks/timestamp.h"

#define NETNS_MAX 65536

/* One file under construction, written as a whole. */
static void add_line(struct bundle_writer *w, const char *name, struct line *text)
{
	if (text->failed)
		bundle_writer__fail(w, -ENOMEM);
	else
		bundle_writer__add(w, name, text->data, text->len);
	line__done(text);
}

/* A table that cannot be read is told by the file that has no row of it. That memory ran out would
 * be told by nothing; where it does for a thread, that is -EAGAIN. */
static void fail_without_memory(struct bundle_writer *w, int err)
{
	if (err == -ENOMEM || err == -EAGAIN)
		bundle_writer__fail(w, err);
}

static void put_field(struct line *text, const char *value, char after)
{
	record_line__csv_value(text, value, value ? strlen(value) : 0, after == '\n');
}

static void put_number(struct line *text, __u64 value, char after)
{
	char number[NUMBER_LEN];

	number__decimal(value, number);
	put_field(text, number, after);
}

/* --- info.json */

static json_t *json_time(const struct timespec *time)
{
	char text[TIMESTAMP_LEN];

	timestamp__rfc3339(time, text);
	return json_string(text);
}

static json_t *json_accounting(const struct accounting *a)
{
	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I}", "seen", (json_int_t)a->seen, "delivered",
			 (json_int_t)a->delivered, "folded", (json_int_t)a->folded, "filtered",
			 (json_int_t)a->filtered, "noise", (json_int_t)a->noise, "lost",
			 (json_int_t)a->lost);
}

/* The limits by which the bundle came to be. NULL, and @info freed: out of memory. */
static json_t *add_lowered(json_t *info, const struct snapshot *s)
{
	json_t *list = json_array();
	bool failed = !info || !list;
	__u64 i;

	for (i = 0; !failed && i < SYSCTL_LOG_MAX; i++)
		if (sysctl_log__lowers(s->sysctls, i, s->lowered_before))
			failed = json_array_append_new(
				list, summary_json__change(sysctl_log__get(s->sysctls, i)));
	if (!failed)
		failed = json_object_set(info, "lowered", list);
	json_decref(list);
	if (!failed)
		return info;
	json_decref(info);
	return NULL;
}

static void write_info(struct bundle_writer *w, const struct snapshot *s)
{
	struct utsname name;
	json_t *info;
	char *text;

	uname(&name);
	info = json_pack("{s:s,s:i,s:s,s:o,s:o,s:{s:s,s:s,s:s},s:{s:s,s:s},s:o,s:{s:I,s:I,s:I}}",
			 "type", "bundle", "schema", OUTPUT_SCHEMA_VERSION, "trigger",
			 trigger__name(s->trigger), "time", json_time(&s->time), "start",
			 json_time(&s->start), "kernel", "release", name.release, "version",
			 name.version, "machine", name.machine, "dropwhy", "version",
			 DROPWHY_VERSION, "hook", s->gauges->hook, "accounting",
			 json_accounting(&s->accounting->total), "recorder", "rows",
			 (json_int_t)s->gauges->recorder_rows, "bytes",
			 (json_int_t)s->gauges->recorder_bytes, "overwritten_packets",
			 (json_int_t)(s->recorder ? recorder__overwritten(s->recorder) : 0));
	if (s->trigger == TRIGGER_SYSCTL)
		info = add_lowered(info, s);
	text = info ? json_dumps(info, JSON_INDENT(2)) : NULL;
	if (text)
		bundle_writer__add(w, "info.json", text, strlen(text));
	else
		bundle_writer__fail(w, -ENOMEM);
	free(text);
	json_decref(info);
}

/* --- drops.csv */

static int add_size(void *ctx, const char *first, size_t first_len, const char *second,
		    size_t second_len)
{
	size_t *size = ctx;

	(void)first;
	(void)second;
	*size += first_len + second_len;
	return 0;
}

static int put_row(void *ctx, const char *first, size_t first_len, const char *second,
		   size_t second_len)
{
	bundle_writer__put(ctx, first, first_len);
	bundle_writer__put(ctx, second, second_len);
	return 0;
}

static void write_drops(struct bundle_writer *w, const struct snapshot *s)
{
	struct sink header = { .type = &sink_csv };
	size_t size;

	sink_csv.begin(&header);
	if (header.line.failed)
		bundle_writer__fail(w, -ENOMEM);
	size = header.line.len;
	if (s->recorder)
		recorder__each(s->recorder, add_size, &size);
	bundle_writer__begin_file(w, "drops.csv", size);
	bundle_writer__put(w, header.line.data, header.line.len);
	if (s->recorder)
		recorder__each(s->recorder, put_row, w);
	line__done(&header.line);
}

/* --- the rest */

static void write_metrics(struct bundle_writer *w, const struct snapshot *s)
{
	struct openmetrics om = {};

	metrics__write(s->metrics, &om, s->accounting, s->gauges);
	add_line(w, "metrics.txt", &om.text);
}

static const struct who *who_in(const struct snapshot *s, __u32 netns_ino)
{
	return directory__by_netns(enricher__directory(s->enricher), netns_ino, 0);
}

static void write_conntrack(struct bundle_writer *w, const struct snapshot *s,
			    const struct conntrack_reading *reading)
{
	struct line text = {};
	size_t i;

	line__put_text(&text, "netns,netns_name,namespace,pod,entries,max\n");
	for (i = 0; i < reading->usage_count; i++) {
		const struct conntrack_usage *usage = &reading->usage[i];
		const struct who *who = who_in(s, usage->netns_ino);

		put_number(&text, usage->netns_ino, ',');
		put_field(&text, netns_table__name(enricher__netns(s->enricher),
						   usage->netns_ino, 0), ',');
		put_field(&text, who ? who->namespace : NULL, ',');
		put_field(&text, who ? who->name : NULL, ',');
		put_number(&text, usage->entries, ',');
		if (usage->max)
			put_number(&text, usage->max, '\n');
		else
			put_field(&text, NULL, '\n');
	}
	add_line(w, "conntrack.csv", &text);
}

/* --- conntrack_occupants.csv */

/* The fullest tables are what a bundle is written for; a dump of all may take minutes. */
#define OCCUPANTS_TABLES_MAX 4
#define OCCUPANTS_GROUPS_MAX 1000

static int more_entries(const void *a, const void *b)
{
	const struct conntrack_usage *x = a, *y = b;

	return x->entries > y->entries ? -1 : x->entries < y->entries;
}

static void put_group(struct line *text, const struct occupants *o,
		      const struct occupant_group *group, size_t key_count)
{
	char value[OCCUPANT_VALUE_LEN];
	size_t key;

	for (key = 0; key < key_count; key++) {
		occupants__value(o, group, key, value);
		put_field(text, value, ',');
	}
	put_number(text, group->count, ',');
	put_number(text, group->assured, ',');
	put_number(text, group->unreplied, '\n');
}

static void put_occupants(struct line *text, struct occupants *o,
			  const struct occupants_options *options)
{
	const struct occupant_group *const *groups;
	const struct occupant_group *rest = &occupants__total(o)->rest;
	size_t count, i;

	for (i = 0; i < options->key_count; i++)
		line__printf(text, "%s,", occupant_key__name(options->keys[i]));
	line__put_text(text, "entries,assured_entries,unreplied_entries\n");
	if (occupants__sorted(o, &groups, &count)) {
		text->failed = true;
		return;
	}
	for (i = 0; i < count; i++)
		put_group(text, o, groups[i], options->key_count);
	if (!rest->count)
		return;
	line__put_text(text, "other");
	for (i = 0; i < options->key_count; i++)
		line__put(text, ",", 1);
	put_number(text, rest->count, ',');
	put_number(text, rest->assured, ',');
	put_number(text, rest->unreplied, '\n');
}

static void write_occupants(struct bundle_writer *w, const struct snapshot *s,
			    const struct conntrack_reading *reading)
{
	struct occupants_options options = {
		.keys = { OCCUPANT_NETNS, OCCUPANT_NAMESPACE, OCCUPANT_POD, OCCUPANT_SERVICE,
			  OCCUPANT_PROTO, OCCUPANT_STATE, OCCUPANT_SRC, OCCUPANT_DST_PORT },
		.key_count = 8,
		.max_groups = OCCUPANTS_GROUPS_MAX,
		.directory = enricher__directory(s->enricher),
	};
	__u32 inodes[OCCUPANTS_TABLES_MAX];
	struct occupants *o = occupants__new(&options);
	struct line text = {};
	size_t count, unreadable;

	if (!o) {
		bundle_writer__fail(w, -ENOMEM);
		return;
	}
	if (reading->usage_count)
		qsort(reading->usage, reading->usage_count, sizeof(*reading->usage), more_entries);
	for (count = 0; count < reading->usage_count && count < OCCUPANTS_TABLES_MAX &&
			reading->usage[count].entries; count++)
		inodes[count] = reading->usage[count].netns_ino;
	if (count)
		fail_without_memory(w, occupants__dump(o, enricher__netns(s->enricher), inodes,
						       count, &unreadable));
	put_occupants(&text, o, &options);
	add_line(w, "conntrack_occupants.csv", &text);
	occupants__free(o);
}

struct inodes {
	__u32 *inodes;
	size_t count, room;
};

static int add_inode(const struct netns_info *info, void *ctx)
{
	struct inodes *list = ctx;

	if (list->count == list->room)
		return 1;
	list->inodes[list->count++] = info->ino;
	return 0;
}

static void write_pods(struct bundle_writer *w, const struct snapshot *s)
{
	struct netns_table *netns = enricher__netns(s->enricher);
	struct inodes list = { .room = netns_table__count(netns) };
	struct line text = {};
	size_t i;

	if (list.room > NETNS_MAX)
		list.room = NETNS_MAX;
	list.inodes = calloc(list.room + 1, sizeof(*list.inodes));
	if (list.inodes)
		netns_table__each(netns, add_inode, &list);
	else
		bundle_writer__fail(w, -ENOMEM);
	line__put_text(&text, "netns,netns_name,kind,namespace,name,workload\n");
	for (i = 0; i < list.count; i++) {
		const struct who *who = who_in(s, list.inodes[i]);

		put_number(&text, list.inodes[i], ',');
		put_field(&text, netns_table__name(netns, list.inodes[i], 0), ',');
		put_field(&text, who ? who_kind__name(who->kind) : NULL, ',');
		put_field(&text, who ? who->namespace : NULL, ',');
		put_field(&text, who ? who->name : NULL, ',');
		put_field(&text, who ? who->workload : NULL, '\n');
	}
	free(list.inodes);
	add_line(w, "pods.csv", &text);
}

static void write_sysctls(struct bundle_writer *w, const struct snapshot *s)
{
	/* what is new goes to the end: scripts count */
	static const char *const names[] = {
		"time", "name", "old", "new", "pid", "comm", "namespace", "pod", "unit",
		"netns", "netns_name", "command",
	};
	const size_t last = sizeof(names) / sizeof(names[0]) - 1;
	const struct sysctl_change *change;
	char value[COLUMN_VALUE_LEN];
	struct line text = {};
	size_t column;
	__u64 i;

	for (column = 0; column <= last; column++)
		record_line__csv_name(&text, names[column], column == last);
	for (i = 0; (change = sysctl_log__get(s->sysctls, i)); i++)
		for (column = 0; column <= last; column++)
			record_line__csv_value(&text, value,
					       sysctl_column__find(names[column])->format(change, value),
					       column == last);
	add_line(w, "sysctl.csv", &text);
}

void snapshot__write(struct bundle_writer *w, const struct snapshot *s)
{
	struct conntrack_reading reading = {};

	/* the metrics' own reading may be seconds old: a table fills in less */
	fail_without_memory(w, netns_table__refresh(enricher__netns(s->enricher)));
	fail_without_memory(w, conntrack_counters__read(enricher__netns(s->enricher), &reading));
	write_info(w, s);
	write_drops(w, s);
	write_metrics(w, s);
	write_conntrack(w, s, &reading);
	write_occupants(w, s, &reading);
	write_pods(w, s);
	write_sysctls(w, s);
	conntrack_reading__done(&reading);
}
