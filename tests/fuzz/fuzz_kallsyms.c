/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Any bytes as /proc/kallsyms: the table must be sorted, its names terminated,
 * and every range must hold what it is said to hold.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "user/enrich/kallsyms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int check_range(__u64 start, __u64 end, const char *name, void *ctx)
{
	const struct kallsyms *k = ctx;
	__u64 offset = 0;

	if (!*name || !kallsyms__count(k))
		abort();
	/* an alias goes by another name, an end marker by none */
	if (end > start && kallsyms__find(k, start, &offset) && offset)
		abort();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kallsyms *k;
	char path[64];
	int fd;

	fd = memfd_create("kallsyms", MFD_CLOEXEC);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	k = kallsyms__load(path);
	if (k) {
		kallsyms__range(k, "f", check_range, k);
		kallsyms__range(k, "nf_hook_slow", check_range, k);
		kallsyms__find(k, ~0ull, NULL);
		kallsyms__module(k, 0xffffffff81000000);
	}
	kallsyms__free(k);
	close(fd);
	return 0;
}
