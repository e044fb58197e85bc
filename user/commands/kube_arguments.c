// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Reads the options about the kubelet and the Kubernetes API.
 */
#include <string.h>

#include "user/commands/argument.h"
#include "user/commands/kube_arguments.h"

/* Beyond those of any command and of run_options.c. */
enum option_key {
	OPTION_KUBECONFIG = 0x3000,
	OPTION_CONTEXT,
	OPTION_API,
	OPTION_NODE_NAME,
	OPTION_KUBELET,
	OPTION_KUBELET_TOKEN,
};

static const struct argp_option argp_options[] = {
	{ NULL, 0, NULL, 0, "Kubernetes (none of it is needed to name this node's pods):", 5 },
	{ "kubeconfig", OPTION_KUBECONFIG, "FILE", 0,
	  "Ask the API server that it names (default $KUBECONFIG, else, in a pod, its own account)",
	  0 },
	{ "context", OPTION_CONTEXT, "NAME", 0, "Which of the kubeconfig's (default: its current one)",
	  0 },
	{ "api", OPTION_API, "WHAT", 0,
	  "What is asked of the API server: node (this node's pods, all Services), cluster (all "
	  "pods, Services, endpoints and nodes), off, or auto: off without a kubeconfig or a pod's "
	  "account; else node in probe in a pod, cluster elsewhere (default auto)",
	  0 },
	{ "node-name", OPTION_NODE_NAME, "NAME", 0,
	  "This node's name there (default $NODE_NAME, else the host's name)", 0 },
	{ "kubelet", OPTION_KUBELET, "URL", 0,
	  "The kubelet to ask, auto or off. auto: root's at 127.0.0.1:10255, else with a token at "
	  "port 10250 (default auto)",
	  0 },
	{ "kubelet-token", OPTION_KUBELET_TOKEN, "FILE", 0,
	  "A token for the kubelet (default: the pod's own)", 0 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	static const char *const apis[] = {
		[KUBE_API_AUTO] = "auto",
		[KUBE_API_NODE] = "node",
		[KUBE_API_CLUSTER] = "cluster",
		[KUBE_API_OFF] = "off",
		[__KUBE_API_MAX] = NULL,
	};
	struct kube_options *options = state->input;

	switch (key) {
	case OPTION_KUBECONFIG:
		options->kubeconfig = arg;
		return 0;
	case OPTION_CONTEXT:
		options->context = arg;
		return 0;
	case OPTION_API:
		options->api = argument__word(state, "api", arg, apis);
		return 0;
	case OPTION_NODE_NAME:
		options->node = arg;
		return 0;
	case OPTION_KUBELET:
		if (strcmp(arg, "auto") && strcmp(arg, "off") && strncmp(arg, "http://", 7) &&
		    strncmp(arg, "https://", 8))
			argp_error(state, "--kubelet takes auto, off or a URL, e.g. "
					  "https://127.0.0.1:10250");
		options->kubelet = arg;
		return 0;
	case OPTION_KUBELET_TOKEN:
		options->kubelet_token = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp kube_arguments_argp = { argp_options, parse_option, NULL, NULL, NULL, NULL, NULL };
