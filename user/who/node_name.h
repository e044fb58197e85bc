/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What this node is called.
 */
#ifndef DROPWHY_NODE_NAME_H
#define DROPWHY_NODE_NAME_H

/* Longest DNS name, and a NUL. */
#define NODE_NAME_LEN 254

/**
 * @brief **node_name__read()** finds what the cluster calls this node: as the
 * user says, else $NODE_NAME, else the host's name in lower case, by which the
 * kubelet registers it unless told otherwise.
 * @param root as for netns_table__new(), never NULL; of another root its
 * /etc/hostname counts, for our own name may be a container's
 * @param chosen the user's word; NULL: none
 * @param ret_name NODE_NAME_LEN bytes; "": unknown
 */
void node_name__read(const char *root, const char *chosen, char *ret_name);

#endif
