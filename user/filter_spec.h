/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the user asked to see, from option texts to the form that the kernel
 * side checks. What it cannot check there (pods, patterns of interface names)
 * is checked here, after enrichment, and counted as filtered all the same.
 */
#ifndef DROPWHY_FILTER_SPEC_H
#define DROPWHY_FILTER_SPEC_H

#include <linux/types.h>

#include "bpf/drop_filter.h"
#include "user/drop.h"
#include "user/enrich/reason.h"
#include "user/who/selector.h"

enum filter_option {
	FILTER_OPTION_POD,	/* shell pattern */
	FILTER_OPTION_NAMESPACE, /* shell pattern */
	FILTER_OPTION_SERVICE,	/* NAME or NAMESPACE/NAME, shell patterns */
	FILTER_OPTION_SELECTOR,	/* label selector; its commas are its own */
	FILTER_OPTION_NETNS,	/* name, host, inode number, path, pid:NUMBER */
	FILTER_OPTION_IFACE,	/* name or shell pattern */
	FILTER_OPTION_REASON,	/* name or shell pattern */
	FILTER_OPTION_CAUSE,	/* name or shell pattern */
	FILTER_OPTION_PROTO,	/* tcp, udp, icmp, icmpv6, sctp, dccp, udplite, ip, ipv6, arp, or a number */
	FILTER_OPTION_HOST,	/* address or CIDR prefix, either end */
	FILTER_OPTION_SRC,
	FILTER_OPTION_DST,
	FILTER_OPTION_PORT,	/* port or FIRST-LAST, either end */
	FILTER_OPTION_SPORT,
	FILTER_OPTION_DPORT,
	__FILTER_OPTION_MAX,
};

/* Room for the message about a value that makes no sense. */
#define FILTER_ERROR_LEN 512

struct filter_patterns {
	size_t count;
	char *values[FILTER_VALUES_MAX];
};

struct filter_spec {
	struct drop_filter kernel;
	bool netns_by_number[FILTER_VALUES_MAX]; /* of kernel.netns_ino: there may be none such */
	struct filter_patterns reasons;
	struct filter_patterns ifaces;	/* used instead of kernel.iface if one is a pattern */
	struct filter_patterns pods;
	struct filter_patterns namespaces;
	struct filter_patterns services;
	struct selector *selectors[FILTER_VALUES_MAX];
	size_t selector_count;
	bool iface_pattern;
};

/**
 * @brief **filter_spec__add()** adds an option's values. The values of one
 * option, in one list or several, are alternatives.
 * @param root where the node's own file system is, for --netns; "" is /
 * @param values comma-separated
 * @param ret_error on failure, what is wrong and what would be right; bytes of
 * @p values in it are escaped
 * @return 0; -EINVAL: a value makes no sense; -E2BIG: more than
 * FILTER_VALUES_MAX; -ENOENT: no such namespace; -ENOMEM
 */
int filter_spec__add(struct filter_spec *spec, enum filter_option option, const char *root,
		     const char *values, char ret_error[FILTER_ERROR_LEN]);

/**
 * @brief **filter_spec__reason_flags()** says for each reason of this kernel
 * what the kernel side does with it. Reasons asked for by name are no noise.
 * @param names the running kernel's reasons
 * @param ret_flags REASON_SLOTS of REASON_F_*
 * @param ret_error as above
 * @return 0; -ENOENT: a pattern matches no reason of this kernel; -EOPNOTSUPP:
 * this kernel has no reasons to choose from
 */
int filter_spec__reason_flags(const struct filter_spec *spec, const struct reason_names *names,
			      __u8 *ret_flags, char ret_error[FILTER_ERROR_LEN]);

/**
 * @brief **filter_spec__asks_who()** whether pods, namespaces, Services or labels are asked for:
 * user space tells these by a drop's own addresses, ports, cgroup and conntrack entry.
 */
bool filter_spec__asks_who(const struct filter_spec *spec);

/** @brief **filter_spec__matches()** checks what the kernel side could not. */
bool filter_spec__matches(const struct filter_spec *spec, const struct drop *drop);

/**
 * @brief **filter_spec__matches_all()** checks all but the reason, for records
 * that did not pass the kernel side's filter.
 */
bool filter_spec__matches_all(const struct filter_spec *spec, const struct drop *drop);

/** @brief **filter_spec__done()** frees what the spec holds, not the spec. */
void filter_spec__done(struct filter_spec *spec);

#endif
