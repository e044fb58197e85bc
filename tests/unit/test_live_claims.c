// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What was attributed to conntrack, also in namespaces that went. The kernel side's table is
 * replaced by the linker, see UNIT_REPLACED in the Makefile.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/source/live_claims.h"

/* generated; it uses the types of bpf/live_state.h and bpf/drop_filter.h */
#include "drop.skel.h"

#define CPUS   2
#define ROOM   8
#define MAP_FD 1234
#define EPOCH  7

/* The table that there is not. */
static struct {
	struct netns_key keys[ROOM];
	struct netns_state values[ROOM][CPUS];
	size_t count;
	int err;		/* of deleting */
} map;

static struct drop_bpf__bss bss;
static struct drop_bpf skel;
static struct live_claims claims;

int __wrap_bpf_map__fd(const struct bpf_map *unused);
__u32 __wrap_bpf_map__max_entries(const struct bpf_map *unused);
int __wrap_bpf_map_get_next_key(int fd, const void *key, void *next_key);
int __wrap_bpf_map_lookup_elem(int fd, const void *key, void *value);
int __wrap_bpf_map_delete_elem(int fd, const void *key);

int __wrap_bpf_map__fd(const struct bpf_map *unused)
{
	(void)unused;
	return MAP_FD;
}

__u32 __wrap_bpf_map__max_entries(const struct bpf_map *unused)
{
	(void)unused;
	return ROOM;
}

static size_t find(int fd, const void *key)
{
	size_t i;

	cr_assert(eq(int, fd, MAP_FD));
	for (i = 0; i < map.count; i++)
		if (!memcmp(&map.keys[i], key, sizeof(map.keys[i])))
			break;
	return i;
}

/* After a key that is gone it begins anew, as hash maps do. */
int __wrap_bpf_map_get_next_key(int fd, const void *key, void *next_key)
{
	size_t at = key ? find(fd, key) + 1 : 0;

	if (at > map.count)
		at = 0;
	if (at == map.count)
		return -1;
	memcpy(next_key, &map.keys[at], sizeof(map.keys[at]));
	return 0;
}

int __wrap_bpf_map_lookup_elem(int fd, const void *key, void *value)
{
	size_t at = find(fd, key);

	if (at == map.count)
		return -1;
	memcpy(value, map.values[at], sizeof(map.values[at]));
	return 0;
}

int __wrap_bpf_map_delete_elem(int fd, const void *key)
{
	size_t at = find(fd, key);

	if (at == map.count || map.err) {
		errno = map.err ? map.err : ENOENT;
		return -1;
	}
	map.count--;
	memmove(&map.keys[at], &map.keys[at + 1], (map.count - at) * sizeof(map.keys[0]));
	memmove(&map.values[at], &map.values[at + 1], (map.count - at) * sizeof(map.values[0]));
	return 0;
}

/* What the two CPUs know of a namespace. */
static void add(__u32 ino, const struct netns_state *first, const struct netns_state *second)
{
	map.keys[map.count] = (struct netns_key){ .net = 0xffff000000000000 + ino, .cookie = ino };
	map.values[map.count][0] = *first;
	map.values[map.count][1] = *second;
	map.count++;
	bss.globals.namespace_count++;
}

static void begin(void)
{
	skel.bss = &bss;
	claims = (struct live_claims){ .skel = &skel, .cpu_count = CPUS };
}

static void end(void)
{
	live_claims__done(&claims);
}

TestSuite(live_claims, .init = begin, .fini = end);

struct row {
	__u32 netns_ino;
	__u64 drop, insert_failed, chaintoolong;
};

static void expect(const struct row *rows, size_t row_count)
{
	struct live_claim *found;
	size_t count, i;

	cr_assert(eq(int, live_claims__read(&claims, &found, &count), 0));
	cr_assert(eq(sz, count, row_count));
	for (i = 0; i < count; i++) {
		cr_expect(eq(u32, found[i].netns_ino, rows[i].netns_ino), "row %zu", i);
		cr_expect(eq(u64, found[i].drop, rows[i].drop), "row %zu", i);
		cr_expect(eq(u64, found[i].insert_failed, rows[i].insert_failed), "row %zu", i);
		cr_expect(eq(u64, found[i].chaintoolong, rows[i].chaintoolong), "row %zu", i);
	}
	free(found);
}

/* Not each CPU has seen each of them. */
Test(live_claims, of_all_cpus)
{
	static const struct row rows[] = { { 10, 11, 22, 33 }, { 20, 4, 5, 6 } };

	expect(NULL, 0);
	add(10,
	    &(struct netns_state){ .netns_ino = 10, .claimed_drop = 1, .claimed_insert_failed = 2,
				   .claimed_chaintoolong = 3 },
	    &(struct netns_state){ .netns_ino = 10, .claimed_drop = 10, .claimed_insert_failed = 20,
				   .claimed_chaintoolong = 30 });
	add(20,
	    &(struct netns_state){ .netns_ino = 20, .claimed_drop = 4, .claimed_insert_failed = 5,
				   .claimed_chaintoolong = 6 },
	    &(struct netns_state){});
	expect(rows, 2);
}

/* Which one CPU has met is there; of the others that is kept which was attributed to them. */
Test(live_claims, outlive_their_namespaces)
{
	static const struct row rows[] = {
		{ 10, 1, 0, 0 }, { 20, 0, 2, 0 }, { 30, 0, 0, 3 }, { 50, 5, 0, 0 }, { 60, 0, 0, 0 },
	};
	const struct netns_state before = { .epoch = EPOCH - 1 };

	add(10, &(struct netns_state){ .netns_ino = 10, .claimed_drop = 1 }, &before);
	add(20, &(struct netns_state){ .netns_ino = 20, .claimed_insert_failed = 2 }, &before);
	add(30, &before, &(struct netns_state){ .netns_ino = 30, .claimed_chaintoolong = 3 });
	add(40, &(struct netns_state){ .netns_ino = 40 }, &before);
	add(50, &before, &(struct netns_state){ .netns_ino = 50, .claimed_drop = 5, .epoch = EPOCH });
	add(60, &(struct netns_state){ .netns_ino = 60, .epoch = EPOCH }, &before);
	cr_assert(eq(int, live_claims__sweep(&claims, EPOCH), 0));
	cr_assert(eq(sz, map.count, 2));
	cr_assert(eq(u32, bss.globals.namespace_count, 2));
	expect(rows, 5);
	cr_assert(eq(int, live_claims__sweep(&claims, EPOCH), 0));
	expect(rows, 5);
}

Test(live_claims, what_cannot_be_swept_out)
{
	add(10, &(struct netns_state){ .netns_ino = 10 }, &(struct netns_state){});
	map.err = EPERM;
	cr_assert(eq(int, live_claims__sweep(&claims, EPOCH), -EPERM));
	cr_assert(eq(u32, bss.globals.namespace_count, 1));
}
