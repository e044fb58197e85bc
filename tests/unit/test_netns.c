/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The table of network namespaces on a node made of plain files: names and
 * which of them is taken, numbers that change hands, what vanishes, hostile
 * bytes. A plain file's inode stands for a namespace.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/temp_tree.h"
#include "user/clock.h"
#include "user/enrich/netns.h"
#include "user/enrich/netns_scan.h"

/* PROC_PID_INIT_INO */
#define FIRST_PID_NS "pid:[4026531836]"
#define HOST	     4026531833u
#define BOX	     4026532999u

static void pause_ms(long ms)
{
	struct timespec ts = { .tv_nsec = ms * 1000000 };

	nanosleep(&ts, NULL);
}

/* Far longer than a table waits between two refreshes of such a small node. */
#define UNTIL_DUE_MS 500

static void add_process(const char *root, int pid, __u32 ino, const char *comm)
{
	char path[64], target[64];

	snprintf(path, sizeof(path), "proc/%d/ns/net", pid);
	snprintf(target, sizeof(target), "net:[%u]", ino);
	temp_tree__link(root, path, target);
	snprintf(path, sizeof(path), "proc/%d/comm", pid);
	temp_tree__text(root, path, comm);
}

static void remove_process(const char *root, int pid)
{
	char path[64];

	snprintf(path, sizeof(path), "proc/%d/ns/net", pid);
	temp_tree__remove(root, path);
}

/* A node whose process 1 lives in HOST. */
static char *make_node(void)
{
	char *root = temp_tree__new();

	add_process(root, 1, HOST, "systemd\n");
	temp_tree__link(root, "proc/1/ns/pid", FIRST_PID_NS);
	return root;
}

static __u32 add_named(const char *root, const char *path)
{
	temp_tree__text(root, path, "");
	return (__u32)temp_tree__inode(root, path);
}

static struct netns_table *load(const char *root)
{
	struct netns_table *t = netns_table__new(root);

	cr_assert(t != NULL);
	cr_assert_eq(netns_table__refresh(t), 0);
	return t;
}

static void check_name(struct netns_table *t, __u32 ino, const char *expected)
{
	const char *name = netns_table__name(t, ino, 0);

	cr_expect_str_eq(name ? name : "(none)", expected ? expected : "(none)", "%u is %s, not %s",
			 ino, name, expected);
}

Test(netns, names_by_rank)
{
	char *root = make_node();
	__u32 blue = add_named(root, "run/netns/blue"), docker, both;
	struct netns_table *t;

	docker = add_named(root, "run/docker/netns/0123456789ab");
	both = add_named(root, "run/docker/netns/ba9876543210");
	temp_tree__link(root, "run/netns/web", "../docker/netns/ba9876543210");
	temp_tree__link(root, "run/netns/also-web", "../docker/netns/ba9876543210");
	temp_tree__link(root, "run/netns/dangling", "../nowhere");
	temp_tree__text(root, "run/netns/directory/file", "");
	add_process(root, 50, blue, "sleep\n");
	add_process(root, 200, BOX, "worker\n");
	add_process(root, 100, BOX, "nginx\n");
	add_process(root, 70, docker, "pause\n");
	t = load(root);

	check_name(t, HOST, "host");
	check_name(t, blue, "blue");
	check_name(t, docker, "0123456789ab");
	check_name(t, both, "also-web");
	check_name(t, BOX, "nginx");
	check_name(t, 4026530000u, NULL);
	check_name(t, 0, NULL);
	cr_expect_eq(netns_table__count(t), 5);
	cr_expect_eq(netns_table__evicted(t), 0);
	netns_table__free(t);
	netns_table__free(NULL);
	temp_tree__free(root);
}

static int count_one(const struct netns_info *info, void *ctx)
{
	int *left = ctx;

	cr_expect(info->ino && info->path);
	return --*left ? 0 : -ECANCELED;
}

Test(netns, who_lives_there)
{
	char *root = make_node();
	const struct netns_info *info;
	struct netns_table *t;
	int left = 100;

	add_process(root, 300, BOX, "c\n");
	add_process(root, 20, BOX, "a\n");
	add_process(root, 100, BOX, "b\n");
	add_process(root, 7, HOST, "kthread\n");
	t = load(root);
	info = netns_table__find(t, BOX, 0);
	cr_assert(info != NULL);
	cr_assert_eq(info->pid_count, 3);
	cr_expect(info->pids[0] == 20 && info->pids[1] == 100 && info->pids[2] == 300);
	cr_expect_not(info->host);
	info = netns_table__find(t, HOST, 0);
	cr_assert(info != NULL);
	cr_expect(info->host);
	cr_expect_eq(info->pid_count, 1);
	cr_expect_eq(info->pids[0], 1);
	cr_expect_eq(netns_table__each(t, count_one, &left), 0);
	cr_expect_eq(left, 98);
	left = 1;
	cr_expect_eq(netns_table__each(t, count_one, &left), -ECANCELED);
	netns_table__free(t);
	temp_tree__free(root);
}

Test(netns, container_has_no_host)
{
	char *root = make_node();
	struct netns_table *t;

	temp_tree__link(root, "proc/1/ns/pid", "pid:[4026532500]");
	add_process(root, 9, BOX, "other\n");
	t = load(root);
	check_name(t, HOST, "systemd");
	cr_expect(netns_table__find(t, HOST, 0)->host);
	netns_table__free(t);

	/* where nothing tells which one is the node's, any may be */
	remove_process(root, 1);
	t = load(root);
	check_name(t, HOST, NULL);
	cr_expect(netns_table__find(t, BOX, 0)->host);
	netns_table__free(t);
	temp_tree__free(root);
}

Test(netns, kernel_threads_show_the_host)
{
	char *root = temp_tree__new();
	struct netns_table *t;

	add_process(root, 2, HOST, "kthreadd\n");
	temp_tree__link(root, "proc/2/ns/pid", FIRST_PID_NS);
	add_process(root, 1, BOX, "init\n");
	t = load(root);
	check_name(t, HOST, "host");
	check_name(t, BOX, "init");
	netns_table__free(t);
	temp_tree__free(root);
}

/* With the machine's network it is the machine's host. */
Test(netns, container_on_the_hosts_network)
{
	char *root = make_node();
	struct netns_table *t;

	temp_tree__link(root, "proc/1/ns/pid", "pid:[4026532500]");
	temp_tree__text(root, "proc/1/net/stat/arp_cache", "");
	t = load(root);
	check_name(t, HOST, "host");
	netns_table__free(t);
	temp_tree__free(root);
}

Test(netns, whose_processes_are_seen)
{
	char *root = temp_tree__new();

	cr_expect_eq(netns_scan__view(root), NETNS_VIEW_MACHINE, "cannot be told");
	temp_tree__link(root, "proc/1/ns/pid", "pid:[4026532500]");
	temp_tree__link(root, "proc/7/ns/pid", "pid:[4026532500]");
	temp_tree__text(root, "proc/8/comm", "secret\n");
	temp_tree__link(root, "proc/self/ns/pid", "pid:[4026532501]");
	cr_expect_eq(netns_scan__view(root), NETNS_VIEW_CONTAINER);
	/* one in it: a node of kind */
	temp_tree__link(root, "proc/9/ns/pid", "pid:[4026532600]");
	cr_expect_eq(netns_scan__view(root), NETNS_VIEW_NODE);
	/* which does not share the machine's network */
	temp_tree__text(root, "proc/1/net/stat/arp_cache", "");
	cr_expect_eq(netns_scan__view(root), NETNS_VIEW_CONTAINER);
	temp_tree__link(root, "proc/2/ns/pid", FIRST_PID_NS);
	cr_expect_eq(netns_scan__view(root), NETNS_VIEW_MACHINE);
	temp_tree__free(root);
}

Test(netns, hostile_names)
{
	char *root = make_node();
	struct netns_table *t;
	__u32 red = add_named(root, "run/netns/\x1b[31mred\n");

	add_process(root, 10, BOX, "\x1b]0;x\a\n\n");
	add_process(root, 11, BOX + 1, "");
	add_process(root, 12, BOX + 2, "\n");
	temp_tree__link(root, "proc/13/ns/net", "net:[99999999999999999999]");
	temp_tree__link(root, "proc/14/ns/net", "net:[0]");
	temp_tree__link(root, "proc/15/ns/net", "net:[12");
	temp_tree__link(root, "proc/16/ns/net", "mnt:[12]");
	temp_tree__link(root, "proc/17/ns/net", "net:[-1]");
	temp_tree__link(root, "proc/18/ns/net", "net:[4294967296]");
	temp_tree__link(root, "proc/99999999999999999999/ns/net", "net:[77]");
	temp_tree__link(root, "proc/19x/ns/net", "net:[78]");
	t = load(root);
	check_name(t, red, "\x1b[31mred\n");
	check_name(t, BOX, "\x1b]0;x\a\n");
	check_name(t, BOX + 1, NULL);
	check_name(t, BOX + 2, NULL);
	cr_expect(netns_table__find(t, BOX + 1, 0) != NULL);
	cr_expect_eq(netns_table__count(t), 5);
	netns_table__free(t);
	temp_tree__free(root);
}

Test(netns, new_one_is_found_on_a_miss)
{
	char *root = make_node();
	struct netns_table *t = load(root);

	pause_ms(UNTIL_DUE_MS);
	add_process(root, 10, BOX, "late\n");
	check_name(t, BOX, "late");

	/* a number that is nowhere is not looked for again at once */
	pause_ms(UNTIL_DUE_MS);
	check_name(t, BOX + 1, NULL);
	add_process(root, 11, BOX + 1, "later\n");
	pause_ms(UNTIL_DUE_MS);
	check_name(t, BOX + 1, NULL);
	cr_expect_eq(netns_table__refresh(t), 0);
	check_name(t, BOX + 1, "later");
	netns_table__free(t);
	temp_tree__free(root);
}

Test(netns, deleted_one_is_known_for_what_happened_before)
{
	char *root = make_node();
	__u32 blue = add_named(root, "run/netns/blue");
	struct netns_table *t = load(root);
	__u64 before = clock__ns(CLOCK_BOOTTIME), after;
	const char *name;

	temp_tree__remove(root, "run/netns/blue");
	cr_assert_eq(netns_table__refresh(t), 0);
	after = clock__ns(CLOCK_BOOTTIME);
	name = netns_table__name(t, blue, before);
	cr_expect_str_eq(name ? name : "(none)", "blue");
	cr_expect(netns_table__name(t, blue, after) == NULL);
	check_name(t, blue, NULL);
	cr_expect_eq(netns_table__open(t, blue), -ENOENT);
	cr_expect_eq(netns_table__count(t), 1);
	netns_table__free(t);
	temp_tree__free(root);
}

Test(netns, deletion_is_noticed_at_once)
{
	char *root = make_node();
	__u32 blue = add_named(root, "run/netns/blue");
	struct netns_table *t = load(root);

	check_name(t, blue, "blue");
	temp_tree__remove(root, "run/netns/blue");
	check_name(t, blue, NULL);
	netns_table__free(t);
	temp_tree__free(root);
}

Test(netns, number_that_changed_hands)
{
	char *root = make_node();
	const struct netns_info *info;
	__u64 between, incarnation;
	struct netns_table *t;
	const char *name;

	add_process(root, 10, BOX, "old\n");
	t = load(root);
	info = netns_table__find(t, BOX, 0);
	cr_assert(info != NULL);
	incarnation = info->incarnation;
	between = clock__ns(CLOCK_BOOTTIME);
	remove_process(root, 10);
	add_process(root, 20, BOX, "new\n");
	cr_assert_eq(netns_table__refresh(t), 0);

	/* nobody knows whose this was */
	cr_expect(netns_table__name(t, BOX, between) == NULL);
	name = netns_table__name(t, BOX, clock__ns(CLOCK_BOOTTIME));
	cr_expect_str_eq(name ? name : "(none)", "new");
	info = netns_table__find(t, BOX, 0);
	cr_assert(info != NULL);
	cr_expect_neq(info->incarnation, incarnation);
	netns_table__free(t);
	temp_tree__free(root);
}

static void check_name_at(struct netns_table *t, __u32 ino, __u64 when_ns, const char *expected)
{
	const char *name = netns_table__name(t, ino, when_ns);

	cr_expect_str_eq(name ? name : "(none)", expected);
}

/* What happened before it was there was another's. */
Test(netns, first_seen_is_not_believed_for_the_past)
{
	char *root = make_node();
	__u64 before, after, made;
	struct netns_table *t;
	__u32 blue, green;
	char path[256];

	/* there from the beginning: by the time of its file, or for all that is known always */
	before = clock__ns(CLOCK_BOOTTIME);
	pause_ms(50);
	blue = add_named(root, "run/netns/blue");
	add_process(root, 10, BOX, "first\n");
	pause_ms(1);
	made = clock__ns(CLOCK_BOOTTIME);
	pause_ms(50);
	t = load(root);
	check_name_at(t, blue, made, "blue");
	check_name_at(t, blue, before, "(none)");
	check_name_at(t, BOX, before, "first");

	/* none of the last scan, and none that a scan on a miss has found */
	check_name_at(t, BOX + 1, 0, "(none)");
	cr_assert_eq(netns_table__refresh(t), 0);
	after = clock__ns(CLOCK_BOOTTIME);
	add_process(root, 11, BOX + 1, "later\n");
	add_process(root, 12, BOX + 2, "late\n");
	green = add_named(root, "run/netns/green");
	snprintf(path, sizeof(path), "%s/run/netns/green", root);
	cr_expect(netns_table__learn(t, path) != NULL);
	cr_assert_eq(netns_table__refresh(t), 0);
	check_name_at(t, BOX + 1, after, "later");
	check_name_at(t, BOX + 2, after, "late");
	check_name_at(t, BOX + 1, made, "(none)");
	check_name_at(t, BOX + 2, made, "(none)");
	check_name_at(t, green, clock__ns(CLOCK_BOOTTIME), "green");
	check_name_at(t, green, made, "(none)");
	netns_table__free(t);
	temp_tree__free(root);
}

Test(netns, number_seen_free_in_between)
{
	char *root = make_node();
	struct netns_table *t;
	__u64 of_old, of_new;
	const char *name;

	add_process(root, 10, BOX, "old\n");
	t = load(root);
	of_old = clock__ns(CLOCK_BOOTTIME);
	remove_process(root, 10);
	cr_assert_eq(netns_table__refresh(t), 0);
	of_new = clock__ns(CLOCK_BOOTTIME);
	add_process(root, 20, BOX, "new\n");
	cr_assert_eq(netns_table__refresh(t), 0);
	name = netns_table__name(t, BOX, of_new);
	cr_expect_str_eq(name ? name : "(none)", "new");
	name = netns_table__name(t, BOX, of_old);
	cr_expect_str_eq(name ? name : "(none)", "old");
	netns_table__free(t);
	temp_tree__free(root);
}

/* Pods that come and go: what is told late is told of those that were there then. */
Test(netns, former_holders_of_a_number)
{
	char *root = make_node(), comm[16];
	const char *name, *first = NULL;
	struct netns_table *t = load(root);
	enum { HOLDERS = 40 };
	__u64 when[HOLDERS];
	int i;

	for (i = 0; i < HOLDERS; i++) {
		snprintf(comm, sizeof(comm), "pod-%d\n", i);
		add_process(root, 10 + i, BOX, comm);
		cr_assert_eq(netns_table__refresh(t), 0);
		when[i] = clock__ns(CLOCK_BOOTTIME);
		name = netns_table__name(t, BOX, when[i]);
		cr_assert(name != NULL);
		first = first ? first : name;
		remove_process(root, 10 + i);
		cr_assert_eq(netns_table__refresh(t), 0);
	}
	for (i = HOLDERS - 1; i >= HOLDERS - 16; i--) {
		snprintf(comm, sizeof(comm), "pod-%d", i);
		name = netns_table__name(t, BOX, when[i]);
		cr_expect_str_eq(name ? name : "(none)", comm);
	}
	/* so many are not kept; none is taken for another, and what was told stays readable */
	cr_expect(netns_table__name(t, BOX, when[0]) == NULL);
	cr_expect(netns_table__name(t, BOX, clock__ns(CLOCK_BOOTTIME)) == NULL);
	cr_expect_str_eq(first, "pod-0");
	netns_table__free(t);
	temp_tree__free(root);
}

Test(netns, same_one_keeps_its_incarnation)
{
	char *root = make_node();
	__u32 blue = add_named(root, "run/netns/blue");
	struct netns_table *t;
	__u64 of_blue, of_box;

	add_process(root, 10, BOX, "a\n");
	add_process(root, 30, BOX, "c\n");
	t = load(root);
	of_blue = netns_table__find(t, blue, 0)->incarnation;
	of_box = netns_table__find(t, BOX, 0)->incarnation;
	remove_process(root, 10);
	add_process(root, 20, BOX, "b\n");
	cr_assert_eq(netns_table__refresh(t), 0);
	cr_expect_eq(netns_table__find(t, blue, 0)->incarnation, of_blue);
	cr_expect_eq(netns_table__find(t, BOX, 0)->incarnation, of_box);
	check_name(t, BOX, "b");
	netns_table__free(t);
	temp_tree__free(root);
}

Test(netns, names_outlive_refreshes)
{
	char *root = make_node();
	__u32 blue = add_named(root, "run/netns/blue");
	struct netns_table *t;
	const char *of_blue, *of_box, *of_host;
	int i;

	add_process(root, 10, BOX, "first\n");
	t = load(root);
	of_blue = netns_table__name(t, blue, 0);
	of_box = netns_table__name(t, BOX, 0);
	of_host = netns_table__name(t, HOST, 0);
	temp_tree__remove(root, "run/netns/blue");
	add_process(root, 10, BOX, "second\n");
	for (i = 0; i < 100; i++)
		cr_assert_eq(netns_table__refresh(t), 0);
	cr_expect_str_eq(of_blue, "blue");
	cr_expect_str_eq(of_box, "first");
	cr_expect_eq(of_host, netns_table__name(t, HOST, 0));
	check_name(t, BOX, "second");
	netns_table__free(t);
	temp_tree__free(root);
}

Test(netns, open)
{
	char *root = make_node();
	__u32 blue = add_named(root, "run/netns/blue");
	struct netns_table *t = load(root);
	struct stat st;
	int fd;

	fd = netns_table__open(t, blue);
	cr_assert_geq(fd, 0);
	cr_expect(fstat(fd, &st) == 0 && st.st_ino == blue);
	close(fd);
	/* in this tree a process' link leads nowhere */
	cr_expect_eq(netns_table__open(t, HOST), -ENOENT);
	cr_expect_eq(netns_table__open(t, 12345), -ENOENT);
	netns_table__free(t);
	temp_tree__free(root);
}

Test(netns, full_table_counts_what_it_leaves_out)
{
	char *root = make_node();
	struct netns_table *t;
	int i;

	t = load(root);
	for (i = 0; i < 20000; i++)
		netns_table__name(t, 1000 + (__u32)i, 0);
	cr_expect_eq(netns_table__count(t), 1);
	check_name(t, HOST, "host");
	netns_table__free(t);
	temp_tree__free(root);
}

Test(netns, no_proc)
{
	char *root = temp_tree__new();
	struct netns_table *t = netns_table__new(root);

	cr_assert(t != NULL);
	cr_expect_eq(netns_table__refresh(t), -ENOENT);
	check_name(t, HOST, NULL);
	netns_table__free(t);
	temp_tree__free(root);
}

Test(netns, mounted_elsewhere)
{
	char *root = make_node(), text[512];
	__u32 ino = add_named(root, "opt/my nets/a");
	struct netns_table *t;
	int fd;

	snprintf(text, sizeof(text),
		 "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
		 "torn\n"
		 "\n"
		 "30 1 0:4 net:[%u] /opt/my\\040nets/a rw - nsfs nsfs rw\n"
		 "31 1 0:4 net:[%u] /opt/my\\040nets/a rw - nsfs nsfs rw\n"
		 "32 1 0:4 net:[5] /gone rw - nsfs nsfs rw\n"
		 "33 1 0:4 net:[%u]",
		 ino, ino + 1, ino);
	temp_tree__text(root, "proc/1/mountinfo", text);
	t = load(root);
	check_name(t, ino, NULL);
	cr_expect_eq(netns_table__count(t), 2);
	fd = netns_table__open(t, ino);
	cr_expect_geq(fd, 0);
	close(fd);
	netns_table__free(t);
	temp_tree__free(root);
}

Test(netns, this_machine)
{
	struct netns_table *t = netns_table__new(NULL);
	struct stat st;
	__u32 ino = 0;
	int fd;

	cr_assert(t != NULL);
	cr_assert_eq(stat("/proc/self/ns/net", &st), 0);
	cr_assert_eq(netns_table__refresh(t), 0);
	cr_expect(netns_table__find(t, (__u32)st.st_ino, 0) != NULL);
	fd = netns_table__open(t, (__u32)st.st_ino);
	cr_expect_geq(fd, 0);
	if (fd >= 0)
		close(fd);
	cr_expect(netns__resolve(NULL, "/proc/self/ns/net", &ino) == 0 && ino == st.st_ino);
	/* a file, but of no namespace */
	cr_expect_eq(netns__resolve(NULL, "/proc/self/comm", &ino), -ENOTTY);
	netns_table__free(t);
}
