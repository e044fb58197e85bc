/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The one conntrack type that is in no CO-RE relocation: nf_conntrack may be
 * loaded, with its types, after the BPF programs.
 */
#ifndef DROPWHY_CONNTRACK_TYPES_H
#define DROPWHY_CONNTRACK_TYPES_H

#include <linux/types.h>

struct conntrack_types {
	__u32 count_bytes;	/* offset of struct nf_conntrack_net.count */
	__u32 sysctl_bytes;	/* offset of struct nf_conntrack_net.sysctl_header */
};

/**
 * @brief **conntrack_types__find()** looks into the kernel's BTF, then into
 * the module's.
 * @param btf_path a file with the kernel's BTF; NULL: its own
 * @param ret_types filled on success
 * @return 0; -ENOENT: no such type (before 5.13, or nf_conntrack is not
 * loaded); another -errno: no BTF
 */
int conntrack_types__find(const char *btf_path, struct conntrack_types *ret_types);

#endif
