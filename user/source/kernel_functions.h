/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel functions whose names mean something to the kernel side: those
 * that free packets, and those that sit in netfilter's hooks. And where its
 * memory is.
 */
#ifndef DROPWHY_KERNEL_FUNCTIONS_H
#define DROPWHY_KERNEL_FUNCTIONS_H

#include "user/enrich/kallsyms.h"
#include "user/source/live.h"

/**
 * @brief **kernel_functions__locations()** finds the freeing functions.
 * @param k symbols; NULL gives none: then causes are weaker
 * @param ret_locations room for LOCATION_CLASSES_MAX, filled sorted by address
 * @return how many
 */
size_t kernel_functions__locations(const struct kallsyms *k, struct location_class *ret_locations);

/* More than all names with their suffixes come to. */
#define HOOK_FUNCTIONS_MAX 256

/**
 * @brief **kernel_functions__hooks()** finds the functions known to sit in
 * netfilter's hooks.
 * @param k symbols; NULL gives none: then which rule dropped is not claimed
 * @param ret_hooks room for HOOK_FUNCTIONS_MAX
 * @return how many
 */
size_t kernel_functions__hooks(const struct kallsyms *k, struct hook_function *ret_hooks);

/** @brief **kernel_functions__memory()** finds the variables; zeroes for NULL. */
struct memory_symbols kernel_functions__memory(const struct kallsyms *k);

#endif
