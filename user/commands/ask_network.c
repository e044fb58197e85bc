// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Asks once: see ask_network.h.
 */
#include <stdio.h>

#include "user/commands/ask_network.h"
#include "user/who/pod_source.h"

/* A large cluster is listed in a second or two; who waits longer wants to know why. */
#define SETTLE_MS 15000

void ask_network(struct sources *sources, const char *root, const struct kube_options *kube)
{
	const struct pod_source_options options = { .root = root, .kube = kube };

	sources__add(sources, &source_kubelet, &options);
	sources__add(sources, &source_api, &options);
	if (!sources__settle(sources, SETTLE_MS))
		fprintf(stderr, "dropwhy: the kubelet or the API server has not told all after %d s; "
				"--kubelet=off and --api=off do without\n", SETTLE_MS / 1000);
}
