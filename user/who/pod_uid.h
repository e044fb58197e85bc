/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Pod UIDs and container ids as they stand in the paths of cgroups and of logs.
 * Pure.
 */
#ifndef DROPWHY_POD_UID_H
#define DROPWHY_POD_UID_H

#include <stdbool.h>
#include <stddef.h>

/* 8-4-4-4-12 hexadecimal digits, or 32 of a static pod, and a NUL. */
#define POD_UID_LEN 37

/* 64 hexadecimal digits and a NUL. */
#define CONTAINER_ID_LEN 65

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

/**
 * @brief **pod_uid__is()** whether a text is a pod's UID: 8-4-4-4-12 digits, or 32.
 */
bool pod_uid__is(const char *text);

/** @brief **pod_name__is()** whether a text can be a pod's name: RFC 1123, at most 253 characters. */
bool pod_name__is(const char *text);

/** @brief **pod_namespace__is()** whether a text can be a Kubernetes namespace: at most 63. */
bool pod_namespace__is(const char *text);

/** @brief **container_id__is()** whether a text is a container's or sandbox's id: 64 digits. */
bool container_id__is(const char *text);

/**
 * @brief **container_id__from_cgroup()** finds the container in /proc/PID/cgroup:
 * …/docker-ID.scope, …/libpod-ID.scope, …/docker/ID and the like.
 * @param ret_id CONTAINER_ID_LEN bytes; of containers in one another the outermost
 * @return 0; -ENOENT: none; -EEXIST: its lines name different ones
 */
int container_id__from_cgroup(const char *text, char *ret_id);

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

/* The parts of POD_NAMESPACE_CONTAINER-ID.log; pointers into the text, not terminated. */
struct container_log {
	const char *name;
	size_t name_len;
	const char *namespace;
	size_t namespace_len;
	const char *id; /* CONTAINER_ID_LEN - 1 digits */
};

/**
 * @brief **pod_uid__from_container_log()** takes the name of a link in
 * /var/log/containers apart.
 * @param text any bytes, NUL-terminated
 * @return 0; -EINVAL: not such a name
 */
int pod_uid__from_container_log(const char *text, struct container_log *ret_log);

#endif
