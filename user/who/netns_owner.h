/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From a network namespace to the pod or container that lives there, by the
 * cgroups of its processes. Wherever that is not certain there is none.
 */
#ifndef DROPWHY_NETNS_OWNER_H
#define DROPWHY_NETNS_OWNER_H

#include "user/enrich/netns.h"
#include "user/who/pod_uid.h"

struct netns_owner {
	char uid[POD_UID_LEN];		    /* "": no pod */
	char container[CONTAINER_ID_LEN]; /* "": no container, or one of a pod */
	pid_t pid;			    /* one of its processes */
};

/**
 * @brief **netns_owner__find()** looks at the processes of a namespace.
 * @param root as for netns_table__new(), never NULL
 * @return 0; -ENOENT: nobody's, or the node's own; -EEXIST: more than one lives there
 */
int netns_owner__find(const char *root, const struct netns_info *info,
		      struct netns_owner *ret_owner);

/**
 * @brief **netns_owner__unit()** finds the systemd unit that all processes of a
 * namespace are of, where no pod or container lives.
 * @param root as for netns_table__new(), never NULL
 * @param ret_unit of that many bytes: "haproxy.service"
 * @return 0; -ENOENT: none, the node's own, a pod's or container's; -EEXIST: more than one
 */
int netns_owner__unit(const char *root, const struct netns_info *info, char *ret_unit, size_t size);

#endif
