// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Reads and sweeps the kernel side's table of namespaces: see live_claims.h.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "user/source/live_claims.h"

/* generated; it uses the types of bpf/live_state.h and bpf/drop_filter.h */
#include "drop.skel.h"

static struct live_claim add_up(const struct live_claims *c, const struct netns_state *values)
{
	struct live_claim claim = {};
	int cpu;

	for (cpu = 0; cpu < c->cpu_count; cpu++) {
		claim.drop += values[cpu].claimed_drop;
		claim.insert_failed += values[cpu].claimed_insert_failed;
		claim.chaintoolong += values[cpu].claimed_chaintoolong;
		if (values[cpu].netns_ino)
			claim.netns_ino = values[cpu].netns_ino;
	}
	return claim;
}

int live_claims__read(const struct live_claims *c, struct live_claim **ret_claims, size_t *ret_count)
{
	int fd = bpf_map__fd(c->skel->maps.namespaces), err = 0;
	size_t room = c->gone_count + bpf_map__max_entries(c->skel->maps.namespaces), n;
	struct netns_state *values = calloc(c->cpu_count, sizeof(*values));
	struct live_claim *claims = calloc(room, sizeof(*claims));
	struct netns_key key, *prev = NULL;

	if (!values || !claims) {
		err = -ENOMEM;
		goto cleanup;
	}
	for (n = 0; n < c->gone_count; n++)
		claims[n] = c->gone[n];
	while (n < room && !bpf_map_get_next_key(fd, prev, &key)) {
		prev = &key;
		if (bpf_map_lookup_elem(fd, &key, values) == 0)
			claims[n++] = add_up(c, values);
	}
	*ret_claims = claims;
	*ret_count = n;
	claims = NULL;
cleanup:
	free(values);
	free(claims);
	return err;
}

/* Forgets a namespace that the walk has not met, but not what was attributed to it. */
static int sweep_out(struct live_claims *c, const struct netns_key *key,
		     const struct netns_state *values)
{
	struct live_claim claim = add_up(c, values), *grown;

	if (claim.drop || claim.insert_failed || claim.chaintoolong) {
		grown = reallocarray(c->gone, c->gone_count + 1, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		c->gone = grown;
		c->gone[c->gone_count++] = claim;
	}
	if (bpf_map_delete_elem(bpf_map__fd(c->skel->maps.namespaces), key) < 0)
		return -errno;
	__atomic_fetch_sub(&c->skel->bss->globals.namespace_count, 1, __ATOMIC_SEQ_CST);
	return 0;
}

static bool met_in(const struct live_claims *c, const struct netns_state *values, __u32 epoch)
{
	int cpu;

	for (cpu = 0; cpu < c->cpu_count; cpu++)
		if (values[cpu].epoch == epoch)
			return true;
	return false;
}

int live_claims__sweep(struct live_claims *c, __u32 epoch)
{
	struct netns_state *values = calloc(c->cpu_count, sizeof(*values));
	int fd = bpf_map__fd(c->skel->maps.namespaces), err = 0;
	struct netns_key key, next;
	bool more;

	if (!values)
		return -ENOMEM;
	more = !bpf_map_get_next_key(fd, NULL, &key);
	while (more && !err) {
		more = !bpf_map_get_next_key(fd, &key, &next);
		if (!bpf_map_lookup_elem(fd, &key, values) && !met_in(c, values, epoch))
			err = sweep_out(c, &key, values);
		key = next;
	}
	free(values);
	return err;
}

void live_claims__done(struct live_claims *c)
{
	free(c->gone);
}
