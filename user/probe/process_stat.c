// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * See process_stat.h.
 */
#include <errno.h>
#include <stdio.h>
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

int process_stat__read(struct process_stat *ret_stat)
{
	unsigned long long start_ticks, pages;
	FILE *file = fopen("/proc/self/stat", "re");
	struct rusage usage;
	int found;

	if (!file)
		return -errno;
	/* fields 22 and 24 of proc(5); our own name, field 2, has no blank */
	found = fscanf(file, "%*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
			     "%*s %*s %*s %*s %*s %llu %*s %llu", &start_ticks, &pages);
	fclose(file);
	if (found != 2)
		return -EIO;
	if (getrusage(RUSAGE_SELF, &usage) < 0)
		return -errno;
	ret_stat->cpu_s = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
			  (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
	ret_stat->resident_bytes = pages * (unsigned long long)sysconf(_SC_PAGESIZE);
	ret_stat->start_s = since(CLOCK_REALTIME) - since(CLOCK_BOOTTIME) +
			    (double)start_ticks / (double)sysconf(_SC_CLK_TCK);
	return 0;
}
