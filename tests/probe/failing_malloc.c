/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * To be preloaded: lets every so manieth allocation fail, as often as the
 * number at the start of the file $FAILING_MALLOC says; 0: none. The file may
 * change while the process runs. Or the one allocation whose number is
 * $FAILING_MALLOC_AT; 1 is the first.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static const volatile unsigned int *every;
static unsigned long only;
static unsigned int calls;

__attribute__((constructor)) static void map_file(void)
{
	const char *path = getenv("FAILING_MALLOC"), *at = getenv("FAILING_MALLOC_AT");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *page;

	only = at ? strtoul(at, NULL, 10) : 0;
	if (fd < 0)
		return;
	page = mmap(NULL, sizeof(*every), PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	every = page == MAP_FAILED ? NULL : page;
}

static int is_due(void)
{
	unsigned int n = every ? *every : 0, call;

	if (!n && !only)
		return 0;
	call = __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
	if (n ? call % n : call != only)
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t size)
{
	return is_due() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return is_due() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return is_due() ? NULL : __libc_realloc(old, size);
}

void *reallocarray(void *old, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes) || is_due()) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_realloc(old, bytes);
}
