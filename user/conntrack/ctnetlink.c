// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * One request and its answers: see ctnetlink.h.
 */
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "user/conntrack/ctnetlink.h"

/* Answers come from memory; one that takes this long will not come. */
#define ANSWER_TIMEOUT_S 2
/* The kernel fills as much of a reader's buffer as that: a dump of many in fewer reads. */
#define ANSWER_BYTES (32 << 10)

bool ctnetlink__available(void)
{
	return access("/proc/sys/net/netfilter/nf_conntrack_max", F_OK) == 0;
}

struct mnl_socket *ctnetlink__open(void)
{
	const struct timeval timeout = { .tv_sec = ANSWER_TIMEOUT_S };
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	int err;

	if (!nl)
		return NULL;
	if (!mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) &&
	    !setsockopt(mnl_socket_get_fd(nl), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)))
		return nl;
	err = errno;
	mnl_socket_close(nl);
	errno = err;
	return NULL;
}

int ctnetlink__ask(struct mnl_socket *nl, __u16 type, __u16 flags, mnl_cb_t cb, void *ctx)
{
	static unsigned int last_seq;
	unsigned int seq = __atomic_add_fetch(&last_seq, 1, __ATOMIC_RELAXED);
	char buf[ANSWER_BYTES] __attribute__((aligned(8))); /* for the headers in it */
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
		more = mnl_cb_run(buf, (size_t)n, seq, mnl_socket_get_portid(nl), cb, ctx);
		if (more < 0)
			return -errno;
	} while (more > 0);
	return 0;
}
