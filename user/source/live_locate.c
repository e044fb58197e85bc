// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Locates conntrack's data: see live_locate.h.
 */
#include <bpf/libbpf.h>
#include <errno.h>

#include "bpf/drop_filter.h"
#include "user/source/conntrack_types.h"
#include "user/source/kernel_btf.h"
#include "user/source/kernel_facts.h"
#include "user/source/live_locate.h"
#include "user/source/live_walk.h"

/* generated; it uses the types of bpf/live_state.h and bpf/drop_filter.h */
#include "drop.skel.h"

/*
 * What struct nf_conntrack_net may look like where no type tells: the count is its first member
 * since c53bd0e96662 ("netfilter: conntrack: move ct counter to net_generic data", 5.13). The
 * sysctl_header lies at 24 bytes from then to 7.2, with and without what automatic helpers kept
 * before it until 6.0. The data certifies itself, so that a wrong guess finds nothing.
 */
static const struct conntrack_types layouts[] = {
	{ 0, 24 }, { 0, 16 }, { 0, 32 }, { 0, 8 }, { 0, 40 }, { 0, 48 }, { 0, 56 }, { 0, 64 },
};

static int look(struct live_locate *locate)
{
	int done = live_walk__run(locate->skel->progs.locate_namespace, -1);

	if (done == WALK_DONE)
		return 0;
	return done < 0 ? done : -ENOENT;
}

static int try(struct live_locate *locate, const struct conntrack_types *types)
{
	struct live_globals *globals = &locate->skel->bss->globals;

	globals->ct_net_count_bytes = types->count_bytes;
	globals->ct_net_sysctl_bytes = types->sysctl_bytes;
	globals->ct_net_known = 1;
	return look(locate);
}

/* That of the running kernel stays, once it is found. */
static int guess(struct live_locate *locate)
{
	const struct live_globals *globals = &locate->skel->bss->globals;
	size_t i;
	int err = 0;

	for (i = 0; i < sizeof(layouts) / sizeof(layouts[0]) && !err; i++) {
		err = try(locate, &layouts[i]);
		if (globals->ct_net_id)
			break;
	}
	return err;
}

int live_locate__run(struct live_locate *locate)
{
	struct live_globals *globals = &locate->skel->bss->globals;
	struct conntrack_types types;

	/* none is to be read by the layout of another */
	__atomic_store_n(&globals->ct_net_known, 0, __ATOMIC_SEQ_CST);
	locate->guesses = false;
	if (!conntrack_types__find(locate->btf_path, &types))
		return try(locate, &types);
	locate->guesses =
		!kernel_facts__counts_entries_in_netns(kernel_btf__get(locate->btf_path));
	return locate->guesses ? guess(locate) : look(locate);
}

int live_locate__again(struct live_locate *locate)
{
	const struct live_globals *globals = &locate->skel->bss->globals;

	if (!globals->ct_net_known || globals->ct_net_id)
		return 0;
	return locate->guesses ? guess(locate) : look(locate);
}
