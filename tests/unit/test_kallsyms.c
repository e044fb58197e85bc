/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Functions by address and by name: aliases, compiler's suffixes, modules out
 * of order, hidden addresses, files that are not what they should be.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/temp_tree.h"
#include "user/enrich/kallsyms.h"

#define FIXTURE "tests/unit/fixtures/kallsyms"

static struct kallsyms *load_text(const char *root, const char *text)
{
	char path[PATH_MAX];

	temp_tree__text(root, "kallsyms", text);
	snprintf(path, sizeof(path), "%s/kallsyms", root);
	return kallsyms__load(path);
}

Test(kallsyms, find)
{
	static const struct {
		__u64 addr;
		const char *name;
		__u64 offset;
		const char *module;
	} cases[] = {
		{ 0, NULL, 0, NULL },
		{ 0xffffffff80ffffff, NULL, 0, NULL },
		{ 0xffffffff81000000, "startup_64", 0, NULL },
		{ 0xffffffff810000ff, "startup_64", 0xff, NULL },
		{ 0xffffffff81000150, "nf_hook_slow", 0, NULL },
		{ 0xffffffff810001f0, "nf_hook_slow", 0xa0, NULL },
		{ 0xffffffff81000610, "nf_hook_slow.cold", 0x10, NULL },
		{ 0xffffffff81000584, "weak_one", 4, NULL },
		{ 0xffffffff810006ff, "last_function", 0xbf, NULL },
		/* behind the end of the code, in data, between modules */
		{ 0xffffffff81000700, NULL, 0, NULL },
		{ 0xffffffff82000010, NULL, 0, NULL },
		{ 0xffffffffc0900000, NULL, 0, NULL },
		{ 0xffffffffc0a00010, "nf_nat_inet_fn", 0x10, "nf_nat" },
		{ 0xffffffffc0b00050, "nft_do_chain", 0x50, "nf_tables" },
		{ 0xffffffffc0c00001, "bpf_prog_6deef7357e7b4530_count", 1, "bpf" },
		/* a module's last function does not reach to the end of memory */
		{ 0xffffffffc0c00000 + (1 << 20), NULL, 0, NULL },
		{ ~0ull, NULL, 0, NULL },
	};
	struct kallsyms *k = kallsyms__load(FIXTURE);
	const char *name, *module;
	__u64 offset;
	size_t i;

	cr_assert(k, "%s: %s", FIXTURE, strerror(errno));
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		offset = 0;
		name = kallsyms__find(k, cases[i].addr, &offset);
		module = kallsyms__module(k, cases[i].addr);
		cr_expect_str_eq(name ? name : "-", cases[i].name ? cases[i].name : "-", "%llx",
				 cases[i].addr);
		cr_expect_eq(offset, cases[i].offset, "%llx", cases[i].addr);
		cr_expect_str_eq(module ? module : "-", cases[i].module ? cases[i].module : "-",
				 "%llx", cases[i].addr);
	}
	cr_expect(kallsyms__find(k, 0xffffffff81000150, NULL) != NULL);
	kallsyms__free(k);
	kallsyms__free(NULL);
}

struct ranges {
	__u64 start[8];
	__u64 end[8];
	int count;
};

static int collect(__u64 start, __u64 end, const char *name, void *ctx)
{
	struct ranges *r = ctx;

	(void)name;
	r->start[r->count] = start;
	r->end[r->count] = end;
	return ++r->count == 8 ? -E2BIG : 0;
}

Test(kallsyms, range)
{
	struct kallsyms *k = kallsyms__load(FIXTURE);
	struct ranges r = {};
	__u64 addrs[2] = {};

	cr_assert(k);
	cr_expect_eq(kallsyms__range(k, "nf_hook_slow", collect, &r), 2);
	cr_expect_eq(r.start[0], 0xffffffff81000150);
	cr_expect_eq(r.end[0], 0xffffffff81000210);
	cr_expect_eq(r.start[1], 0xffffffff81000600);
	cr_expect_eq(r.end[1], 0xffffffff81000620);

	r.count = 0;
	cr_expect_eq(kallsyms__range(k, "early_helper", collect, &r), 3);
	cr_expect_eq(r.start[2], 0xffffffffc0b00100);

	/* aliases end where the next function begins */
	r.count = 0;
	cr_expect_eq(kallsyms__range(k, "_stext", collect, &r), 1);
	cr_expect_eq(r.end[0], 0xffffffff81000100);

	cr_expect_eq(kallsyms__range(k, "init_conntrack", NULL, NULL), 4);
	cr_expect_eq(kallsyms__range(k, "init_conntrack.isra", NULL, NULL), 2);
	cr_expect_eq(kallsyms__range(k, "nf_hook", NULL, NULL), 0);
	cr_expect_eq(kallsyms__range(k, "nf_hook_slow_data", NULL, NULL), 0);
	cr_expect_eq(kallsyms__range(k, "", NULL, NULL), 0);

	cr_expect_eq(kallsyms__addresses(k, "early_helper", addrs, 2), 3);
	cr_expect_eq(addrs[1], 0xffffffff81000120);
	cr_expect_eq(kallsyms__addresses(k, "absent", NULL, 0), 0);
	kallsyms__free(k);
}

/* A few variables, of the kernel proper, by their whole name. */
Test(kallsyms, datum)
{
	char *root = temp_tree__new();
	struct kallsyms *k = load_text(root, "ffffffff81000000 T f\n"
					     "ffffffff81000010 t page_offset_base\n"
					     "ffffffff82000000 D page_offset_base\n"
					     "ffffffff82000008 d vmemmap_base_of_another\n"
					     "ffffffff82000010 D vmemmap_bas\n"
					     "ffffffffc0000000 d vmemmap_base\t[a_module]\n");

	cr_assert(k);
	cr_expect_eq(kallsyms__datum(k, "page_offset_base"), 0xffffffff82000000);
	cr_expect_eq(kallsyms__datum(k, "vmemmap_base"), 0);
	cr_expect_eq(kallsyms__datum(k, "f"), 0, "no variable");
	cr_expect_eq(kallsyms__count(k), 2);
	kallsyms__free(k);
	temp_tree__free(root);
}

Test(kallsyms, hidden_and_empty)
{
	char *root = temp_tree__new();

	cr_expect(load_text(root, "0000000000000000 T _text\n0000000000000000 t f\n") == NULL);
	cr_expect_eq(errno, EPERM);
	cr_expect(load_text(root, "") == NULL);
	cr_expect_eq(errno, ENODATA);
	cr_expect(load_text(root, "ffffffff82000000 D data\n") == NULL);
	cr_expect_eq(errno, ENODATA);
	temp_tree__remove(root, "kallsyms");
	cr_expect(kallsyms__load("/nonexistent/kallsyms") == NULL);
	cr_expect_eq(errno, ENOENT);
	cr_expect(kallsyms__load("/") == NULL);
	cr_expect(errno == EIO || errno == EISDIR);
	temp_tree__free(root);
}

Test(kallsyms, torn_lines)
{
	static const char *const bad[] = {
		"",
		"f",
		"ffffffff81000000",
		"ffffffff81000000 ",
		"ffffffff81000000 T",
		"ffffffff81000000 T ",
		"ffffffff81000000  T f",
		"ffffffff81000000 TT f",
		"xyz T f",
		"-1 T f",
		"0xffffffff81000000 T f",
		" ffffffff81000000 T f",
		"ffffffff8100000000000 T f",
		"ffffffff81000000 T f\t[",
		"ffffffff81000000 T f\t[]",
	};
	char *root = temp_tree__new(), text[8192], *p;
	struct kallsyms *k;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "%s\nffffffff81000500 T good\n", bad[i]);
		k = load_text(root, text);
		cr_assert(k, "%s", bad[i]);
		cr_expect_eq(kallsyms__count(k), 1, "%s", bad[i]);
		kallsyms__free(k);
	}
	/* a line that is too long, whose rest looks like another one; no newline at the end */
	memset(text, 'a', sizeof(text));
	snprintf(text, 20, "%s", "ffffffff81000000 T ");
	text[19] = 'a';
	p = text + 5000;
	snprintf(p, 100, " ffffffff81000100 T evil\nffffffff81000200 T good");
	k = load_text(root, text);
	cr_assert(k);
	cr_expect_eq(kallsyms__count(k), 1);
	cr_expect_str_eq(kallsyms__find(k, 0xffffffff81000200, NULL), "good");
	kallsyms__free(k);
	temp_tree__free(root);
}

Test(kallsyms, reload_when_modules_change)
{
	char *root = temp_tree__new();
	struct kallsyms *k;

	temp_tree__text(root, "modules", "nf_nat 65536 2 nft_nat, Live 0xffffffffc0a00000\n");
	k = load_text(root, "ffffffff81000000 T old\n");
	cr_assert(k);
	cr_expect_eq(kallsyms__reload_if_stale(k), 0);

	temp_tree__text(root, "kallsyms", "ffffffff81000000 T new\n");
	temp_tree__text(root, "modules", "nf_nat 65536 3 nft_nat,x, Live 0xffffffffc0a00000\n");
	cr_expect_eq(kallsyms__reload_if_stale(k), 0, "users of a module do not matter");
	cr_expect_str_eq(kallsyms__find(k, 0xffffffff81000000, NULL), "old");

	temp_tree__text(root, "modules", "nf_nat 65536 2 nft_nat, Live 0xffffffffc0b00000\n");
	cr_expect_eq(kallsyms__reload_if_stale(k), 1);
	cr_expect_str_eq(kallsyms__find(k, 0xffffffff81000000, NULL), "new");

	/* what cannot be read any more leaves the old table */
	temp_tree__text(root, "kallsyms", "");
	cr_expect_eq(kallsyms__reload(k), -ENODATA);
	cr_expect_str_eq(kallsyms__find(k, 0xffffffff81000000, NULL), "new");
	kallsyms__free(k);
	temp_tree__free(root);
}
