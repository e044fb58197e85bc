/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The lines of /proc/kallsyms: 12 MB, of which a third is of use.
 */
#ifndef DROPWHY_KALLSYMS_FILE_H
#define DROPWHY_KALLSYMS_FILE_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

/* KSYM_NAME_LEN is 512 since 6.1 (b8a94bfb3395), 128 before. */
#define SYMBOL_NAME_MAX 512
#define MODULE_NAME_MAX 64

/* "ffffffffc0a0b0c0 t name\t[module]" taken apart; valid during the call only. */
struct kallsyms_line {
	__u64 addr;	    /* 0: hidden from this process */
	char type;	    /* as nm prints it */
	const char *name;   /* name_len bytes, less than SYMBOL_NAME_MAX; not terminated */
	size_t name_len;
	const char *module; /* likewise, less than MODULE_NAME_MAX; NULL: the kernel proper */
	size_t module_len;
};

struct kallsyms_reader {
	/* Asked first, which is cheap; what follows the name is still behind it. */
	bool (*wants)(char type, const char *name);
	/* Not 0 ends the reading. */
	int (*line)(void *ctx, const struct kallsyms_line *line);
	void *ctx;
};

/**
 * @brief **kallsyms_file__read()** hands over the wanted lines in the file's
 * order. What is not in that form is left out.
 * @param path such as /proc/kallsyms
 * @return 0; -errno of opening, reading or memory; what line() returned
 */
int kallsyms_file__read(const char *path, const struct kallsyms_reader *reader);

#endif
