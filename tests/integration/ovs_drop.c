/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An Open vSwitch datapath with one port and one flow: whatever comes in there
 * is dropped, having no action. It stays when this program has ended.
 *
 * usage: ovs_drop DATAPATH IFACE
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/openvswitch.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define MESSAGE_BYTES 4096

struct genl {
	struct mnl_socket *socket;
	char buf[MESSAGE_BYTES];
};

static int take_family(const struct nlmsghdr *reply, void *ctx)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, reply, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID)
			*(__u16 *)ctx = mnl_attr_get_u16(attr);
	return MNL_CB_OK;
}

static struct nlmsghdr *start(struct genl *genl, __u16 type, __u8 command, __u8 version)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(genl->buf);
	struct genlmsghdr *header;

	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	message->nlmsg_seq = (__u32)time(NULL);
	header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	header->cmd = command;
	header->version = version;
	return message;
}

/* Sends what was started; waits for the kernel's word. */
static int finish(struct genl *genl, struct nlmsghdr *message, mnl_cb_t on_reply, void *ctx)
{
	__u32 seq = message->nlmsg_seq;
	char reply[MESSAGE_BYTES];
	ssize_t len;
	int more = MNL_CB_OK;

	if (mnl_socket_sendto(genl->socket, message, message->nlmsg_len) < 0)
		return -1;
	while (more > MNL_CB_STOP) {
		len = mnl_socket_recvfrom(genl->socket, reply, sizeof(reply));
		if (len < 0)
			return -1;
		more = mnl_cb_run(reply, (size_t)len, seq, mnl_socket_get_portid(genl->socket),
				  on_reply, ctx);
	}
	return more;
}

/* The number of a family of messages; 0: the kernel has none of that name. */
static __u16 family(struct genl *genl, const char *name)
{
	struct nlmsghdr *message = start(genl, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);
	__u16 id = 0;

	mnl_attr_put_strz(message, CTRL_ATTR_FAMILY_NAME, name);
	return finish(genl, message, take_family, &id) < 0 ? 0 : id;
}

static struct nlmsghdr *start_ovs(struct genl *genl, const char *name, __u8 command, __u8 version,
				  unsigned int datapath)
{
	struct nlmsghdr *message = start(genl, family(genl, name), command, version);
	struct ovs_header *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	header->dp_ifindex = (int)datapath;
	return message;
}

static int add_datapath(struct genl *genl, const char *name)
{
	struct nlmsghdr *message = start_ovs(genl, OVS_DATAPATH_FAMILY, OVS_DP_CMD_NEW,
					     OVS_DATAPATH_VERSION, 0);

	mnl_attr_put_strz(message, OVS_DP_ATTR_NAME, name);
	mnl_attr_put_u32(message, OVS_DP_ATTR_UPCALL_PID, 0);
	return finish(genl, message, NULL, NULL);
}

static int add_port(struct genl *genl, unsigned int datapath, const char *iface)
{
	struct nlmsghdr *message = start_ovs(genl, OVS_VPORT_FAMILY, OVS_VPORT_CMD_NEW,
					     OVS_VPORT_VERSION, datapath);

	mnl_attr_put_u32(message, OVS_VPORT_ATTR_PORT_NO, 1);
	mnl_attr_put_u32(message, OVS_VPORT_ATTR_TYPE, OVS_VPORT_TYPE_NETDEV);
	mnl_attr_put_strz(message, OVS_VPORT_ATTR_NAME, iface);
	mnl_attr_put_u32(message, OVS_VPORT_ATTR_UPCALL_PID, 0);
	return finish(genl, message, NULL, NULL);
}

static void put_key(struct nlmsghdr *message, __u16 type, __u32 port)
{
	struct ovs_key_ethernet any = {};
	struct nlattr *nest = mnl_attr_nest_start(message, type);

	mnl_attr_put_u32(message, OVS_KEY_ATTR_IN_PORT, port);
	mnl_attr_put(message, OVS_KEY_ATTR_ETHERNET, sizeof(any), &any);
	mnl_attr_nest_end(message, nest);
}

static int add_flow(struct genl *genl, unsigned int datapath)
{
	struct nlmsghdr *message = start_ovs(genl, OVS_FLOW_FAMILY, OVS_FLOW_CMD_NEW,
					     OVS_FLOW_VERSION, datapath);
	struct nlattr *nest;

	put_key(message, OVS_FLOW_ATTR_KEY, 1);
	put_key(message, OVS_FLOW_ATTR_MASK, 0xffffffff);
	nest = mnl_attr_nest_start(message, OVS_FLOW_ATTR_ACTIONS);
	mnl_attr_nest_end(message, nest);
	return finish(genl, message, NULL, NULL);
}

static int complain(const char *what)
{
	fprintf(stderr, "ovs_drop: %s: %s\n", what, strerror(errno));
	return 1;
}

int main(int argc, char **argv)
{
	struct genl genl = {};
	unsigned int datapath;

	if (argc != 3) {
		fputs("usage: ovs_drop DATAPATH IFACE\n", stderr);
		return 2;
	}
	genl.socket = mnl_socket_open(NETLINK_GENERIC);
	if (!genl.socket || mnl_socket_bind(genl.socket, 0, MNL_SOCKET_AUTOPID) < 0)
		return complain("netlink");
	if (!family(&genl, OVS_DATAPATH_FAMILY))
		return complain("the kernel's openvswitch");
	if (add_datapath(&genl, argv[1]) < 0)
		return complain(argv[1]);
	datapath = if_nametoindex(argv[1]);
	if (!datapath || add_port(&genl, datapath, argv[2]) < 0)
		return complain(argv[2]);
	if (add_flow(&genl, datapath) < 0)
		return complain("the flow");
	mnl_socket_close(genl.socket);
	return 0;
}
