/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Finds what fentry and fexit programs are for. libbpf goes through the types
 * of the kernel and of every module for each of them, a third of a second a
 * program on a slow machine; these are known to be nf_conntrack's or the kernel's.
 */
#ifndef DROPWHY_TRAMPOLINES_H
#define DROPWHY_TRAMPOLINES_H

/**
 * @brief **trampolines__begin()** is due before an object with such programs is
 * opened. They are attached with bpf_program__attach_trace(). Functions are looked
 * for in nf_conntrack first.
 * @return 0; -errno
 */
int trampolines__begin(void);

/** @brief **trampolines__end()** is due once the object has been loaded, or failed to. */
void trampolines__end(void);

#endif
