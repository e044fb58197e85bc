/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One drop event (or eviction: enum record_type) as the user side's stages see it: what the kernel recorded,
 * then what the enrichers could add. Decode fills the first part, enrich the
 * second; aggregate and the sinks only read.
 */
#ifndef DROPWHY_DROP_H
#define DROPWHY_DROP_H

#include <linux/types.h>
#include <stdbool.h>
#include <time.h>

#include "bpf/drop_record.h"

struct dns_query;		/* enrich/dns.h */
struct who;			/* who/who.h */

/* One end of a packet. */
struct drop_end {
	const char *name;		/* NULL: unknown */
	const char *namespace;		/* of pods and Services */
	unsigned int kind;		/* enum who_kind */
	const struct who *who;		/* all that is known; NULL: no more than this */
};

struct drop {
	struct drop_record rec;		/* base record; rec.sections tells which of the next four are valid */
	struct drop_section_ct ct;
	struct drop_section_inner inner;
	struct drop_section_ct clash;	/* the entry that was there first */
	struct drop_section_dns dns_message; /* zeros after its length */
	__u64 count;			/* packets that this event stands for, at least 1 */
	__u64 bytes;			/* their bytes */

	/* From the enrichers. Strings are NULL when unknown; they belong to the
	 * enricher and live until the next drop is enriched. */
	struct timespec time;		/* wall clock, UTC: of the first packet where count > 1 */
	struct timespec last_time;	/* of the last */
	const char *reason;		/* e.g. "NETFILTER_DROP"; never NULL once enriched: a number if
					 * unnamed, by the location if the kernel gives none, "" for evictions */
	const char *symbol;		/* e.g. "nf_hook_slow" */
	__u64 symbol_offset;		/* bytes into symbol */
	const struct dns_query *dns; /* what the packet's DNS message asks; NULL: none could be read */
	bool dns_malformed;	/* it came from or to a DNS port, but is none */
	const char *netns_name;		/* e.g. "blue" or "cni-1234", else the command living there */

	/* Whose it is; who/resolve.h tells by what. */
	const char *pod;
	const char *pod_namespace;	/* that pod's Kubernetes namespace */
	const char *container;		/* without a pod: a container of Docker or Podman */
	const char *unit;		/* without both: the systemd unit of its socket or namespace */
	const char *workload;		/* what owns the pod: "deployment/cart" */
	const char *node;		/* where its owner is, or this node; NULL: unknown */
	const struct who *owner;	/* all that is known of pod, container or unit */
	struct drop_end src, dst;
	const char *service;		/* that the packet was sent to, or answers for */
	const char *service_namespace;
	bool has_backend;		/* conntrack chose one: ct.reply's source */
	struct drop_end backend;	/* who that is */
};

/**
 * @brief **drop_cause__name()** names a cause as it stands in every output.
 * @param cause one of enum drop_cause; any other value is allowed
 * @return static string such as "ct_table_full"; "" for CAUSE_NONE; "unknown"
 * for a value that this build does not know
 */
const char *drop_cause__name(unsigned int cause);

/**
 * @brief **drop_ct_state__name()** names a conntrack state.
 * @param state one of enum drop_ct_state; any other value is allowed
 * @return static string such as "established"; "" for CT_STATE_NONE;
 * "unknown" for a value that this build does not know
 */
const char *drop_ct_state__name(unsigned int state);

/** @brief **drop__is_eviction()** tells an eviction, in which no packet died, from a drop. */
bool drop__is_eviction(const struct drop *drop);

/** @brief **drop__has_addresses()** tells whether rec.tuple's addresses may be shown. */
bool drop__has_addresses(const struct drop *drop);

/**
 * @brief **drop__has_ports()** tells whether rec.tuple's ports may be shown;
 * 0 then is a port that stood in the packet.
 */
bool drop__has_ports(const struct drop *drop);

#endif
