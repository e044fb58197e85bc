// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Reads the kernel's list of possible CPUs: see cpu_ids.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "user/source/cpu_ids.h"

#define POSSIBLE_PATH "/sys/devices/system/cpu/possible"

int cpu_ids__parse(const char *text)
{
	unsigned long id, end = 0;
	char *rest;

	do {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		id = strtoul(text, &rest, 10);
		if (id >= INT_MAX)
			return -EINVAL;
		if (id >= end)
			end = id + 1;
		text = rest + 1;
	} while (*rest == ',' || *rest == '-');
	return *rest && *rest != '\n' ? -EINVAL : (int)end;
}

int cpu_ids__possible(void)
{
	char text[4096];
	ssize_t n;
	int fd, err;

	fd = open(POSSIBLE_PATH, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	err = n < 0 ? -errno : 0;
	close(fd);
	if (err)
		return err;
	text[n] = '\0';
	return cpu_ids__parse(text);
}
