// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The list of watched settings, comparing them, and where cgroup v2 is.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/unit/temp_tree.h"
#include "user/run/writes.h"
#include "user/sysctl/cgroup_root.h"
#include "user/sysctl/compare.h"
#include "user/sysctl/names.h"
#include "user/sysctl/value.h"

Test(sysctl_names, watches_what_drops_packets)
{
	static const struct {
		const char *path;
		bool watched;
	} cases[] = {
		{ "net/netfilter/nf_conntrack_max", true },
		{ "net/core/somaxconn", true },
		{ "net/ipv4/conf/eth0.100/rp_filter", true },
		{ "net/ipv4/neigh/default/gc_thresh3", true },
		{ "net/ipv4/conf/rp_filter", false },
		{ "net/ipv4/conf/a/b/rp_filter", false },
		{ "net/ipv4/neigh/eth0/rp_filter", false },
		{ "net/ipv4/ip_default_ttl", false },
		{ "kernel/core_pattern", false },
		{ "", false },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cr_expect_eq(sysctl_names__watched(cases[i].path), cases[i].watched, "%s",
			     cases[i].path);
}

/* What the kernel side builds from a name is what the loader put there. */
Test(sysctl_names, keys)
{
	struct sysctl_watched_name key;
	size_t i;

	sysctl_names__key("net/core/somaxconn", &key);
	cr_expect_str_eq(key.name, "net/core/somaxconn");
	sysctl_names__key("net/ipv4/conf/*/rp_filter", &key);
	cr_expect_str_eq(key.name, "*/rp_filter");
	cr_expect_eq(key.name[sizeof(key.name) - 1], '\0');
	for (i = 0; i < sysctl_name_count; i++)
		cr_expect_lt(strlen(sysctl_names[i]) + 16, SYSCTL_NAME_LEN, "%s, and an interface",
			     sysctl_names[i]);
}

Test(sysctl_names, dotted)
{
	static const char *const cases[][2] = {
		{ "net/core/somaxconn", "net.core.somaxconn" },
		{ "net/ipv4/conf/eth0.100/rp_filter", "net.ipv4.conf.eth0/100.rp_filter" },
		{ "/sys/module/ip_vs/parameters/conn_tab_bits",
		  "/sys/module/ip_vs/parameters/conn_tab_bits" },
	};
	char name[SYSCTL_NAME_LEN];
	size_t i;

	for (i = 0; i < 3; i++) {
		sysctl_names__dotted(cases[i][0], name);
		cr_expect_str_eq(name, cases[i][1]);
	}
}

/* A fixed set of labels, whatever interfaces come and go. */
Test(sysctl_names, lines)
{
	static const struct {
		const char *name, *label; /* NULL: not watched */
		bool of_interface;
	} cases[] = {
		{ "net.netfilter.nf_conntrack_max", "net.netfilter.nf_conntrack_max", false },
		{ "net.ipv4.conf.cali1234.rp_filter", "net.ipv4.conf.*.rp_filter", true },
		{ "net.ipv4.conf.eth0/100.rp_filter", "net.ipv4.conf.*.rp_filter", true },
		{ "net.ipv4.conf.allen.rp_filter", "net.ipv4.conf.*.rp_filter", true },
		{ "net.ipv4.conf.all.rp_filter", "net.ipv4.conf.*.rp_filter", false },
		{ "net.ipv6.conf.default.accept_ra", "net.ipv6.conf.*.accept_ra", false },
		{ "net.ipv4.neigh.default.gc_thresh3", "net.ipv4.neigh.*.gc_thresh3", false },
		{ "/sys/module/ip_vs/parameters/conn_tab_bits",
		  "/sys/module/ip_vs/parameters/conn_tab_bits", false },
		{ "/sys/module/ip_vs/parameters/other", NULL, false },
		{ "net.ipv4.ip_default_ttl", NULL, false },
		{ "", NULL, false },
	};
	char label[SYSCTL_NAME_LEN];
	size_t i;
	int line;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		line = sysctl_names__line(cases[i].name);
		cr_expect_eq(line >= 0, cases[i].label != NULL, "%s", cases[i].name);
		cr_expect_eq(sysctl_names__of_interface(cases[i].name), cases[i].of_interface,
			     "%s", cases[i].name);
		if (line < 0)
			continue;
		sysctl_names__label((size_t)line, label);
		cr_expect_str_eq(label, cases[i].label);
	}
	for (i = 0; i < sysctl_name_count + sysctl_bypass_count; i++) {
		sysctl_names__label(i, label);
		cr_expect_eq(sysctl_names__line(label), (int)i, "%s", label);
	}
}

Test(sysctl_value, same)
{
	static const struct {
		const char *a, *b;
		bool same;
	} cases[] = {
		{ "1", "1", true },
		{ "0x10", "16", true },
		{ "4096\t131072\t6291456", " 4096 131072  6291456\n", true },
		{ "pfifo_fast", "pfifo_fast", true },
		{ "", "", true },
		{ "", "0", false },
		{ "1", "2", false },
		{ "-1", "4294967295", false },
		{ "1 2", "1", false },
		{ "1", "1 2", false },
		{ "fq", "fq_codel", false },
		{ "99999999999999999999", "99999999999999999998", false },
		{ "1x", "1", false },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cr_expect_eq(sysctl_value__same(cases[i].a, cases[i].b), cases[i].same, "%s, %s",
			     cases[i].a, cases[i].b);
		cr_expect_eq(sysctl_value__same(cases[i].b, cases[i].a), cases[i].same);
	}
}

struct found {
	size_t count;
	struct sysctl_change last;
};

static void on_change(void *ctx, const struct sysctl_change *change)
{
	struct found *found = ctx;

	found->count++;
	found->last = *change;
}

static size_t compare(struct sysctl_compare *c, struct found *found)
{
	found->count = 0;
	sysctl_compare__read(c);
	sysctl_compare__report(c, on_change, found);
	return found->count;
}

#define MAX    "proc/sys/net/netfilter/nf_conntrack_max"
#define OTHER  "proc/sys/net/nf_conntrack_max"
#define FILTER "proc/sys/net/ipv4/conf/all/rp_filter"

Test(sysctl_compare, finds_what_differs)
{
	char *root = temp_tree__new();
	struct sysctl_compare *c;
	struct found found;

	temp_tree__text(root, MAX, "2310720\n");
	temp_tree__text(root, OTHER, "2310720\n");
	temp_tree__text(root, FILTER, "0\n");
	c = sysctl_compare__new(root);
	cr_assert_not_null(c);
	cr_expect_eq(compare(c, &found), 0);
	temp_tree__text(root, MAX, "524288\n");
	temp_tree__text(root, OTHER, "524288\n");
	cr_expect_eq(compare(c, &found), 1, "one value under two names");
	cr_expect_str_eq(found.last.name, "net.netfilter.nf_conntrack_max");
	cr_expect_str_eq(found.last.old_value, "2310720");
	cr_expect_str_eq(found.last.new_value, "524288");
	cr_expect_eq(found.last.seen_by, SYSCTL_SEEN_VALUE);
	cr_expect_eq(compare(c, &found), 0, "told once");
	temp_tree__text(root, FILTER, "2\n");
	cr_expect_eq(compare(c, &found), 1);
	cr_expect_str_eq(found.last.name, "net.ipv4.conf.all.rp_filter");
	sysctl_compare__free(c);
	temp_tree__free(root);
}

Test(sysctl_compare, leaves_out_what_was_watched)
{
	char *root = temp_tree__new();
	struct sysctl_compare *c;
	struct found found;

	temp_tree__text(root, MAX, "100\n");
	temp_tree__text(root, OTHER, "100\n");
	c = sysctl_compare__new(root);
	cr_assert_not_null(c);
	/* reported before it takes effect: the next reading may still be the old one */
	sysctl_compare__explain(c, "net/nf_conntrack_max");
	cr_expect_eq(compare(c, &found), 0);
	temp_tree__text(root, MAX, "200\n");
	temp_tree__text(root, OTHER, "200\n");
	cr_expect_eq(compare(c, &found), 0);
	temp_tree__text(root, MAX, "300\n");
	temp_tree__text(root, OTHER, "300\n");
	cr_expect_eq(compare(c, &found), 1, "nobody saw this one being written");
	sysctl_compare__free(c);
	temp_tree__free(root);
}

static size_t compare_some(struct sysctl_compare *c, size_t how_many, struct found *found)
{
	found->count = 0;
	sysctl_compare__read_some(c, how_many);
	sysctl_compare__report(c, on_change, found);
	return found->count;
}

#define BUCKETS	 "proc/sys/net/netfilter/nf_conntrack_buckets"
#define HASHSIZE "sys/module/nf_conntrack/parameters/hashsize"

Test(sysctl_compare, reads_some_at_a_time)
{
	char *root = temp_tree__new();
	size_t all = 2 * sysctl_name_count + sysctl_bypass_count, looks, news = 0;
	struct sysctl_compare *c;
	struct found found;

	temp_tree__text(root, FILTER, "0\n");
	temp_tree__text(root, BUCKETS, "1024\n");
	temp_tree__text(root, HASHSIZE, "1024\n");
	c = sysctl_compare__new(root);
	cr_assert_not_null(c);
	cr_expect_eq(compare_some(c, 1, &found), 0);
	/* no program sees that one: now, and by the name that people know */
	temp_tree__text(root, BUCKETS, "2048\n");
	temp_tree__text(root, HASHSIZE, "2048\n");
	cr_expect_eq(compare_some(c, 1, &found), 1);
	cr_expect_str_eq(found.last.name, "net.netfilter.nf_conntrack_buckets");
	/* when its turn comes */
	temp_tree__text(root, FILTER, "1\n");
	cr_expect_eq(compare_some(c, 1, &found), 0);
	for (looks = 0; looks < all / 3 + 1; looks++)
		news += compare_some(c, 3, &found);
	cr_expect_eq(news, 1);
	/* as soon as what was explained is over: the next reading is of what came after it */
	sysctl_compare__explain(c, "net/ipv4/conf/all/rp_filter");
	temp_tree__text(root, FILTER, "2\n");
	cr_expect_eq(compare_some(c, 0, &found), 0);
	cr_expect_eq(compare_some(c, 0, &found), 0);
	for (looks = 0, news = 0; looks < all / 3 + 1; looks++)
		news += compare_some(c, 3, &found);
	cr_expect_eq(news, 0);
	sysctl_compare__free(c);
	temp_tree__free(root);
}

Test(sysctl_compare, modules_come_and_go)
{
	char *root = temp_tree__new(), longest[200];
	struct sysctl_compare *c = sysctl_compare__new(root);
	struct found found;

	cr_assert_not_null(c);
	temp_tree__text(root, MAX, "100\n");
	cr_expect_eq(compare(c, &found), 0, "came");
	temp_tree__remove(root, MAX);
	cr_expect_eq(compare(c, &found), 0, "went");
	temp_tree__text(root, MAX, "");
	cr_expect_eq(compare(c, &found), 0, "empty is unknown");
	memset(longest, '7', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	temp_tree__text(root, MAX, longest);
	cr_expect_eq(compare(c, &found), 0);
	temp_tree__text(root, MAX, "1");
	cr_expect_eq(compare(c, &found), 1);
	cr_expect_eq(strlen(found.last.old_value), SYSCTL_VALUE_LEN - 1);
	cr_expect(found.last.old_cut);
	sysctl_compare__free(c);
	temp_tree__free(root);
}

Test(cgroup_root, from_mounts)
{
	static const struct {
		const char *text, *found;
	} cases[] = {
		{ "30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw\n",
		  "/sys/fs/cgroup" },
		/* beside v1 */
		{ "1 2 0:1 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
		  "1 2 0:2 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
		  "/sys/fs/cgroup/unified" },
		/* a part of it, then all */
		{ "1 2 0:2 /kubepods /mnt rw - cgroup2 none rw\n"
		  "1 2 0:2 / /a\\040b rw - cgroup2 none rw",
		  "/a b" },
		/* a container's own, which is asked first, and the node's */
		{ "1 2 0:2 /../.. /host/cgroup rw - cgroup2 none rw\n", "/host/cgroup" },
		{ "1 2 0:2 /../../ /host/cgroup rw - cgroup2 none rw\n", "/host/cgroup" },
		{ "1 2 0:2 /../kubepods /mnt rw - cgroup2 none rw\n", NULL },
		{ "1 2 0:2 /..x /mnt rw - cgroup2 none rw\n", NULL },
		{ "1 2 0:2 / /sys/fs/cgroup rw - tmpfs none rw\n", NULL },
		{ "1 2 0:2 / - cgroup2 ", NULL },
		{ " - cgroup2 ", NULL },
		{ "1 2 0:2 / relative rw - cgroup2 none rw\n", NULL },
		{ "\n\n", NULL },
		{ "", NULL },
	};
	char text[256], *rest, *found;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "%s", cases[i].text);
		rest = text;
		found = cgroup_root__from_mounts(&rest);
		if (cases[i].found)
			cr_expect_str_eq(found ? found : "(none)", cases[i].found, "%s",
					 cases[i].text);
		else
			cr_expect_null(found, "%s", cases[i].text);
	}
}

Test(cgroup_root, more_mounts)
{
	char text[] = "1 2 0:2 / /sys/fs/cgroup rw - cgroup2 none rw\n"
		      "1 2 0:2 / /mnt rw - tmpfs none rw\n"
		      "1 2 0:2 /../.. /host/cgroup rw - cgroup2 none rw\n";
	char *rest = text;

	cr_expect_str_eq(cgroup_root__from_mounts(&rest), "/sys/fs/cgroup");
	cr_expect_str_eq(cgroup_root__from_mounts(&rest), "/host/cgroup");
	cr_expect_null(cgroup_root__from_mounts(&rest));
	cr_expect_null(cgroup_root__from_mounts(&rest));
}

Test(cgroup_root, unit)
{
	static const char *const cases[][2] = {
		{ "/system.slice/kubelet.service", "kubelet.service" },
		{ "/user.slice/user-0.slice/session-3.scope", "session-3.scope" },
		{ "/user.slice/user@0.service/app.slice/foo.service/sub", "foo.service" },
		{ "/", NULL },
		{ "/.service", NULL },
		{ "/kubepods/pod1", NULL },
		{ "", NULL },
	};
	char unit[32];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int err = cgroup_root__unit(cases[i][0], unit, sizeof(unit));

		cr_expect_eq(!err, cases[i][1] != NULL, "%s", cases[i][0]);
		if (!err)
			cr_expect_str_eq(unit, cases[i][1]);
	}
	cr_expect_neq(cgroup_root__unit("/x23456789012345678901234567890.service", unit,
					sizeof(unit)), 0, "no room");
}

#define SOMAXCONN "proc/sys/net/core/somaxconn"
#define OWN_NETNS 7
#define SECOND_NS 1000000000ULL

static void write_value(struct writes *w, const char *old_value, const char *new_value,
			__u64 time_ns)
{
	struct sysctl_change change = { .name = "net.core.somaxconn", .netns_ino = OWN_NETNS };

	snprintf(change.old_value, sizeof(change.old_value), "%s", old_value);
	snprintf(change.new_value, sizeof(change.new_value), "%s", new_value);
	writes__add(w, "net/core/somaxconn", &change, time_ns);
}

static size_t settle(struct writes *w, __u64 now_ns, bool final)
{
	writes__read(w);
	return writes__decide(w, now_ns, final);
}

Test(writes, told_when_their_outcome_is_known)
{
	static const struct {
		const char *old_value, *new_value, *now; /* NULL: it cannot be read */
		bool waits, refused;
	} cases[] = {
		{ "128", "256", "256", false, false },
		{ "128", "0x100", "256", false, false },
		{ "128", "-1", "128", true, true },
		{ "128", "nonsense", "128", true, true },
		{ "128", "128", "128", false, false },
		/* rounded up by the kernel, or changed again since */
		{ "128", "250", "256", false, false },
		{ "128", "256", NULL, false, false },
		{ "", "256", "128", false, false },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *root = temp_tree__new();
		struct found found = {};
		struct writes *w = writes__new(root, NULL, OWN_NETNS, on_change, &found);

		cr_assert_not_null(w);
		if (cases[i].now)
			temp_tree__text(root, SOMAXCONN, cases[i].now);
		write_value(w, cases[i].old_value, cases[i].new_value, SECOND_NS);
		cr_expect_eq(settle(w, SECOND_NS, false), cases[i].waits, "%zu", i);
		cr_expect_eq(found.count, !cases[i].waits, "%zu", i);
		cr_expect_eq(settle(w, SECOND_NS + WRITES_PATIENCE_NS, false), 0);
		cr_expect_eq(found.count, 1, "%zu", i);
		cr_expect_eq(found.last.refused, cases[i].refused, "%zu", i);
		writes__free(w);
		temp_tree__free(root);
	}
}

/* What the next write finds tells what became of the one before it. */
Test(writes, the_next_one_tells)
{
	char *root = temp_tree__new();
	struct found found = {};
	struct writes *w = writes__new(root, NULL, OWN_NETNS, on_change, &found);

	cr_assert_not_null(w);
	write_value(w, "128", "-1", SECOND_NS);
	cr_expect_eq(found.count, 0);
	write_value(w, "128", "256", SECOND_NS);
	cr_expect_eq(found.count, 1);
	cr_expect_str_eq(found.last.new_value, "-1");
	cr_expect(found.last.refused);
	write_value(w, "256", "512", SECOND_NS);
	cr_expect_eq(found.count, 2);
	cr_expect_not(found.last.refused);
	/* at a run's end nothing is waited for */
	temp_tree__text(root, SOMAXCONN, "256\n");
	cr_expect_eq(settle(w, SECOND_NS, true), 0);
	cr_expect_eq(found.count, 3);
	cr_expect(found.last.refused);
	writes__free(w);
	temp_tree__free(root);
}

/* One that came after the last look is decided by the next. */
Test(writes, come_while_one_looks)
{
	char *root = temp_tree__new();
	struct found found = {};
	struct writes *w = writes__new(root, NULL, OWN_NETNS, on_change, &found);

	cr_assert_not_null(w);
	temp_tree__text(root, SOMAXCONN, "256\n");
	write_value(w, "128", "many", SECOND_NS);
	writes__read(w);
	write_value(w, "128", "256", SECOND_NS);
	cr_expect(found.last.refused, "what was read is of the second write");
	cr_expect_eq(writes__decide(w, SECOND_NS, false), 1);
	cr_expect_eq(settle(w, SECOND_NS, false), 0);
	cr_expect_eq(found.count, 2);
	cr_expect_not(found.last.refused);
	writes__free(w);
	temp_tree__free(root);
}

struct order {
	char values[256];	/* "a b " */
};

static void note_order(void *ctx, const struct sysctl_change *change)
{
	struct order *order = ctx;
	size_t len = strlen(order->values);

	snprintf(order->values + len, sizeof(order->values) - len, "%s%s ", change->new_value,
		 change->refused ? "!" : "");
}

/* What is known waits for older ones that are not. */
Test(writes, come_out_in_order)
{
	struct sysctl_change other = { .old_value = "0", .new_value = "a", .netns_ino = OWN_NETNS };
	struct sysctl_change found = { .new_value = "found" };
	char *root = temp_tree__new();
	struct order order = {};
	struct writes *w = writes__new(root, NULL, OWN_NETNS, note_order, &order);

	cr_assert_not_null(w);
	temp_tree__text(root, SOMAXCONN, "31\n");
	temp_tree__text(root, FILTER, "0\n");
	writes__add(w, "net/ipv4/conf/all/rp_filter", &other, SECOND_NS);
	write_value(w, "10", "30", SECOND_NS + 1);
	write_value(w, "30", "31", SECOND_NS + 2);
	writes__add_difference(w, &found);
	cr_expect_str_eq(order.values, "", "the oldest is not known");
	cr_expect_eq(settle(w, SECOND_NS + 3, false), 4);
	snprintf(other.new_value, sizeof(other.new_value), "b");
	writes__add(w, "net/ipv4/conf/all/rp_filter", &other, SECOND_NS + 4);
	cr_expect_str_eq(order.values, "a! 30 31 found ");
	cr_expect_eq(settle(w, SECOND_NS + 4 + WRITES_PATIENCE_NS, false), 0);
	cr_expect_str_eq(order.values, "a! 30 31 found b! ");
	order.values[0] = '\0';
	writes__add_difference(w, &found);
	cr_expect_str_eq(order.values, "found ", "at once");
	writes__free(w);
	temp_tree__free(root);
}

/* None is forgotten, however many are under way. */
Test(writes, more_than_there_is_room_for)
{
	char *root = temp_tree__new(), path[SYSCTL_NAME_LEN];
	struct sysctl_change change = { .old_value = "1", .new_value = "2" };
	struct found found = {};
	struct writes *w = writes__new(root, NULL, OWN_NETNS, on_change, &found);
	int i;

	cr_assert_not_null(w);
	for (i = 0; i < WRITES_MAX + 5; i++) {
		snprintf(path, sizeof(path), "net/ipv4/conf/eth%d/rp_filter", i);
		writes__add(w, path, &change, SECOND_NS);
	}
	cr_expect_eq(found.count, 5);
	cr_expect_eq(settle(w, SECOND_NS, true), 0);
	cr_expect_eq(found.count, WRITES_MAX + 5);
	/* of one that must go early, the last look tells */
	temp_tree__text(root, SOMAXCONN, "128\n");
	write_value(w, "128", "-1", SECOND_NS);
	cr_expect_eq(settle(w, SECOND_NS, false), 1);
	for (i = 0; i < WRITES_MAX; i++) {
		snprintf(path, sizeof(path), "net/ipv4/conf/eth%d/rp_filter", i);
		writes__add(w, path, &change, SECOND_NS);
	}
	cr_expect_eq(found.count, WRITES_MAX + 6);
	cr_expect(found.last.refused);
	writes__free(w);
	temp_tree__free(root);
}

Test(sysctl_names, one_value_for_all_namespaces)
{
	cr_expect(sysctl_names__global("net/netfilter/nf_conntrack_max"));
	cr_expect(sysctl_names__global("net/nf_conntrack_max"));
	cr_expect_not(sysctl_names__global("net/core/somaxconn"));
	cr_expect(sysctl_names__concerns_all("net.netfilter.nf_conntrack_buckets"));
	cr_expect(sysctl_names__concerns_all("/sys/module/nf_conntrack/parameters/hashsize"));
	/* which other namespaces do not have, or cannot write */
	cr_expect(sysctl_names__concerns_all("net.core.rmem_max"));
	cr_expect(sysctl_names__concerns_all("net.ipv6.neigh.default.gc_thresh3"));
	cr_expect_not(sysctl_names__concerns_all("net.ipv4.neigh.eth0.unres_qlen_bytes"));
	cr_expect_not(sysctl_names__concerns_all("net.core.somaxconn"));
	cr_expect_not(sysctl_names__concerns_all("net.netfilter.nf_conntrack_udp_timeout"));
}
