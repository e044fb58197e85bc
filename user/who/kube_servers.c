// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Which servers there are to ask. Nothing is asked here.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/who/kube_servers.h"
#include "user/who/small_file.h"

#define SERVICE_ACCOUNT "/var/run/secrets/kubernetes.io/serviceaccount"
#define READ_ONLY_PORT	10255
#define TABLE_BYTES_MAX (8 << 20)

/* The kubelet has no watch. It answers from memory; a node has 250 pods at most
 * by the API's advice, and what lies on the node names new ones sooner. */
#define KUBELET_POLL_MS 10000

static int need_node(const char *node, const char *otherwise, char error[KUBE_CONFIG_ERROR_LEN])
{
	if (*node)
		return 0;
	snprintf(error, KUBE_CONFIG_ERROR_LEN, "what this node is called is not known: say it with "
		 "--node-name or in NODE_NAME, or %s", otherwise);
	return -EINVAL;
}

/* --- API server */

static void add_feed(const struct kube_options *options, enum kube_kind kind, const char *node,
		     struct kube_client_options *client)
{
	client->feeds[client->feed_count++] = (struct kube_feed_options){
		.kind = kind, .node = node, .want_labels = options->want_labels && kind == KUBE_POD
	};
}

static int find_server(const struct kube_options *options, struct kube_config *config,
		       bool *ret_in_pod, char error[KUBE_CONFIG_ERROR_LEN])
{
	const char *path = options->kubeconfig ? options->kubeconfig : getenv("KUBECONFIG");
	int err;

	*ret_in_pod = false;
	if (path && path[0]) {
		err = kube_config__load(path, options->context, config, error);
		/* it was named: that it is missing must be told */
		return err == -ENOENT ? -EINVAL : err;
	}
	*ret_in_pod = true;
	err = kube_config__in_cluster(NULL, config, error);
	if (err != -ENOENT || options->api == KUBE_API_AUTO)
		return err;
	snprintf(error, KUBE_CONFIG_ERROR_LEN, "no API server is known: name a kubeconfig with "
					       "--kubeconfig, or --api=off");
	return -EINVAL;
}

int kube_servers__api(const struct kube_options *options, const char *node,
		      struct kube_client_options *ret_client, char error[KUBE_CONFIG_ERROR_LEN])
{
	bool in_pod, all;
	int err;

	memset(ret_client, 0, sizeof(*ret_client));
	if (options->api == KUBE_API_OFF)
		return -ENOENT;
	ret_client->server_count = 1;
	err = find_server(options, &ret_client->servers[0], &in_pod, error);
	if (err)
		return err;
	all = options->api == KUBE_API_CLUSTER ||
	      (options->api == KUBE_API_AUTO && !in_pod);
	if (!all && need_node(node, "--api=cluster", error))
		return -EINVAL;
	add_feed(options, KUBE_POD, all ? NULL : node, ret_client);
	add_feed(options, KUBE_SERVICE, NULL, ret_client);
	add_feed(options, KUBE_NODE, all ? NULL : node, ret_client);
	if (all)
		add_feed(options, KUBE_SLICE, NULL, ret_client);
	return 0;
}

/* --- kubelet */

bool kube_servers__listener_is_root(const char *tables, unsigned int port)
{
	unsigned int local_port, state, uid;
	const char *line, *next;
	bool root = false;

	for (line = tables; *line; line = next) {
		next = strchr(line, '\n');
		next = next ? next + 1 : line + strlen(line);
		/* sl local:port remote:port state queues timer retransmits uid; in the kernel's own
		 * table every number fits: NOLINTNEXTLINE(cert-err34-c) */
		if (sscanf(line, "%*u: %*32[0-9A-Fa-f]:%4x %*32[0-9A-Fa-f]:%*4x %2x %*8x:%*8x "
			   "%*2x:%*8x %*8x %u", &local_port, &state, &uid) != 3 ||
		    local_port != port || state != 0x0a)
			continue;
		if (uid)
			return false;
		root = true;
	}
	return root;
}

static bool read_only_port_is_root(void)
{
	char *v4 = NULL, *v6 = NULL;
	size_t len;
	bool root = false;

	/* where there is no IPv6 there is no table of it */
	if (small_file__read("/proc/net/tcp6", TABLE_BYTES_MAX, &v6, &len))
		v6 = NULL;
	if (!small_file__read("/proc/net/tcp", TABLE_BYTES_MAX, &v4, &len))
		root = kube_servers__listener_is_root(v4, READ_ONLY_PORT);
	if (v6 && kube_servers__listener_is_root(v6, READ_ONLY_PORT))
		root = true;
	free(v4);
	free(v6);
	return root;
}

/*
 * A kubelet's certificate is signed by the cluster's CA, or by itself; then it
 * lies on this node, where only root writes.
 */
static int add_trust(struct kube_config *config, const char *root)
{
	char path[PATH_MAX], *own = NULL, *cluster = NULL;
	size_t own_len = 0, cluster_len = 0;
	int len;

	len = snprintf(path, sizeof(path), "%s/var/lib/kubelet/pki/kubelet.crt", root);
	if (len < (int)sizeof(path) && small_file__read(path, KUBE_CONFIG_BYTES_MAX, &own, &own_len))
		own = NULL;
	if (small_file__read(SERVICE_ACCOUNT "/ca.crt", KUBE_CONFIG_BYTES_MAX, &cluster,
			     &cluster_len))
		cluster = NULL;
	len = own || cluster ?
		      asprintf(&config->ca.data, "%s\n%s", own ? own : "", cluster ? cluster : "") :
		      0;
	free(own);
	free(cluster);
	if (len < 0) {
		config->ca.data = NULL;
		return -ENOMEM;
	}
	config->ca.len = len;
	return 0;
}

/* There a certificate has the name of the node rather than that address. */
static bool is_loopback(const char *url)
{
	return !strncmp(url, "https://127.0.0.1:", 18) || !strncmp(url, "https://[::1]:", 14) ||
	       !strncmp(url, "https://localhost:", 18);
}

/* @url: NULL: the port that takes a token, at this node. */
static int add_kubelet(const struct kube_options *options, const char *root, const char *node,
		       const char *url, struct kube_client_options *client)
{
	struct kube_config *config = &client->servers[client->server_count++];
	const char *token = options->kubelet_token;
	const char *host = getenv("NODE_IP");
	bool tls = !url || !strncmp(url, "https://", 8);

	if (!token && !access(SERVICE_ACCOUNT "/token", R_OK))
		token = SERVICE_ACCOUNT "/token";
	if (url)
		config->server = strdup(url);
	else if (asprintf(&config->server, "https://%s:10250", node) < 0)
		config->server = NULL;
	if (!config->server)
		return -ENOMEM;
	/* its certificate has the node's name; its address is here */
	if (!url && asprintf(&config->connect_to, strchr(host ? host : "", ':') ? "[%s]:10250" :
			     "%s:10250", host && host[0] ? host : "127.0.0.1") < 0) {
		config->connect_to = NULL;
		return -ENOMEM;
	}
	if (url && is_loopback(url)) {
		config->tls_server_name = strdup(node);
		if (!config->tls_server_name)
			return -ENOMEM;
	}
	if (!tls)
		return 0;
	config->token_file = token ? strdup(token) : NULL;
	if (token && !config->token_file)
		return -ENOMEM;
	return add_trust(config, root);
}

static bool has_kubelet(const char *root)
{
	char path[PATH_MAX];
	struct stat st;

	return snprintf(path, sizeof(path), "%s/var/lib/kubelet", root) < (int)sizeof(path) &&
	       !stat(path, &st);
}

int kube_servers__kubelet(const struct kube_options *options, const char *root, const char *node,
			  struct kube_client_options *ret_client,
			  char error[KUBE_CONFIG_ERROR_LEN])
{
	const char *url = options->kubelet ? options->kubelet : "auto";
	int err = 0;

	memset(ret_client, 0, sizeof(*ret_client));
	if (!strcmp(url, "off"))
		return -ENOENT;
	if (!strcmp(url, "auto")) {
		if (!has_kubelet(root))
			return -ENOENT;
		url = read_only_port_is_root() ? "http://127.0.0.1:10255" : NULL;
		if (!url && !options->kubelet_token && access(SERVICE_ACCOUNT "/token", R_OK))
			return -ENOENT;
	}
	if (!url || !strncmp(url, "https://", 8))
		err = need_node(node, "--kubelet=off", error);
	if (err)
		return err;
	err = add_kubelet(options, root, node, url, ret_client);
	if (err) {
		snprintf(error, KUBE_CONFIG_ERROR_LEN, "out of memory");
		return err;
	}
	ret_client->feeds[0] = (struct kube_feed_options){ .kind = KUBE_POD,
							   .kubelet = true,
							   .want_labels = options->want_labels,
							   .poll_ms = KUBELET_POLL_MS };
	ret_client->feed_count = 1;
	return kube_config__check(&ret_client->servers[0], "--kubelet", error);
}
