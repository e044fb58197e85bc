// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * See process_stat.h.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "user/probe/process_stat.h"

static double since(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Field @number of proc(5)'s stat, which are counted from 3 after the name. */
static int read_field(const char *stat, int number, unsigned long long *ret_value)
{
	const char *at = strrchr(stat, ')');
	char *end;

	for (; at && number > 2; number--)
		at = strchr(at + 1, ' ');
	if (!at)
		return -EIO;
	errno = 0;
	*ret_value = strtoull(at, &end, 10);
	return errno || end == at ? -EIO : 0;
}

/* The same at each call, though the clock may be set meanwhile. */
static double start_time_s(unsigned long long ticks_since_boot)
{
	static double start_s;

	if (start_s == 0)
		start_s = since(CLOCK_REALTIME) - since(CLOCK_BOOTTIME) +
			  (double)ticks_since_boot / (double)sysconf(_SC_CLK_TCK);
	return start_s;
}

int process_stat__read(struct process_stat *ret_stat)
{
	unsigned long long start_ticks, pages;
	FILE *file = fopen("/proc/self/stat", "re");
	struct rusage usage;
	char stat[1024];
	bool whole;

	if (!file)
		return -errno;
	whole = fgets(stat, sizeof(stat), file) != NULL;
	fclose(file);
	if (!whole || read_field(stat, 22, &start_ticks) || read_field(stat, 24, &pages))
		return -EIO;
	if (getrusage(RUSAGE_SELF, &usage) < 0)
		return -errno;
	ret_stat->cpu_s = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
			  (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
	ret_stat->resident_bytes = pages * (unsigned long long)sysconf(_SC_PAGESIZE);
	ret_stat->start_s = start_time_s(start_ticks);
	return 0;
}
