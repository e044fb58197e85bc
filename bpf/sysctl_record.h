/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the sysctl watch hands to the user side: one record for each write to a
 * watched sysctl, made before the kernel looks at the new value. Included by
 * both sides, as drop_record.h is; the same rules hold.
 */
#ifndef DROPWHY_SYSCTL_RECORD_H
#define DROPWHY_SYSCTL_RECORD_H

#include "bpf/drop_record.h"

/* With the NUL. The longest watched one, net/ipv6/conf/IFACE/accept_ra, takes half of it. */
#define SYSCTL_NAME_LEN 80
/* tcp_rmem's three numbers take 35; what is longer is cut and marked. */
#define SYSCTL_VALUE_LEN 64
#define SYSCTL_COMMAND_LEN 256
#define SYSCTL_COMM_LEN 16

/* sysctl_record.flags */
#define SYSCTL_F_OLD_CUT     (1u << 0) /* the old value is longer than that */
#define SYSCTL_F_NEW_CUT     (1u << 1)
#define SYSCTL_F_COMMAND_CUT (1u << 2)
#define SYSCTL_F_OLD_UNKNOWN (1u << 3) /* it could not be read */
#define SYSCTL_F_NEW_UNKNOWN (1u << 4)
#define SYSCTL_F_AT_OFFSET   (1u << 5) /* not written from the value's first byte on */

struct sysctl_record {
	struct record_header hdr;
	__u64 time_ns;		/* CLOCK_BOOTTIME just before the write */
	__u64 cgroup_id;	/* cgroup v2 of the writer */
	__u32 netns_ino;	/* the writer's namespace: whose net.* this is */
	__u32 pid;		/* of the process, in the first pid namespace */
	__u32 tid;		/* of the thread */
	__u32 flags;		/* SYSCTL_F_* */
	__u16 old_len;		/* bytes, without a NUL; the newline at the end is part of it */
	__u16 new_len;
	__u16 command_len;
	__u16 pad;
	char comm[SYSCTL_COMM_LEN]; /* of the thread; NUL-padded */
	char name[SYSCTL_NAME_LEN]; /* "net/core/somaxconn"; NUL-padded */
	char old_value[SYSCTL_VALUE_LEN];
	char new_value[SYSCTL_VALUE_LEN]; /* as written, whether the kernel took it or not */
	char command[SYSCTL_COMMAND_LEN]; /* arguments with a NUL after each; empty: unknown */
};

/*
 * The kernel side looks a name up here as it is, then as a star, a slash and
 * the last part, for those that exist once an interface.
 */
struct sysctl_watched_name {
	char name[SYSCTL_NAME_LEN]; /* NUL-padded */
};

/* How often the kernel side could not tell. One a CPU. */
struct sysctl_watch_counters {
	__u64 seen;		/* writes to watched names */
	__u64 lost;		/* of these, for which the ring had no room */
};

DROP_ASSERT(sizeof(struct sysctl_record) == 528);
DROP_ASSERT(__builtin_offsetof(struct sysctl_record, comm) == 48);

#endif
