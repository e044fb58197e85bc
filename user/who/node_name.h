/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What this node is called.
 */
#ifndef DROPWHY_NODE_NAME_H
#define DROPWHY_NODE_NAME_H

/* Longest DNS name, and a NUL. */
#define NODE_NAME_LEN 254

/**
 * @brief **node_name__read()** reads the node's host name, which the kubelet
 * calls it by unless told otherwise.
 * @param root as for netns_table__new(), never NULL; of another root its
 * /etc/hostname counts, for our own name may be a container's
 * @param ret_name NODE_NAME_LEN bytes; "": unknown
 */
void node_name__read(const char *root, char *ret_name);

#endif
