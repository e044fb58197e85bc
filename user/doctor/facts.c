/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Facts that take a loop to find.
 */
#include <string.h>

#include "user/doctor/facts.h"

size_t facts__unknown(const struct facts *f, struct facts_unknown *ret_unknown)
{
	size_t count = 0;

	if (f->only_container)
		ret_unknown[count++] = (struct facts_unknown){ "namespaces",
							       "network namespaces outside of this container" };
	if (f->tables_unknown)
		ret_unknown[count++] = (struct facts_unknown){ "conntrack_tables", "conntrack's tables" };
	else if (f->tables_unreadable)
		ret_unknown[count++] = (struct facts_unknown){ "conntrack_tables", "some conntrack tables" };
	if (f->counters.error || f->counters.unreadable)
		ret_unknown[count++] = (struct facts_unknown){ "counters", "some of the kernel's counters" };
	if (f->api_unknown)
		ret_unknown[count++] = (struct facts_unknown){ "api", "what the API server knows" };
	if (f->kubelet_unknown)
		ret_unknown[count++] = (struct facts_unknown){ "kubelet", "what the kubelet knows" };
	return count;
}

const struct table_facts *facts__host_table(const struct facts *f)
{
	size_t i;

	for (i = 0; i < f->table_count; i++)
		if (f->tables[i].now.host)
			return &f->tables[i];
	return NULL;
}

const struct table_facts *facts__fullest_table(const struct facts *f)
{
	const struct table_facts *fullest = NULL;
	double least = 2, headroom;
	size_t i;

	for (i = 0; i < f->table_count; i++) {
		headroom = conntrack_table__headroom(&f->tables[i].now);
		if (headroom < 0 || headroom >= least)
			continue;
		least = headroom;
		fullest = &f->tables[i];
	}
	return fullest;
}

__u64 facts__stat(const struct facts *f, enum conntrack_stat_kind kind)
{
	__u64 sum = 0;
	size_t i;

	for (i = 0; i < f->table_count; i++)
		sum += f->tables[i].moved[kind];
	return sum;
}

__u64 facts__counter(const struct facts *f, const char *name)
{
	__u64 sum = 0;
	size_t i;

	for (i = 0; i < f->counters.count; i++)
		if (!strcmp(f->counters.rows[i].counter->name, name))
			sum += f->counters.rows[i].counter->value;
	return sum;
}
