/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Finds the node's name.
 */
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "user/who/node_name.h"

static void read_host_name(const char *root, char *ret_name)
{
	char path[PATH_MAX];
	struct utsname uts;
	FILE *in;

	ret_name[0] = '\0';
	if (!*root) {
		if (!uname(&uts))
			snprintf(ret_name, NODE_NAME_LEN, "%s", uts.nodename);
		return;
	}
	if (snprintf(path, sizeof(path), "%s/etc/hostname", root) >= (int)sizeof(path))
		return;
	in = fopen(path, "re");
	if (!in)
		return;
	if (!fgets(ret_name, NODE_NAME_LEN, in))
		ret_name[0] = '\0';
	fclose(in);
	ret_name[strcspn(ret_name, "\r\n \t")] = '\0';
}

void node_name__read(const char *root, const char *chosen, char *ret_name)
{
	const char *name = chosen ? chosen : getenv("NODE_NAME");
	char *at;

	if (name && *name) {
		snprintf(ret_name, NODE_NAME_LEN, "%s", name);
		return;
	}
	read_host_name(root, ret_name);
	for (at = ret_name; *at; at++)
		*at = (char)tolower((unsigned char)*at);
}
