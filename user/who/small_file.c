// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Reads a file at once; a pipe or device in its place does not block.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/who/small_file.h"

static int read_all(int fd, size_t max, char **ret_data, size_t *ret_len)
{
	size_t len = 0;
	struct stat st;
	ssize_t got;
	char *data;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	data = malloc(max + 1);
	if (!data)
		return -ENOMEM;
	while (len <= max) {
		got = read(fd, data + len, max + 1 - len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		len += got;
	}
	if (got < 0 || len > max) {
		free(data);
		return got < 0 ? -errno : -EFBIG;
	}
	data[len] = '\0';
	*ret_data = data;
	*ret_len = len;
	return 0;
}

int small_file__read(const char *path, size_t max, char **ret_data, size_t *ret_len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), err;

	if (fd < 0)
		return -errno;
	err = read_all(fd, max, ret_data, ret_len);
	close(fd);
	return err;
}
