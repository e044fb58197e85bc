/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns a tun device and reads nothing of it. Prints "ready", then lives until
 * SIGTERM; the device goes with it.
 *
 * usage: tun NAME
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	sigset_t set;
	int fd, sig;

	if (argc != 2 || strlen(argv[1]) >= sizeof(request.ifr_name)) {
		fprintf(stderr, "usage: tun NAME\n");
		return 2;
	}
	memcpy(request.ifr_name, argv[1], strlen(argv[1]));
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request) || sigprocmask(SIG_BLOCK, &set, NULL)) {
		fprintf(stderr, "tun: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	printf("ready\n");
	fflush(stdout);
	if (sigwait(&set, &sig))
		return 1;
	close(fd);
	return 0;
}
