/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * All that the rules of the doctor may look at, as numbers: they ask nobody.
 */
#ifndef DROPWHY_DOCTOR_FACTS_H
#define DROPWHY_DOCTOR_FACTS_H

#include "user/aggregate/summary.h"
#include "user/conntrack/tables.h"
#include "user/doctor/kube_proxy.h"
#include "user/doctor/sysctl_files.h"

/* A conntrack table at the end, and what became of it meanwhile. */
struct table_facts {
	const char *netns_name;	/* NULL: unknown */
	struct conntrack_table now;
	struct conntrack_pace pace; /* seconds is 0 where there was no earlier reading */
	__u64 moved[__CT_STAT_MAX]; /* by how much each counter grew */
};

/* 0: unknown. */
struct neighbour_facts {
	__u32 entries;
	__u32 limit;		/* gc_thresh3 */
};

/* What a file read at boot wants conntrack's limit to be. */
struct configured_facts {
	__u64 value;		/* 0: no file says */
	char path[SYSCTL_FILES_PATH_LEN];
};

struct facts {
	double seconds;		/* how long it was looked */
	unsigned int cores;
	const struct table_facts *tables;
	size_t table_count;
	bool only_container;	/* network namespaces outside of a container, which is no node, are not seen */
	bool tables_unknown;	/* none could be read */
	size_t tables_unreadable; /* some of them */
	struct kube_proxy kube_proxy;
	struct configured_facts configured_max;
	struct settings_found settings;
	struct counters_found counters;
	struct neighbour_facts arp, ndisc;
	__u64 netdev_max_backlog, somaxconn, rmem_max, ipfrag_high_thresh; /* the host's; 0: unknown */
	bool api_unknown;	/* asked who is who, the API server has not told, or no longer does */
	bool kubelet_unknown;	/* likewise, where no API server tells of the same pods */
	struct accounting drops;
};

#define FACTS_UNKNOWN_MAX 5

/* What could not be looked at: nothing found there is no news. */
struct facts_unknown {
	const char *id;		/* in JSON */
	const char *text;
};

/** @brief **facts__unknown()** lists it. @return how many there are */
size_t facts__unknown(const struct facts *f, struct facts_unknown *ret_unknown);

/** @brief **facts__host_table()** the node's own conntrack table; NULL: unknown. */
const struct table_facts *facts__host_table(const struct facts *f);

/** @brief **facts__fullest_table()** the one with the least headroom; NULL: none is known. */
const struct table_facts *facts__fullest_table(const struct facts *f);

/** @brief **facts__stat()** by how much a counter of conntrack grew in all namespaces. */
__u64 facts__stat(const struct facts *f, enum conntrack_stat_kind kind);

/** @brief **facts__counter()** by how much one of the kernel's counters grew, everywhere. */
__u64 facts__counter(const struct facts *f, const char *name);

#endif
