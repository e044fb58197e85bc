/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * large_cluster PODS SERVICES: an API server of so large a cluster, until it is
 * ended. Says "ready URL", then "watched" once all kinds have been listed and
 * are watched.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/fake_kube.h"

/* pods, Services, EndpointSlices, Nodes */
#define KINDS 4

int main(int argc, char **argv)
{
	struct fake_kube_options options = { .page = 500 };
	struct fake_kube *fake;

	if (argc != 3) {
		fprintf(stderr, "Usage: large_cluster PODS SERVICES\n");
		return 2;
	}
	options.pods = strtoul(argv[1], NULL, 10);
	options.services = strtoul(argv[2], NULL, 10);
	fake = fake_kube__new(&options);
	printf("ready %s\n", fake_kube__url(fake));
	fflush(stdout);
	while (fake_kube__requests(fake, "watch=") < KINDS)
		usleep(20000);
	printf("watched\n");
	fflush(stdout);
	for (;;)
		pause();
}
