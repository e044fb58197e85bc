/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's BTF, parsed once for all who look into it while starting.
 */
#ifndef DROPWHY_KERNEL_BTF_H
#define DROPWHY_KERNEL_BTF_H

#include <linux/types.h>

struct btf;
struct btf_excerpt;

/**
 * @brief **kernel_btf__get()** parses it, or hands out what was parsed before.
 * @param path a file with the kernel's BTF; NULL: its own
 * @return valid until kernel_btf__release(), not to be freed; NULL with errno
 * set: the kernel has none, or the file is none
 */
struct btf *kernel_btf__get(const char *path);

/**
 * @brief **kernel_btf__conntrack()** parses the types of the module nf_conntrack, or hands out
 * what was parsed before.
 * @return its types behind those that kernel_btf__get() gave last, valid as long as they and not
 * to be freed; NULL: no such module, it may be built in
 */
struct btf *kernel_btf__conntrack(void);

/**
 * @brief **kernel_btf__excerpt()** makes an excerpt to open an object with.
 * @param path a file with the kernel's BTF: libbpf takes that
 * @return as btf_excerpt__new(); NULL, too, where there is nothing to take from
 */
struct btf_excerpt *kernel_btf__excerpt(const char *path);

/**
 * @brief **kernel_btf__fill_excerpt()** fills it from the kernel's types; from those of the module
 * nf_conntrack, too, where the kernel itself has none of conntrack's.
 * @param excerpt NULL does nothing
 * @param wanted bpf_object__btf() of the object that was opened with it
 * @return 0; -errno
 */
int kernel_btf__fill_excerpt(struct btf_excerpt *excerpt, const struct btf *wanted);

/**
 * @brief **kernel_btf__find_own()** finds a type, not looking at those that lie before it.
 * @param btf a module's types behind the kernel's, or some that stand alone
 * @param kind BTF_KIND_*
 * @return its number; -ENOENT
 */
int kernel_btf__find_own(const struct btf *btf, const char *name, __u32 kind);

/** @brief **kernel_btf__release()** gives back the memory, some 10 MB; it may be got again. */
void kernel_btf__release(void);

#endif
