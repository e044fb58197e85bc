/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One change of a setting that makes the kernel drop packets, as every output
 * gets it. Holds its own text, so that a run can keep it.
 */
#ifndef DROPWHY_SYSCTL_CHANGE_H
#define DROPWHY_SYSCTL_CHANGE_H

#include <linux/types.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "bpf/sysctl_record.h"

/* Room for a Kubernetes name or a unit's, with the NUL. */
#define SYSCTL_WHO_LEN 256

enum sysctl_seen_by {
	SYSCTL_SEEN_WRITE,	/* the write itself was watched: the writer is known */
	SYSCTL_SEEN_VALUE,	/* the value differs from before: who did it is not known */
};

/* Text is raw bytes; an empty one is unknown. */
struct sysctl_change {
	struct timespec time;	/* wall clock, UTC; of a value: when it was found to differ */
	enum sysctl_seen_by seen_by;
	char name[SYSCTL_NAME_LEN]; /* "net.core.somaxconn", as sysctl(8) has it; or a path in /sys */
	char old_value[SYSCTL_VALUE_LEN]; /* without the newline */
	char new_value[SYSCTL_VALUE_LEN]; /* of a write: as written */
	bool old_cut;		/* there is more of it */
	bool new_cut;
	bool refused;		/* a write that left the value as it was: the kernel refused it */
	__u32 netns_ino;	/* whose setting; 0: unknown */
	char netns_name[SYSCTL_WHO_LEN];
	__u32 pid;		/* of the process that wrote, in the node's pid namespace; 0: unknown */
	__u64 cgroup;		/* its cgroup v2; 0: unknown */
	char comm[SYSCTL_COMM_LEN + 1];
	char command[SYSCTL_COMMAND_LEN + 1]; /* its command line, blanks between the arguments */
	bool command_cut;
	char pod[SYSCTL_WHO_LEN]; /* whose process that is */
	char namespace[SYSCTL_WHO_LEN]; /* of that pod */
	char unit[SYSCTL_WHO_LEN]; /* systemd's, e.g. "kubelet.service" */
};

/** @brief **sysctl_change__matters()** the value is another one now, as far as can be seen. */
static inline bool sysctl_change__matters(const struct sysctl_change *change)
{
	return !change->refused && (strcmp(change->old_value, change->new_value) ||
				    change->old_cut != change->new_cut);
}

#endif
