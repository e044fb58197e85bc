/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The entries of a conntrack table, one by one as ctnetlink dumps them.
 */
#ifndef DROPWHY_CONNTRACK_ENTRY_H
#define DROPWHY_CONNTRACK_ENTRY_H

#include <linux/netlink.h>
#include <linux/types.h>
#include <stdbool.h>

#include "bpf/drop_record.h"

/* As in enum tcp_conntrack, which numbers only those that are shown. */
#define CT_TCP_STATES 12

struct conntrack_entry {
	struct flow_tuple orig;	/* as its first packet came: before DNAT */
	struct flow_tuple reply; /* as answers come: from the real destination */
	__u32 status;		/* IPS_* bits */
	__u32 timeout_s;	/* until it goes if nothing comes; with has_timeout */
	__u16 zone;
	__u8 tcp_state;		/* enum tcp_conntrack; with has_tcp_state */
	bool has_timeout;	/* not known of one that is being deleted or offloaded */
	bool has_tcp_state;
};

/**
 * @brief **conntrack_entry__parse()** reads one message of a dump.
 * @param nlh a whole message, its length checked; what is in it may be anything
 * @param ret_entry ICMP's type, code and id are left out: its ports are 0
 * @return 0; -EINVAL: it has no tuple that makes sense, or no whole number of attributes
 */
int conntrack_entry__parse(const struct nlmsghdr *nlh, struct conntrack_entry *ret_entry);

/**
 * @brief **conntrack_entry__state()** names the state as people look for it:
 * TCP's, "UNREPLIED", "REPLIED" or "ASSURED" for others.
 * @return static string
 */
const char *conntrack_entry__state(const struct conntrack_entry *entry);

/** @brief **conntrack_tcp_state__name()** "SYN_SENT", …; "UNKNOWN" for others. */
const char *conntrack_tcp_state__name(unsigned int state);

/* Gets one entry; it lives until the function returns. */
typedef void (*conntrack_entry_fn)(void *ctx, const struct conntrack_entry *entry);

struct conntrack_dump {
	__u64 entries;		/* handed over */
	__u64 unreadable;	/* messages that made no sense */
	bool interrupted;	/* the table changed its size meanwhile: some may be missing */
};

/**
 * @brief **conntrack_dump__here()** dumps the table of the calling thread's
 * namespace, a piece at a time: memory does not depend on how many there are.
 * What comes and goes meanwhile is seen or not.
 * @param ret_dump added to, not set
 * @return 0 or -errno
 */
int conntrack_dump__here(conntrack_entry_fn fn, void *ctx, struct conntrack_dump *ret_dump);

#endif
