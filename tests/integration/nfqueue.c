/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Holds the packets of an NFQUEUE, then lets them all go on at once: what two
 * CPUs or a slow userspace firewall do to a flow's first packets; or drops them.
 *
 * usage: nfqueue QUEUE COUNT
 * Prints "ready", waits for COUNT packets, prints "held N", waits for a line or
 * the end of standard input, accepts them in order, or drops them if it is
 * "drop", and prints "released N".
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define MAX_HELD 4096

struct holder {
	struct mnl_socket *nl;
	unsigned int queue;
	unsigned int count;
	uint32_t ids[MAX_HELD];	/* network order */
};

static void die(const char *what)
{
	fprintf(stderr, "nfqueue: %s: %s\n", what, strerror(errno));
	exit(1);
}

static struct nlmsghdr *put_header(char *buf, unsigned int type, unsigned int queue)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *nfg;

	nlh->nlmsg_type = NFNL_SUBSYS_QUEUE << 8 | type;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));
	nfg->nfgen_family = AF_UNSPEC;
	nfg->version = NFNETLINK_V0;
	nfg->res_id = htons(queue);
	return nlh;
}

static int on_packet(const struct nlmsghdr *nlh, void *data)
{
	const struct nfqnl_msg_packet_hdr *header;
	struct holder *holder = data;
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg)) {
		if (mnl_attr_get_type(attr) != NFQA_PACKET_HDR)
			continue;
		if (mnl_attr_get_payload_len(attr) < sizeof(*header) || holder->count == MAX_HELD)
			return MNL_CB_ERROR;
		header = mnl_attr_get_payload(attr);
		holder->ids[holder->count++] = header->packet_id;
	}
	return MNL_CB_OK;
}

static void send_message(struct holder *holder, const struct nlmsghdr *nlh)
{
	if (mnl_socket_sendto(holder->nl, nlh, nlh->nlmsg_len) < 0)
		die("sending to the queue");
}

static void receive(struct holder *holder)
{
	char buf[65536];
	ssize_t n;

	n = mnl_socket_recvfrom(holder->nl, buf, sizeof(buf));
	if (n < 0 || mnl_cb_run(buf, n, 0, mnl_socket_get_portid(holder->nl), on_packet, holder) < 0)
		die("receiving from the queue");
}

static void bind_queue(struct holder *holder)
{
	struct nfqnl_msg_config_cmd cmd = { .command = NFQNL_CFG_CMD_BIND };
	struct nfqnl_msg_config_params params = { .copy_range = 0,
						  .copy_mode = NFQNL_COPY_META };
	char buf[MNL_NLMSG_HDRLEN + 256];
	struct nlmsghdr *nlh;

	nlh = put_header(buf, NFQNL_MSG_CONFIG, holder->queue);
	nlh->nlmsg_flags |= NLM_F_ACK;
	mnl_attr_put(nlh, NFQA_CFG_CMD, sizeof(cmd), &cmd);
	send_message(holder, nlh);
	receive(holder);

	nlh = put_header(buf, NFQNL_MSG_CONFIG, holder->queue);
	nlh->nlmsg_flags |= NLM_F_ACK;
	mnl_attr_put(nlh, NFQA_CFG_PARAMS, sizeof(params), &params);
	send_message(holder, nlh);
	receive(holder);
}

static void release(struct holder *holder, unsigned int what)
{
	struct nfqnl_msg_verdict_hdr verdict = { .verdict = htonl(what) };
	char buf[MNL_NLMSG_HDRLEN + 256];
	struct nlmsghdr *nlh;
	unsigned int i;

	for (i = 0; i < holder->count; i++) {
		verdict.id = holder->ids[i];
		nlh = put_header(buf, NFQNL_MSG_VERDICT, holder->queue);
		mnl_attr_put(nlh, NFQA_VERDICT_HDR, sizeof(verdict), &verdict);
		send_message(holder, nlh);
	}
}

int main(int argc, char **argv)
{
	static struct holder holder;
	unsigned long wanted;
	char line[16] = "";

	if (argc != 3) {
		fprintf(stderr, "usage: nfqueue QUEUE COUNT\n");
		return 2;
	}
	holder.queue = strtoul(argv[1], NULL, 10);
	wanted = strtoul(argv[2], NULL, 10);
	holder.nl = mnl_socket_open(NETLINK_NETFILTER);
	if (!holder.nl || mnl_socket_bind(holder.nl, 0, MNL_SOCKET_AUTOPID) < 0)
		die("netlink socket");
	bind_queue(&holder);
	printf("ready\n");
	fflush(stdout);
	while (holder.count < wanted)
		receive(&holder);
	printf("held %u\n", holder.count);
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin) && ferror(stdin))
		die("standard input");
	release(&holder, strcmp(line, "drop\n") ? NF_ACCEPT : NF_DROP);
	printf("released %u\n", holder.count);
	mnl_socket_close(holder.nl);
	return 0;
}
