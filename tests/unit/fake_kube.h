/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A server that answers like the Kubernetes API as far as tests want it to,
 * over HTTP or HTTPS, on a port of 127.0.0.1, in threads of its own.
 */
#ifndef DROPWHY_TEST_FAKE_KUBE_H
#define DROPWHY_TEST_FAKE_KUBE_H

#include <stdbool.h>
#include <stddef.h>

struct fake_kube_options {
	size_t pods;		/* "ns-N/pod-N" with address 10.x.y.z of N */
	size_t services;	/* "ns-N/svc-N" with ClusterIP 172.16+.y.z of N, port 80 and 53/udp */
	size_t page;		/* items a page; 0: all at once */
	const char *cert;	/* files for HTTPS; NULL: HTTP */
	const char *key;
	const char *token;	/* that has to be sent; NULL: none */
	int refuse;		/* answers all with this status; 0: does not */
	bool torn;		/* the first list breaks off in an object */
	bool garbage;		/* sends what is no JSON */
	bool huge;		/* one object is longer than any may be */
	bool gone_once;		/* the first watch of pods gets an error of status 410 */
	bool no_slices_v1;	/* knows only discovery.k8s.io/v1beta1 */
	const char *watch;	/* lines that each watch of pods sends; NULL: none */
};

struct fake_kube;

/** @brief **fake_kube__new()** starts it; ends the test if it cannot. */
struct fake_kube *fake_kube__new(const struct fake_kube_options *options);

/** @brief **fake_kube__url()** "http://127.0.0.1:PORT"; its own. */
const char *fake_kube__url(const struct fake_kube *fake);

/** @brief **fake_kube__requests()** how many had a text in path or query. */
size_t fake_kube__requests(struct fake_kube *fake, const char *text);

/** @brief **fake_kube__free()** stops it. */
void fake_kube__free(struct fake_kube *fake);

#endif
