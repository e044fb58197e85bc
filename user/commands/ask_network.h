/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kubelet and the API server, for commands that look once.
 */
#ifndef DROPWHY_ASK_NETWORK_H
#define DROPWHY_ASK_NETWORK_H

#include "user/who/kube_options.h"
#include "user/who/sources.h"

/**
 * @brief **ask_network()** asks them, if there are any, and waits for their
 * answers, 15 seconds at most; says on stderr if that was not enough.
 * @param root directory in which the node's / is found; "" if it is ours
 * @param kube the caller's, as long as the sources
 */
void ask_network(struct sources *sources, const char *root, const struct kube_options *kube);

#endif
