/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Types of a kernel that does not exist, for what reads BTF. What fails ends
 * the test.
 */
#ifndef DROPWHY_TEST_TEMP_BTF_H
#define DROPWHY_TEST_TEMP_BTF_H

#include <bpf/btf.h>
#include <linux/types.h>

/* Lists of them end with one that has no name. */
struct temp_btf_value {
	const char *name;
	__s64 value;
};

/** @brief **temp_btf__new()** makes the types of a kernel that has "int" alone; btf__free() it. */
struct btf *temp_btf__new(void);

/** @brief **temp_btf__enum()** adds an enumeration. */
void temp_btf__enum(struct btf *btf, const char *name, const struct temp_btf_value *values);

/** @brief **temp_btf__struct()** adds a structure with int members at these offsets in bytes. */
void temp_btf__struct(struct btf *btf, const char *name, const struct temp_btf_value *offsets);

/** @brief **temp_btf__function()** adds a function without parameters that returns int. */
void temp_btf__function(struct btf *btf, const char *name);

/** @brief **temp_btf__write()** makes a file of it below @p root. */
void temp_btf__write(const struct btf *btf, const char *root, const char *path);

/** @brief **temp_btf__be_quiet()** keeps libbpf from warning of what is torn on purpose. */
void temp_btf__be_quiet(void);

#endif
