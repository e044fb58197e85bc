// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Makes conntrack entries by the batch, without traffic:
 *
 *   entries COUNT KIND [SOURCES [SECONDS [ZONE]]]
 *
 * KIND is dns, syslog (UDP to port 53 or 514 that nobody answered), assured
 * (UDP, answered), scan (TCP, SYN_SENT, each to another destination), or one of
 * TCP's states in small letters. They come from SOURCES addresses, 10.200.0.1
 * and up (100 unless told), and time out in SECONDS (600). Prints "made COUNT".
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define BATCH_BYTES   (64 << 10)
#define MESSAGE_BYTES 512
#define FIRST_SOURCE  0x0ac80001u /* 10.200.0.1 */
#define FIRST_TARGET  0x0ac90001u /* 10.201.0.1 */

static const struct kind {
	const char *name;
	__u8 proto;
	__u16 dport;
	__u8 tcp_state;
	__u32 status;
	bool scans;		/* each to another destination */
} kinds[] = {
	{ "dns", IPPROTO_UDP, 53, 0, 0, false },
	{ "syslog", IPPROTO_UDP, 514, 0, 0, false },
	{ "assured", IPPROTO_UDP, 4500, 0, IPS_SEEN_REPLY | IPS_ASSURED, false },
	{ "scan", IPPROTO_TCP, 22, TCP_CONNTRACK_SYN_SENT, 0, true },
	{ "syn_sent", IPPROTO_TCP, 80, TCP_CONNTRACK_SYN_SENT, 0, false },
	{ "established", IPPROTO_TCP, 443, TCP_CONNTRACK_ESTABLISHED,
	  IPS_SEEN_REPLY | IPS_ASSURED, false },
	{ "close_wait", IPPROTO_TCP, 443, TCP_CONNTRACK_CLOSE_WAIT, IPS_SEEN_REPLY | IPS_ASSURED,
	  false },
	{ "time_wait", IPPROTO_TCP, 80, TCP_CONNTRACK_TIME_WAIT, IPS_SEEN_REPLY | IPS_ASSURED,
	  false },
};

struct plan {
	const struct kind *kind;
	unsigned long count, sources, seconds, zone;
};

static void __attribute__((noreturn)) die(const char *what)
{
	fprintf(stderr, "entries: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void put_tuple(struct nlmsghdr *nlh, __u16 type, const struct kind *kind, __u32 src,
		      __u32 dst, __u16 sport, __u16 dport)
{
	struct nlattr *tuple = mnl_attr_nest_start(nlh, type), *nest;

	nest = mnl_attr_nest_start(nlh, CTA_TUPLE_IP);
	mnl_attr_put_u32(nlh, CTA_IP_V4_SRC, htonl(src));
	mnl_attr_put_u32(nlh, CTA_IP_V4_DST, htonl(dst));
	mnl_attr_nest_end(nlh, nest);
	nest = mnl_attr_nest_start(nlh, CTA_TUPLE_PROTO);
	mnl_attr_put_u8(nlh, CTA_PROTO_NUM, kind->proto);
	mnl_attr_put_u16(nlh, CTA_PROTO_SRC_PORT, htons(sport));
	mnl_attr_put_u16(nlh, CTA_PROTO_DST_PORT, htons(dport));
	mnl_attr_nest_end(nlh, nest);
	mnl_attr_nest_end(nlh, tuple);
}

static struct nlmsghdr *put_entry(char *buf, const struct plan *plan, unsigned long i)
{
	const struct kind *kind = plan->kind;
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));
	__u32 src = FIRST_SOURCE + (__u32)(i % plan->sources);
	unsigned long turn = i / plan->sources;
	__u32 dst = FIRST_TARGET + (__u32)(kind->scans ? i : turn / 60000);
	__u16 sport = (__u16)(1024 + turn % 60000);
	struct nlattr *info, *tcp;

	nlh->nlmsg_type = (NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_NEW;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL;
	nfg->nfgen_family = AF_INET;
	nfg->version = NFNETLINK_V0;
	put_tuple(nlh, CTA_TUPLE_ORIG, kind, src, dst, sport, kind->dport);
	put_tuple(nlh, CTA_TUPLE_REPLY, kind, dst, src, kind->dport, sport);
	mnl_attr_put_u32(nlh, CTA_TIMEOUT, htonl((__u32)plan->seconds));
	mnl_attr_put_u32(nlh, CTA_STATUS, htonl(IPS_CONFIRMED | kind->status));
	if (plan->zone)
		mnl_attr_put_u16(nlh, CTA_ZONE, htons((__u16)plan->zone));
	if (kind->proto != IPPROTO_TCP)
		return nlh;
	info = mnl_attr_nest_start(nlh, CTA_PROTOINFO);
	tcp = mnl_attr_nest_start(nlh, CTA_PROTOINFO_TCP);
	mnl_attr_put_u8(nlh, CTA_PROTOINFO_TCP_STATE, kind->tcp_state);
	mnl_attr_nest_end(nlh, tcp);
	mnl_attr_nest_end(nlh, info);
	return nlh;
}

/* Only errors and the acknowledgement of a batch's last message come back. */
static void await(struct mnl_socket *nl)
{
	char buf[8192] __attribute__((aligned(8)));
	ssize_t n = mnl_socket_recvfrom(nl, buf, sizeof(buf));

	if (n < 0 || mnl_cb_run(buf, (size_t)n, 0, mnl_socket_get_portid(nl), NULL, NULL) < 0)
		die("the kernel refuses an entry");
}

static void make(const struct plan *plan)
{
	struct mnl_socket *nl = mnl_socket_open(NETLINK_NETFILTER);
	char *batch = malloc(BATCH_BYTES);
	struct nlmsghdr *last = NULL;
	unsigned long i;
	size_t len = 0;

	if (!nl || !batch || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID))
		die("netlink");
	for (i = 0; i < plan->count; i++) {
		last = put_entry(batch + len, plan, i);
		len += NLMSG_ALIGN(last->nlmsg_len);
		if (len < BATCH_BYTES - MESSAGE_BYTES && i + 1 < plan->count)
			continue;
		last->nlmsg_flags |= NLM_F_ACK;
		if (mnl_socket_sendto(nl, batch, len) < 0)
			die("send");
		await(nl);
		len = 0;
	}
	mnl_socket_close(nl);
	free(batch);
}

static unsigned long argument(char **argv, int argc, int index, unsigned long otherwise)
{
	return argc > index ? strtoul(argv[index], NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
	struct plan plan = {
		.count = argument(argv, argc, 1, 0),
		.sources = argument(argv, argc, 3, 100),
		.seconds = argument(argv, argc, 4, 600),
		.zone = argument(argv, argc, 5, 0),
	};
	size_t i;

	for (i = 0; argc > 2 && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].name, argv[2]))
			plan.kind = &kinds[i];
	if (!plan.kind || !plan.count || !plan.sources) {
		fputs("Usage: entries COUNT KIND [SOURCES [SECONDS [ZONE]]]\n", stderr);
		return 2;
	}
	make(&plan);
	printf("made %lu\n", plan.count);
	return 0;
}
