/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Waits as a shell cannot without starting processes all the while, which slows
 * down the very thing that is waited for.
 *
 * usage: await line SECONDS FILE PATTERN [PID] | await exit SECONDS PID
 *   line  until FILE has a line that matches the basic regular expression; it need
 *         not exist yet. Gives up when process PID has ended without one.
 *   exit  until process PID has ended, reaped or not
 * Exit status 0: it came; 1: it did not, or the process ended first; 2: usage.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The longest between two looks at a file whose changes inotify may not tell: it is not there yet,
 * or another took its place. */
#define LOOK_MS 50
#define LINE_MAX_BYTES 65536

struct lines {
	const char *path;
	regex_t pattern;
	off_t offset;		/* where the first line that has not ended begins */
	char text[LINE_MAX_BYTES + 1];
};

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* One part of the file after the other; a line longer than the buffer is looked at in pieces. */
static bool has_line(struct lines *lines)
{
	int fd = open(lines->path, O_RDONLY | O_CLOEXEC);
	bool found = false;
	ssize_t n;

	if (fd < 0)
		return false;
	while (!found && (n = pread(fd, lines->text, LINE_MAX_BYTES, lines->offset)) > 0) {
		char *line = lines->text, *end;

		lines->text[n] = '\0';
		while (!found && (end = memchr(line, '\n', lines->text + n - line))) {
			*end = '\0';
			found = !regexec(&lines->pattern, line, 0, NULL, 0);
			line = end + 1;
		}
		found = found || (*line && !regexec(&lines->pattern, line, 0, NULL, 0));
		if (line == lines->text && n < LINE_MAX_BYTES)
			break;
		lines->offset += line == lines->text ? n : line - lines->text;
	}
	close(fd);
	return found;
}

/* -1: there is no such process. */
static int open_process(const char *pid)
{
	return (int)syscall(SYS_pidfd_open, (pid_t)strtol(pid, NULL, 10), 0);
}

/* Whether it has ended by then, or before @changes has something to read. */
static bool ended_within(int process, int changes, int ms)
{
	struct pollfd fds[] = { { .fd = process, .events = POLLIN },
				{ .fd = changes, .events = POLLIN } };

	return poll(fds, 2, ms) > 0 && fds[0].revents;
}

/* Watches the file, if it is there; forgets what was told of it so far. */
static void watch(int changes, const char *path)
{
	char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));

	while (read(changes, events, sizeof(events)) > 0)
		;
	inotify_add_watch(changes, path, IN_MODIFY);
}

static int await_line(const char *path, const char *pattern, const char *pid, long long deadline)
{
	static struct lines lines;
	int process = pid ? open_process(pid) : -1;
	int changes = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	bool ended = pid && process < 0;

	lines.path = path;
	if (regcomp(&lines.pattern, pattern, REG_NOSUB)) {
		fprintf(stderr, "await: no regular expression: %s\n", pattern);
		return 2;
	}
	/* watched before it is looked at: nothing is missed between */
	for (watch(changes, path); !has_line(&lines); watch(changes, path)) {
		/* what it wrote last was written before it ended */
		if (ended || now_ms() > deadline)
			return 1;
		ended = ended_within(process, changes, LOOK_MS);
	}
	return 0;
}

static int await_exit(const char *pid, long long deadline)
{
	int process = open_process(pid);
	long long left = deadline - now_ms();

	return process < 0 || ended_within(process, -1, left > 0 ? (int)left : 0) ? 0 : 1;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	long long deadline = argc > 2 ? now_ms() + strtoll(argv[2], NULL, 10) * 1000 : 0;

	if (!strcmp(what, "line") && (argc == 5 || argc == 6))
		return await_line(argv[3], argv[4], argv[5], deadline);
	if (!strcmp(what, "exit") && argc == 4)
		return await_exit(argv[3], deadline);
	fputs("usage: await line SECONDS FILE PATTERN [PID] | await exit SECONDS PID\n", stderr);
	return 2;
}
