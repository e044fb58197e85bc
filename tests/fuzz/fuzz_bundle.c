/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Any bytes as a bundle's archive: what bundle ls and bundle show read, which
 * may have come from another node.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "user/bundle/bundle_read.h"

#define REQUIRE(condition) do { if (!(condition)) abort(); } while (0)

/* Every byte that is handed over must be there. */
static int visit(void *ctx, const char *name, const char *bytes, size_t len)
{
	unsigned int *sum = ctx;
	size_t i;

	REQUIRE(name);
	REQUIRE(!strchr(name, '/'));
	REQUIRE(!bytes || !strcmp(name, "info.json"));
	for (i = 0; bytes && i < len; i++)
		*sum += (unsigned char)bytes[i];
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("bundle", MFD_CLOEXEC);
	unsigned int sum = 0;
	char path[64];

	REQUIRE(fd >= 0);
	REQUIRE(write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	bundle__each(path, NULL, visit, &sum);
	bundle__each(path, "info.json", visit, &sum);
	close(fd);
	return 0;
}
