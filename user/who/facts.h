/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a source tells the directory: one statement about one pod, container,
 * Service, set of endpoints or node. The directory copies all of it.
 */
#ifndef DROPWHY_FACTS_H
#define DROPWHY_FACTS_H

#include <sys/types.h>

#include "user/who/who.h"

/* A pod in eight networks with two addresses in each. More are left aside. */
#define FACTS_ADDRESSES_MAX 16
#define FACTS_LABELS_MAX    64

/*
 * A pod, or a container outside of Kubernetes. Statements of several sources
 * are put together when they agree in a UID, in the id of the sandbox, or, for
 * want of either, in namespace and name. Unknown is NULL or 0.
 */
struct pod_facts {
	const char *name;
	const char *namespace;
	const char *uid;       /* as the kubelet's cgroups and directories have it */
	const char *alias_uid; /* static pods: the API's own UID where uid is the hash
				* (annotation kubernetes.io/config.hash) */
	const char *sandbox_id; /* the runtime's id of the sandbox, or of the container */
	const char *node;
	const char *workload; /* "kind/name", kind in lower case */
	const char *const *labels; /* "key=value", any order; NULL: not told */
	size_t label_count;
	const struct who_address *addresses; /* only those that the pod has now: none once it
					      * is Succeeded or Failed */
	size_t address_count;
	size_t claim_count; /* of those the last so many: anyone who may edit the pod states
			     * them, they count where nobody else has the address */
	const char *netns_path; /* below the node's root: "/run/netns/cni-…", "/proc/1/ns/net" */
	pid_t pid;		/* a process that lives as long as the pod does */
	bool container;		/* a container of no pod */
	bool host_network;	/* its addresses are its node's */
	__u64 since_ns;		/* CLOCK_BOOTTIME from which its addresses are its own */
};

/**
 * @brief **pod_facts__check()** tells whether names and numbers have the form
 * that Kubernetes and the runtimes give them; what a file says otherwise is not
 * believed.
 * @return 0; -EINVAL
 */
int pod_facts__check(const struct pod_facts *facts);

#define SERVICE_PORTS_MAX     128
#define SERVICE_ADDRESSES_MAX 64
/* Of larger sets the first count; as in an EndpointSlice, whose limit is 1,000. */
#define ENDPOINTS_MAX	      1000

struct service_port {
	__u16 port_be;
	__u16 node_port_be; /* 0: none */
	__u8 l4_proto;	    /* IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP */
};

struct service_facts {
	const char *name;
	const char *namespace;
	const struct who_address *addresses; /* ClusterIPs, external and load balancers' addresses */
	size_t address_count;
	const struct service_port *ports;
	size_t port_count;
};

/* An EndpointSlice, or an Endpoints object; of one Service there may be several. */
struct endpoints_facts {
	const char *namespace;
	const char *service; /* the Service's name */
	const struct who_address *addresses; /* those that are ready */
	size_t address_count;
};

struct node_facts {
	const char *name;
	const struct who_address *addresses;
	size_t address_count;
};

#endif
