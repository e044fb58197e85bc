/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's BTF, parsed once for all who look into it while starting.
 */
#ifndef DROPWHY_KERNEL_BTF_H
#define DROPWHY_KERNEL_BTF_H

struct btf;

/**
 * @brief **kernel_btf__get()** parses it, or hands out what was parsed before.
 * @param path a file with the kernel's BTF; NULL: its own
 * @return valid until kernel_btf__release(), not to be freed; NULL with errno
 * set: the kernel has none, or the file is none
 */
struct btf *kernel_btf__get(const char *path);

/** @brief **kernel_btf__release()** gives back the memory, some 10 MB; it may be got again. */
void kernel_btf__release(void);

#endif
