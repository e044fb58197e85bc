/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A drop through all tables at once, and with every table missing.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/unit/sample_drop.h"
#include "tests/unit/temp_btf.h"
#include "tests/unit/temp_tree.h"
#include "user/enrich/enrich.h"

#define HOST 4026531833u

static __s64 clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (__s64)ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static struct enricher *make_enricher(const char *root, const char *btf)
{
	char btf_path[PATH_MAX];
	const struct enricher_options options = {
		.btf_path = btf_path,
		.kallsyms_path = btf ? "/nonexistent" : "tests/unit/fixtures/kallsyms",
		.root = root,
	};
	struct enricher *e;

	snprintf(btf_path, sizeof(btf_path), "%s/%s", root, btf ? btf : "none");
	e = enricher__new(&options);
	cr_assert(e != NULL);
	return e;
}

Test(enrich, drop)
{
	char *root = temp_tree__new();
	struct enricher *e;
	struct drop drop = {};

	temp_tree__link(root, "proc/1/ns/net", "net:[4026531833]");
	temp_tree__link(root, "proc/1/ns/pid", "pid:[4026531836]");
	e = make_enricher(root, NULL);
	cr_expect_eq(enricher__errors(e)->reasons, -ENOENT);
	cr_expect_eq(enricher__errors(e)->kallsyms, 0);
	cr_expect_eq(enricher__errors(e)->netns, 0);
	drop.rec.reason = 6;
	drop.rec.location = 0xffffffff81000160;
	drop.rec.netns_ino = HOST;
	drop.rec.time_ns = (__u64)clock_ns(CLOCK_BOOTTIME);
	enricher__drop(e, &drop);
	cr_expect_str_eq(drop.reason, "reason 6");
	cr_assert(drop.symbol != NULL);
	cr_expect_str_eq(drop.symbol, "nf_hook_slow");
	cr_expect_eq(drop.symbol_offset, 0x10);
	cr_assert(drop.netns_name != NULL);
	cr_expect_str_eq(drop.netns_name, "host");
	cr_expect(drop.pod == NULL && drop.pod_namespace == NULL);

	/* nothing of it is left in the next one */
	memset(&drop.rec, 0, sizeof(drop.rec));
	drop.rec.reason = NO_REASON;
	enricher__drop(e, &drop);
	cr_expect_str_eq(drop.reason, "");
	cr_expect(drop.symbol == NULL && drop.symbol_offset == 0 && drop.netns_name == NULL);
	enricher__free(e);
	enricher__free(NULL);
	temp_tree__free(root);
}

/* Reasons of a module that is loaded meanwhile: their names are read when the first is seen. */
Test(enrich, reasons_of_a_new_module)
{
	static const struct temp_btf_value core[] = { { "SKB_DROP_REASON_NO_SOCKET", 3 }, {} };
	static const struct temp_btf_value subsystems[] = {
		{ "SKB_DROP_REASON_SUBSYS_OPENVSWITCH", 2 }, {}
	};
	static const struct temp_btf_value ovs[] = { { "OVS_DROP_LAST_ACTION", 0x20001 }, {} };
	static const char *const modules[] = {
		"nf_conntrack 20480 1 - Live 0xffffffffc0000000\n",
		"nf_conntrack 20480 1 - Live 0xffffffffc0000000\n"
		"openvswitch 20480 0 - Live 0xffffffffc0100000\n",
	};
	static const char *const expected[] = { "openvswitch reason 1", "OVS_DROP_LAST_ACTION" };
	char *root = temp_tree__new(), kallsyms[PATH_MAX], btf_path[PATH_MAX];
	struct btf *vmlinux = temp_btf__new(), *module;
	const struct enricher_options options = {
		.btf_path = btf_path, .kallsyms_path = kallsyms, .root = root
	};
	struct enricher *e[2];
	struct drop drop = {};
	size_t i;

	snprintf(kallsyms, sizeof(kallsyms), "%s/kallsyms", root);
	snprintf(btf_path, sizeof(btf_path), "%s/btf/vmlinux", root);
	temp_btf__enum(vmlinux, "skb_drop_reason", core);
	temp_btf__enum(vmlinux, "skb_drop_reason_subsys", subsystems);
	temp_btf__write(vmlinux, root, "btf/vmlinux");
	module = btf__new_empty_split(vmlinux);
	temp_btf__enum(module, "ovs_drop_reason", ovs);
	temp_tree__text(root, "kallsyms", "ffffffff81000000 T kfree_skb\n");
	temp_tree__text(root, "modules", modules[0]);
	for (i = 0; i < 2; i++) {
		e[i] = enricher__new(&options);
		cr_assert(e[i] != NULL);
	}
	temp_btf__write(module, root, "btf/openvswitch");
	/* read again only if the kernel says that a module came */
	for (i = 0; i < 2; i++) {
		temp_tree__text(root, "modules", modules[i]);
		drop.rec.reason = 0x20001;
		enricher__drop(e[i], &drop);
		cr_expect_str_eq(drop.reason, expected[i], "%zu: %s", i, drop.reason);
		cr_expect_str_eq(enricher__reason(e[i], 0x20001), expected[i]);
		cr_expect_str_eq(enricher__reason(e[i], 3), "NO_SOCKET");
		enricher__free(e[i]);
	}
	btf__free(module);
	btf__free(vmlinux);
	temp_tree__free(root);
}

Test(enrich, nothing_to_be_had)
{
	char *root = temp_tree__new();
	struct enricher *e;
	struct drop drop = {};

	e = make_enricher(root, "missing");
	cr_expect_eq(enricher__errors(e)->reasons, -ENOENT);
	cr_expect_eq(enricher__errors(e)->kallsyms, -ENOENT);
	cr_expect_eq(enricher__errors(e)->netns, -ENOENT);
	cr_expect(enricher__kallsyms(e) == NULL);
	cr_expect_not(reason_names__has_reasons(enricher__reasons(e)));
	drop.rec.reason = 0x20001;
	drop.rec.location = ~0ull;
	drop.rec.netns_ino = 1;
	drop.rec.time_ns = ~0ull;
	enricher__drop(e, &drop);
	cr_expect_str_eq(drop.reason, "subsystem 2 reason 1");
	cr_expect(drop.symbol == NULL && drop.netns_name == NULL && drop.pod == NULL);
	enricher__free(e);
	temp_tree__free(root);
}

Test(enrich, wall_clock)
{
	static const __u64 stamps[] = { 0, 1, 999999999, 1000000000, ~0ull, 1ull << 63 };
	char *root = temp_tree__new();
	struct enricher *e = make_enricher(root, "missing");
	struct timespec ts;
	__s64 wall, got;
	size_t i;

	ts = enricher__wall_clock(e, (__u64)clock_ns(CLOCK_BOOTTIME));
	wall = clock_ns(CLOCK_REALTIME);
	got = (__s64)ts.tv_sec * 1000000000LL + ts.tv_nsec;
	cr_expect(llabs(wall - got) < 1000000000LL, "%lld ns apart", wall - got);
	for (i = 0; i < sizeof(stamps) / sizeof(stamps[0]); i++) {
		ts = enricher__wall_clock(e, stamps[i]);
		cr_expect(ts.tv_nsec >= 0 && ts.tv_nsec < 1000000000);
	}
	enricher__free(e);
	temp_tree__free(root);
}

Test(enrich, dns_messages)
{
	static const struct {
		const char *what;
		__u16 length;
		__u8 more;
		__u8 l4_proto;
		bool known;	/* at least the header */
		const char *name;
		bool malformed;
	} cases[] = {
		{ "whole", 44, 0, IPPROTO_UDP, true, "web.shop.svc.cluster.local", false },
		{ "cut in the name", 20, 1, IPPROTO_UDP, true, "", false },
		{ "cut in the header", 10, 1, IPPROTO_UDP, false, "", false },
		{ "ends in the name", 20, 0, IPPROTO_UDP, false, "", true },
		{ "out of reach", 0, 1, IPPROTO_TCP, false, "", false },
		{ "middle of a stream", 20, 0, IPPROTO_TCP, false, "", false },
	};
	char *root = temp_tree__new();
	struct enricher *e = make_enricher(root, NULL);
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct drop drop = sample_dns();

		drop.dns_message.length = cases[i].length;
		drop.dns_message.more = cases[i].more;
		drop.rec.tuple.l4_proto = cases[i].l4_proto;
		enricher__drop(e, &drop);
		cr_expect_eq(drop.dns_malformed, cases[i].malformed, "%s", cases[i].what);
		cr_assert_eq(drop.dns != NULL, cases[i].known, "%s", cases[i].what);
		if (!drop.dns)
			continue;
		cr_expect_eq(drop.dns->id, 0x1a2b);
		cr_expect_str_eq(drop.dns->name, cases[i].name, "%s", cases[i].what);
	}
	/* what an earlier drop asked for must not stick to one without a message */
	struct drop plain = sample_udp();

	plain.dns_malformed = true;
	enricher__drop(e, &plain);
	cr_expect_null(plain.dns);
	cr_expect_not(plain.dns_malformed);
	enricher__free(e);
	temp_tree__free(root);
}
