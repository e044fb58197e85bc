/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The time in names of files that are written and deleted by themselves. Names
 * sort as the times do, and what has no such time in its place is nobody's to
 * delete.
 */
#ifndef DROPWHY_FILE_STAMP_H
#define DROPWHY_FILE_STAMP_H

#include <stdbool.h>
#include <time.h>

/* With its NUL. */
#define FILE_STAMP_LEN sizeof("20261125T180000Z")

/**
 * @brief **file_stamp__format()** writes a time in UTC as YYYYMMDDTHHMMSSZ.
 * @param buf FILE_STAMP_LEN bytes; empty where the year has more digits
 */
void file_stamp__format(time_t time, char *buf);

/** @brief **file_stamp__begins()** tells whether @p text begins with one. */
bool file_stamp__begins(const char *text);

#endif
