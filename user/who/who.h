/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who stands behind an address, a namespace or a socket: what a name is made of.
 */
#ifndef DROPWHY_WHO_H
#define DROPWHY_WHO_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

enum who_kind {
	WHO_UNKNOWN,
	WHO_POD,
	WHO_SERVICE,
	WHO_NODE,
	WHO_CONTAINER, /* of Docker or Podman, or of a runtime without Kubernetes */
	WHO_PROCESS,   /* a command or a systemd unit */
	WHO_EXTERNAL,  /* none of this cluster's, as far as is known */
	__WHO_MAX,
};

/* Strings are raw bytes, may be hostile; NULL is unknown or does not apply. */
struct who {
	enum who_kind kind;
	const char *name;	   /* of pod, Service, node, container, command or unit */
	const char *namespace;	   /* Kubernetes namespace of a pod or Service */
	const char *uid;	   /* pods: with dashes, or 32 digits of a static pod */
	const char *workload;	   /* pods: what owns them, "deployment/cart"; Kubernetes' API knows */
	const char *node;	   /* pods: where they run; a node's own name */
	const char *const *labels; /* pods: "key=value", sorted */
	size_t label_count;
	bool labels_known; /* false: no source told the labels */
	bool local;	   /* pods and containers: they live on this node */
	bool host_network; /* pods: shares its node's namespace and address */
	int backends;	   /* Services: endpoints that are ready; -1: unknown */
};

/* An address as in struct flow_tuple. */
struct who_address {
	__u8 ip[16];	 /* network order; IPv4: the first 4 bytes, the rest 0 */
	__u8 ip_version; /* 4, 6; 0: none */
};

/** @brief **who_kind__name()** "pod", "service", …; "" for WHO_UNKNOWN and others. */
const char *who_kind__name(unsigned int kind);

/**
 * @brief **who_address__parse()** reads an address in text form. What can be
 * nobody's alone (unspecified, loopback, multicast, link-local) is refused.
 * @param text NUL-terminated; a "/LEN" behind it is left aside
 * @return 0; -EINVAL: no address, or nobody's; *ret is untouched then
 */
int who_address__parse(const char *text, struct who_address *ret);

/**
 * @brief **who_address__is_private()** whether an address is the inside's of some
 * cluster, company or provider: RFC 1918, RFC 6598, RFC 4193.
 * @param ip_version 4 or 6; anything else is not
 * @param ip as in struct who_address
 */
bool who_address__is_private(__u8 ip_version, const __u8 *ip);

#endif
