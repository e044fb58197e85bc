/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From what the user chose, and what this machine has, to the servers to ask
 * and what to ask them for.
 */
#ifndef DROPWHY_KUBE_SERVERS_H
#define DROPWHY_KUBE_SERVERS_H

#include "user/who/kube_client.h"
#include "user/who/kube_options.h"

/**
 * @brief **kube_servers__api()** finds the API server and the feeds.
 * @param node this node's name; lives as long as the client
 * @param ret_client options for kube_client__start(); its servers are to be
 * freed by the caller if the client is not started
 * @param error one line on what is wrong and what helps
 * @return 0; -ENOENT: none is to be asked; -EINVAL; -errno
 */
int kube_servers__api(const struct kube_options *options, const char *node,
		      struct kube_client_options *ret_client, char error[KUBE_CONFIG_ERROR_LEN]);

/**
 * @brief **kube_servers__kubelet()** likewise finds this node's kubelet.
 * @param root as for netns_table__new()
 */
int kube_servers__kubelet(const struct kube_options *options, const char *root, const char *node,
			  struct kube_client_options *ret_client,
			  char error[KUBE_CONFIG_ERROR_LEN]);

/**
 * @brief **kube_servers__listener_is_root()** tells whether root listens on a
 * TCP port of this machine: a port above 1,023 could be anybody's, and what is
 * said there without TLS would be believed.
 * @param tables text of /proc/net/tcp and tcp6, one after the other
 */
bool kube_servers__listener_is_root(const char *tables, unsigned int port);

#endif
