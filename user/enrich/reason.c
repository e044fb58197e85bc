/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads enums of drop reasons from vmlinux's and modules' BTF into one sorted
 * table. Which reasons are no trouble is reason_noise.c's.
 */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bpf/drop_record.h"
#include "user/enrich/reason.h"
#include "user/source/kernel_btf.h"

#define VMLINUX_BTF   "/sys/kernel/btf/vmlinux"
#define CORE_PREFIX   "SKB_DROP_REASON_"
#define SUBSYS_PREFIX "SKB_DROP_REASON_SUBSYS_"
#define ENUM_SUFFIX   "_drop_reason"
#define SUBSYS_SHIFT  16

/* 6.18 has 130 reasons; a file that claims more than this is no kernel's. */
#define REASONS_MAX  4096
#define SUBSYS_MAX   64
#define NAME_LEN_MAX 80
/* The kernel makes few numbers without a name; a recorded file may make many. */
#define UNNAMED_MAX 256
/* The largest module's BTF (amdgpu) has some 3 MB. */
#define MODULE_BTF_MAX (64u << 20)

struct reason_name {
	__u32 reason;
	char *name;
};

struct reason_names {
	struct reason_name *named; /* sorted by reason once loaded */
	size_t named_count;
	char *subsys[SUBSYS_MAX];
	struct reason_name *unnamed; /* numbers given out as text, in no order */
	size_t unnamed_count;
	char scratch[NAME_LEN_MAX + 40];
	char *btf_path; /* NULL: the kernel's own */
	bool has_reasons;
};

struct reason_names *reason_names__new(void)
{
	return calloc(1, sizeof(struct reason_names));
}

static bool is_identifier(const char *s)
{
	size_t i;

	for (i = 0; s[i]; i++)
		if (i >= NAME_LEN_MAX || (!isalnum((unsigned char)s[i]) && s[i] != '_'))
			return false;
	return i > 0;
}

static bool has_suffix(const char *s, const char *suffix)
{
	size_t len = strlen(s), suffix_len = strlen(suffix);

	return len >= suffix_len && strcmp(s + len - suffix_len, suffix) == 0;
}

static const char *skip_prefix(const char *s, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(s, prefix, len) == 0 ? s + len : NULL;
}

static int add_name(struct reason_names *names, __u32 reason, const char *name)
{
	struct reason_name *grown;
	size_t i;

	if (!is_identifier(name) || names->named_count == REASONS_MAX)
		return 0;
	for (i = 0; i < names->named_count; i++)
		if (names->named[i].reason == reason)
			return 0;
	/* grow by powers of two */
	if ((names->named_count & (names->named_count - 1)) == 0) {
		grown = reallocarray(names->named, names->named_count ? 2 * names->named_count : 1,
				     sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		names->named = grown;
	}
	names->named[names->named_count].reason = reason;
	names->named[names->named_count].name = strdup(name);
	if (!names->named[names->named_count].name)
		return -ENOMEM;
	names->named_count++;
	return 0;
}

static int add_core_reason(struct reason_names *names, __u32 value, const char *name)
{
	const char *bare = skip_prefix(name, CORE_PREFIX);

	/* SKB_NOT_DROPPED_YET, SKB_CONSUMED */
	if (!bare)
		bare = skip_prefix(name, "SKB_");
	/* the number of reasons, and the mask of the subsystem's bits */
	if (!bare || strcmp(bare, "MAX") == 0 || value >> SUBSYS_SHIFT)
		return 0;
	names->has_reasons = true;
	return add_name(names, value, bare);
}

static int add_subsys(struct reason_names *names, __u32 value, const char *name)
{
	const char *bare = skip_prefix(name, SUBSYS_PREFIX);
	char *p;

	if (!bare || strcmp(bare, "NUM") == 0 || !is_identifier(bare) || value >= SUBSYS_MAX ||
	    names->subsys[value])
		return 0;
	names->subsys[value] = strdup(bare);
	if (!names->subsys[value])
		return -ENOMEM;
	for (p = names->subsys[value]; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return 0;
}

static int add_subsys_reason(struct reason_names *names, __u32 value, const char *name)
{
	__u32 subsys = value >> SUBSYS_SHIFT;

	if (!subsys || subsys >= SUBSYS_MAX || !names->subsys[subsys])
		return 0;
	/* mac80211 has its enum twice, the other time with ___ in front */
	name += strspn(name, "_");
	/* the value before the first, as in __OVS_DROP_REASON, and after the last */
	if (has_suffix(name, "_DROP_REASON") || has_suffix(name, "_DROP_MAX"))
		return 0;
	return add_name(names, value, name);
}

typedef int (*enum_value_fn)(struct reason_names *names, __u32 value, const char *name);

static int walk_enum(struct reason_names *names, const struct btf *btf, const struct btf_type *type,
		     enum_value_fn add)
{
	const struct btf_enum *value = btf_enum(type);
	const char *name;
	int i, err;

	for (i = 0; i < btf_vlen(type); i++, value++) {
		name = btf__name_by_offset(btf, value->name_off);
		if (!name)
			continue;
		err = add(names, (__u32)value->val, name);
		if (err)
			return err;
	}
	return 0;
}

static int read_enums(struct reason_names *names, const struct btf *btf, __u32 first_id)
{
	__u32 id, end = btf__type_cnt(btf);
	const struct btf_type *type;
	const char *name;
	int err;

	for (id = first_id; id < end; id++) {
		type = btf__type_by_id(btf, id);
		if (!type || btf_kind(type) != BTF_KIND_ENUM)
			continue;
		name = btf__name_by_offset(btf, type->name_off);
		if (!name || !has_suffix(name, ENUM_SUFFIX) || strcmp(name, "skb_drop_reason") == 0)
			continue;
		err = walk_enum(names, btf, type, add_subsys_reason);
		if (err)
			return err;
	}
	return 0;
}

static int read_named_enum(struct reason_names *names, const struct btf *btf, const char *name,
			   enum_value_fn add)
{
	__s32 id = btf__find_by_name_kind(btf, name, BTF_KIND_ENUM);

	if (id < 0)
		return 0;
	return walk_enum(names, btf, btf__type_by_id(btf, (__u32)id), add);
}

static char *read_whole(int dir_fd, const char *name, size_t *ret_size)
{
	char *data = NULL;
	size_t size = 0;
	struct stat st;
	ssize_t n = 0;
	int fd;

	fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size <= 0 ||
	    st.st_size > MODULE_BTF_MAX)
		goto cleanup;
	data = malloc((size_t)st.st_size);
	if (!data)
		goto cleanup;
	while (size < (size_t)st.st_size) {
		n = read(fd, data + size, (size_t)st.st_size - size);
		if (n <= 0)
			break;
		size += (size_t)n;
	}
	if (n < 0) {
		free(data);
		data = NULL;
	}
	*ret_size = size;
cleanup:
	close(fd);
	return data;
}

static int read_module(struct reason_names *names, struct btf *vmlinux, const char *dir_path,
		       int dir_fd, const char *module)
{
	struct btf *btf = NULL;
	size_t size = 0;
	char *data, *path = NULL;
	int err = 0;

	data = read_whole(dir_fd, module, &size);
	/* of a node's 100 to 200 modules at most two are worth parsing */
	if (!data || !memmem(data, size, ENUM_SUFFIX, strlen(ENUM_SUFFIX)))
		goto cleanup;
	/* btf__new_split() would take the data, but is missing from libbpf 1.1's exports */
	if (asprintf(&path, "%s/%s", dir_path, module) < 0) {
		path = NULL;
		err = -ENOMEM;
		goto cleanup;
	}
	btf = btf__parse_split(path, vmlinux);
	/* a module's BTF is a bonus: one that is torn or of another kernel is skipped */
	if (btf)
		err = read_enums(names, btf, btf__type_cnt(vmlinux));
cleanup:
	btf__free(btf);
	free(path);
	free(data);
	return err;
}

static int read_modules(struct reason_names *names, struct btf *vmlinux, const char *vmlinux_path)
{
	const char *slash = strrchr(vmlinux_path, '/');
	struct dirent *entry;
	char *path;
	int err = 0;
	DIR *dir;

	if (!slash || strcmp(slash + 1, "vmlinux") != 0)
		return 0;
	path = strndup(vmlinux_path, (size_t)(slash - vmlinux_path) + 1);
	if (!path)
		return -ENOMEM;
	dir = opendir(path);
	while (dir && !err && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && strcmp(entry->d_name, "vmlinux") != 0)
			err = read_module(names, vmlinux, path, dirfd(dir), entry->d_name);
	if (dir)
		closedir(dir);
	free(path);
	return err;
}

static int compare_reasons(const void *a, const void *b)
{
	const struct reason_name *x = a, *y = b;

	return (x->reason > y->reason) - (x->reason < y->reason);
}

static const struct reason_name *find_named(const struct reason_names *names, __u32 reason)
{
	const struct reason_name key = { .reason = reason };

	if (!names->named_count)
		return NULL;
	return bsearch(&key, names->named, names->named_count, sizeof(key), compare_reasons);
}

/* Whether a subsystem that the kernel knows, beyond core, is still without names. */
static bool is_nameless(const struct reason_names *names, __u32 subsys)
{
	size_t i;

	if (!subsys || !reason_names__subsys(names, subsys))
		return false;
	for (i = 0; i < names->named_count; i++)
		if (names->named[i].reason >> SUBSYS_SHIFT == subsys)
			return false;
	return true;
}

static bool misses_subsys(const struct reason_names *names)
{
	__u32 subsys;

	for (subsys = 1; subsys < SUBSYS_MAX; subsys++)
		if (is_nameless(names, subsys))
			return true;
	return false;
}

static int read_missing(struct reason_names *names, struct btf *vmlinux)
{
	const char *path = names->btf_path ? names->btf_path : VMLINUX_BTF;
	int err = misses_subsys(names) ? read_modules(names, vmlinux, path) : 0;

	if (names->named_count)
		qsort(names->named, names->named_count, sizeof(*names->named), compare_reasons);
	return err;
}

/* The kernel's own is parsed once for all, any other for its caller. */
static struct btf *get_btf(const char *path)
{
	return path ? btf__parse(path, NULL) : kernel_btf__get(NULL);
}

/* From 4000 on they are libbpf's own: not in the format of BTF or ELF. */
static int btf_error(void)
{
	return errno < __LIBBPF_ERRNO__START ? -errno : -EINVAL;
}

struct reason_names *reason_names__load(const char *btf_path)
{
	struct btf *btf = get_btf(btf_path);
	struct reason_names *names = NULL;
	int err;

	if (!btf) {
		err = btf_error();
		goto cleanup;
	}
	err = -ENOMEM;
	names = reason_names__new();
	if (!names)
		goto cleanup;
	if (btf_path) {
		names->btf_path = strdup(btf_path);
		if (!names->btf_path)
			goto cleanup;
	}
	err = read_named_enum(names, btf, "skb_drop_reason", add_core_reason);
	if (!err)
		err = read_named_enum(names, btf, "skb_drop_reason_subsys", add_subsys);
	if (!err && names->has_reasons)
		err = read_enums(names, btf, 1);
	if (!err)
		err = read_missing(names, btf);
cleanup:
	if (btf_path)
		btf__free(btf);
	if (err) {
		reason_names__free(names);
		errno = -err;
		return NULL;
	}
	return names;
}

bool reason_names__is_unread(const struct reason_names *names, __u32 reason)
{
	/* found is cheaper than nameless, which goes through all names */
	return !find_named(names, reason) && is_nameless(names, reason >> SUBSYS_SHIFT);
}

int reason_names__reread(struct reason_names *names)
{
	struct btf *btf = get_btf(names->btf_path);
	int err = btf ? read_missing(names, btf) : btf_error();

	if (names->btf_path)
		btf__free(btf);
	else
		kernel_btf__release();
	return err;
}

bool reason_names__has_reasons(const struct reason_names *names)
{
	return names->has_reasons;
}

size_t reason_names__count(const struct reason_names *names)
{
	return names->named_count;
}

const char *reason_names__subsys(const struct reason_names *names, __u32 subsys)
{
	return subsys < SUBSYS_MAX ? names->subsys[subsys] : NULL;
}

static void format_unnamed(struct reason_names *names, __u32 reason)
{
	__u32 subsys = reason >> SUBSYS_SHIFT, value = reason & ((1u << SUBSYS_SHIFT) - 1);
	const char *subsys_name = reason_names__subsys(names, subsys);
	size_t size = sizeof(names->scratch);

	if (!subsys)
		snprintf(names->scratch, size, "reason %u", value);
	else if (subsys_name)
		snprintf(names->scratch, size, "%s reason %u", subsys_name, value);
	else
		snprintf(names->scratch, size, "subsystem %u reason %u", subsys, value);
}

static const char *get_unnamed(struct reason_names *names, __u32 reason)
{
	size_t i;

	for (i = 0; i < names->unnamed_count; i++)
		if (names->unnamed[i].reason == reason)
			return names->unnamed[i].name;
	format_unnamed(names, reason);
	if (!names->unnamed)
		names->unnamed = calloc(UNNAMED_MAX, sizeof(*names->unnamed));
	if (!names->unnamed || i == UNNAMED_MAX)
		return names->scratch;
	names->unnamed[i].name = strdup(names->scratch);
	if (!names->unnamed[i].name)
		return names->scratch;
	names->unnamed[i].reason = reason;
	names->unnamed_count++;
	return names->unnamed[i].name;
}

const char *reason_names__get(struct reason_names *names, __u32 reason)
{
	const struct reason_name *found;

	if (reason == NO_REASON)
		return "";
	found = find_named(names, reason);
	return found ? found->name : get_unnamed(names, reason);
}

int reason_names__match(const struct reason_names *names, const char *glob, reason_fn fn, void *ctx)
{
	char full[sizeof(CORE_PREFIX) + NAME_LEN_MAX];
	const struct reason_name *r;
	int matched = 0, err;

	for (r = names->named; r < names->named + names->named_count; r++) {
		snprintf(full, sizeof(full), CORE_PREFIX "%s", r->name);
		if (fnmatch(glob, r->name, FNM_CASEFOLD) != 0 &&
		    (r->reason >> SUBSYS_SHIFT || fnmatch(glob, full, FNM_CASEFOLD) != 0))
			continue;
		matched++;
		err = fn ? fn(r->reason, r->name, ctx) : 0;
		if (err)
			return err;
	}
	return matched;
}

void reason_names__free(struct reason_names *names)
{
	size_t i;

	if (!names)
		return;
	for (i = 0; i < names->named_count; i++)
		free(names->named[i].name);
	for (i = 0; i < names->unnamed_count; i++)
		free(names->unnamed[i].name);
	for (i = 0; i < SUBSYS_MAX; i++)
		free(names->subsys[i]);
	free(names->named);
	free(names->unnamed);
	free(names->btf_path);
	free(names);
}
