// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Follows the kernel's modules: see run_hooks.h.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "user/source/kernel_btf.h"
#include "user/source/kernel_functions.h"
#include "user/run/hooks.h"

/* An attempt to attach costs some 10 MB of the kernel's types and a trial or two. */
#define PAUSE_MAX 63

static int attach(struct run_hooks *h, struct live *live, const struct kallsyms *k,
		  const char **ret_why_not)
{
	int err;

	h->hooks = conntrack_hooks__open(k, h->mode, h->btf_path, live__verdicts_fd(live),
					 live__events_fd(live), ret_why_not);
	err = h->hooks ? 0 : -errno;
	h->hopeless = err == -EOPNOTSUPP;
	return err;
}

/* What kept hooks from being attached may have gone with that nf_conntrack. */
static void begin_anew(struct run_hooks *h)
{
	h->hopeless = h->failure_told = false;
	h->wait = h->pause = 0;
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
	if (!err || h->mode == CONNTRACK_COUNTERS || (err == -ENOENT && k && !h->conntrack))
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

/* The modules are others now. What that means for conntrack, static; NULL: nothing. */
static int take_change(struct run_hooks *h, struct live *live, const struct kallsyms *k,
		       bool replaced, const char **ret_change)
{
	static struct location_class locations[LOCATION_CLASSES_MAX];
	static struct hook_function functions[HOOK_FUNCTIONS_MAX];
	bool there = has_conntrack(k);
	int err;

	h->generation = kallsyms__generation(k);
	/* hooks on a module that was unloaded hold nothing; when others come and go they stay */
	if (replaced || there != h->conntrack) {
		detach(h);
		begin_anew(h);
	}
	err = live__modules_changed(live, locations, kernel_functions__locations(k, locations),
				    functions, kernel_functions__hooks(k, functions));
	if (!err && there != h->conntrack) {
		h->conntrack = there;
		h->unloaded |= !there;
		live__conntrack_gone(live, !there);
		*ret_change = there ? "nf_conntrack was loaded" : "nf_conntrack was unloaded";
	} else if (!err && replaced) {
		h->unloaded = true;
		live__conntrack_gone(live, true);
		live__conntrack_gone(live, false);
		*ret_change = "nf_conntrack was unloaded and loaded again";
	}
	return err;
}

/* Whether hooks are missing, and it is time to try. */
static bool is_due(struct run_hooks *h, const struct kallsyms *k)
{
	if (!h->wanted || h->hooks || h->hopeless || !has_conntrack(k))
		return false;
	if (!h->wait)
		return true;
	h->wait--;
	return false;
}

static int renew(struct run_hooks *h, struct live *live, const struct kallsyms *k,
		 const char **ret_why_not)
{
	int err = attach(h, live, k, ret_why_not);

	h->wait = h->pause;
	h->pause = h->pause < PAUSE_MAX ? 2 * h->pause + 1 : PAUSE_MAX;
	return err;
}

__attribute__((format(printf, 2, 3))) static void add_news(struct run_hooks *h,
							   const char *format, ...)
{
	size_t length = strlen(h->news);
	va_list args;

	va_start(args, format);
	vsnprintf(h->news + length, sizeof(h->news) - length, format, args);
	va_end(args);
}

static void tell_of_failure(struct run_hooks *h, const char *why_not, int err)
{
	static const char *const losses[] = {
		[CONNTRACK_COUNTERS] = "evictions and winners of clashes are not shown",
		[CONNTRACK_DIRECT] = "its drops have no cause",
		[CONNTRACK_BOTH] = "the causes of its drops are not compared",
	};

	/* nobody asked for those of this mode, and kernels without them are no news */
	if (h->failure_told || (h->mode == CONNTRACK_COUNTERS && h->hopeless))
		return;
	h->failure_told = true;
	add_news(h, "%sconntrack's functions cannot be hooked (%s: %s), and %s",
		 *h->news ? "; " : "", why_not, strerror(-err), losses[h->mode]);
}

static void tell_of_success(struct run_hooks *h)
{
	if (h->failure_told)
		add_news(h, "conntrack's functions are hooked from now on");
	begin_anew(h);
}

int run_hooks__refresh(struct run_hooks *h, struct live *live, struct kallsyms *k,
		       const char **ret_news)
{
	__u64 instance = conntrack_instance();
	const char *change = NULL, *why_not;
	int err, hooks_err = 0;
	bool replaced;

	*ret_news = NULL;
	*h->news = '\0';
	if (!k)
		return 0;
	/* gone and back since the last look, maybe to where it was */
	replaced = h->conntrack && instance && h->instance && instance != h->instance;
	h->instance = instance;
	kallsyms__reload_if_stale(k);
	if (kallsyms__generation(k) != h->generation || replaced)
		err = take_change(h, live, k, replaced, &change);
	else
		err = h->conntrack ? live__conntrack_up(live) : 0;
	if (is_due(h, k))
		hooks_err = renew(h, live, k, &why_not);
	if (change)
		add_news(h, "%s", change);
	if (change && !replaced && h->conntrack && (h->hooks || h->mode != CONNTRACK_DIRECT))
		add_news(h, ": its drops are known from now on");
	if (hooks_err)
		tell_of_failure(h, why_not, hooks_err);
	else if (h->hooks)
		tell_of_success(h);
	kernel_btf__release();
	*ret_news = *h->news ? h->news : NULL;
	return err ? err : hooks_err;
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
