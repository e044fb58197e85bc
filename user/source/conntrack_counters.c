/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Goes through the network namespaces and dumps conntrack's per-CPU statistics
 * in each. The same that conntrack -S shows.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "user/source/conntrack_counters.h"

/* Answers come from memory; one that takes this long will not come. */
#define ANSWER_TIMEOUT_S 2
/* Namespaces times CPUs: 1,000 on 1,024 CPUs take 20 MB. */
#define ROWS_MAX (16u << 20)

struct walk {
	struct netns_table *netns;
	__u32 *inos;
	size_t ino_count;
	size_t ino_room;
	struct conntrack_reading reading;
	size_t stats_room;
	__u32 current; /* namespace being asked */
	size_t readable;
	int err; /* what ends the walk: -ENOMEM */
};

struct stats_attrs {
	const struct nlattr *attrs[CTA_STATS_MAX + 1];
};

static int collect_ino(const struct netns_info *info, void *ctx)
{
	struct walk *w = ctx;
	__u32 *grown;

	if (w->ino_count == w->ino_room) {
		w->ino_room = w->ino_room ? 2 * w->ino_room : 64;
		grown = reallocarray(w->inos, w->ino_room, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		w->inos = grown;
	}
	w->inos[w->ino_count++] = info->ino;
	return 0;
}

static int collect_attr(const struct nlattr *attr, void *data)
{
	struct stats_attrs *found = data;
	__u16 type = mnl_attr_get_type(attr);

	/* of kernels with more counters than we know the rest is passed over */
	if (type <= CTA_STATS_MAX && mnl_attr_get_payload_len(attr) >= sizeof(__u32))
		found->attrs[type] = attr;
	return MNL_CB_OK;
}

/* Counters that a kernel does not have count as 0. */
static __u32 attr_u32(const struct stats_attrs *found, __u16 type)
{
	return found->attrs[type] ? ntohl(mnl_attr_get_u32(found->attrs[type])) : 0;
}

/* One CPU's counters. */
static int on_cpu_stats(const struct nlmsghdr *nlh, void *data)
{
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);
	struct conntrack_snapshot *snapshot;
	struct stats_attrs found = {};
	struct conntrack_stat *grown;
	struct walk *w = data;
	size_t room;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*nfg))
		return MNL_CB_OK;
	mnl_attr_parse(nlh, sizeof(*nfg), collect_attr, &found);
	snapshot = &w->reading.snapshot;
	if (snapshot->count == w->stats_room) {
		room = w->stats_room ? 2 * w->stats_room : 64;
		grown = room > ROWS_MAX ? NULL :
					  reallocarray(snapshot->stats, room, sizeof(*grown));
		if (!grown) {
			errno = ENOMEM;
			return MNL_CB_ERROR;
		}
		snapshot->stats = grown;
		w->stats_room = room;
	}
	snapshot->stats[snapshot->count++] = (struct conntrack_stat){
		.netns_ino = w->current,
		.cpu = ntohs(nfg->res_id),
		.drop = attr_u32(&found, CTA_STATS_DROP),
		.insert_failed = attr_u32(&found, CTA_STATS_INSERT_FAILED),
		.chaintoolong = attr_u32(&found, CTA_STATS_CHAIN_TOOLONG),
	};
	return MNL_CB_OK;
}

/* The namespace's table. */
static int on_usage(const struct nlmsghdr *nlh, void *data)
{
	struct stats_attrs found = {};
	struct walk *w = data;
	struct conntrack_usage *usage = &w->reading.usage[w->reading.usage_count];

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(struct nfgenmsg))
		return MNL_CB_OK;
	mnl_attr_parse(nlh, sizeof(struct nfgenmsg), collect_attr, &found);
	usage->netns_ino = w->current;
	usage->entries = attr_u32(&found, CTA_STATS_GLOBAL_ENTRIES);
	usage->max = attr_u32(&found, CTA_STATS_GLOBAL_MAX_ENTRIES);
	return MNL_CB_OK;
}

/* Sends one request and hands all answers to @cb. 0 or -errno. */
static int ask(struct mnl_socket *nl, __u16 type, __u16 flags, mnl_cb_t cb, struct walk *w)
{
	static unsigned int last_seq;
	unsigned int seq = __atomic_add_fetch(&last_seq, 1, __ATOMIC_RELAXED);
	/* aligned for the headers in it; MNL_SOCKET_BUFFER_SIZE is no constant */
	char buf[8192] __attribute__((aligned(8)));
	struct nfgenmsg *nfg;
	struct nlmsghdr *nlh;
	ssize_t n;
	int more;

	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = (NFNL_SUBSYS_CTNETLINK << 8) | type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = seq;
	nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));
	nfg->nfgen_family = AF_UNSPEC;
	nfg->version = NFNETLINK_V0;
	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	do {
		n = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		if (n < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		more = mnl_cb_run(buf, (size_t)n, seq, mnl_socket_get_portid(nl), cb, w);
		if (more < 0)
			return -errno;
	} while (more > 0);
	return 0;
}

/* In the namespace now. */
static int ask_here(struct walk *w)
{
	const struct timeval timeout = { .tv_sec = ANSWER_TIMEOUT_S };
	struct mnl_socket *nl;
	int err;

	nl = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!nl)
		return -errno;
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) ||
	    setsockopt(mnl_socket_get_fd(nl), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout))) {
		err = -errno;
		goto cleanup;
	}
	err = ask(nl, IPCTNL_MSG_CT_GET_STATS_CPU, NLM_F_DUMP, on_cpu_stats, w);
	/* with an acknowledgement as the last answer */
	if (!err)
		err = ask(nl, IPCTNL_MSG_CT_GET_STATS, NLM_F_ACK, on_usage, w);
cleanup:
	mnl_socket_close(nl);
	return err;
}

static void visit(struct walk *w, __u32 ino)
{
	size_t rows_before = w->reading.snapshot.count;
	int fd, err;

	fd = netns_table__open(w->netns, ino);
	if (fd == -ENOENT) {
		w->reading.vanished++;
		return;
	}
	err = fd < 0 ? fd : 0;
	w->current = ino;
	if (!err && setns(fd, CLONE_NEWNET))
		err = -errno;
	if (fd >= 0)
		close(fd);
	if (!err)
		err = ask_here(w);
	if (!err) {
		w->reading.usage_count++;
		w->readable++;
		return;
	}
	/* a namespace counts whole or not at all */
	w->reading.snapshot.count = rows_before;
	if (err == -ENOMEM) {
		w->err = err;
		return;
	}
	w->reading.unreadable++;
	if (!w->reading.first_error)
		w->reading.first_error = err;
}

static void *walk_thread(void *arg)
{
	struct walk *w = arg;
	size_t i;

	for (i = 0; !w->err && i < w->ino_count; i++)
		visit(w, w->inos[i]);
	return NULL;
}

/* Runs the walk in a thread that takes no signals: they are the caller's. */
static int run_walk(struct walk *w)
{
	sigset_t all, before;
	pthread_t thread;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = -pthread_create(&thread, NULL, walk_thread, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err)
		return err;
	pthread_join(thread, NULL);
	return w->err;
}

static bool has_conntrack(void)
{
	return access("/proc/sys/net/netfilter/nf_conntrack_max", F_OK) == 0;
}

int conntrack_counters__read(struct netns_table *netns, struct conntrack_reading *ret_reading)
{
	struct walk w = { .netns = netns };
	int err = 0;

	if (!has_conntrack())
		goto cleanup;
	err = netns_table__each(netns, collect_ino, &w);
	if (err)
		goto cleanup;
	w.reading.usage = calloc(w.ino_count + 1, sizeof(*w.reading.usage));
	if (!w.reading.usage) {
		err = -ENOMEM;
		goto cleanup;
	}
	err = run_walk(&w);
	if (!err && !w.readable)
		err = w.reading.first_error;
cleanup:
	free(w.inos);
	if (err)
		conntrack_reading__done(&w.reading);
	else
		*ret_reading = w.reading;
	return err;
}

void conntrack_reading__done(struct conntrack_reading *reading)
{
	free(reading->snapshot.stats);
	free(reading->usage);
	memset(reading, 0, sizeof(*reading));
}
