/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Wall-clock times as text. Not by strftime(): it costs more than all the rest
 * of a row.
 */
#include <stdbool.h>
#include <string.h>

#include "user/number.h"
#include "user/sinks/timestamp.h"

#define NS_PER_MS     1000000L
#define NS_PER_SECOND 1000000000L
#define YEAR_10000    253402300800LL /* its first second */

static bool is_known(const struct timespec *time)
{
	if (!time->tv_sec && !time->tv_nsec)
		return false;
	return time->tv_sec >= 0 && time->tv_sec < YEAR_10000 && time->tv_nsec >= 0 &&
	       time->tv_nsec < NS_PER_SECOND;
}

static char *put_field(char *at, int value, unsigned int width, char separator)
{
	at += number__padded((__u64)value, width, at);
	*at++ = separator;
	return at;
}

/* "2026-11-28T09:56:46." */
struct whole_second {
	time_t second;
	char text[24];
	size_t len; /* 0: not made yet */
};

static bool make_second(time_t second, struct whole_second *whole)
{
	struct tm tm;
	char *at = whole->text;

	if (!gmtime_r(&second, &tm))
		return false;
	at = put_field(at, tm.tm_year + 1900, 4, '-');
	at = put_field(at, tm.tm_mon + 1, 2, '-');
	at = put_field(at, tm.tm_mday, 2, 'T');
	at = put_field(at, tm.tm_hour, 2, ':');
	at = put_field(at, tm.tm_min, 2, ':');
	at = put_field(at, tm.tm_sec, 2, '.');
	whole->second = second;
	whole->len = (size_t)(at - whole->text);
	return true;
}

size_t timestamp__rfc3339(const struct timespec *time, char *buf)
{
	/* a storm has many rows a second */
	static _Thread_local struct whole_second last;
	char *at = buf;

	*at = '\0';
	if (!is_known(time))
		return 0;
	if ((!last.len || last.second != time->tv_sec) && !make_second(time->tv_sec, &last))
		return 0;
	memcpy(at, last.text, last.len);
	at = put_field(at + last.len, (int)time->tv_nsec, 9, 'Z');
	*at = '\0';
	return (size_t)(at - buf);
}

size_t timestamp__clock(const struct timespec *time, char *buf)
{
	struct tm tm;
	char *at = buf;

	*at = '\0';
	if (!is_known(time) || !localtime_r(&time->tv_sec, &tm))
		return 0;
	at = put_field(at, tm.tm_hour, 2, ':');
	at = put_field(at, tm.tm_min, 2, ':');
	at = put_field(at, tm.tm_sec, 2, '.');
	at += number__padded((__u64)(time->tv_nsec / NS_PER_MS), 3, at);
	return (size_t)(at - buf);
}
