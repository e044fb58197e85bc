/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Of the kernel's types those that a BPF object asks for. libbpf reads all of
 * the kernel's BTF anew for each object and goes through it for each type that
 * CO-RE looks up: most of what starting cost beside the verifier. The excerpt
 * has some hundred types of 150,000.
 */
#ifndef DROPWHY_BTF_EXCERPT_H
#define DROPWHY_BTF_EXCERPT_H

#include <linux/types.h>

struct btf;
struct btf_excerpt;

/**
 * @brief **btf_excerpt__new()** makes an empty one, a file without a name.
 * @return to be freed with btf_excerpt__free(); NULL with errno set: no such
 * file can be made here, and libbpf has to look for itself
 */
struct btf_excerpt *btf_excerpt__new(void);

/**
 * @brief **btf_excerpt__path()** is for bpf_object_open_opts.btf_custom_path.
 * @param excerpt NULL: none
 * @return valid as long as the excerpt; NULL without one
 */
const char *btf_excerpt__path(const struct btf_excerpt *excerpt);

/**
 * @brief **btf_excerpt__fill()** takes over what has the name of one of an
 * object's types, each with those of its members whose names the object knows.
 * A pointer stays one, what it points to is left out; type numbers are the
 * excerpt's own, so the object must not ask for the kernel's (BPF_TYPE_ID_TARGET).
 * @param excerpt NULL does nothing
 * @param kernel the kernel's types; with those of a module behind them, these too
 * @param wanted the object's types: bpf_object__btf()
 * @return 0; -errno
 */
int btf_excerpt__fill(struct btf_excerpt *excerpt, const struct btf *kernel,
		      const struct btf *wanted);

/** @brief **btf_excerpt__free()** is due once the object has been loaded; NULL is fine. */
void btf_excerpt__free(struct btf_excerpt *excerpt);

#endif
