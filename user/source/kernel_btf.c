// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Keeps the kernel's BTF while dropwhy starts: see kernel_btf.h.
 */
#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/source/btf_excerpt.h"
#include "user/source/kernel_btf.h"

#define OWN_PATH "/sys/kernel/btf/vmlinux"

static struct {
	struct btf *btf;
	char *path;		/* NULL: the kernel's own */
	struct btf *conntrack;	/* the module's, behind these; NULL: not asked for yet, or there is none */
	int conn;		/* the number of struct nf_conn in btf; 0: not looked for yet; -errno */
} cache;

static struct btf *load_own(void)
{
	struct btf *btf = btf__load_vmlinux_btf();

	/* it looks in many places, and says "not found" also where memory was short */
	return btf || access(OWN_PATH, R_OK) < 0 ? btf : btf__parse(OWN_PATH, NULL);
}

struct btf *kernel_btf__get(const char *path)
{
	if (cache.btf && (path ? cache.path && !strcmp(path, cache.path) : !cache.path))
		return cache.btf;
	kernel_btf__release();
	if (path) {
		cache.path = strdup(path);
		if (!cache.path)
			return NULL;
	}
	cache.btf = path ? btf__parse(path, NULL) : load_own();
	return cache.btf;
}

struct btf *kernel_btf__conntrack(void)
{
	/* asked for again where there was none: it may have been loaded meanwhile */
	if (cache.btf && !cache.conntrack)
		cache.conntrack = btf__load_module_btf("nf_conntrack", cache.btf);
	return cache.conntrack;
}

struct btf_excerpt *kernel_btf__excerpt(const char *path)
{
	return path || !kernel_btf__get(NULL) ? NULL : btf_excerpt__new();
}

int kernel_btf__fill_excerpt(struct btf_excerpt *excerpt, const struct btf *wanted)
{
	struct btf *base = kernel_btf__get(NULL), *module = NULL;

	if (!excerpt || !base)
		return excerpt ? -errno : 0;
	if (!cache.conn)
		cache.conn = btf__find_by_name_kind(base, "nf_conn", BTF_KIND_STRUCT);
	if (cache.conn < 0)
		module = kernel_btf__conntrack();
	return btf_excerpt__fill(excerpt, module ? module : base, wanted);
}

int kernel_btf__find_own(const struct btf *btf, const char *name, __u32 kind)
{
	const struct btf *base = btf__base_btf(btf);
	__u32 id, end = btf__type_cnt(btf);

	for (id = base ? btf__type_cnt(base) : 1; id < end; id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if (btf_kind(type) == kind &&
		    !strcmp(btf__name_by_offset(btf, type->name_off), name))
			return (int)id;
	}
	return -ENOENT;
}

void kernel_btf__release(void)
{
	int err = errno;

	btf__free(cache.conntrack); /* first: it stands on the other */
	btf__free(cache.btf);
	free(cache.path);
	cache.conntrack = cache.btf = NULL;
	cache.conn = 0;
	cache.path = NULL;
	errno = err;
}
