// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * `dropwhy conntrack`: reads every table, twice for rates, again and again with
 * --watch; with --by reads the entries themselves.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/commands/argument.h"
#include "user/commands/ask_network.h"
#include "user/commands/complaint.h"
#include "user/commands/conntrack.h"
#include "user/commands/conntrack_options.h"
#include "user/conntrack/ctnetlink.h"
#include "user/exit_status.h"
#include "user/number.h"
#include "user/run/event_loop.h"
#include "user/run/settings.h"
#include "user/sinks/change_text.h"
#include "user/sinks/sink.h"
#include "user/sinks/timestamp.h"
#include "user/who/sources.h"

struct conntrack {
	struct conntrack_options options;
	struct event_loop *loop;
	struct netns_table *netns;
	struct directory *directory;
	struct sources *sources;
	struct settings *settings; /* NULL: nothing is watched */
	struct sink *changes;	/* JSON of changed settings; NULL for other formats */
	struct conntrack_tables before;
	struct line out;
	struct sysctl_change limit_change; /* the last one; no time: none */
	__u64 printed;		/* how often */
	int status;
};

/* --- printing */

static void stop(struct conntrack *c, int status)
{
	c->status = status;
	event_loop__stop(c->loop);
}

static void write_out(struct conntrack *c)
{
	int err = c->out.failed ? -ENOMEM : 0;

	errno = 0;
	if (!err && (fwrite(c->out.data, 1, c->out.len, stdout) != c->out.len || fflush(stdout)))
		err = errno ? -errno : -EIO;
	if (err)
		stop(c, complain(EXIT_FAILED, err, "write to standard output", NULL));
	line__clear(&c->out);
}

static bool is_wanted(const struct conntrack *c, __u32 ino)
{
	size_t i;

	for (i = 0; i < c->options.netns_count; i++)
		if (c->options.netns[i] == ino)
			return true;
	return !c->options.netns_count;
}

/* The fullest first. */
static int by_headroom(const void *a, const void *b)
{
	const struct conntrack_row *x = a, *y = b;
	double left = conntrack_table__headroom(x->table);
	double right = conntrack_table__headroom(y->table);

	if (left != right)
		return left < right ? -1 : 1;
	return x->table->netns_ino < y->table->netns_ino ? -1 : 1;
}

static double seconds_between(const struct timespec *from, const struct timespec *to)
{
	return (double)(to->tv_sec - from->tv_sec) + (double)(to->tv_nsec - from->tv_nsec) / 1e9;
}

static void fill_row(struct conntrack *c, const struct conntrack_tables *now,
		     const struct conntrack_table *table, struct conntrack_row *row)
{
	const struct who *who = directory__by_netns(c->directory, table->netns_ino, 0);

	memset(row, 0, sizeof(*row));
	clock_gettime(CLOCK_REALTIME, &row->time);
	row->table = table;
	row->netns_name = netns_table__name(c->netns, table->netns_ino, 0);
	if (who && who->name) {
		row->pod = who->name;
		row->namespace = who->namespace;
	}
	conntrack_pace__between(conntrack_tables__find(&c->before, table->netns_ino), table,
				seconds_between(&c->before.time, &now->time), &row->pace);
	if (c->limit_change.time.tv_sec)
		row->limit_change = &c->limit_change;
}

static int print_tables(struct conntrack *c, const struct conntrack_tables *now)
{
	struct conntrack_row *rows = calloc(now->count + 1, sizeof(*rows));
	size_t i, count = 0;

	if (!rows)
		return -ENOMEM;
	/* it may learn, which moves what it has handed out: ask for all first */
	for (i = 0; i < now->count; i++)
		directory__by_netns(c->directory, now->tables[i].netns_ino, 0);
	for (i = 0; i < now->count; i++)
		if (is_wanted(c, now->tables[i].netns_ino))
			fill_row(c, now, &now->tables[i], &rows[count++]);
	qsort(rows, count, sizeof(*rows), by_headroom);
	if (!c->printed)
		conntrack_rows__header(&c->out, c->options.format);
	else if (c->options.format == ROWS_TEXT)
		line__put(&c->out, "\n", 1);
	conntrack_rows__append(&c->out, c->options.format, rows, count,
			       argument__wants_color(c->options.color, stdout));
	free(rows);
	return 0;
}

static void say_unreadable(const struct conntrack_tables *tables)
{
	if (tables->unreadable)
		fprintf(stderr, "dropwhy: %zu network namespace%s could not be read: %s; that needs "
				"CAP_SYS_ADMIN and CAP_NET_ADMIN\n",
			tables->unreadable, number__form(tables->unreadable, "", "s"),
			strerror(-tables->first_error));
}

static int fail_reading(struct conntrack *c, int err)
{
	stop(c, complain(EXIT_FAILED, err, "read conntrack's tables",
			 err == -EPERM || err == -EACCES ?
				 "that needs CAP_NET_ADMIN, and CAP_SYS_ADMIN for other namespaces" :
				 NULL));
	return err;
}

static int fail_without_conntrack(struct conntrack *c)
{
	stop(c, complain(EXIT_KERNEL, -ENOENT, "read conntrack's tables",
			 "nf_conntrack is not loaded: nothing is tracked on this node"));
	return -ENOENT;
}

/* 0, or -errno after a complaint. */
static int read_tables(struct conntrack *c, struct conntrack_tables *ret_tables)
{
	struct conntrack_tables tables;
	struct timespec time;
	int err = netns_table__refresh(c->netns);

	if (!err)
		err = conntrack_tables__read(c->netns, &tables);
	if (err)
		return fail_reading(c, err);
	if (tables.no_conntrack)
		return fail_without_conntrack(c);
	clock_gettime(CLOCK_REALTIME, &time);
	conntrack_tables__note_full(&c->before, &tables, &time);
	*ret_tables = tables;
	return 0;
}

static void end_round(struct conntrack *c)
{
	c->printed++;
	if (!(c->options.watch_s > 0) || (c->options.count && c->printed >= c->options.count))
		event_loop__stop(c->loop);
}

static void on_tables(void *ctx, int fd)
{
	struct conntrack *c = ctx;
	struct conntrack_tables now = {};
	int err;

	(void)fd;
	if (read_tables(c, &now))
		return;
	if (!c->printed)
		say_unreadable(&now);
	err = print_tables(c, &now);
	if (err)
		stop(c, complain(EXIT_FAILED, err, "print conntrack's tables", NULL));
	write_out(c);
	conntrack_tables__done(&c->before);
	c->before = now;
	end_round(c);
}

/* --- who holds the entries */

static int collect_ino(const struct netns_info *info, void *ctx)
{
	struct conntrack_options *options = ctx;

	options->netns[options->netns_count++] = info->ino;
	return 0;
}

/* Without --netns: all there are now. */
static int choose_all(struct conntrack *c, struct conntrack_options *chosen)
{
	*chosen = c->options;
	if (c->options.netns_count)
		return 0;
	chosen->netns = calloc(netns_table__count(c->netns) + 1, sizeof(*chosen->netns));
	return chosen->netns ? netns_table__each(c->netns, collect_ino, chosen) : -ENOMEM;
}

static int print_occupants(struct conntrack *c, const __u32 *inos, size_t count)
{
	struct occupants_options options = {
		.key_count = c->options.key_count,
		.max_groups = c->options.max_keys,
		.directory = c->directory,
	};
	struct occupants_view view = {
		.keys = c->options.keys,
		.key_count = c->options.key_count,
		.top = c->options.top,
		.again = c->printed > 0,
	};
	struct occupants *o;
	size_t unreadable;
	int err;

	memcpy(options.keys, c->options.keys, sizeof(options.keys));
	o = occupants__new(&options);
	if (!o)
		return -ENOMEM;
	err = occupants__dump(o, c->netns, inos, count, &unreadable);
	if (!err && unreadable)
		fprintf(stderr, "dropwhy: %zu network namespace%s could not be read\n", unreadable,
			number__form(unreadable, "", "s"));
	if (!err) {
		view.netns_count = count - unreadable;
		clock_gettime(CLOCK_REALTIME, &view.time);
		err = occupants_rows__append(&c->out, c->options.format, o, &view,
					    argument__wants_color(c->options.color, stdout));
	}
	occupants__free(o);
	return err;
}

static void on_occupants(void *ctx, int fd)
{
	struct conntrack *c = ctx;
	struct conntrack_options chosen;
	int err;

	(void)fd;
	/* it would be loaded for the asking */
	if (!ctnetlink__available()) {
		fail_without_conntrack(c);
		return;
	}
	err = netns_table__refresh(c->netns);
	if (!err)
		err = choose_all(c, &chosen);
	if (!err) {
		if (c->printed && c->options.format == ROWS_TEXT)
			line__put(&c->out, "\n", 1);
		err = print_occupants(c, chosen.netns, chosen.netns_count);
		if (chosen.netns != c->options.netns)
			free(chosen.netns);
	}
	if (err) {
		fail_reading(c, err);
		return;
	}
	write_out(c);
	end_round(c);
}

/* --- what changes meanwhile */

static void on_change(void *ctx, const struct sysctl_change *change)
{
	struct conntrack *c = ctx;
	char clock[TIMESTAMP_LEN];

	if (!change->refused && (!strcmp(change->name, "net.netfilter.nf_conntrack_max") ||
				 !strcmp(change->name, "net.nf_conntrack_max")))
		c->limit_change = *change;
	if (c->changes) {
		sink__sysctl(c->changes, change);
		sink__flush(c->changes);
	} else if (c->options.format == ROWS_TEXT) {
		timestamp__clock(&change->time, clock);
		line__printf(&c->out, "%s SETTING ", clock);
		change_text__append(&c->out, change);
		line__put(&c->out, "\n", 1);
		write_out(c);
	}
}

static void on_sources(void *ctx, int fd)
{
	struct conntrack *c = ctx;

	(void)fd;
	sources__ready(c->sources);
	say_of_sources(c->sources);
}

static void on_signal(void *ctx, int fd)
{
	struct conntrack *c = ctx;

	(void)fd;
	event_loop__stop(c->loop);
}

/* --- opening and closing */

static int open_settings(struct conntrack *c)
{
	struct settings_options options = { .mode = SETTINGS_AUTO, .root = c->options.root,
					    .netns = c->netns, .directory = c->directory,
					    .only_netns = c->options.netns,
					    .only_netns_count = c->options.netns_count };
	struct settings_handler handler = { .ctx = c, .change = on_change, .notice = say_notice };
	struct sink_options plain = {};
	const char *why_not;

	if (c->options.format == ROWS_JSON) {
		c->changes = sink__new("json", stdout, &plain);
		if (!c->changes)
			return -errno;
	}
	let_libbpf_speak(false);
	c->settings = settings__open(&options, &handler, c->loop, &why_not);
	return c->settings ? 0 : -errno;
}

static int open_all(struct conntrack *c)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, 0 };
	const char *root = *c->options.root ? c->options.root : NULL;
	int err;

	signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of the write */
	c->netns = netns_table__new(root);
	c->directory = c->netns ? directory__new(root, c->netns) : NULL;
	if (!c->directory)
		return -ENOMEM;
	err = netns_table__refresh(c->netns);
	if (err)
		return err;
	c->sources = sources__new(root, c->options.kube.node, c->directory);
	c->loop = event_loop__new();
	if (!c->sources || !c->loop)
		return -errno;
	/* who is behind an address elsewhere, and which are Services' */
	if (c->options.by) {
		ask_network(c->sources, c->options.root, &c->options.kube);
		say_of_sources(c->sources);
	}
	err = event_loop__signals(c->loop, signals, on_signal, c);
	if (!err && sources__fd(c->sources) >= 0 &&
	    !event_loop__watch(c->loop, sources__fd(c->sources), on_sources, c))
		err = -errno;
	if (!err && c->options.watch_s > 0)
		err = open_settings(c);
	return err;
}

/* Those given by number may not be there. */
static bool has_wanted(struct conntrack *c)
{
	size_t i;

	for (i = 0; i < c->options.netns_count; i++) {
		if (netns_table__find(c->netns, c->options.netns[i], 0))
			continue;
		fprintf(stderr, "dropwhy: there is no network namespace %u\n", c->options.netns[i]);
		stop(c, EXIT_FAILED);
		return false;
	}
	return true;
}

/* The first table is printed once there are rates to print with it. */
static int begin(struct conntrack *c)
{
	event_fn fn = c->options.by ? on_occupants : on_tables;
	double first_s = c->options.by ? 0 : c->options.interval_s;

	if (!has_wanted(c) || (first_s > 0 && read_tables(c, &c->before)))
		return 0; /* said, and stopped */
	return event_loop__timer(c->loop, first_s, c->options.watch_s, fn, c) ? 0 : -errno;
}

static void close_all(struct conntrack *c)
{
	settings__close(c->settings);
	sink__free(c->changes);
	event_loop__free(c->loop);
	sources__free(c->sources);
	directory__free(c->directory);
	netns_table__free(c->netns);
	conntrack_tables__done(&c->before);
	line__done(&c->out);
	conntrack_options__done(&c->options);
}

int conntrack__main(int argc, char **argv)
{
	static char name[] = "dropwhy conntrack";
	struct conntrack c = {};
	int err;

	argv[0] = name;
	conntrack_options__parse(argc, argv, &c.options);
	err = open_all(&c);
	if (!err)
		warn_about_view(c.options.root);
	if (!err)
		err = begin(&c);
	while (!err && !event_loop__stopped(c.loop))
		err = event_loop__wait(c.loop, -1);
	if (err)
		c.status = complain(EXIT_FAILED, err, "look into conntrack's tables", NULL);
	close_all(&c);
	return c.status;
}
