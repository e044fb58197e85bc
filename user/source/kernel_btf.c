// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Keeps the kernel's BTF while dropwhy starts: see kernel_btf.h.
 */
#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/source/btf_excerpt.h"
#include "user/source/kernel_btf.h"

static struct {
	struct btf *btf;
	char *path;		/* NULL: the kernel's own */
} cache;

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
	cache.btf = path ? btf__parse(path, NULL) : btf__load_vmlinux_btf();
	return cache.btf;
}

struct btf_excerpt *kernel_btf__excerpt(const char *path)
{
	return path || !kernel_btf__get(NULL) ? NULL : btf_excerpt__new();
}

int kernel_btf__fill_excerpt(struct btf_excerpt *excerpt, const struct btf *wanted)
{
	struct btf *base = kernel_btf__get(NULL), *module = NULL;
	int err;

	if (!excerpt || !base)
		return excerpt ? -errno : 0;
	if (btf__find_by_name_kind(base, "nf_conn", BTF_KIND_STRUCT) < 0)
		module = btf__load_module_btf("nf_conntrack", base);
	err = btf_excerpt__fill(excerpt, module ? module : base, wanted);
	btf__free(module);
	return err;
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

	btf__free(cache.btf);
	free(cache.path);
	cache.btf = NULL;
	cache.path = NULL;
	errno = err;
}
