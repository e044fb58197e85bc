/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Pod UIDs as they stand in the paths of cgroups and of log directories. Pure.
 */
#ifndef DROPWHY_POD_UID_H
#define DROPWHY_POD_UID_H

#include "user/enrich/pod.h"

/**
 * @brief **pod_uid__from_cgroup()** finds the pod in /proc/PID/cgroup, written
 * by either cgroup driver: /kubepods/besteffort/pod<UID>/… (cgroupfs) or
 * …/kubepods-besteffort-pod<UID with _ for ->.slice/… (systemd).
 * @param text the file, any bytes, NUL-terminated
 * @param ret_uid with dashes, or 32 digits without for a static pod; POD_UID_LEN
 * bytes. Of pods nested in a pod the outermost, which is this node's.
 * @return 0; -ENOENT: no pod; -EEXIST: its lines name different ones
 */
int pod_uid__from_cgroup(const char *text, char *ret_uid);

/* The parts of NAMESPACE_NAME_UID; pointers into the text, not terminated. */
struct pod_log_dir {
	const char *namespace;
	size_t namespace_len;
	const char *name;
	size_t name_len;
	const char *uid; /* terminated: the text's end */
};

/**
 * @brief **pod_uid__from_log_dir()** takes the name of a directory in
 * /var/log/pods apart.
 * @param text any bytes, NUL-terminated
 * @return 0; -EINVAL: not such a name
 */
int pod_uid__from_log_dir(const char *text, struct pod_log_dir *ret_dir);

#endif
