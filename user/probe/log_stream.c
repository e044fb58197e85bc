// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * See log_stream.h. O_NONBLOCK belongs to the open file, which is shared with
 * whoever else has it. So what can be is opened anew; of a socket, which cannot,
 * each call asks not to wait, and of the rest whether there is room.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include "user/probe/log_stream.h"

#define MESSAGE_PATIENCE_MS 100

struct target {
	int fd;			/* the caller's */
	int patience_ms;	/* how long room is waited for */
};

static bool has_room(int fd, int wait_ms)
{
	struct pollfd there = { .fd = fd, .events = POLLOUT };

	return poll(&there, 1, wait_ms) == 1;
}

static ssize_t write_now(int fd, const char *bytes, size_t len)
{
	ssize_t done = send(fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (done >= 0 || errno != ENOTSOCK)
		return done;
	if (!has_room(fd, 0)) {
		errno = EAGAIN;
		return -1;
	}
	/* more than this a pipe may take in part, and wait with the rest */
	return write(fd, bytes, len < PIPE_BUF ? len : PIPE_BUF);
}

/* What stdio wants of write(2): a short count with errno of what stopped it. */
static ssize_t write_all(void *cookie, const char *bytes, size_t len)
{
	const struct target *to = cookie;
	size_t written = 0;
	ssize_t done;

	while (written < len) {
		done = write_now(to->fd, bytes + written, len - written);
		if (done < 0 && errno == EAGAIN && to->patience_ms &&
		    has_room(to->fd, to->patience_ms))
			done = write_now(to->fd, bytes + written, len - written);
		if (done < 0)
			break;
		written += (size_t)done;
	}
	return (ssize_t)written;
}

static int forget(void *cookie)
{
	free(cookie);
	return 0;
}

static FILE *open_around(int fd, int patience_ms)
{
	static const cookie_io_functions_t functions = { .write = write_all, .close = forget };
	struct target *to = calloc(1, sizeof(*to));
	FILE *out;

	if (!to)
		return NULL;
	to->fd = fd;
	to->patience_ms = patience_ms;
	out = fopencookie(to, "w", functions);
	if (!out)
		free(to);
	return out;
}

FILE *log_stream__open(int fd, int *ret_poll_fd)
{
	char path[32];
	FILE *out;
	int anew;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	anew = open(path, O_WRONLY | O_APPEND | O_NONBLOCK | O_CLOEXEC);
	out = anew < 0 ? open_around(fd, 0) : fdopen(anew, "a");
	if (out)
		*ret_poll_fd = anew < 0 ? fd : anew;
	else if (anew >= 0)
		close(anew);
	return out;
}

FILE *log_stream__messages(int fd)
{
	FILE *out = open_around(fd, MESSAGE_PATIENCE_MS);

	if (out)
		setvbuf(out, NULL, _IOLBF, 0);
	return out;
}
