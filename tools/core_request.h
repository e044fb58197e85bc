/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a BPF object asks of the kernel that it is loaded into: its CO-RE
 * relocations, each a field, type or enum value, read from the object file.
 */
#ifndef DROPWHY_CORE_REQUEST_H
#define DROPWHY_CORE_REQUEST_H

#include <bpf/btf.h>
#include <libelf.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>

#define CORE_MAX_DEPTH 64	/* as BPF_CORE_SPEC_MAX_LEN in libbpf */
#define CORE_PATH_LEN  256

/* A step of a field's path. Anonymous members are none: CO-RE looks through them. */
struct core_step {
	const char *name;	/* of the member; NULL: an array index */
	__u32 index;		/* of the array's element */
	__u32 type_id;		/* of the member or element, in the object's BTF */
};

/* One distinct thing that the object asks for. */
struct core_request {
	enum bpf_core_relo_kind kind;
	__u32 type_id;		/* the structure, union or enum, in the object's BTF */
	const char *section;	/* the first program that asks */
	bool direct;		/* an instruction loads or stores it: its size counts */
	struct core_step steps[CORE_MAX_DEPTH];
	int depth;		/* how many steps: 0 for a whole type */
	char path[CORE_PATH_LEN]; /* as in "struct nf_conn.tuplehash[1].tuple" */
};

struct core_object {
	Elf *elf;
	int fd;
	struct btf *btf;
	struct core_request *requests;
	size_t count;
};

/**
 * @brief **core_object__open()** reads a BPF object's requests, each once.
 * @param obj filled; to be closed with core_object__close() on failure, too
 * @param path the object file, as clang or `bpftool gen object` wrote it
 * @return 0; -ENODATA: it asks for nothing, or has no BTF; -EBADMSG: its BTF is
 * broken; -E2BIG: a path is too long; -ENOMEM; or what reading failed with
 */
int core_object__open(struct core_object *obj, const char *path);

/** @brief **core_object__close()** frees all; strings of requests go with it. */
void core_object__close(struct core_object *obj);

/** @brief **core_request__is_question()** tells whether "no" is an answer to it. */
bool core_request__is_question(const struct core_request *req);

/** @brief **core_request__is_enum_value()** tells whether it is about one value of an enum. */
bool core_request__is_enum_value(const struct core_request *req);

/**
 * @brief **core_type__skip()** looks through typedefs and qualifiers.
 * @param ret_id the type's number; NULL: not wanted
 * @return the type behind them, NULL if there is none (as in broken BTF)
 */
const struct btf_type *core_type__skip(const struct btf *btf, __u32 id, __u32 *ret_id);

/** @brief **core_name()** gets a name from BTF; "" if it is anonymous or the offset is wrong. */
const char *core_name(const struct btf *btf, __u32 offset);

/** @brief **core_type__kind_name()** says "struct", "integer", …; static string. */
const char *core_type__kind_name(const struct btf_type *type);

#endif
