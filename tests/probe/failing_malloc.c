/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * To be preloaded: lets every so manieth allocation fail, as often as the
 * number at the start of the file $FAILING_MALLOC says; 0: none. The file may
 * change while the process runs.
 *
 * Or one fails: the first of the program's own that was made where none has
 * failed yet. Where those were stands in the file $FAILING_MALLOC_PLACES, an
 * __u64 each: offsets of return addresses, so that a run for each place lets
 * every allocation in the program's text fail, however often it is made.
 */
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <linux/types.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

#define PLACES_MAX 4096

static const volatile unsigned int *every;
static unsigned int calls;

static struct {
	int fd; /* -1: none is to fail any more */
	size_t count;
	__u64 known[PLACES_MAX];
	__u64 base, end; /* of the program in memory */
} places = { .fd = -1 };

/* The first object is the program. */
static int find_program(struct dl_phdr_info *info, size_t size, void *ctx)
{
	int i;

	(void)size;
	(void)ctx;
	places.base = info->dlpi_addr;
	for (i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_LOAD && info->dlpi_phdr[i].p_flags & PF_X)
			places.end = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr +
				     info->dlpi_phdr[i].p_memsz;
	return 1;
}

__attribute__((constructor)) static void open_files(void)
{
	const char *path = getenv("FAILING_MALLOC"), *places_path = getenv("FAILING_MALLOC_PLACES");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	ssize_t size;
	void *page;

	if (fd >= 0) {
		page = mmap(NULL, sizeof(*every), PROT_READ, MAP_SHARED, fd, 0);
		close(fd);
		every = page == MAP_FAILED ? NULL : page;
	}
	fd = places_path ? open(places_path, O_RDWR | O_APPEND | O_CLOEXEC) : -1;
	if (fd < 0)
		return;
	dl_iterate_phdr(find_program, NULL);
	size = read(fd, places.known, sizeof(places.known));
	places.count = size > 0 ? (size_t)size / sizeof(places.known[0]) : 0;
	places.fd = fd;
}

static int is_new_place(const void *caller)
{
	__u64 at = (__u64)caller;
	size_t i;

	if (places.fd < 0 || at < places.base || at >= places.end)
		return 0;
	at -= places.base;
	for (i = 0; i < places.count; i++)
		if (places.known[i] == at)
			return 0;
	if (write(places.fd, &at, sizeof(at)) != sizeof(at))
		abort();
	places.fd = -1;
	return 1;
}

static int is_due(const void *caller)
{
	unsigned int n = every ? *every : 0;

	if (!(n && __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED) % n == 0) && !is_new_place(caller))
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t size)
{
	return is_due(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return is_due(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return is_due(__builtin_return_address(0)) ? NULL : __libc_realloc(old, size);
}

void *reallocarray(void *old, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes) ||
	    is_due(__builtin_return_address(0))) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_realloc(old, bytes);
}

/* glibc's own would be the one who asks. */
char *strdup(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = is_due(__builtin_return_address(0)) ? NULL : __libc_malloc(size);

	return copy ? memcpy(copy, text, size) : NULL;
}
