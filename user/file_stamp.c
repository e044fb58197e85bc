/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * YYYYMMDDTHHMMSSZ, there and back.
 */
#include "user/file_stamp.h"

void file_stamp__format(time_t time, char *buf)
{
	struct tm tm;

	if (!gmtime_r(&time, &tm) || !strftime(buf, FILE_STAMP_LEN, "%Y%m%dT%H%M%SZ", &tm))
		*buf = '\0';
}

bool file_stamp__begins(const char *text)
{
	/* d: any digit */
	static const char like[] = "dddddddd" "T" "dddddd" "Z";
	size_t i;

	for (i = 0; like[i]; i++)
		if (like[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != like[i])
			return false;
	return true;
}
