/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Looks up in a kernel's BTF what a BPF object asks for, by the rules that
 * libbpf applies when it loads the object.
 */
#ifndef DROPWHY_CORE_MATCH_H
#define DROPWHY_CORE_MATCH_H

#include "tools/core_request.h"

#define CORE_DETAIL_LEN 160

/* What a look-up came to, the worst first. */
enum core_outcome {
	CORE_INCOMPATIBLE,	/* there, but its kind or size cannot be adjusted */
	CORE_MISSING,
	CORE_ALTERNATIVE,	/* not there, but its type is one ___flavour of several */
	CORE_GUARDED,		/* not there, but the program asks first whether it is */
	CORE_THERE,
	__CORE_OUTCOME_MAX,
};

struct core_answer {
	enum core_outcome outcome;
	char detail[CORE_DETAIL_LEN]; /* why; empty if it is there */
};

/* A kernel's BTF and that of its modules, which builds on it. */
struct core_kernel {
	struct btf **btfs;	/* the first is vmlinux's */
	size_t count;
};

/**
 * @brief **core_kernel__add()** adds a file of BTF: first vmlinux's, then modules'.
 * @param path BTF as in /sys/kernel/btf, or an ELF file with a .BTF section
 * @return 0, or -errno of reading and parsing it
 */
int core_kernel__add(struct core_kernel *kernel, const char *path);

/** @brief **core_kernel__close()** frees all BTF. */
void core_kernel__close(struct core_kernel *kernel);

/**
 * @brief **core_object__match()** looks all requests of an object up.
 * @param ret_answers one a request, in their order, to be freed by the caller
 * @return 0 or -ENOMEM
 */
int core_object__match(const struct core_object *obj, const struct core_kernel *kernel,
		       struct core_answer **ret_answers);

#endif
