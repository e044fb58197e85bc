/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Writes what the directory knows.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/commands/pods_report.h"
#include "user/number.h"
#include "user/sinks/escape.h"
#include "user/sinks/sink.h"
#include "user/sinks/text_table.h"
#include "user/who/source_problem.h"

#define LIST_LEN 1024
#define CUT	 "..."

struct report {
	const struct directory *dir;
	struct text_table table;
	FILE *out;
};

static const char *address_text(const struct who_address *address, char *buf)
{
	return inet_ntop(address->ip_version == 4 ? AF_INET : AF_INET6, address->ip, buf,
			 INET6_ADDRSTRLEN);
}

static void append(char *list, const char *text)
{
	size_t len = strlen(list), more = strlen(text) + (len > 0);

	/* a part of an address would be another one */
	if (len + more + sizeof(CUT) > LIST_LEN)
		text = CUT;
	if (len < sizeof(CUT) || strcmp(list + len - strlen(CUT), CUT))
		snprintf(list + len, LIST_LEN - len, "%s%s", len ? "," : "", text);
}

static void list_addresses(const struct directory_item *item, char *list)
{
	char text[INET6_ADDRSTRLEN];
	size_t i;

	list[0] = '\0';
	for (i = 0; i < item->address_count; i++)
		append(list, address_text(&item->addresses[i], text));
}

static void list_sources(const struct directory *dir, unsigned int sources, char *list)
{
	const char *name;
	int id;

	list[0] = '\0';
	for (id = 0; (name = directory__source_name(dir, id)); id++)
		if (sources & 1u << id)
			append(list, name);
}

static int add_row(const struct directory_item *item, void *ctx)
{
	struct report *r = ctx;
	const struct who *who = item->who;
	char list[LIST_LEN], number[NUMBER_LEN];

	/* known by their logs alone: they may be long gone */
	if (item->gone || !who->name)
		return 0;
	text_table__add_text(&r->table, who_kind__name(who->kind));
	text_table__add_text(&r->table, who->namespace);
	text_table__add_text(&r->table, who->name);
	if (item->netns_ino)
		number__decimal(item->netns_ino, number);
	text_table__add_text(&r->table, item->netns_ino	     ? number :
					 who->host_network ? "(the node's)" : NULL);
	list_addresses(item, list);
	text_table__add_text(&r->table, list);
	text_table__add_text(&r->table, who->workload);
	list_sources(r->dir, item->sources, list);
	text_table__add_text(&r->table, list);
	return 0;
}

static int add_source(const struct source_report *report, void *ctx)
{
	const struct source_stats *stats = report->stats;
	struct report *r = ctx;
	char text[NUMBER_LEN];

	text_table__add_text(&r->table, report->source->name);
	number__grouped(stats->files, text);
	text_table__add_text(&r->table, text);
	number__grouped(stats->statements, text);
	text_table__add_text(&r->table, text);
	number__grouped(stats->stale, text);
	text_table__add_text(&r->table, text);
	number__grouped(source_problem__total(stats), text);
	text_table__add_text(&r->table, text);
	text_table__add_text(&r->table, report->error   ? strerror(-report->error) :
					stats->example[0] ? stats->example : report->status);
	return 0;
}

static int print(struct report *r, size_t columns, const char *const *titles,
		 int (*fill)(struct report *r, void *of), void *of)
{
	struct line line = {};
	size_t i;
	int err;

	memset(&r->table, 0, sizeof(r->table));
	text_table__begin(&r->table, columns, 0);
	for (i = 0; i < columns; i++)
		text_table__add_title(&r->table, titles[i]);
	err = fill(r, of);
	text_table__print(&r->table, &line, false);
	if (!err && line.failed)
		err = -ENOMEM;
	if (!err && fwrite(line.data, 1, line.len, r->out) != line.len)
		err = -errno;
	text_table__done(&r->table);
	line__done(&line);
	return err;
}

static int fill_pods(struct report *r, void *of)
{
	return directory__each(of, add_row, r);
}

static int fill_sources(struct report *r, void *of)
{
	return sources__each(of, add_source, r);
}

int pods_report__text(FILE *out, struct directory *dir, const struct sources *sources)
{
	static const char *const pod_titles[] = { "kind",    "namespace", "name",   "netns",
						  "address", "workload",  "source" };
	static const char *const source_titles[] = { "source", "files",	 "known",
						     "stale",  "unread", "note" };
	struct report r = { .dir = dir, .out = out };
	char bytes[NUMBER_LEN], evicted[NUMBER_LEN];
	struct directory_stats stats;
	int err;

	err = print(&r, 7, pod_titles, fill_pods, dir);
	if (err)
		return err;
	fputc('\n', out);
	err = print(&r, 6, source_titles, fill_sources, (void *)sources);
	if (err)
		return err;
	directory__stats(dir, &stats);
	number__bytes(stats.bytes, bytes);
	number__grouped(stats.evicted, evicted);
	fprintf(out, "\n%zu %s, %zu Service%s, %zu node%s; %s of memory, %s evicted\n", stats.pods,
		number__form(stats.pods, "pod or container", "pods and containers"), stats.services,
		number__form(stats.services, "", "s"), stats.nodes,
		number__form(stats.nodes, "", "s"), bytes, evicted);
	return ferror(out) ? -EIO : 0;
}

/* --- JSON */

/* Bytes from outside as a JSON string; NULL stays away. */
static void set_text(json_t *object, const char *name, const char *text)
{
	size_t len = text ? strlen(text) : 0;
	char *shown;

	if (!len)
		return;
	shown = malloc(ESCAPE_TERMINAL_ROOM(len));
	if (!shown)
		return;
	json_object_set_new(object, name,
			    json_stringn(shown, escape__terminal(text, len, shown)));
	free(shown);
}

static int write_line(FILE *out, json_t *object)
{
	int err = json_dumpf(object, out, JSON_COMPACT) || fputc('\n', out) == EOF ? -EIO : 0;

	json_decref(object);
	return err;
}

static json_t *new_object(const char *type)
{
	json_t *object = json_object();

	json_object_set_new(object, "type", json_string(type));
	json_object_set_new(object, "schema", json_integer(OUTPUT_SCHEMA_VERSION));
	return object;
}

static json_t *labels_of(const struct who *who)
{
	json_t *labels = json_object();
	size_t i;

	for (i = 0; i < who->label_count; i++) {
		const char *equals = strchr(who->labels[i], '=');
		char *key = equals ? strndup(who->labels[i], (size_t)(equals - who->labels[i])) : NULL;

		if (key)
			set_text(labels, key, equals + 1);
		free(key);
	}
	return labels;
}

static int write_item(const struct directory_item *item, void *ctx)
{
	const struct who *who = item->who;
	struct report *r = ctx;
	json_t *object, *list;
	char text[INET6_ADDRSTRLEN];
	const char *name;
	size_t i;
	int id;

	if (item->gone || !who->name)
		return 0;
	object = new_object("who");
	set_text(object, "kind", who_kind__name(who->kind));
	set_text(object, "name", who->name);
	set_text(object, "namespace", who->namespace);
	set_text(object, "uid", who->uid);
	set_text(object, "workload", who->workload);
	set_text(object, "node", who->node);
	if (item->netns_ino)
		json_object_set_new(object, "netns", json_integer(item->netns_ino));
	if (who->host_network)
		json_object_set_new(object, "host_network", json_true());
	if (who->backends >= 0)
		json_object_set_new(object, "backends", json_integer(who->backends));
	if (who->labels_known)
		json_object_set_new(object, "labels", labels_of(who));
	list = json_array();
	for (i = 0; i < item->address_count; i++)
		json_array_append_new(list, json_string(address_text(&item->addresses[i], text)));
	json_object_set_new(object, "addresses", list);
	list = json_array();
	for (id = 0; (name = directory__source_name(r->dir, id)); id++)
		if (item->sources & 1u << id)
			json_array_append_new(list, json_string(name));
	json_object_set_new(object, "sources", list);
	return write_line(r->out, object);
}

static int write_source(const struct source_report *report, void *ctx)
{
	const struct source_stats *stats = report->stats;
	json_t *object = new_object("source");
	struct report *r = ctx;

	set_text(object, "name", report->source->name);
	json_object_set_new(object, "files", json_integer((json_int_t)stats->files));
	json_object_set_new(object, "known", json_integer((json_int_t)stats->statements));
	json_object_set_new(object, "stale", json_integer((json_int_t)stats->stale));
	json_object_set_new(object, "torn", json_integer((json_int_t)stats->torn));
	json_object_set_new(object, "huge", json_integer((json_int_t)stats->huge));
	json_object_set_new(object, "unreadable", json_integer((json_int_t)stats->unreadable));
	set_text(object, "example", stats->example);
	set_text(object, "status", report->status);
	if (report->error)
		set_text(object, "error", strerror(-report->error));
	return write_line(r->out, object);
}

int pods_report__json(FILE *out, struct directory *dir, const struct sources *sources)
{
	struct report r = { .dir = dir, .out = out };
	struct directory_stats stats;
	json_t *object;
	int err;

	err = directory__each(dir, write_item, &r);
	if (!err)
		err = sources__each(sources, write_source, &r);
	if (err)
		return err;
	directory__stats(dir, &stats);
	object = new_object("directory");
	json_object_set_new(object, "pods", json_integer((json_int_t)stats.pods));
	json_object_set_new(object, "gone", json_integer((json_int_t)stats.gone));
	json_object_set_new(object, "services", json_integer((json_int_t)stats.services));
	json_object_set_new(object, "nodes", json_integer((json_int_t)stats.nodes));
	json_object_set_new(object, "memory_bytes", json_integer((json_int_t)stats.bytes));
	json_object_set_new(object, "evicted", json_integer((json_int_t)stats.evicted));
	json_object_set_new(object, "ambiguous", json_integer((json_int_t)stats.ambiguous));
	return write_line(out, object);
}
