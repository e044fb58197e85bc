// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Follows the kernel's modules: see run_hooks.h.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "user/source/kernel_btf.h"
#include "user/source/kernel_functions.h"
#include "user/run/hooks.h"

static int attach(struct run_hooks *h, struct live *live, const struct kallsyms *k,
		  const char **ret_why_not)
{
	h->hooks = conntrack_hooks__open(k, h->mode, h->btf_path, live__verdicts_fd(live),
					 live__events_fd(live), ret_why_not);
	return h->hooks ? 0 : -errno;
}

static bool has_conntrack(const struct kallsyms *k)
{
	return k && kallsyms__range(k, "nf_conntrack_in", NULL, NULL) > 0;
}

/* Which of the nf_conntracks that were loaded one after the other this is; 0: none, or not known. */
static __u64 conntrack_instance(void)
{
	struct stat directory;

	return stat("/sys/module/nf_conntrack", &directory) ? 0 : directory.st_ino;
}

int run_hooks__open(struct run_hooks *h, struct live *live, struct kallsyms *k,
		      struct live_failure *ret_failure)
{
	const char *why_not;
	int err;

	h->generation = k ? kallsyms__generation(k) : 0;
	h->conntrack = has_conntrack(k);
	h->instance = conntrack_instance();
	/* an earlier one may have left addresses behind, which the next may get again */
	if (k)
		live__conntrack_gone(live, !h->conntrack);
	if (!h->wanted)
		return 0;
	err = attach(h, live, k, &why_not);
	/* what hooks add to the counters is no condition for running */
	if (!err || h->mode == CONNTRACK_COUNTERS || err == -ENOENT)
		return 0;
	ret_failure->what = "hook conntrack's functions";
	ret_failure->remedy = why_not;
	ret_failure->kernel_cannot = err == -EOPNOTSUPP;
	return err;
}

/* Keeps the count of hooks that go. */
static void detach(struct run_hooks *h)
{
	__u64 evictions, lost;

	if (h->hooks && !conntrack_hooks__evictions(h->hooks, &evictions, &lost)) {
		h->evictions += evictions;
		h->evictions_lost += lost;
	}
	conntrack_hooks__close(h->hooks);
	h->hooks = NULL;
}

int run_hooks__refresh(struct run_hooks *h, struct live *live, struct kallsyms *k,
		       const char **ret_news)
{
	static struct location_class locations[LOCATION_CLASSES_MAX];
	static struct hook_function functions[HOOK_FUNCTIONS_MAX];
	__u64 instance = conntrack_instance();
	const char *why_not;
	bool replaced;
	int err;

	*ret_news = NULL;
	if (!k)
		return 0;
	/* gone and back since the last look, maybe to where it was */
	replaced = h->conntrack && instance && h->instance && instance != h->instance;
	h->instance = instance;
	kallsyms__reload_if_stale(k);
	if (kallsyms__generation(k) == h->generation && !replaced)
		return h->conntrack ? live__conntrack_up(live) : 0;
	h->generation = kallsyms__generation(k);
	/* hooks on a module that was unloaded hold nothing; when others come and go they stay */
	if (replaced || !has_conntrack(k))
		detach(h);
	err = live__modules_changed(live, locations, kernel_functions__locations(k, locations),
				    functions, kernel_functions__hooks(k, functions));
	if (!err && h->conntrack != has_conntrack(k)) {
		h->conntrack = !h->conntrack;
		h->unloaded |= !h->conntrack;
		live__conntrack_gone(live, !h->conntrack);
		*ret_news = h->conntrack ? "nf_conntrack was loaded: its drops are known from now on" :
					   "nf_conntrack was unloaded";
	} else if (!err && replaced) {
		h->unloaded = true;
		live__conntrack_gone(live, true);
		live__conntrack_gone(live, false);
		*ret_news = "nf_conntrack was unloaded and loaded again";
	}
	if (h->wanted && !h->hooks)
		attach(h, live, k, &why_not);
	kernel_btf__release();
	return err;
}

bool run_hooks__evictions(const struct run_hooks *h, __u64 *ret_evictions, __u64 *ret_lost)
{
	__u64 evictions = 0, lost = 0;

	if (h->hooks && conntrack_hooks__evictions(h->hooks, &evictions, &lost))
		return false;
	*ret_evictions = h->evictions + evictions;
	*ret_lost = h->evictions_lost + lost;
	return h->hooks || h->evictions;
}

void run_hooks__close(struct run_hooks *h)
{
	detach(h);
}
