/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Numbers that no helper has, by which the programs call kfuncs. When they are loaded,
 * user/source/btf_attach.c puts those of the kernel's types in their place or, where the kernel
 * has no such kfunc, -1 as the result. (Declared __ksym, even __weak, a kfunc makes libbpf demand
 * all of the kernel's BTF, and parse it anew for each object.)
 */
#ifndef DROPWHY_KFUNC_H
#define DROPWHY_KFUNC_H

#define KFUNC_DYNPTR_FROM_SKB 0x6b660001
#define KFUNC_RDONLY_CAST     0x6b660002

#endif
