/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's own counters of what is lost beside the drop tracepoint: in
 * cards and queues before there is a packet, or with no packet at all. A list
 * of values at one time, and by how much they moved between two. Pure.
 */
#ifndef DROPWHY_COUNTER_H
#define DROPWHY_COUNTER_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

/* ETH_GSTRING_LEN (linux/ethtool.h) and the family before it, with its NUL. */
#define COUNTER_NAME_LEN    48
#define COUNTER_SUBJECT_LEN 16 /* IFNAMSIZ */

/*
 * "TcpExt.ListenOverflows" of a namespace, "link.rx_missed_errors" of an
 * interface, "softnet.dropped" of the node.
 */
struct counter {
	__u32 netns_ino;	/* 0: the whole node's */
	__u32 cpu;		/* whose part of it this is, its number + 1; 0: all of it */
	char iface[COUNTER_SUBJECT_LEN]; /* raw bytes; "": no interface's */
	char name[COUNTER_NAME_LEN]; /* family, dot, name as the kernel or the driver has it */
	__u64 value;
};

/* One that moved during a run. */
struct counter_moved {
	const struct counter *counter; /* value: by how much */
	const char *netns_name;	/* NULL: unknown, or the whole node's */
	struct timespec time;	/* wall clock, UTC, of the second reading */
};

/* Zeroed is empty. */
struct counters {
	struct counter *list;
	size_t count;
	size_t room;
	size_t vanished;	/* namespaces that were not found any more */
	size_t unreadable;	/* namespaces that could not be entered or asked */
	int first_error;	/* -errno of the first of these; 0: none */
};

/* More are not kept: 16,384 namespaces have fewer. */
#define COUNTERS_MAX (1u << 20)

/**
 * @brief **counters__add()** appends a value.
 * @param iface "" or an interface's name
 * @param family "TcpExt"
 * @param name cut if too long
 * @return 0; -ENOMEM, also beyond COUNTERS_MAX
 */
int counters__add(struct counters *c, __u32 netns_ino, const char *iface, const char *family,
		  const char *name, __u64 value);

/** @brief **counters__add_cpu()** the same of the node, of which the CPU with that number shows its part. */
int counters__add_cpu(struct counters *c, __u32 cpu, const char *family, const char *name,
		      __u64 value);

/**
 * @brief **counters__moved()** lists what grew between two readings. What was
 * not there before began at 0, unless namespaces were unreadable or vanished
 * then; what fell was reset, and is left out. (An interface that moves to
 * another namespace, or is renamed, keeps its counts: they count again.) Parts
 * of CPUs are added up. That of a CPU which shows itself in @after only is left
 * out: it was offline, and brings what it counted before it went.
 * @param before sorted in place
 * @param after sorted in place
 * @param ret_moved values are differences, never 0; the largest first; free
 * with counters__done()
 * @return 0 or -ENOMEM
 */
int counters__moved(struct counters *before, struct counters *after, struct counters *ret_moved);

/** @brief **counters__sum()** adds up all values of a name, of all namespaces and interfaces. */
__u64 counters__sum(const struct counters *c, const char *name);

/** @brief **counter__meaning()** says in a few words what a counter counts; NULL: nothing known. */
const char *counter__meaning(const char *name);

/** @brief **counter__is_driver_loss()** tells by its name whether a card's own counter is of losses. */
bool counter__is_driver_loss(const char *name);

/** @brief **counters__done()** frees the list; a zeroed one is fine. */
void counters__done(struct counters *c);

#endif
