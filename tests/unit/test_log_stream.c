// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/sample_drop.h"
#include "user/probe/log_stream.h"
#include "user/probe/rotating_log.h"

static int fds[2]; /* the reader's end, the writer's */

static void open_socket(void)
{
	cr_assert(eq(int, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0));
}

static void open_pipe(void)
{
	cr_assert(eq(int, pipe2(fds, O_CLOEXEC), 0));
}

static void (*const opens[])(void) = { open_socket, open_pipe };

static void prepare(void)
{
	signal(SIGPIPE, SIG_IGN);
	alarm(20); /* what waits must end */
}

TestSuite(log_stream, .init = prepare);

static void write_rows(struct rotating_log *log, int rows)
{
	struct drop drop = sample_udp();

	for (; rows; rows--)
		rotating_log__drop(log, &drop);
	rotating_log__flush(log);
}

/* All that can be read; the lines that end, and those of them that are rows. */
static void read_lines(size_t *ret_lines, size_t *ret_rows)
{
	static char text[4 << 20];
	char *line = text, *end;
	size_t len = 0;
	ssize_t got;

	*ret_lines = 0;
	*ret_rows = 0;
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	while ((got = read(fds[0], text + len, sizeof(text) - len)) > 0)
		len += (size_t)got;
	for (; (end = memchr(line, '\n', len - (size_t)(line - text))); line = end + 1) {
		++*ret_lines;
		*ret_rows += !strncmp(line, "{\"type\":", 8) && end[-1] == '}';
	}
}

Test(log_stream, a_reader_who_stops_costs_rows_and_stops_nobody)
{
	size_t i, lines, rows, more;

	for (i = 0; i < sizeof(opens) / sizeof(opens[0]); i++) {
		struct rotating_log_options options = { .format = "json" };
		struct rotating_log *log;
		__u64 written;

		opens[i]();
		options.stream = log_stream__open(fds[1], &options.poll_fd);
		log = rotating_log__new(&options);
		write_rows(log, 2000);
		cr_assert(eq(int, rotating_log__error(log), -EAGAIN));
		cr_assert(gt(u64, rotating_log__failed(log), 0));
		write_rows(log, 10);
		written = rotating_log__written(log);
		cr_assert(eq(u64, written + rotating_log__failed(log), 2010));
		cr_assert(eq(int, fcntl(fds[1], F_GETFL) & O_NONBLOCK, 0), "it is shared");
		read_lines(&lines, &rows);
		cr_assert(ge(sz, rows, written), "written, and whole");
		write_rows(log, 1);
		write_rows(log, 1);
		cr_assert(eq(int, rotating_log__error(log), 0));
		cr_assert(gt(u64, rotating_log__written(log), written));
		read_lines(&lines, &more);
		/* one begins behind what may be torn */
		cr_assert(eq(sz, more, rotating_log__written(log) - written));
		cr_assert(eq(sz, lines, more + 1));
		close(fds[0]);
		write_rows(log, 1);
		cr_assert(eq(int, rotating_log__error(log), -EPIPE));
		rotating_log__free(log);
		fclose(options.stream);
		close(fds[1]);
	}
}

Test(log_stream, a_message_waits_for_room_but_not_long)
{
	char text[3000] = "", got[65536];
	size_t i, sent;
	FILE *out;

	for (i = 0; i < sizeof(opens) / sizeof(opens[0]); i++) {
		opens[i]();
		out = log_stream__messages(fds[1]);
		memset(text, 'x', sizeof(text) - 2);
		text[sizeof(text) - 2] = '\n';
		cr_assert(ge(int, fputs("first\n", out), 0));
		cr_assert(eq(i64, read(fds[0], got, sizeof(got)), 6), "it leaves at its end");
		for (sent = 0; sent < 1000 && fputs(text, out) >= 0; sent++)
			;
		cr_assert(lt(sz, sent, 1000), "there is room for some only");
		cr_assert(gt(sz, sent, 10));
		while (poll(&(struct pollfd){ .fd = fds[0], .events = POLLIN }, 1, 0) == 1)
			cr_assert(gt(i64, read(fds[0], got, sizeof(got)), 0));
		cr_assert(ge(int, fputs("last\n", out), 0));
		cr_assert(eq(i64, read(fds[0], got, sizeof(got)), 5));
		fclose(out);
		close(fds[0]);
		close(fds[1]);
	}
}
