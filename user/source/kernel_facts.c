/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads small files of the kernel's: see kernel_facts.h.
 */
#include <errno.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/source/kernel_facts.h"

static bool exists(const char *root, const char *dir, const char *name, const char *file)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s%s%s%s", root, dir, name, file) >= (int)sizeof(path))
		return false;
	return access(path, F_OK) == 0;
}

static FILE *open_below(const char *root, const char *file)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s%s", root, file) >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	return fopen(path, "re");
}

int kernel_facts__lockdown(const char *root, char ret_mode[LOCKDOWN_LEN])
{
	FILE *in = open_below(root, "/sys/kernel/security/lockdown");
	char text[128], *mode, *end;
	int err = -EBADMSG;

	if (!in)
		return -errno;
	/* "none [integrity] confidentiality" */
	if (fgets(text, sizeof(text), in)) {
		mode = strchr(text, '[');
		end = mode ? strchr(mode, ']') : NULL;
		if (end && end - mode - 1 < LOCKDOWN_LEN && end > mode + 1) {
			*end = '\0';
			snprintf(ret_mode, LOCKDOWN_LEN, "%s", mode + 1);
			err = 0;
		}
	}
	fclose(in);
	return err;
}

int kernel_facts__capabilities(const char *root, __u64 *ret_effective)
{
	FILE *in = open_below(root, "/proc/self/status");
	char line[256], *end;
	int err = -EBADMSG;
	__u64 effective;

	if (!in)
		return -errno;
	while (err && fgets(line, sizeof(line), in)) {
		if (strncmp(line, "CapEff:\t", 8))
			continue;
		effective = strtoull(line + 8, &end, 16);
		if (end == line + 8 || *end != '\n')
			break;
		*ret_effective = effective;
		err = 0;
	}
	fclose(in);
	return err;
}

/* include/linux/proc_ns.h: PROC_USER_INIT_INO, since 98f842e675f9 (3.8) */
#define FIRST_USER_NAMESPACE "user:[4026531837]"

/* In another one capabilities are worth nothing to bpf(2). */
static bool in_first_user_namespace(const char *root)
{
	char path[PATH_MAX], name[64];
	ssize_t len;

	if (snprintf(path, sizeof(path), "%s/proc/self/ns/user", root) >= (int)sizeof(path))
		return true;
	len = readlink(path, name, sizeof(name) - 1);
	if (len < 0)
		return true; /* built without */
	name[len] = '\0';
	return !strcmp(name, FIRST_USER_NAMESPACE);
}

bool kernel_facts__may_trace(const char *root)
{
	const __u64 parts = 1ULL << CAP_BPF | 1ULL << CAP_PERFMON;
	__u64 effective = 0;

	if (kernel_facts__capabilities(root, &effective))
		return geteuid() == 0;
	/* of which CAP_BPF and CAP_PERFMON are parts: a17b53c4a4b5, 980737282232 (5.8) */
	if (!(effective >> CAP_SYS_ADMIN & 1) && (effective & parts) != parts)
		return false;
	return in_first_user_namespace(root);
}

enum module_state kernel_facts__module(const char *root, const char *name)
{
	if (!exists(root, "/sys/module/", name, ""))
		return MODULE_ABSENT;
	/* what is built in has a directory for its parameters only */
	return exists(root, "/sys/module/", name, "/initstate") ? MODULE_LOADED :
								   MODULE_BUILT_IN;
}

enum module_types kernel_facts__module_types(const char *root, const struct btf *btf,
					     const char *name, const char *function)
{
	if (btf && btf__find_by_name_kind(btf, function, BTF_KIND_FUNC) > 0)
		return MODULE_TYPES_KERNEL;
	return exists(root, "/sys/kernel/btf/", name, "") ? MODULE_TYPES_OWN :
							    MODULE_TYPES_NONE;
}

const char *kernel_facts__tracefs(const char *root)
{
	static const char *const mounts[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };
	size_t i;

	for (i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++)
		if (exists(root, mounts[i], "", "/events/skb/kfree_skb/id"))
			return mounts[i];
	return NULL;
}

static bool has_member(const struct btf *btf, const char *name, const char *member)
{
	__s32 id = btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT);
	const struct btf_type *type = id > 0 ? btf__type_by_id(btf, id) : NULL;
	__u32 i;

	for (i = 0; type && i < btf_vlen(type); i++)
		if (!strcmp(btf__name_by_offset(btf, btf_members(type)[i].name_off), member))
			return true;
	return false;
}

bool kernel_facts__has_conntrack_counters(const struct btf *btf)
{
	return btf && has_member(btf, "net", "ct") && has_member(btf, "netns_ct", "stat") &&
	       has_member(btf, "ip_conntrack_stat", "insert_failed");
}

bool kernel_facts__counts_entries_in_netns(const struct btf *btf)
{
	return btf && has_member(btf, "netns_ct", "count");
}
