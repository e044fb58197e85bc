/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What can be no pod's or container's name, whoever says so.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "user/who/facts.h"
#include "user/who/pod_uid.h"

/* Longest name that Docker and Podman give or take, by far. */
#define CONTAINER_NAME_MAX 255

static bool is_container_name(const char *name)
{
	size_t len = strnlen(name, CONTAINER_NAME_MAX + 1), i;

	if (!len || len > CONTAINER_NAME_MAX)
		return false;
	for (i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) && !strchr("_.-/", name[i]))
			return false;
	return true;
}

int pod_facts__check(const struct pod_facts *facts)
{
	if (facts->sandbox_id && strlen(facts->sandbox_id) >= CONTAINER_ID_LEN)
		return -EINVAL;
	if (facts->container)
		return !facts->name || is_container_name(facts->name) ? 0 : -EINVAL;
	if (!facts->name || !facts->namespace || !pod_name__is(facts->name) ||
	    !pod_namespace__is(facts->namespace))
		return -EINVAL;
	return !facts->uid || pod_uid__is(facts->uid) ? 0 : -EINVAL;
}
