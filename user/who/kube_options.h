/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Whom to ask about pods over the network, and how: what the user chose.
 */
#ifndef DROPWHY_KUBE_OPTIONS_H
#define DROPWHY_KUBE_OPTIONS_H

#include <stdbool.h>

enum kube_api_mode {
	KUBE_API_AUTO,	  /* cluster with a kubeconfig; node in a pod, as one runs on every node; else off */
	KUBE_API_NODE,	  /* this node's pods and all Services */
	KUBE_API_CLUSTER, /* pods, Services, endpoints and nodes of all nodes */
	KUBE_API_OFF,
	__KUBE_API_MAX,
};

/* NULL is: not given. */
struct kube_options {
	enum kube_api_mode api;
	const char *kubeconfig;	   /* else $KUBECONFIG, else the pod's own */
	const char *context;	   /* else the current one */
	const char *node;	   /* else $NODE_NAME, else the host's name */
	const char *kubelet;	   /* "auto" (NULL), "off" or a URL */
	const char *kubelet_token; /* file; else the pod's own */
	bool want_labels;	   /* a selector will ask for them */
};

#endif
