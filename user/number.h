/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Numbers as text: fast for rows, readable for summaries. Nothing here knows
 * about drops.
 */
#ifndef DROPWHY_NUMBER_H
#define DROPWHY_NUMBER_H

#include <linux/types.h>
#include <stddef.h>

/* Longest text of any of these with its NUL: 20 digits and 6 commas. */
#define NUMBER_LEN 32

/**
 * @brief **number__decimal()** writes "9188". Several times faster than
 * snprintf(), which matters in rows that hold dozens of numbers.
 * @param value any value
 * @param buf room for the digits and a NUL; NUMBER_LEN bytes always do
 * @return length without the NUL
 */
size_t number__decimal(__u64 value, char *buf);

/**
 * @brief **number__padded()** writes "0042": decimal with leading zeroes.
 * @param value its last @p width digits are written
 * @param width digits, less than NUMBER_LEN
 * @param buf NUMBER_LEN bytes; gets a NUL
 * @return @p width
 */
size_t number__padded(__u64 value, unsigned int width, char *buf);

/** @brief **number__hex()** writes "0x88cc"; parameters as number__decimal(). */
size_t number__hex(__u64 value, char *buf);

/** @brief **number__grouped()** writes "9,188"; parameters as number__decimal(). */
size_t number__grouped(__u64 value, char *buf);

/**
 * @brief **number__form()** chooses the form of a word that goes with a number.
 * @param one after 1: "entry", or an ending: ""
 * @param many after any other, 0 among them: "entries", or "s"
 * @return @p one or @p many
 */
const char *number__form(__u64 value, const char *one, const char *many);

/** @brief **number__bytes()** writes "512 B" or "1.4 MiB"; parameters as number__decimal(). */
size_t number__bytes(__u64 value, char *buf);

#endif
