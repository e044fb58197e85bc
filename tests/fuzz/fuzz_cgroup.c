/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Any bytes as /proc/PID/cgroup and as the name of a log directory: what comes
 * out is a UID or a container's id that was in there.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "user/sysctl/cgroup_root.h"
#include "user/who/pod_uid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_uid(const char *uid)
{
	size_t len = strlen(uid), i;

	if (len != 32 && len != POD_UID_LEN - 1)
		abort();
	for (i = 0; i < len; i++)
		if (!isxdigit((unsigned char)uid[i]) && uid[i] != '-')
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct container_log log;
	struct pod_log_dir dir;
	char uid[POD_UID_LEN], id[CONTAINER_ID_LEN];
	char *text, *rest, *mount, unit[64];

	text = malloc(size + 1);
	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (!pod_uid__from_cgroup(text, uid))
		check_uid(uid);
	if (!container_id__from_cgroup(text, id) && (!container_id__is(id) || !strstr(text, id)))
		abort();
	if (!pod_uid__from_log_dir(text, &dir)) {
		check_uid(dir.uid);
		if (dir.namespace != text ||
		    dir.namespace_len + dir.name_len + strlen(dir.uid) + 2 != strlen(text))
			abort();
	}
	if (!pod_uid__from_container_log(text, &log) &&
	    (log.name != text || log.namespace != text + log.name_len + 1 ||
	     log.namespace + log.namespace_len + 2 >= log.id ||
	     strcmp(log.id + CONTAINER_ID_LEN - 1, ".log") != 0))
		abort();
	if (!cgroup_root__unit(text, unit, sizeof(unit)) && !unit[0])
		abort();
	rest = text; /* changes the text: the last */
	while ((mount = cgroup_root__from_mounts(&rest)))
		if (mount[0] != '/')
			abort();
	free(text);
	return 0;
}
