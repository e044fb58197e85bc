/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Stands for a service manager: prints the states that are sent to a UNIX
 * socket, one a line.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

int main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char state[4096];
	ssize_t len;
	int fd;

	if (argc != 2 || strlen(argv[1]) >= sizeof(address.sun_path)) {
		fputs("usage: notify_listen PATH\n", stderr);
		return 2;
	}
	memcpy(address.sun_path, argv[1], strlen(argv[1]));
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		perror("notify_listen");
		return 1;
	}
	while ((len = recv(fd, state, sizeof(state) - 1, 0)) >= 0) {
		state[len] = '\0';
		puts(state);
		fflush(stdout);
	}
	return 1;
}
