/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One namespace, from when to when it is proven to have had its number, and
 * who had the number before. The inside of netns.h's table.
 */
#ifndef DROPWHY_NETNS_ENTRY_H
#define DROPWHY_NETNS_ENTRY_H

#include <stdbool.h>
#include <time.h>

#include "user/enrich/netns.h"
#include "user/enrich/netns_scan.h"

/* Late events of deleted namespaces still find their name. */
#define NETNS_GONE_KEPT_NS (60 * 1000000000ull)
/* Former holders of one number that are kept: two a second for some seconds. */
#define NETNS_FORMER_MAX   16

struct netns_entry {
	struct netns_info info; /* ino is always valid, the rest if the entry is known */
	char *name;
	char *path;
	pid_t *pids;
	enum netns_file_kind kind; /* of path; __NETNS_FILE_MAX: it is a process's */
	struct timespec made;	   /* when the inode of path was made */
	__u64 since_ns;		   /* not its number before, or another's; 0: not known */
	__u64 checked_ns;	   /* proven to have it until here */
	__u64 gone_ns;		   /* when it was found to be gone; 0: it lives */
	__u64 retry_ns;		   /* no scan for this number before */
	__u64 backoff_ns;
	bool unknown;		    /* no scan has found this number */
	struct netns_entry *former; /* who had the number before, gone; newest first */
};

/**
 * @brief **netns_entry__same()** tells whether two entries of one number are
 * one namespace, as far as can be proven. Their pids are sorted.
 */
bool netns_entry__same(const struct netns_entry *a, const struct netns_entry *b);

/**
 * @brief **netns_entry__inherit()** tells a found namespace since when it has
 * its number, and which incarnation of it it is.
 * @param old who had the number at the last look; NULL: nobody
 * @param scanned_ns when the last scan began, which found nobody where @p old
 * is NULL; 0: this is the first
 * @param incarnations how many there have been in this table
 */
void netns_entry__inherit(struct netns_entry *e, const struct netns_entry *old, __u64 scanned_ns,
			  __u64 *incarnations);

/**
 * @brief **netns_entry__succeed()** puts @p e in the place of @p old, which
 * stays behind it as a former holder, as do those before.
 * @return what is no longer needed, chained by former, for the caller to free:
 * perhaps @p old itself; NULL: nothing
 */
struct netns_entry *netns_entry__succeed(struct netns_entry *e, struct netns_entry *old);

/** @brief **netns_entry__mark_gone()** notes that it has gone, and that nobody lives there. */
void netns_entry__mark_gone(struct netns_entry *e, __u64 now_ns);

/**
 * @brief **netns_entry__had()** whether @p e, just checked if it lives, had its
 * number at that time; 0: has it now. False for NULL.
 */
bool netns_entry__had(const struct netns_entry *e, __u64 when_ns);

/**
 * @brief **netns_entry__former()** finds who had the number of @p e before it.
 * @param when_ns as for netns_table__find()
 * @return NULL: unknown, or it cannot be told
 */
const struct netns_info *netns_entry__former(const struct netns_entry *e, __u64 when_ns);

/** @brief **netns_entry__free()** frees an entry that is in no list, not its formers; NULL is fine. */
void netns_entry__free(struct netns_entry *e);

#endif
