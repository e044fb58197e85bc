/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * kube-proxy on this node, and what it would make of conntrack's limit.
 */
#ifndef DROPWHY_KUBE_PROXY_H
#define DROPWHY_KUBE_PROXY_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* kube-proxy's own defaults, and the most that it sets from version 1.36 on. */
#define KUBE_PROXY_MAX_PER_CORE 32768
#define KUBE_PROXY_MIN		131072
#define KUBE_PROXY_CAP		1048576

#define KUBE_PROXY_PATH_LEN 256

/* What it is part of: where its settings are. */
enum kube_proxy_kind {
	KUBE_PROXY_PLAIN,	/* not known */
	KUBE_PROXY_KUBEADM,
	KUBE_PROXY_K3S,
	KUBE_PROXY_RKE2,
	KUBE_PROXY_MICROK8S,
};

struct kube_proxy {
	bool running;
	enum kube_proxy_kind kind;
	bool embedded;		/* no process of its own: what sets the limit is k3s, RKE2 or kubelite */
	bool agent;		/* of k3s and RKE2: no server */
	bool hidden;		/* it has arguments that cannot be read */
	pid_t pid;
	__u64 max_per_core;	/* 0: it leaves the limit alone */
	__u64 min;
	bool set;		/* one of the two is set, not kube-proxy's default */
	char config[KUBE_PROXY_PATH_LEN]; /* --config, or what is unread, as it sees it; "": none */
	bool config_unread;	/* it, or a flag, could not be read: the defaults are assumed */
};

/**
 * @brief **kube_proxy__find()** looks for it among the processes, and for those
 * that it is part of. A process of its own counts, unless it leaves the limit alone.
 * @param root where the node's file system is; "" is /
 * @param ret_proxy not running if there is none
 * @return 0, also without one; -errno: the processes cannot be read
 */
int kube_proxy__find(const char *root, struct kube_proxy *ret_proxy);

/**
 * @brief **kube_proxy__parse_arguments()** reads a command line.
 * @param args NUL-terminated words one behind the other, as in /proc/PID/cmdline
 * @param proxy set to the defaults before
 */
void kube_proxy__parse_arguments(const char *args, size_t size, struct kube_proxy *proxy);

/**
 * @brief **kube_proxy__parse_file()** reads a file of arguments of microk8s.
 * @param text changed; has a NUL behind its @p len bytes
 * @param proxy set to the defaults before
 */
void kube_proxy__parse_file(char *text, size_t len, struct kube_proxy *proxy);

/** @brief **kube_proxy__defaults()** sets what kube-proxy takes where nothing is said. */
void kube_proxy__defaults(struct kube_proxy *proxy);

/**
 * @brief **kube_proxy__parse_config()** reads what a KubeProxyConfiguration
 * says of conntrack. Flags do not count beside a file.
 * @param proxy gets the defaults where nothing, or nothing certain, is said
 * @return 0; -EINVAL: none that every version of kube-proxy reads in the same way; -ENOMEM
 */
int kube_proxy__parse_config(const char *text, size_t len, struct kube_proxy *proxy);

/** @brief **kube_proxy__name()** of what sets the limit; lives forever. */
const char *kube_proxy__name(const struct kube_proxy *proxy);

/** @brief **kube_proxy__sets()** whether one runs that does not leave the limit alone. */
bool kube_proxy__sets(const struct kube_proxy *proxy);

/**
 * @brief **kube_proxy__limit()** what it would set when it starts on so many CPUs; 0: nothing.
 */
__u64 kube_proxy__limit(__u64 max_per_core, __u64 min, unsigned int cores);

#endif
