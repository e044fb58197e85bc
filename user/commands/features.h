/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `dropwhy features`: what this kernel offers, and which variant of each
 * program runs on it.
 */
#ifndef DROPWHY_FEATURES_H
#define DROPWHY_FEATURES_H

#include <stdbool.h>

/**
 * @brief **features__main()** runs the command.
 * @param argv argv[0] is the command's name; changed
 * @return exit status: see user/exit_status.h
 */
int features__main(int argc, char **argv);

/**
 * @brief **features__check_types()** says on standard error why the types in a file
 * cannot be read: that is no fault of the kernel's.
 * @param btf_path as for --btf; NULL: the kernel's own, of which nothing is said
 * @return whether they can; if so, nothing was said
 */
bool features__check_types(const char *btf_path);

/**
 * @brief **features__explain()** says on standard error, in one paragraph, what
 * this kernel lacks that no run of the tracer can do without.
 * @param btf_path a file with the kernel's types; NULL: its own
 * @return whether anything is missing; if not, nothing was said
 */
bool features__explain(const char *btf_path);

#endif
