/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Stand-ins for drop reasons on kernels that give none (before 5.17).
 */
#ifndef DROPWHY_REASON_LOCATION_H
#define DROPWHY_REASON_LOCATION_H

#include <stdbool.h>
#include <stddef.h>

/**
 * @brief **reason_location__name()** tells what a drop in a function usually
 * is, in the terms of later kernels' reasons.
 * @param symbol the freeing function, with or without the compiler's suffix;
 * NULL: unknown
 * @return a static string, e.g. "NETFILTER_DROP" for nf_hook_slow; the symbol
 * itself if it is not in the table; "" if it is unknown
 */
const char *reason_location__name(const char *symbol);

/**
 * @brief **reason_location__entry()** walks the table, which dropwhy(8) repeats.
 * @param index from 0 on
 * @param ret_symbol a function, without a suffix, static
 * @param ret_reason what stands for it, static
 * @return false: there is none of that index
 */
bool reason_location__entry(size_t index, const char **ret_symbol, const char **ret_reason);

#endif
