// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The list of watched settings: see names.h. To watch another one: add a line.
 */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "user/sysctl/names.h"

#define NF "net/netfilter/"

const char *const sysctl_names[] = {
	/* conntrack: how many entries, in how many buckets, for how long, what is refused */
	NF "nf_conntrack_max",
	"net/nf_conntrack_max",
	NF "nf_conntrack_buckets",
	NF "nf_conntrack_expect_max",
	NF "nf_conntrack_generic_timeout",
	NF "nf_conntrack_icmp_timeout",
	NF "nf_conntrack_icmpv6_timeout",
	NF "nf_conntrack_udp_timeout",
	NF "nf_conntrack_udp_timeout_stream",
	NF "nf_conntrack_gre_timeout",
	NF "nf_conntrack_gre_timeout_stream",
	NF "nf_conntrack_tcp_timeout_syn_sent",
	NF "nf_conntrack_tcp_timeout_syn_recv",
	NF "nf_conntrack_tcp_timeout_established",
	NF "nf_conntrack_tcp_timeout_fin_wait",
	NF "nf_conntrack_tcp_timeout_close_wait",
	NF "nf_conntrack_tcp_timeout_last_ack",
	NF "nf_conntrack_tcp_timeout_time_wait",
	NF "nf_conntrack_tcp_timeout_close",
	NF "nf_conntrack_tcp_timeout_max_retrans",
	NF "nf_conntrack_tcp_timeout_unacknowledged",
	NF "nf_conntrack_tcp_be_liberal",
	NF "nf_conntrack_tcp_ignore_invalid_rst",
	NF "nf_conntrack_tcp_loose",
	NF "nf_conntrack_tcp_max_retrans",
	NF "nf_conntrack_sctp_timeout_closed",
	NF "nf_conntrack_sctp_timeout_cookie_wait",
	NF "nf_conntrack_sctp_timeout_cookie_echoed",
	NF "nf_conntrack_sctp_timeout_established",
	NF "nf_conntrack_sctp_timeout_shutdown_sent",
	NF "nf_conntrack_sctp_timeout_shutdown_recd",
	NF "nf_conntrack_sctp_timeout_shutdown_ack_sent",
	NF "nf_conntrack_sctp_timeout_heartbeat_sent",
	NF "nf_conntrack_sctp_timeout_heartbeat_acked",
	NF "nf_conntrack_dccp_timeout_request",
	NF "nf_conntrack_dccp_timeout_respond",
	NF "nf_conntrack_dccp_timeout_partopen",
	NF "nf_conntrack_dccp_timeout_open",
	NF "nf_conntrack_dccp_timeout_closereq",
	NF "nf_conntrack_dccp_timeout_closing",
	NF "nf_conntrack_dccp_timeout_timewait",
	NF "nf_flowtable_tcp_timeout",
	NF "nf_flowtable_udp_timeout",
	NF "nf_conntrack_checksum",
	NF "nf_conntrack_frag6_high_thresh",
	NF "nf_conntrack_frag6_timeout",
	"net/bridge/bridge-nf-call-iptables",
	"net/bridge/bridge-nf-call-ip6tables",
	/* listening sockets and TCP */
	"net/core/somaxconn",
	"net/ipv4/tcp_max_syn_backlog",
	"net/ipv4/tcp_syncookies",
	"net/ipv4/tcp_abort_on_overflow",
	"net/ipv4/tcp_max_tw_buckets",
	"net/ipv4/tcp_max_orphans",
	"net/ipv4/tcp_tw_reuse",
	"net/ipv4/tcp_fin_timeout",
	"net/ipv4/tcp_challenge_ack_limit",
	"net/ipv4/ip_local_port_range",
	"net/ipv4/ip_local_reserved_ports",
	/* buffers */
	"net/core/rmem_max",
	"net/core/rmem_default",
	"net/core/wmem_max",
	"net/core/wmem_default",
	"net/core/optmem_max",
	"net/ipv4/tcp_rmem",
	"net/ipv4/tcp_wmem",
	"net/ipv4/tcp_mem",
	"net/ipv4/udp_mem",
	"net/ipv4/udp_rmem_min",
	/* devices and their backlog */
	"net/core/netdev_max_backlog",
	"net/core/netdev_budget",
	"net/core/netdev_budget_usecs",
	"net/core/dev_weight",
	"net/core/default_qdisc",
	/* neighbours, routes, fragments */
	"net/ipv4/neigh/*/gc_thresh1",
	"net/ipv4/neigh/*/gc_thresh2",
	"net/ipv4/neigh/*/gc_thresh3",
	"net/ipv6/neigh/*/gc_thresh1",
	"net/ipv6/neigh/*/gc_thresh2",
	"net/ipv6/neigh/*/gc_thresh3",
	"net/ipv4/neigh/*/unres_qlen_bytes",
	"net/ipv6/route/max_size",
	"net/ipv4/ipfrag_high_thresh",
	"net/ipv4/ipfrag_time",
	"net/ipv4/ipfrag_max_dist",
	"net/ipv6/ip6frag_high_thresh",
	"net/ipv4/icmp_ratelimit",
	"net/ipv4/icmp_msgs_per_sec",
	"net/ipv4/icmp_echo_ignore_all",
	/* what is forwarded and what is believed */
	"net/ipv4/ip_forward",
	"net/ipv4/ip_nonlocal_bind",
	"net/ipv4/conf/*/forwarding",
	"net/ipv6/conf/*/forwarding",
	"net/ipv4/conf/*/rp_filter",
	"net/ipv4/conf/*/accept_local",
	"net/ipv4/conf/*/route_localnet",
	"net/ipv4/conf/*/src_valid_mark",
	"net/ipv4/conf/*/arp_ignore",
	"net/ipv4/conf/*/proxy_arp",
	"net/ipv6/conf/*/disable_ipv6",
	"net/ipv6/conf/*/accept_ra",
	/* IPVS */
	"net/ipv4/vs/conntrack",
	"net/ipv4/vs/conn_reuse_mode",
	"net/ipv4/vs/expire_nodest_conn",
	"net/ipv4/vs/drop_entry",
	"net/ipv4/vs/drop_packet",
};

const size_t sysctl_name_count = sizeof(sysctl_names) / sizeof(sysctl_names[0]);

const char *const sysctl_bypass_files[] = {
	"/sys/module/nf_conntrack/parameters/hashsize",
	"/sys/module/nf_conntrack/parameters/expect_hashsize",
	"/sys/module/nf_conntrack/parameters/acct",
	"/sys/module/ip_vs/parameters/conn_tab_bits",
};

const size_t sysctl_bypass_count = sizeof(sysctl_bypass_files) / sizeof(sysctl_bypass_files[0]);

void sysctl_names__key(const char *name, struct sysctl_watched_name *ret_key)
{
	memset(ret_key, 0, sizeof(*ret_key));
	if (strchr(name, '*'))
		snprintf(ret_key->name, sizeof(ret_key->name), "*%s", strrchr(name, '/'));
	else
		snprintf(ret_key->name, sizeof(ret_key->name), "%s", name);
}

static int find_line(const char *path)
{
	size_t i;

	for (i = 0; i < sysctl_name_count; i++)
		if (!fnmatch(sysctl_names[i], path, FNM_PATHNAME | FNM_NOESCAPE))
			return (int)i;
	return -ENOENT;
}

bool sysctl_names__watched(const char *path)
{
	return find_line(path) >= 0;
}

int sysctl_names__line(const char *name)
{
	char path[SYSCTL_NAME_LEN];
	size_t i;

	for (i = 0; i < sysctl_bypass_count; i++)
		if (!strcmp(name, sysctl_bypass_files[i]))
			return (int)(sysctl_name_count + i);
	sysctl_names__dotted(name, path);
	return find_line(path);
}

void sysctl_names__label(size_t line, char *ret_label)
{
	sysctl_names__dotted(line < sysctl_name_count ?
				     sysctl_names[line] :
				     sysctl_bypass_files[line - sysctl_name_count],
			     ret_label);
}

bool sysctl_names__of_interface(const char *name)
{
	int line = sysctl_names__line(name);
	const char *star, *part;

	if (line < 0 || (size_t)line >= sysctl_name_count)
		return false;
	star = strchr(sysctl_names[line], '*');
	if (!star)
		return false;
	part = name + (star - sysctl_names[line]);
	return strncmp(part, "all.", 4) && strncmp(part, "default.", 8);
}

bool sysctl_names__global(const char *path)
{
	static const char *const globals[] = { NF "nf_conntrack_max", "net/nf_conntrack_max",
					       NF "nf_conntrack_buckets",
					       NF "nf_conntrack_expect_max" };
	size_t i;

	for (i = 0; i < sizeof(globals) / sizeof(globals[0]); i++)
		if (!strcmp(path, globals[i]))
			return true;
	return false;
}

/* Values of the whole node that only its own namespace has, or may write. Each namespace has an
 * optmem_max of its own since f5769faeec36 and an icmp_msgs_per_sec since f17bf505ff89: better
 * told once too often than not at all where it is one. */
static bool is_of_node(const char *path)
{
	static const char *const of_node[] = {
		"net/core/default_qdisc",	"net/core/dev_weight",
		"net/core/netdev_budget",	"net/core/netdev_budget_usecs",
		"net/core/netdev_max_backlog",	"net/core/optmem_max",
		"net/core/rmem_default",	"net/core/rmem_max",
		"net/core/wmem_default",	"net/core/wmem_max",
		"net/ipv4/icmp_msgs_per_sec",	"net/ipv4/neigh/default/*",
		"net/ipv4/tcp_max_orphans",	"net/ipv4/tcp_mem",
		"net/ipv4/udp_mem",		"net/ipv6/neigh/default/*",
	};
	size_t i;

	for (i = 0; i < sizeof(of_node) / sizeof(of_node[0]); i++)
		if (!fnmatch(of_node[i], path, FNM_PATHNAME | FNM_NOESCAPE))
			return true;
	return false;
}

bool sysctl_names__concerns_all(const char *name)
{
	char path[SYSCTL_NAME_LEN];

	sysctl_names__dotted(name, path);
	return *name == '/' || sysctl_names__global(path) || is_of_node(path);
}

void sysctl_names__dotted(const char *path, char *ret_name)
{
	char *at;

	snprintf(ret_name, SYSCTL_NAME_LEN, "%s", path);
	for (at = ret_name; *path != '/' && *at; at++) {
		if (*at == '/')
			*at = '.';
		else if (*at == '.')
			*at = '/';
	}
}
