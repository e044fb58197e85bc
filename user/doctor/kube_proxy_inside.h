/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the files that look for kube-proxy share.
 */
#ifndef DROPWHY_KUBE_PROXY_INSIDE_H
#define DROPWHY_KUBE_PROXY_INSIDE_H

#include "user/doctor/kube_proxy.h"

#define KUBE_PROXY_FILE_BYTES (64 << 10) /* a command line, or a configuration, of some 2 KB */

/**
 * @brief **kube_proxy__open()** opens a file as a process sees it: whoever made
 * it must not lead us to the node's own files, nor to devices.
 * @param root where the node's file system is
 * @param type S_IFREG or S_IFDIR: what it must be
 * @return a descriptor to be closed; -errno; -EINVAL: it is something else
 */
int kube_proxy__open(const char *root, pid_t pid, const char *name, mode_t type);

/**
 * @brief **kube_proxy__read()** reads such a file.
 * @param buf KUBE_PROXY_FILE_BYTES; NUL-terminated, also after a failure
 * @return its length; -errno; -EFBIG: it may be longer
 */
ssize_t kube_proxy__read(const char *root, pid_t pid, const char *name, char *buf);

/** @brief **kube_proxy__read_proc()** reads a file of its in /proc, or the beginning; else alike. */
ssize_t kube_proxy__read_proc(const char *root, pid_t pid, const char *name, char *buf);

/** @brief **kube_proxy__read_config()** replaces what flags say by what its file says. */
void kube_proxy__read_config(const char *root, struct kube_proxy *proxy, char *buf);

/* What the files of k3s or RKE2 say, one after the other; all 0 in the beginning. */
struct rancher_settings {
	char args[4096];	/* for kube-proxy, as in its command line */
	size_t len;
	bool disable_agent, disable_kube_proxy;
};

/**
 * @brief **rancher_settings__add()** adds a file's, over those of the files before it.
 * @return 0; -EINVAL: no file that it would take, or one of doubt; -E2BIG; -ENOMEM
 */
int rancher_settings__add(const char *text, size_t len, struct rancher_settings *settings);

/**
 * @brief **kube_proxy__read_rancher()** reads the settings of k3s and RKE2.
 * @param proxy has its kind and pid, and the defaults; @p buf as for kube_proxy__read()
 * @return false: it sets no limit, for it runs no node
 */
bool kube_proxy__read_rancher(const char *root, struct kube_proxy *proxy, char *buf);

#endif
