// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Goes through the namespaces and reads: see counter_reading.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/conntrack/netns_visit.h"
#include "user/counters/counter_files.h"
#include "user/counters/counter_links.h"
#include "user/counters/counter_reading.h"

/* /proc/net/netstat is the longest: 4 KB. softnet_stat takes 160 bytes a CPU. */
#define FILE_BYTES (256 << 10)

struct reading {
	struct counters counters;
	struct counter_levels levels;
	bool softnet_read, arp_read, ndisc_read; /* the node's: once */
	char text[FILE_BYTES];
};

/* The whole file in r->text. */
static int read_text(struct reading *r, const char *path)
{
	size_t len = 0;
	ssize_t n;
	int fd, err = 0;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	while (len < sizeof(r->text) - 1) {
		n = read(fd, r->text + len, sizeof(r->text) - 1 - len);
		if (n <= 0) {
			err = n ? -errno : 0;
			break;
		}
		len += (size_t)n;
	}
	close(fd);
	r->text[len] = '\0';
	return err;
}

static int read_neighbours(struct reading *r, const char *path, const char *family,
			   __u32 *ret_entries, bool *read)
{
	int err;

	/* only the first namespace of the node shows them */
	if (*read || read_text(r, path))
		return 0;
	err = counter_files__neighbours(r->text, family, &r->counters, ret_entries);
	*read = !err;
	return err == -ENOMEM ? err : 0;
}

static int read_node(struct reading *r)
{
	int err = 0;

	if (!r->softnet_read && !read_text(r, "/proc/thread-self/net/softnet_stat")) {
		err = counter_files__softnet(r->text, &r->counters);
		r->softnet_read = true;
	}
	if (err != -ENOMEM)
		err = read_neighbours(r, "/proc/thread-self/net/stat/arp_cache", "arp_cache",
				      &r->levels.arp_entries, &r->arp_read);
	if (!err)
		err = read_neighbours(r, "/proc/thread-self/net/stat/ndisc_cache", "ndisc_cache",
				      &r->levels.ndisc_entries, &r->ndisc_read);
	return err;
}

static int read_netns(void *ctx, __u32 ino)
{
	struct reading *r = ctx;
	int err = read_node(r);

	if (!err)
		err = read_text(r, "/proc/thread-self/net/snmp");
	if (!err)
		err = counter_files__pairs(r->text, ino, &r->counters);
	if (!err)
		err = read_text(r, "/proc/thread-self/net/netstat");
	if (!err)
		err = counter_files__pairs(r->text, ino, &r->counters);
	/* no such file without IPv6 */
	if (!err && !read_text(r, "/proc/thread-self/net/snmp6"))
		err = counter_files__snmp6(r->text, ino, &r->counters);
	return err ? err : counter_links__read(ino, &r->counters);
}

int counter_reading__take(struct netns_table *netns, struct counters *ret_counters,
			  struct counter_levels *ret_levels)
{
	struct reading *r = calloc(1, sizeof(*r));
	struct netns_visits visits;
	int err;

	if (!r)
		return -ENOMEM;
	err = netns_visit__each(netns, read_netns, r, &visits);
	if (err) {
		counters__done(&r->counters);
		free(r);
		return err;
	}
	r->counters.vanished = visits.vanished;
	r->counters.unreadable = visits.unreadable;
	r->counters.first_error = visits.first_error;
	*ret_counters = r->counters;
	if (ret_levels)
		*ret_levels = r->levels;
	free(r);
	return 0;
}
