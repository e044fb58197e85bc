// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Watches and compares settings: see settings.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "user/clock.h"
#include "user/enrich/netns_scan.h"
#include "user/run/settings.h"
#include "user/run/writes.h"
#include "user/source/sysctl_watch.h"
#include "user/sysctl/cgroup_root.h"
#include "user/sysctl/names.h"
#include "user/who/pod_uid.h"

struct settings {
	struct settings_options options;
	struct settings_handler handler;
	struct event_loop *loop;
	struct event_source *ring_source, *tick_source;
	struct event_source *settle_source; /* NULL: no write is open */
	struct sysctl_watch *watch;
	struct writes *writes;
	struct sysctl_compare *compare;
	bool watches_all;	/* whoever writes, in whatever cgroup */
	bool dropping;		/* packets were dropped since the last tick */
	unsigned int peace_ticks; /* since packets were dropped, or all was compared */
	int cgroup_fd;		/* -1: no cgroup v2 */
	__u32 own_netns;	/* whose values are compared */
	struct sysctl_change *kept; /* SETTINGS_KEPT_MAX */
	size_t kept_count;
	__u64 beyond;
};

/* How long until the outcome of a write is looked for again. */
#define SETTLE_S 0.02

/*
 * Settings whose writes are watched are compared all the same, for what bypasses the program, as
 * netlink does and the kernel itself. While packets are dropped so many each second, all in a
 * minute; in peace all of them now and then, and when it ends: each reading runs the program, too.
 */
#define SPOT_CHECKS 2
#define PEACE_TICKS 600

static const char unwatched[] =
	"setting changes are found by comparing values once a second; who made them stays unknown";

static struct timespec wall_clock(__u64 boot_ns)
{
	struct timespec wall;
	long long ns;

	clock_gettime(CLOCK_REALTIME, &wall);
	ns = wall.tv_sec * NS_PER_S + wall.tv_nsec - (long long)(clock__ns(CLOCK_BOOTTIME) - boot_ns);
	return (struct timespec){ .tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S };
}

/* --- what is handed over */

static bool is_wanted(const struct settings_options *options, const struct sysctl_change *change)
{
	size_t i;

	for (i = 0; i < options->only_netns_count; i++)
		if (options->only_netns[i] == change->netns_ino)
			return true;
	return !options->only_netns_count || !change->netns_ino ||
	       sysctl_names__concerns_all(change->name);
}

static void hand_over(void *ctx, const struct sysctl_change *change)
{
	struct settings *s = ctx;

	if (!is_wanted(&s->options, change))
		return;
	if (sysctl_change__matters(change)) {
		if (s->kept_count < SETTINGS_KEPT_MAX)
			s->kept[s->kept_count++] = *change;
		else
			s->beyond++;
	}
	if (s->handler.change)
		s->handler.change(s->handler.ctx, change);
}

static void say(struct settings *s, const char *text)
{
	struct notice notice = { .source = "sysctl", .text = text };

	clock_gettime(CLOCK_REALTIME, &notice.time);
	if (s->handler.notice)
		s->handler.notice(s->handler.ctx, &notice);
}

static void name_netns(struct settings *s, struct sysctl_change *change, __u64 when_ns)
{
	const char *name = NULL;

	if (change->netns_ino)
		name = netns_table__name(s->options.netns, change->netns_ino, when_ns);
	if (name)
		snprintf(change->netns_name, sizeof(change->netns_name), "%s", name);
}

/* --- a watched write */

/* Without the newline and what follows it. */
static void copy_value(char *to, const char *value, __u16 len)
{
	size_t n = len < SYSCTL_VALUE_LEN ? len : SYSCTL_VALUE_LEN - 1;

	memcpy(to, value, n);
	to[n] = '\0';
	n = strlen(to);
	while (n && (to[n - 1] == '\n' || to[n - 1] == ' '))
		to[--n] = '\0';
}

/* Arguments end in NULs; /proc is for a kernel whose program may not read them. */
static void copy_command(struct settings *s, struct sysctl_change *change,
			 const struct sysctl_record *record)
{
	size_t len = record->command_len <= SYSCTL_COMMAND_LEN ? record->command_len : 0, i;
	char path[PATH_MAX];
	ssize_t n;
	int fd;

	memcpy(change->command, record->command, len);
	if (!len) {
		snprintf(path, sizeof(path), "%s/proc/%u/cmdline", s->options.root, record->pid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		n = fd < 0 ? 0 : read(fd, change->command, SYSCTL_COMMAND_LEN);
		if (fd >= 0)
			close(fd);
		len = n > 0 ? (size_t)n : 0;
	}
	while (len && !change->command[len - 1])
		len--;
	for (i = 0; i < len; i++)
		if (!change->command[i])
			change->command[i] = ' ';
	change->command[len] = '\0';
	change->command_cut = record->flags & SYSCTL_F_COMMAND_CUT;
}

/* On v1 and hybrid nodes the pod shows in other hierarchies than v2's. */
static const struct who *find_by_process(struct settings *s, __u32 pid)
{
	char path[PATH_MAX], text[4096], uid[POD_UID_LEN];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/proc/%u/cgroup", s->options.root, pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return NULL;
	text[n] = '\0';
	return pod_uid__from_cgroup(text, uid) ? NULL :
						 directory__by_uid(s->options.directory, uid);
}

static void name_writer(struct settings *s, struct sysctl_change *change, __u64 when_ns)
{
	const struct who *who = NULL;
	char path[PATH_MAX];

	if (s->cgroup_fd >= 0 && change->cgroup &&
	    !cgroup_root__path(s->cgroup_fd, change->cgroup, path, sizeof(path)))
		cgroup_root__unit(path, change->unit, sizeof(change->unit));
	if (!s->options.directory)
		return;
	who = directory__by_cgroup(s->options.directory, change->cgroup, when_ns);
	if (!who || (who->kind != WHO_POD && who->kind != WHO_CONTAINER))
		who = find_by_process(s, change->pid);
	if (!who || !who->name)
		return;
	snprintf(change->pod, sizeof(change->pod), "%s", who->name);
	if (who->namespace)
		snprintf(change->namespace, sizeof(change->namespace), "%s", who->namespace);
}

static void on_record(void *ctx, const struct sysctl_record *record)
{
	struct settings *s = ctx;
	struct sysctl_change change = {
		.time = wall_clock(record->time_ns),
		.seen_by = SYSCTL_SEEN_WRITE,
		.old_cut = record->flags & SYSCTL_F_OLD_CUT,
		.new_cut = record->flags & SYSCTL_F_NEW_CUT,
		.netns_ino = record->netns_ino,
		.pid = record->pid,
		.cgroup = record->cgroup_id,
	};
	char path[SYSCTL_NAME_LEN];

	memcpy(path, record->name, sizeof(path));
	path[sizeof(path) - 1] = '\0';
	if (!sysctl_names__watched(path))
		return;
	if (record->netns_ino == s->own_netns || !s->own_netns || sysctl_names__global(path))
		sysctl_compare__explain(s->compare, path);
	sysctl_names__dotted(path, change.name);
	copy_value(change.old_value, record->old_value, record->old_len);
	copy_value(change.new_value, record->new_value, record->new_len);
	memcpy(change.comm, record->comm, SYSCTL_COMM_LEN);
	copy_command(s, &change, record);
	name_netns(s, &change, record->time_ns);
	name_writer(s, &change, record->time_ns);
	writes__add(s->writes, path, &change, record->time_ns);
}

/* Looks what became of the writes so far. How many are still under way. */
static size_t settle(struct settings *s, bool final)
{
	sysctl_watch__consume(s->watch, on_record, s);
	writes__read(s->writes);
	/* a write is in the ring before its value can be read */
	sysctl_watch__consume(s->watch, on_record, s);
	return writes__decide(s->writes, clock__ns(CLOCK_BOOTTIME), final);
}

static void on_ring(void *ctx, int fd)
{
	struct settings *s = ctx;

	(void)fd;
	event_loop__remove(s->loop, s->settle_source);
	s->settle_source = NULL;
	if (settle(s, false))
		s->settle_source = event_loop__timer(s->loop, SETTLE_S, 0, on_ring, s);
}

/* --- a value that differs */

static void on_difference(void *ctx, const struct sysctl_change *found)
{
	struct sysctl_change change = *found;
	struct settings *s = ctx;

	clock_gettime(CLOCK_REALTIME, &change.time);
	change.netns_ino = s->own_netns;
	name_netns(s, &change, 0);
	writes__add_difference(s->writes, &change);
}

/* All; or only so many by turns, beside what no program watches. */
static void compare(struct settings *s, bool all, size_t spot_checks)
{
	/* a write is in the ring before its value can be read */
	if (all)
		sysctl_compare__read(s->compare);
	else
		sysctl_compare__read_some(s->compare, spot_checks);
	if (s->watch)
		on_ring(s, -1);
	sysctl_compare__report(s->compare, on_difference, s);
}

static void on_tick(void *ctx, int fd)
{
	struct settings *s = ctx;
	/* peace has ended, or lasts */
	bool all_due = s->dropping ? s->peace_ticks > 0 : s->peace_ticks + 1 == PEACE_TICKS;

	(void)fd;
	s->peace_ticks = s->dropping || all_due ? 0 : s->peace_ticks + 1;
	compare(s, all_due || !s->watches_all, s->dropping ? SPOT_CHECKS : 0);
	s->dropping = false;
}

void settings__drop(struct settings *s)
{
	if (s)
		s->dropping = true;
}

/* --- opening and closing */

/* Attaches the program. @ret_fd: -1, or to be closed whatever comes of it. */
static int attach_watch(const char *root, const char *btf_path, int *ret_fd, bool *ret_whole,
			struct sysctl_watch **ret_watch, const char **ret_why_not)
{
	int err;

	*ret_fd = cgroup_root__open(root, ret_whole);
	if (*ret_fd < 0) {
		err = *ret_fd;
		*ret_fd = -1;
		*ret_why_not = err == -EPERM ?
			"no cgroup v2 is mounted, and mounting it needs CAP_SYS_ADMIN" :
			"no cgroup v2: mount one (mount -t cgroup2 none DIR), if this kernel has it";
		return err == -EPERM ? -EPERM : -EOPNOTSUPP;
	}
	*ret_watch = sysctl_watch__open(*ret_fd, btf_path, sysctl_names, sysctl_name_count);
	if (*ret_watch)
		return 0;
	err = -errno;
	if (err == -ENOMEM) {
		*ret_why_not = "out of memory";
		return err;
	}
	*ret_why_not = err == -EPERM ?
		"attaching to cgroup v2's root was refused: that needs CAP_BPF, CAP_PERFMON and "
		"CAP_NET_ADMIN, and no program there that tolerates no other" :
		"this kernel refuses the cgroup/sysctl program";
	return err == -EPERM ? err : -EOPNOTSUPP;
}

static int open_watch(struct settings *s, const char **ret_why_not)
{
	bool whole = false;
	int err = attach_watch(s->options.root, s->options.btf_path, &s->cgroup_fd, &whole,
			       &s->watch, ret_why_not);

	if (err)
		return err;
	s->watches_all = whole;
	if (!whole)
		say(s, "only writes from within this container's cgroup are watched; others are "
		       "found by comparing values once a second, and who made them stays unknown");
	return 0;
}

int settings__try(const char *root, const char *btf_path, bool *ret_whole,
		  const char **ret_why_not)
{
	struct sysctl_watch *watch = NULL;
	bool whole = false;
	int fd, err = attach_watch(root, btf_path, &fd, &whole, &watch, ret_why_not);

	sysctl_watch__close(watch);
	if (fd >= 0)
		close(fd);
	if (!err)
		*ret_whole = whole;
	return err;
}

static int open_all(struct settings *s, const char **ret_why_not)
{
	char text[512];
	int err;

	*ret_why_not = "out of memory";
	s->kept = calloc(SETTINGS_KEPT_MAX, sizeof(*s->kept));
	s->compare = sysctl_compare__new(s->options.root);
	netns_scan__pid("", getpid(), &s->own_netns);
	s->writes = writes__new(s->options.root, s->options.netns, s->own_netns, hand_over, s);
	if (!s->kept || !s->compare || !s->writes)
		return -ENOMEM;
	if (s->options.mode != SETTINGS_COMPARE) {
		err = open_watch(s, ret_why_not);
		if (err && s->options.mode == SETTINGS_WATCH)
			return err;
		if (err) {
			snprintf(text, sizeof(text), "%s: %s", *ret_why_not, unwatched);
			say(s, text);
		}
	} else {
		say(s, unwatched);
	}
	*ret_why_not = "waiting for events failed";
	if (s->watch) {
		s->ring_source = event_loop__watch(s->loop, sysctl_watch__fd(s->watch), on_ring, s);
		if (!s->ring_source)
			return -errno;
	}
	s->tick_source = event_loop__timer(s->loop, 1, 1, on_tick, s);
	return s->tick_source ? 0 : -errno;
}

struct settings *settings__open(const struct settings_options *options,
				const struct settings_handler *handler, struct event_loop *loop,
				const char **ret_why_not)
{
	struct settings *s = calloc(1, sizeof(*s));
	int err;

	*ret_why_not = "out of memory";
	if (!s)
		return NULL;
	s->options = *options;
	s->handler = *handler;
	s->loop = loop;
	s->cgroup_fd = -1;
	err = options->mode == SETTINGS_OFF ? 0 : open_all(s, ret_why_not);
	if (!err)
		return s;
	settings__close(s);
	errno = -err;
	return NULL;
}

bool settings__watches(const struct settings *s)
{
	return s->watch;
}

void settings__finish(struct settings *s)
{
	if (s->compare)
		compare(s, true, 0);
	if (s->watch)
		settle(s, true);
}

struct settings_found settings__found(const struct settings *s)
{
	struct settings_found found = { s->kept, s->kept_count, s->beyond, 0 };
	struct sysctl_watch_counters counters;

	if (s->watch && !sysctl_watch__counters(s->watch, &counters))
		found.lost = counters.lost;
	return found;
}

void settings__close(struct settings *s)
{
	if (!s)
		return;
	event_loop__remove(s->loop, s->ring_source);
	event_loop__remove(s->loop, s->tick_source);
	event_loop__remove(s->loop, s->settle_source);
	sysctl_watch__close(s->watch);
	sysctl_compare__free(s->compare);
	writes__free(s->writes);
	if (s->cgroup_fd >= 0)
		close(s->cgroup_fd);
	free(s->kept);
	free(s);
}
