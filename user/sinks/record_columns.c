// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The tables of fields of changed settings and notices.
 */
#include <string.h>

#include "user/number.h"
#include "user/sinks/record_columns.h"
#include "user/sinks/sink.h"
#include "user/sinks/timestamp.h"

static size_t put_schema(char *buf)
{
	return number__decimal(OUTPUT_SCHEMA_VERSION, buf);
}

static size_t put_nonzero(__u64 value, char *buf)
{
	return value ? number__decimal(value, buf) : 0;
}

/* --- a changed setting */

static size_t sysctl_type(const struct sysctl_change *change, char *buf)
{
	(void)change;
	return field__text("sysctl", buf);
}

static size_t sysctl_schema(const struct sysctl_change *change, char *buf)
{
	(void)change;
	return put_schema(buf);
}

static size_t sysctl_time(const struct sysctl_change *change, char *buf)
{
	return timestamp__rfc3339(&change->time, buf);
}

static size_t sysctl_name(const struct sysctl_change *change, char *buf)
{
	return field__text(change->name, buf);
}

static size_t sysctl_old(const struct sysctl_change *change, char *buf)
{
	return field__text(change->old_value, buf);
}

static size_t sysctl_new(const struct sysctl_change *change, char *buf)
{
	return field__text(change->new_value, buf);
}

static size_t sysctl_cut(const struct sysctl_change *change, char *buf)
{
	return put_nonzero(change->old_cut || change->new_cut, buf);
}

static size_t sysctl_refused(const struct sysctl_change *change, char *buf)
{
	return put_nonzero(change->refused, buf);
}

static size_t sysctl_seen_by(const struct sysctl_change *change, char *buf)
{
	return field__text(change->seen_by == SYSCTL_SEEN_WRITE ? "write" : "value", buf);
}

static size_t sysctl_pid(const struct sysctl_change *change, char *buf)
{
	return put_nonzero(change->pid, buf);
}

static size_t sysctl_comm(const struct sysctl_change *change, char *buf)
{
	return field__text(change->comm, buf);
}

static size_t sysctl_command(const struct sysctl_change *change, char *buf)
{
	return field__text(change->command, buf);
}

static size_t sysctl_unit(const struct sysctl_change *change, char *buf)
{
	return field__text(change->unit, buf);
}

static size_t sysctl_cgroup(const struct sysctl_change *change, char *buf)
{
	return put_nonzero(change->cgroup, buf);
}

static size_t sysctl_netns(const struct sysctl_change *change, char *buf)
{
	return put_nonzero(change->netns_ino, buf);
}

static size_t sysctl_netns_name(const struct sysctl_change *change, char *buf)
{
	return field__text(change->netns_name, buf);
}

static size_t sysctl_pod(const struct sysctl_change *change, char *buf)
{
	return field__text(change->pod, buf);
}

static size_t sysctl_namespace(const struct sysctl_change *change, char *buf)
{
	return field__text(change->namespace, buf);
}

const struct sysctl_column sysctl_columns[] = {
	{ "type", COLUMN_TEXT, sysctl_type },
	{ "schema", COLUMN_NUMBER, sysctl_schema },
	{ "time", COLUMN_TEXT, sysctl_time },
	{ "name", COLUMN_TEXT, sysctl_name },
	{ "old", COLUMN_TEXT, sysctl_old },
	{ "new", COLUMN_TEXT, sysctl_new },
	{ "truncated", COLUMN_NUMBER, sysctl_cut },
	{ "refused", COLUMN_NUMBER, sysctl_refused },
	{ "seen_by", COLUMN_TEXT, sysctl_seen_by },
	{ "pid", COLUMN_NUMBER, sysctl_pid },
	{ "comm", COLUMN_TEXT, sysctl_comm },
	{ "command", COLUMN_TEXT, sysctl_command },
	{ "unit", COLUMN_TEXT, sysctl_unit },
	{ "cgroup", COLUMN_NUMBER, sysctl_cgroup },
	{ "netns", COLUMN_NUMBER, sysctl_netns },
	{ "netns_name", COLUMN_TEXT, sysctl_netns_name },
	{ "pod", COLUMN_TEXT, sysctl_pod },
	{ "namespace", COLUMN_TEXT, sysctl_namespace },
};

const size_t sysctl_column_count = sizeof(sysctl_columns) / sizeof(sysctl_columns[0]);

/* --- a notice */

static size_t notice_type(const struct notice *notice, char *buf)
{
	(void)notice;
	return field__text("notice", buf);
}

static size_t notice_schema(const struct notice *notice, char *buf)
{
	(void)notice;
	return put_schema(buf);
}

static size_t notice_time(const struct notice *notice, char *buf)
{
	return timestamp__rfc3339(&notice->time, buf);
}

static size_t notice_source(const struct notice *notice, char *buf)
{
	return field__text(notice->source, buf);
}

static size_t notice_text(const struct notice *notice, char *buf)
{
	return field__text(notice->text, buf);
}

const struct notice_column notice_columns[] = {
	{ "type", COLUMN_TEXT, notice_type },
	{ "schema", COLUMN_NUMBER, notice_schema },
	{ "time", COLUMN_TEXT, notice_time },
	{ "source", COLUMN_TEXT, notice_source },
	{ "text", COLUMN_TEXT, notice_text },
};

const size_t notice_column_count = sizeof(notice_columns) / sizeof(notice_columns[0]);

/* --- a counter of the kernel's that moved */

static size_t counter_type(const struct counter_moved *moved, char *buf)
{
	(void)moved;
	return field__text("counter", buf);
}

static size_t counter_schema(const struct counter_moved *moved, char *buf)
{
	(void)moved;
	return put_schema(buf);
}

static size_t counter_time(const struct counter_moved *moved, char *buf)
{
	return timestamp__rfc3339(&moved->time, buf);
}

static size_t counter_name(const struct counter_moved *moved, char *buf)
{
	return field__text(moved->counter->name, buf);
}

static size_t counter_value(const struct counter_moved *moved, char *buf)
{
	return number__decimal(moved->counter->value, buf);
}

static size_t counter_netns(const struct counter_moved *moved, char *buf)
{
	return put_nonzero(moved->counter->netns_ino, buf);
}

static size_t counter_netns_name(const struct counter_moved *moved, char *buf)
{
	return field__text(moved->netns_name, buf);
}

static size_t counter_iface(const struct counter_moved *moved, char *buf)
{
	return field__text(moved->counter->iface, buf);
}

const struct counter_column counter_columns[] = {
	{ "type", COLUMN_TEXT, counter_type },
	{ "schema", COLUMN_NUMBER, counter_schema },
	{ "time", COLUMN_TEXT, counter_time },
	{ "name", COLUMN_TEXT, counter_name },
	{ "value", COLUMN_NUMBER, counter_value },
	{ "netns", COLUMN_NUMBER, counter_netns },
	{ "netns_name", COLUMN_TEXT, counter_netns_name },
	{ "iface", COLUMN_TEXT, counter_iface },
};

const size_t counter_column_count = sizeof(counter_columns) / sizeof(counter_columns[0]);

/* --- by name */

const char *const extra_columns[] = {
	"name", "old", "new", "seen_by", "pid", "comm", "command", "source", "text",
	"value", "refused",
};

const size_t extra_column_count = sizeof(extra_columns) / sizeof(extra_columns[0]);

const struct sysctl_column *sysctl_column__find(const char *name)
{
	size_t i;

	for (i = 0; i < sysctl_column_count; i++)
		if (!strcmp(sysctl_columns[i].name, name))
			return &sysctl_columns[i];
	return NULL;
}

const struct notice_column *notice_column__find(const char *name)
{
	size_t i;

	for (i = 0; i < notice_column_count; i++)
		if (!strcmp(notice_columns[i].name, name))
			return &notice_columns[i];
	return NULL;
}

const struct counter_column *counter_column__find(const char *name)
{
	size_t i;

	for (i = 0; i < counter_column_count; i++)
		if (!strcmp(counter_columns[i].name, name))
			return &counter_columns[i];
	return NULL;
}
