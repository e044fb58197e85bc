/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Loads programs that attach by one of the kernel's types (tp_btf, fentry, fexit) or call its
 * kfuncs. libbpf parses all of the kernel's BTF for each object with such a program, a sixth of
 * what starting took and 10 MB of its peak, and those of every module for each fentry and fexit;
 * here they are looked up in what is parsed once for all, see kernel_btf.h.
 */
#ifndef DROPWHY_BTF_ATTACH_H
#define DROPWHY_BTF_ATTACH_H

#include <stdbool.h>

/**
 * @brief **btf_attach__begin()** is due before an object with such programs is
 * opened. They are attached with bpf_program__attach_trace(). Functions are looked
 * for in nf_conntrack first, then in the kernel. Kfuncs are called by bpf/kfunc.h.
 * @return 0; -errno
 */
int btf_attach__begin(void);

/**
 * @brief **btf_attach__reaches_conntrack()** whether programs can attach to functions of the module
 * nf_conntrack: the kernel gives the descriptor of its types to CAP_SYS_ADMIN alone, while
 * everybody may read them.
 * @return false, too, where there is no such module, or its types are not there
 */
bool btf_attach__reaches_conntrack(void);

/** @brief **btf_attach__end()** is due once the object has been loaded, or failed to. */
void btf_attach__end(void);

#endif
