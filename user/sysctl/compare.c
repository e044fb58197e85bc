// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Compares settings with what they were: see compare.h.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/sysctl/compare.h"
#include "user/sysctl/names.h"
#include "user/sysctl/value.h"

/*
 * The watched write is reported before it takes effect: the reading that shows
 * it may be the next one, or the one after that.
 */
#define EXPLAINED_READINGS 2

struct setting {
	char path[SYSCTL_NAME_LEN]; /* as in a record, or from / */
	char value[SYSCTL_VALUE_LEN]; /* "": unknown */
	char now[SYSCTL_VALUE_LEN];
	bool cut, now_cut;
	int explained;		/* for so many readings */
};

struct sysctl_compare {
	char root[PATH_MAX];
	struct setting *settings;
	size_t count;
	size_t turn; /* of sysctl_compare__read_some() */
};

static void add(struct sysctl_compare *c, const char *path)
{
	snprintf(c->settings[c->count++].path, SYSCTL_NAME_LEN, "%s", path);
}

static void add_starred(struct sysctl_compare *c, const char *name)
{
	static const char *const instead[] = { "all", "default" };
	const char *star = strchr(name, '*');
	char path[SYSCTL_NAME_LEN];
	size_t i;

	for (i = 0; i < sizeof(instead) / sizeof(instead[0]); i++) {
		snprintf(path, sizeof(path), "%.*s%s%s", (int)(star - name), name, instead[i],
			 star + 1);
		add(c, path);
	}
}

static void keep(struct setting *setting)
{
	memcpy(setting->value, setting->now, sizeof(setting->value));
	setting->cut = setting->now_cut;
}

struct sysctl_compare *sysctl_compare__new(const char *root)
{
	struct sysctl_compare *c = calloc(1, sizeof(*c));
	size_t i;

	if (!c)
		return NULL;
	snprintf(c->root, sizeof(c->root), "%s", root);
	c->settings = calloc(2 * sysctl_name_count + sysctl_bypass_count, sizeof(*c->settings));
	if (!c->settings) {
		free(c);
		errno = ENOMEM;
		return NULL;
	}
	for (i = 0; i < sysctl_name_count; i++) {
		if (strchr(sysctl_names[i], '*'))
			add_starred(c, sysctl_names[i]);
		else
			add(c, sysctl_names[i]);
	}
	for (i = 0; i < sysctl_bypass_count; i++)
		add(c, sysctl_bypass_files[i]);
	sysctl_compare__read(c);
	for (i = 0; i < c->count; i++)
		keep(&c->settings[i]);
	return c;
}

static void read_again(const struct sysctl_compare *c, struct setting *setting)
{
	sysctl_value__read(c->root, setting->path, setting->now, &setting->now_cut);
}

void sysctl_compare__read(struct sysctl_compare *c)
{
	size_t i;

	for (i = 0; i < c->count; i++)
		read_again(c, &c->settings[i]);
}

static bool differs(const struct setting *setting)
{
	return setting->value[0] && setting->now[0] &&
	       (strcmp(setting->value, setting->now) || setting->cut != setting->now_cut);
}

void sysctl_compare__read_some(struct sysctl_compare *c, size_t how_many)
{
	bool news = false;
	size_t i;

	if (!c->count)
		return;
	for (i = 0; i < c->count; i++) {
		struct setting *setting = &c->settings[i];
		bool has_turn = (i + c->count - c->turn) % c->count < how_many;

		/* no program sees who writes to a file that is none of /proc/sys */
		if (!has_turn && !setting->explained && setting->path[0] != '/')
			continue;
		read_again(c, setting);
		news |= differs(setting) && !setting->explained;
	}
	c->turn = (c->turn + how_many) % c->count;
	/* it may be known by the name of another one */
	if (news)
		sysctl_compare__read(c);
}

/* Writes to one of these change all of its group. */
static bool is_same_value(const char *a, const char *b)
{
	static const char *const groups[][4] = {
		{ "net/netfilter/nf_conntrack_max", "net/nf_conntrack_max", NULL },
		{ "net/netfilter/nf_conntrack_buckets",
		  "/sys/module/nf_conntrack/parameters/hashsize", NULL },
		/* ip_forward is conf/all/forwarding, which sets all the others */
		{ "net/ipv4/ip_forward", "net/ipv4/conf/all/forwarding",
		  "net/ipv4/conf/default/forwarding", NULL },
		{ "net/ipv6/conf/all/forwarding", "net/ipv6/conf/default/forwarding", NULL },
		{ "net/ipv6/conf/all/disable_ipv6", "net/ipv6/conf/default/disable_ipv6", NULL },
	};
	size_t i, k;

	if (!strcmp(a, b))
		return true;
	for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		bool has_a = false, has_b = false;

		for (k = 0; k < 4 && groups[i][k]; k++) {
			has_a |= !strcmp(a, groups[i][k]);
			has_b |= !strcmp(b, groups[i][k]);
		}
		if (has_a && has_b)
			return true;
	}
	return false;
}

void sysctl_compare__explain(struct sysctl_compare *c, const char *path)
{
	size_t i;

	for (i = 0; i < c->count; i++)
		if (is_same_value(path, c->settings[i].path))
			c->settings[i].explained = EXPLAINED_READINGS;
}

static void report(const struct setting *setting, sysctl_change_fn fn, void *ctx)
{
	struct sysctl_change change = {
		.seen_by = SYSCTL_SEEN_VALUE,
		.old_cut = setting->cut,
		.new_cut = setting->now_cut,
	};

	sysctl_names__dotted(setting->path, change.name);
	memcpy(change.old_value, setting->value, sizeof(change.old_value));
	memcpy(change.new_value, setting->now, sizeof(change.new_value));
	fn(ctx, &change);
}

/* Another way to change what has been reported under a better known name. */
static bool is_reported(const struct sysctl_compare *c, size_t index)
{
	size_t i;

	for (i = 0; i < index; i++)
		if (differs(&c->settings[i]) &&
		    is_same_value(c->settings[i].path, c->settings[index].path))
			return true;
	return false;
}

void sysctl_compare__report(struct sysctl_compare *c, sysctl_change_fn fn, void *ctx)
{
	size_t i;

	for (i = 0; i < c->count; i++) {
		struct setting *setting = &c->settings[i];

		if (differs(setting) && !setting->explained && !is_reported(c, i))
			report(setting, fn, ctx);
	}
	for (i = 0; i < c->count; i++) {
		keep(&c->settings[i]);
		if (c->settings[i].explained)
			c->settings[i].explained--;
	}
}

void sysctl_compare__free(struct sysctl_compare *c)
{
	if (!c)
		return;
	free(c->settings);
	free(c);
}
