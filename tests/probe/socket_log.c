/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * socket_log FILE COMMAND [ARGUMENT]...: becomes the command, whose standard
 * output and error output are one UNIX stream socket, as a unit's are of
 * systemd. What it writes a child copies to FILE, whose number stands in
 * FILE.pid: it can be stopped, as a journal that hangs.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int copy(int from, int to)
{
	char bytes[65536];
	ssize_t len;

	while ((len = read(from, bytes, sizeof(bytes))) > 0)
		if (write(to, bytes, (size_t)len) != len)
			return 1;
	return len < 0;
}

static int say_pid(const char *file, pid_t pid)
{
	char path[4096];
	FILE *out;

	snprintf(path, sizeof(path), "%s.pid", file);
	out = fopen(path, "we");
	if (!out)
		return -1;
	fprintf(out, "%d\n", (int)pid);
	return fclose(out);
}

int main(int argc, char **argv)
{
	int out, fds[2];
	pid_t pid;

	if (argc < 3) {
		fputs("Usage: socket_log FILE COMMAND [ARGUMENT]...\n", stderr);
		return 2;
	}
	out = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (out < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		goto failed;
	pid = fork();
	if (pid < 0)
		goto failed;
	if (!pid) {
		close(fds[1]);
		_exit(copy(fds[0], out));
	}
	if (say_pid(argv[1], pid) || dup2(fds[1], 1) < 0 || dup2(fds[1], 2) < 0)
		goto failed;
	execvp(argv[2], argv + 2);
failed:
	fprintf(stderr, "socket_log: %s\n", strerror(errno));
	return 1;
}
