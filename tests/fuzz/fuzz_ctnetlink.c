// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Any bytes as a message of ctnetlink's dump, and as /proc/net/stat/nf_conntrack.
 */
#include <libmnl/libmnl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "user/conntrack/entry.h"
#include "user/conntrack/occupants.h"
#include "user/conntrack/tables.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse_entry(const uint8_t *data, size_t size, struct occupants *o)
{
	size_t len = sizeof(struct nlmsghdr) + size;
	struct nlmsghdr *nlh = calloc(1, len);
	struct conntrack_entry entry;

	if (!nlh)
		return;
	nlh->nlmsg_len = (uint32_t)len;
	memcpy(nlh + 1, data, size);
	if (!conntrack_entry__parse(nlh, &entry)) {
		if (entry.orig.ip_version != 4 && entry.orig.ip_version != 6)
			abort();
		if (!conntrack_entry__state(&entry)[0])
			abort();
		occupants__add(o, 1, &entry);
	}
	free(nlh);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct occupants_options options = { .keys = { OCCUPANT_STATE, OCCUPANT_PROTO,
						       OCCUPANT_SRC, OCCUPANT_DST_PORT },
					     .key_count = 4, .max_groups = 2,
					     .timeouts = { 432000, 300 } };
	static struct occupants *o; /* fed by all inputs */
	struct occupant_finding findings[__FINDING_MAX];
	struct conntrack_table table = {};
	char *text;

	if (!o)
		o = occupants__new(&options);
	if (!o)
		return 0;
	parse_entry(data, size, o);
	if (size % 64 == 0)
		occupants__findings(o, findings);
	text = malloc(size + 1);
	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	conntrack_tables__parse_proc(text, &table);
	free(text);
	return 0;
}
