/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Wall-clock times as text: RFC 3339 for programs, a clock for people.
 */
#ifndef DROPWHY_TIMESTAMP_H
#define DROPWHY_TIMESTAMP_H

#include <stddef.h>
#include <time.h>

/* Longest timestamp with its NUL. */
#define TIMESTAMP_LEN 32

/**
 * @brief **timestamp__rfc3339()** writes "2026-11-23T14:00:00.123456789Z".
 * @param time wall clock, UTC
 * @param buf TIMESTAMP_LEN bytes; gets a NUL
 * @return length; 0, and an empty text, for the time 0, which is unknown, and
 * for years beyond 9999, which RFC 3339 cannot express
 */
size_t timestamp__rfc3339(const struct timespec *time, char *buf);

/**
 * @brief **timestamp__clock()** writes the time of day in the local time zone,
 * "14:00:00.123".
 * @param time wall clock, UTC
 * @param buf TIMESTAMP_LEN bytes; gets a NUL
 * @return length; 0, and an empty text, where timestamp__rfc3339() says so
 */
size_t timestamp__clock(const struct timespec *time, char *buf);

#endif
