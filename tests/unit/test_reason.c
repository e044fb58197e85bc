/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reason names from a BTF made on the spot: core, subsystems in vmlinux and in
 * modules, numbers without a name, files that are no BTF.
 */
#include <bpf/btf.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/drop_record.h"
#include "tests/unit/temp_btf.h"
#include "tests/unit/temp_tree.h"
#include "user/enrich/reason.h"

static const struct temp_btf_value core[] = {
	{ "SKB_NOT_DROPPED_YET", 0 },
	{ "SKB_CONSUMED", 1 },
	{ "SKB_DROP_REASON_NOT_SPECIFIED", 2 },
	{ "SKB_DROP_REASON_NO_SOCKET", 3 },
	{ "SKB_DROP_REASON_NETFILTER_DROP", 8 },
	{ "SKB_DROP_REASON_SKB_CSUM", 9 },
	{ "SKB_DROP_REASON_\x1b[31mRED", 10 },
	{ "SKB_DROP_REASON_MAX", 11 },
	{ "SKB_DROP_REASON_SUBSYS_MASK", 0xffff0000 },
	{},
};

static const struct temp_btf_value subsys[] = {
	{ "SKB_DROP_REASON_SUBSYS_CORE", 0 },
	{ "SKB_DROP_REASON_SUBSYS_MAC80211_UNUSABLE", 1 },
	{ "SKB_DROP_REASON_SUBSYS_OPENVSWITCH", 2 },
	{ "SKB_DROP_REASON_SUBSYS_QDISC", 3 },
	{ "SKB_DROP_REASON_SUBSYS_NUM", 4 },
	{},
};

static const struct temp_btf_value qdisc[] = {
	{ "QDISC_DROP_UNSPEC", 0 },	   { "__QDISC_DROP_REASON", 0x30000 },
	{ "QDISC_DROP_GENERIC", 0x30001 }, { "QDISC_DROP_OVERLIMIT", 0x30002 },
	{ "QDISC_DROP_MAX", 0x30003 },	   {},
};

static const struct temp_btf_value ovs[] = {
	{ "__OVS_DROP_REASON", 0x20000 },
	{ "OVS_DROP_LAST_ACTION", 0x20001 },
	{ "OVS_DROP_EXPLICIT", 0x20003 },
	{ "OVS_DROP_MAX", 0x20004 },
	{},
};

/* has the second enum that mac80211 keeps for sparse */
static const struct temp_btf_value mac80211[] = {
	{ "___RX_CONTINUE", 1 },
	{ "___RX_DROP_UNUSABLE", 0x10000 },
	{ "___RX_DROP_U_MIC_FAIL", 0x10001 },
	{},
};

/* not of a subsystem that is known */
static const struct temp_btf_value stranger[] = {
	{ "STRANGER_DROP_LOW", 5 },
	{ "STRANGER_DROP_HIGH", 0x90001 },
	{},
};

static struct btf *make_vmlinux(const char *root)
{
	struct btf *btf = temp_btf__new();

	temp_btf__enum(btf, "skb_drop_reason", core);
	temp_btf__enum(btf, "skb_drop_reason_subsys", subsys);
	temp_btf__enum(btf, "qdisc_drop_reason", qdisc);
	temp_btf__enum(btf, "stranger_drop_reason", stranger);
	temp_btf__write(btf, root, "btf/vmlinux");
	return btf;
}

static void make_module(struct btf *vmlinux, const char *root, const char *path, const char *name,
			const struct temp_btf_value *values)
{
	struct btf *btf = btf__new_empty_split(vmlinux);

	cr_assert(btf);
	temp_btf__enum(btf, name, values);
	temp_btf__write(btf, root, path);
	btf__free(btf);
}

static struct reason_names *load(const char *root, const char *path)
{
	char full[PATH_MAX];

	snprintf(full, sizeof(full), "%s/%s", root, path);
	return reason_names__load(full);
}

static void check_name(struct reason_names *names, __u32 reason, const char *expected)
{
	const char *name = reason_names__get(names, reason);

	cr_expect_str_eq(name, expected);
}

TestSuite(reason, .init = temp_btf__be_quiet);

Test(reason, names_of_all_enums)
{
	char *root = temp_tree__new();
	struct btf *vmlinux = make_vmlinux(root);
	struct reason_names *names;

	make_module(vmlinux, root, "btf/openvswitch", "ovs_drop_reason", ovs);
	make_module(vmlinux, root, "btf/mac80211", "___mac80211_drop_reason", mac80211);
	temp_tree__text(root, "btf/torn", "\x9f\xeb\x01 _drop_reason and no more");
	temp_tree__text(root, "btf/empty", "");
	names = load(root, "btf/vmlinux");
	cr_assert(names, "%s", strerror(errno));

	cr_expect(reason_names__has_reasons(names));
	check_name(names, 1, "CONSUMED");
	check_name(names, 2, "NOT_SPECIFIED");
	check_name(names, 8, "NETFILTER_DROP");
	check_name(names, 9, "SKB_CSUM");
	check_name(names, 10, "reason 10");
	check_name(names, 11, "reason 11");
	check_name(names, 0x10001, "RX_DROP_U_MIC_FAIL");
	check_name(names, 0x20000, "openvswitch reason 0");
	check_name(names, 0x20003, "OVS_DROP_EXPLICIT");
	check_name(names, 0x20004, "openvswitch reason 4");
	check_name(names, 0x30002, "QDISC_DROP_OVERLIMIT");
	check_name(names, 0x90001, "subsystem 9 reason 1");
	check_name(names, 0xfffe0001, "subsystem 65534 reason 1");
	check_name(names, NO_REASON, "");
	cr_expect_str_eq(reason_names__subsys(names, 2), "openvswitch");
	cr_expect(reason_names__subsys(names, 4) == NULL);
	cr_expect(reason_names__subsys(names, 0xffff) == NULL);

	reason_names__free(names);
	btf__free(vmlinux);
	temp_tree__free(root);
}

/* What was handed out before stays, whether it was a name or a number. */
Test(reason, module_that_comes_later)
{
	char *root = temp_tree__new();
	struct btf *vmlinux = make_vmlinux(root);
	struct reason_names *names = load(root, "btf/vmlinux");
	const char *core_name, *number, *text = "openvswitch reason 3";

	cr_assert(names);
	core_name = reason_names__get(names, 8);
	number = reason_names__get(names, 0x20003);
	cr_expect_str_eq(number, text);
	cr_expect(reason_names__is_unread(names, 0x20003));
	cr_expect_not(reason_names__is_unread(names, 8));
	cr_expect_not(reason_names__is_unread(names, 0x30063), "other names of it are known");
	cr_expect_not(reason_names__is_unread(names, 0x90001), "not a subsystem of this kernel");
	cr_expect_not(reason_names__is_unread(names, NO_REASON));

	cr_expect_eq(reason_names__reread(names), 0);
	check_name(names, 0x20003, text);
	make_module(vmlinux, root, "btf/openvswitch", "ovs_drop_reason", ovs);
	cr_expect_eq(reason_names__reread(names), 0);
	check_name(names, 0x20003, "OVS_DROP_EXPLICIT");
	check_name(names, 0x30002, "QDISC_DROP_OVERLIMIT");
	cr_expect_not(reason_names__is_unread(names, 0x20003));
	cr_expect(reason_names__is_unread(names, 0x10001));
	cr_expect(core_name == reason_names__get(names, 8));
	cr_expect_str_eq(core_name, "NETFILTER_DROP");
	cr_expect_str_eq(number, text);

	temp_tree__text(root, "btf/vmlinux", "torn");
	cr_expect_eq(reason_names__reread(names), -EINVAL);
	check_name(names, 8, "NETFILTER_DROP");
	reason_names__free(names);
	btf__free(vmlinux);
	temp_tree__free(root);
}

Test(reason, module_of_another_kernel_is_skipped)
{
	char *root = temp_tree__new();
	struct btf *vmlinux = make_vmlinux(root), *other = btf__new_empty();
	struct reason_names *names;

	/* on a base with fewer strings and types its references lead anywhere */
	make_module(other, root, "btf/openvswitch", "ovs_drop_reason", ovs);
	names = load(root, "btf/vmlinux");
	cr_assert(names);
	check_name(names, 8, "NETFILTER_DROP");
	reason_names__free(names);
	btf__free(other);
	btf__free(vmlinux);
	temp_tree__free(root);
}

Test(reason, kernel_without_reasons)
{
	char *root = temp_tree__new();
	struct btf *btf = temp_btf__new();
	struct reason_names *names;

	temp_btf__write(btf, root, "vmlinux");
	names = load(root, "vmlinux");
	cr_assert(names);
	cr_expect_not(reason_names__has_reasons(names));
	cr_expect_eq(reason_names__count(names), 0);
	check_name(names, NO_REASON, "");
	check_name(names, 8, "reason 8");
	cr_expect_eq(reason_names__match(names, "*", NULL, NULL), 0);
	reason_names__free(names);
	btf__free(btf);
	temp_tree__free(root);
}

Test(reason, numbers_without_end)
{
	struct reason_names *names = reason_names__new();
	const char *first;
	__u32 i;

	cr_assert(names);
	first = reason_names__get(names, 1);
	for (i = 0; i < 1000; i++) {
		char expected[32];

		snprintf(expected, sizeof(expected), "reason %u", i);
		check_name(names, i, expected);
	}
	cr_expect(first == reason_names__get(names, 1), "a name handed out stays");
	reason_names__free(names);
	reason_names__free(NULL);
}

struct matched {
	__u32 reasons[16];
	int count;
	int stop_at;
};

static int collect(__u32 reason, const char *name, void *ctx)
{
	struct matched *m = ctx;

	(void)name;
	m->reasons[m->count++] = reason;
	return m->count == m->stop_at ? -ECANCELED : 0;
}

Test(reason, globs)
{
	static const struct {
		const char *glob;
		int count;
		__u32 first;
	} cases[] = {
		{ "NETFILTER_DROP", 1, 8 },
		{ "netfilter_drop", 1, 8 },
		{ "SKB_DROP_REASON_NETFILTER_DROP", 1, 8 },
		{ "skb_drop_reason_n*", 4, 0 },
		{ "NO*", 3, 0 },
		{ "SKB_CSUM", 1, 9 },
		{ "QDISC_DROP_*", 2, 0x30001 },
		{ "SKB_DROP_REASON_QDISC*", 0, 0 },
		{ "?ONSUMED", 1, 1 },
		{ "[CN]O*", 4, 0 },
		{ "NETFILTER", 0, 0 },
		{ "", 0, 0 },
		{ "[", 0, 0 },
		{ "*", 8, 0 },
	};
	char *root = temp_tree__new();
	struct btf *vmlinux = make_vmlinux(root);
	struct reason_names *names = load(root, "btf/vmlinux");
	struct matched stopped = { .stop_at = 2 };
	size_t i;

	cr_assert(names);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct matched m = {};
		int count = reason_names__match(names, cases[i].glob, collect, &m);

		cr_expect_eq(count, cases[i].count, "%s", cases[i].glob);
		if (count > 0)
			cr_expect_eq(m.reasons[0], cases[i].first, "%s", cases[i].glob);
	}
	cr_expect_eq(reason_names__match(names, "*", collect, &stopped), -ECANCELED);
	cr_expect_eq(stopped.count, 2);
	reason_names__free(names);
	btf__free(vmlinux);
	temp_tree__free(root);
}

Test(reason, files_that_are_no_btf)
{
	static const unsigned char header[] = { 0x9f, 0xeb, 1, 0, 24, 0, 0, 0 };
	char *root = temp_tree__new();
	struct btf *btf = make_vmlinux(root);
	unsigned char *torn;
	__u32 size, cut;
	const void *data = btf__raw_data(btf, &size);
	struct reason_names *names;

	temp_tree__text(root, "text", "this is not BTF at all, nor is it ELF\n");
	temp_tree__text(root, "empty", "");
	temp_tree__write(root, "header", header, sizeof(header));
	cr_expect(load(root, "missing") == NULL && errno == ENOENT);
	cr_expect(load(root, "text") == NULL && errno == EINVAL);
	cr_expect(load(root, "empty") == NULL && errno);
	cr_expect(load(root, "header") == NULL && errno == EINVAL);

	/* cut anywhere, and with every byte of it turned over */
	for (cut = 0; cut < size; cut += 7) {
		temp_tree__write(root, "torn", data, cut);
		cr_expect(load(root, "torn") == NULL, "cut at %u", cut);
	}
	cr_assert_gt(size, 0);
	torn = malloc(size);
	cr_assert(torn != NULL);
	for (cut = 0; cut < size; cut++) {
		memcpy(torn, data, size);
		torn[cut] ^= 0xff;
		temp_tree__write(root, "torn", torn, size);
		names = load(root, "torn");
		if (names)
			reason_names__get(names, 8);
		reason_names__free(names);
	}
	free(torn);
	btf__free(btf);
	temp_tree__free(root);
}

Test(reason, noise)
{
	static const char *const harmless[] = {
		"QUEUE_PURGE",	"TCP_OLD_ACK", "TCP_OLD_SEQUENCE", "TCP_OFOMERGE",
		"SOCKET_CLOSE", "OTHERHOST",   "TCP_OLD_DATA",
	};
	static const char *const trouble[] = {
		"NETFILTER_DROP", "NOT_SPECIFIED", "NO_SOCKET", "SOCKET_RCVBUFF",
		"TCP_OVERWINDOW", "QDISC_DROP",	   "reason 4",	"",
	};
	size_t i;

	for (i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		cr_expect(reason__is_noise(harmless[i]), "%s", harmless[i]);
	for (i = 0; i < sizeof(trouble) / sizeof(trouble[0]); i++)
		cr_expect_not(reason__is_noise(trouble[i]), "%s", trouble[i]);
}
