// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Reads the tables of all namespaces: see tables.h.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/conntrack/ctnetlink.h"
#include "user/conntrack/netns_visit.h"
#include "user/conntrack/tables.h"

static const struct {
	const char *proc;	/* the column of /proc/net/stat/nf_conntrack */
	__u16 attr;
} kinds[__CT_STAT_MAX] = {
	[CT_STAT_DROP] = { "drop", CTA_STATS_DROP },
	[CT_STAT_INSERT_FAILED] = { "insert_failed", CTA_STATS_INSERT_FAILED },
	[CT_STAT_EARLY_DROP] = { "early_drop", CTA_STATS_EARLY_DROP },
	[CT_STAT_CHAINTOOLONG] = { "chainlength", CTA_STATS_CHAIN_TOOLONG },
	[CT_STAT_CLASH_RESOLVE] = { "clashres", CTA_STATS_CLASH_RESOLVE },
	[CT_STAT_INVALID] = { "invalid", CTA_STATS_INVALID },
	[CT_STAT_ERROR] = { "icmp_error", CTA_STATS_ERROR },
	[CT_STAT_SEARCH_RESTART] = { "search_restart", CTA_STATS_SEARCH_RESTART },
};

struct reader {
	struct conntrack_tables *tables;
	struct conntrack_table *current;
};

static int by_ino(const void *a, const void *b)
{
	const struct conntrack_table *x = a, *y = b;

	return x->netns_ino < y->netns_ino ? -1 : x->netns_ino > y->netns_ino;
}

/* --- by netlink */

struct attrs {
	const struct nlattr *found[CTA_STATS_MAX + 1];
};

static int collect_attr(const struct nlattr *attr, void *data)
{
	struct attrs *attrs = data;
	__u16 type = mnl_attr_get_type(attr);

	if (type <= CTA_STATS_MAX && mnl_attr_get_payload_len(attr) >= sizeof(__u32))
		attrs->found[type] = attr;
	return MNL_CB_OK;
}

static __u32 attr_u32(const struct nlattr *attr)
{
	return attr ? ntohl(mnl_attr_get_u32(attr)) : 0;
}

static int on_cpu_stats(const struct nlmsghdr *nlh, void *data)
{
	struct conntrack_table *table = ((struct reader *)data)->current;
	struct attrs attrs = {};
	int kind;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(struct nfgenmsg))
		return MNL_CB_OK;
	mnl_attr_parse(nlh, sizeof(struct nfgenmsg), collect_attr, &attrs);
	for (kind = 0; kind < __CT_STAT_MAX; kind++) {
		if (attrs.found[kinds[kind].attr])
			table->known |= 1u << kind;
		table->stats[kind] += attr_u32(attrs.found[kinds[kind].attr]);
	}
	return MNL_CB_OK;
}

static int on_usage(const struct nlmsghdr *nlh, void *data)
{
	struct conntrack_table *table = ((struct reader *)data)->current;
	struct attrs attrs = {};

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(struct nfgenmsg))
		return MNL_CB_OK;
	mnl_attr_parse(nlh, sizeof(struct nfgenmsg), collect_attr, &attrs);
	table->entries = attr_u32(attrs.found[CTA_STATS_GLOBAL_ENTRIES]);
	table->max = attr_u32(attrs.found[CTA_STATS_GLOBAL_MAX_ENTRIES]);
	return MNL_CB_OK;
}

static int read_by_netlink(struct reader *reader)
{
	struct mnl_socket *nl = ctnetlink__open();
	int err;

	if (!nl)
		return -errno;
	err = ctnetlink__ask(nl, IPCTNL_MSG_CT_GET_STATS_CPU, NLM_F_DUMP, on_cpu_stats, reader);
	/* with an acknowledgement as the last answer */
	if (!err)
		err = ctnetlink__ask(nl, IPCTNL_MSG_CT_GET_STATS, NLM_F_ACK, on_usage, reader);
	mnl_socket_close(nl);
	return err;
}

/* --- by /proc */

int conntrack_tables__parse_proc(char *text, struct conntrack_table *table)
{
	char *names, *line, *name, *field, *end;
	unsigned long number;
	int kind;

	names = strsep(&text, "\n");
	if (strncmp(names, "entries", 7))
		return -EINVAL;
	while ((line = strsep(&text, "\n"))) {
		char *name_at = names;

		while (*line) {
			name = name_at + strspn(name_at, " ");
			name_at = name + strcspn(name, " ");
			field = line + strspn(line, " ");
			if (!*field || name == name_at)
				break;
			number = strtoul(field, &end, 16);
			if (end == field || (*end && *end != ' '))
				return -EINVAL;
			line = end;
			/* the same on each CPU's line */
			if (!strncmp(name, "entries", (size_t)(name_at - name)))
				table->entries = (__u32)number;
			for (kind = 0; kind < __CT_STAT_MAX; kind++) {
				if (strlen(kinds[kind].proc) != (size_t)(name_at - name) ||
				    strncmp(kinds[kind].proc, name, (size_t)(name_at - name)))
					continue;
				table->known |= 1u << kind;
				table->stats[kind] += (__u32)number;
			}
		}
	}
	return 0;
}

/* Up to @size - 1 bytes, NUL-terminated; 0 or -errno. */
static int read_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n = 0;
	int err;

	if (fd < 0)
		return -errno;
	while (len < size - 1 && (n = read(fd, text + len, size - 1 - len)) > 0)
		len += (size_t)n;
	err = n < 0 ? -errno : 0;
	close(fd);
	text[len] = '\0';
	return err;
}

/* 0: not to be had. */
static __u32 read_number(const char *path)
{
	unsigned long number;
	char text[32], *end;

	if (read_file(path, text, sizeof(text)))
		return 0;
	number = strtoul(text, &end, 10);
	return end == text || number > UINT_MAX ? 0 : (__u32)number;
}

static int read_by_proc(struct reader *reader)
{
	static const size_t room = 1 << 20; /* 200 bytes a CPU */
	char *text = malloc(room);
	int err;

	if (!text)
		return -ENOMEM;
	err = read_file("/proc/thread-self/net/stat/nf_conntrack", text, room);
	if (!err)
		err = conntrack_tables__parse_proc(text, reader->current);
	free(text);
	return err;
}

/* --- all of them */

/* In the namespace. What ctnetlink refused or this kernel's does not tell is asked of /proc. */
static int read_here(void *ctx, __u32 ino)
{
	struct reader *reader = ctx;
	struct conntrack_table key = { .netns_ino = ino }, empty, *table;
	int err;

	table = bsearch(&key, reader->tables->tables, reader->tables->count, sizeof(key), by_ino);
	if (!table)
		return -ENOENT;
	empty = *table;
	reader->current = table;
	err = read_by_netlink(reader);
	if (err && err != -ENOMEM) {
		*table = empty;
		table->from_proc = true;
		if (read_by_proc(reader)) {
			*table = empty;
			return err;
		}
		err = 0;
	}
	if (!table->max)
		table->max = read_number("/proc/sys/net/netfilter/nf_conntrack_max");
	table->buckets = read_number("/proc/sys/net/netfilter/nf_conntrack_buckets");
	if (!err)
		table->netns_ino = ino;
	return err;
}

static int add_table(const struct netns_info *info, void *ctx)
{
	struct conntrack_tables *tables = ctx;

	tables->tables[tables->count++] = (struct conntrack_table){
		.netns_ino = info->ino,
		.incarnation = info->incarnation,
		.host = info->host,
	};
	return 0;
}

/* A table that was read has a limit: 0 is never one that was. */
static void drop_unread(struct conntrack_tables *tables)
{
	size_t i, kept = 0;

	for (i = 0; i < tables->count; i++)
		if (tables->tables[i].max || tables->tables[i].known)
			tables->tables[kept++] = tables->tables[i];
	tables->count = kept;
}

int conntrack_tables__read(struct netns_table *netns, struct conntrack_tables *ret_tables)
{
	struct conntrack_tables tables = {};
	struct reader reader = { .tables = &tables };
	struct netns_visits visits;
	int err;

	clock_gettime(CLOCK_MONOTONIC, &tables.time);
	if (!ctnetlink__available()) {
		tables.no_conntrack = true;
		*ret_tables = tables;
		return 0;
	}
	tables.tables = calloc(netns_table__count(netns) + 1, sizeof(*tables.tables));
	if (!tables.tables)
		return -ENOMEM;
	netns_table__each(netns, add_table, &tables);
	qsort(tables.tables, tables.count, sizeof(*tables.tables), by_ino);
	err = netns_visit__each(netns, read_here, &reader, &visits);
	if (err) {
		conntrack_tables__done(&tables);
		return err;
	}
	drop_unread(&tables);
	tables.vanished = visits.vanished;
	tables.unreadable = visits.unreadable;
	tables.first_error = visits.first_error;
	*ret_tables = tables;
	return 0;
}

const struct conntrack_table *conntrack_tables__find(const struct conntrack_tables *tables,
						     __u32 netns_ino)
{
	struct conntrack_table key = { .netns_ino = netns_ino };

	return tables->count ? bsearch(&key, tables->tables, tables->count, sizeof(key), by_ino) :
			       NULL;
}

void conntrack_tables__note_full(const struct conntrack_tables *before,
				 struct conntrack_tables *now, const struct timespec *time)
{
	const struct conntrack_table *earlier;
	struct conntrack_table *table;

	for (table = now->tables; table < now->tables + now->count; table++) {
		if (conntrack_table__headroom(table) != 0)
			continue;
		earlier = conntrack_tables__find(before, table->netns_ino);
		if (earlier && earlier->incarnation == table->incarnation &&
		    earlier->full_since.tv_sec)
			table->full_since = earlier->full_since;
		else
			table->full_since = *time;
	}
}

void conntrack_tables__done(struct conntrack_tables *tables)
{
	free(tables->tables);
	memset(tables, 0, sizeof(*tables));
}

/* --- between two readings */

double conntrack_table__headroom(const struct conntrack_table *table)
{
	if (!table->max)
		return -1;
	return table->entries >= table->max ? 0 : 1 - (double)table->entries / table->max;
}

void conntrack_pace__between(const struct conntrack_table *before,
			     const struct conntrack_table *now, double seconds,
			     struct conntrack_pace *ret_pace)
{
	struct conntrack_pace pace = { .full_in_s = -1 };
	int kind;

	if (now->max && now->entries >= now->max)
		pace.full_in_s = 0;
	if (before && before->incarnation == now->incarnation && seconds > 0) {
		pace.seconds = seconds;
		pace.growth = ((double)now->entries - before->entries) / seconds;
		if (now->max > now->entries && pace.growth > 0)
			pace.full_in_s = (now->max - now->entries) / pace.growth;
		for (kind = 0; kind < __CT_STAT_MAX; kind++)
			pace.per_s[kind] = conntrack_stat__moved(before->stats[kind],
								 now->stats[kind]) / seconds;
	}
	*ret_pace = pace;
}
