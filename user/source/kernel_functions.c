// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Two tables of names, and their addresses on this kernel. A name that a
 * kernel does not have costs nothing; one that we do not know makes the cause
 * weaker, never wrong.
 */
#include <stdlib.h>

#include "user/source/kernel_functions.h"

struct named_kind {
	const char *name;
	__u32 kind;
};

static const struct named_kind freeing_functions[] = {
	/* from 6.8, e0d4593140b0 ("netfilter: make nftables drops visible in
	 * net dropmonitor"), nftables frees by itself */
	{ "nft_do_chain", LOCATION_NFT },
	{ "nf_hook_slow", LOCATION_NF_HOOK },
	{ "nf_hook_slow_list", LOCATION_NF_HOOK },
	{ "nf_reinject", LOCATION_NF_QUEUE },
	{ "nfqnl_reinject", LOCATION_NF_QUEUE },
	{ "nfqnl_recv_verdict", LOCATION_NF_QUEUE },
	{ "nfqnl_recv_verdict_batch", LOCATION_NF_QUEUE },
	{ "nfqnl_flush", LOCATION_NF_QUEUE },
	{ "nf_queue", LOCATION_NF_QUEUE },
	{ "ovs_ct_execute", LOCATION_CT_CALLER },
	{ "do_execute_actions", LOCATION_CT_CALLER },
	{ "tcf_ct_act", LOCATION_CT_CALLER },
	/* sockets that are closed or connected anew, with what still waited in them */
	{ "skb_queue_purge", LOCATION_NOISE },
	{ "skb_queue_purge_reason", LOCATION_NOISE },
	{ "__skb_queue_purge", LOCATION_NOISE },
	{ "skb_rbtree_purge", LOCATION_NOISE },
	{ "skb_errqueue_purge", LOCATION_NOISE },
	{ "sk_stream_kill_queues", LOCATION_NOISE },
	{ "inet_sock_destruct", LOCATION_NOISE },
	{ "tcp_write_queue_purge", LOCATION_NOISE },
	{ "tcp_v4_destroy_sock", LOCATION_NOISE },
	{ "tcp_disconnect", LOCATION_NOISE },
	{ "udp_destruct_common", LOCATION_NOISE },
	{ "udp_destruct_sock", LOCATION_NOISE },
	{ "packet_sock_destruct", LOCATION_NOISE },
	{ "packet_release", LOCATION_NOISE },
	/* the later fragments of a datagram that was put together, or what GRO did, freed with the
	 * first one, which is told where it was a drop; until 6.3, 511a3eda2f8d ("net: dropreason:
	 * propagate drop_reason to skb_release_data()"), also when it was delivered; from then on
	 * with that one's reason where a qdisc drops it (kfree_skb_list_reason()) */
	{ "skb_release_data", LOCATION_PART },
	/* what is not sent over a network */
	{ "netlink_broadcast", LOCATION_NOISE },
	{ "netlink_broadcast_filtered", LOCATION_NOISE },
	{ "netlink_unicast", LOCATION_NOISE },
	{ "netlink_dump", LOCATION_NOISE },
	{ "netlink_sock_destruct", LOCATION_NOISE },
	{ "unix_release_sock", LOCATION_NOISE },
	{ "unix_stream_connect", LOCATION_NOISE },
	{ "unix_dgram_sendmsg", LOCATION_NOISE },
	{ "unix_stream_sendmsg", LOCATION_NOISE },
	{ "unix_sock_destructor", LOCATION_NOISE },
	/* multicast that nobody here joined: every node on the link sees it */
	{ "ip6_mc_input", LOCATION_NOISE },
};

static const struct named_kind hook_functions[] = {
	{ "ipv4_conntrack_in", HOOK_CONNTRACK },
	{ "ipv6_conntrack_in", HOOK_CONNTRACK },
	{ "ipv4_conntrack_local", HOOK_HARMLESS },
	{ "ipv6_conntrack_local", HOOK_HARMLESS },
	/* one function from 6.1 on: a70e483460d5 ("netfilter: conntrack: merge
	 * ipv4+ipv6 confirm functions") */
	{ "nf_confirm", HOOK_HARMLESS },
	{ "ipv4_confirm", HOOK_HARMLESS },
	{ "ipv6_confirm", HOOK_HARMLESS },
	{ "ipv4_helper", HOOK_HARMLESS },
	{ "ipv6_helper", HOOK_HARMLESS },
	{ "nf_ct_bridge_pre", HOOK_CONNTRACK },
	{ "nf_ct_bridge_in", HOOK_HARMLESS },
	{ "nf_ct_bridge_post", HOOK_HARMLESS },
	{ "ipv4_conntrack_defrag", HOOK_DEFRAG },
	{ "ipv6_defrag", HOOK_DEFRAG },
	{ "nf_nat_ipv4_fn", HOOK_NAT },
	{ "nf_nat_ipv4_in", HOOK_NAT },
	{ "nf_nat_ipv4_pre_routing", HOOK_NAT },
	{ "nf_nat_ipv4_local_in", HOOK_NAT },
	{ "nf_nat_ipv4_local_fn", HOOK_NAT },
	{ "nf_nat_ipv4_out", HOOK_NAT },
	{ "nf_nat_ipv6_fn", HOOK_NAT },
	{ "nf_nat_ipv6_in", HOOK_NAT },
	{ "nf_nat_ipv6_local_in", HOOK_NAT },
	{ "nf_nat_ipv6_local_fn", HOOK_NAT },
	{ "nf_nat_ipv6_out", HOOK_NAT },
	/* from 5.16 the table is called directly: 8844e01062dd ("netfilter:
	 * iptables: allow use of ipt_do_table as hookfn") and its neighbours */
	{ "ipt_do_table", HOOK_XTABLES },
	{ "ip6t_do_table", HOOK_XTABLES },
	{ "arpt_do_table", HOOK_XTABLES },
	{ "ebt_do_table", HOOK_XTABLES },
	{ "iptable_filter_hook", HOOK_XTABLES },
	{ "iptable_mangle_hook", HOOK_XTABLES },
	{ "iptable_raw_hook", HOOK_XTABLES },
	{ "iptable_security_hook", HOOK_XTABLES },
	{ "iptable_nat_do_chain", HOOK_XTABLES },
	{ "ip6table_filter_hook", HOOK_XTABLES },
	{ "ip6table_mangle_hook", HOOK_XTABLES },
	{ "ip6table_raw_hook", HOOK_XTABLES },
	{ "ip6table_security_hook", HOOK_XTABLES },
	{ "ip6table_nat_do_chain", HOOK_XTABLES },
	{ "arptable_filter_hook", HOOK_XTABLES },
	{ "ebt_in_hook", HOOK_XTABLES },
	{ "ebt_out_hook", HOOK_XTABLES },
	{ "ebt_nat_in", HOOK_XTABLES },
	{ "ebt_nat_out", HOOK_XTABLES },
	{ "nft_do_chain_ipv4", HOOK_NFT },
	{ "nft_do_chain_ipv6", HOOK_NFT },
	{ "nft_do_chain_inet", HOOK_NFT },
	{ "nft_do_chain_inet_ingress", HOOK_NFT },
	{ "nft_do_chain_arp", HOOK_NFT },
	{ "nft_do_chain_bridge", HOOK_NFT },
	{ "nft_do_chain_netdev", HOOK_NFT },
	{ "nft_nat_do_chain", HOOK_NFT },
	/* AppArmor and Smack, in every namespace where they are on; SELinux may
	 * drop unmarked packets too and is left unknown */
	{ "apparmor_ip_postroute", HOOK_SECMARK },
	{ "apparmor_ipv4_postroute", HOOK_SECMARK },
	{ "apparmor_ipv6_postroute", HOOK_SECMARK },
	{ "smack_ip_output", HOOK_SECMARK },
	{ "smack_ipv4_output", HOOK_SECMARK },
	{ "smack_ipv6_output", HOOK_SECMARK },
	/* bridge-nf-call-iptables: runs the IP hooks, whose verdicts are theirs */
	{ "br_nf_pre_routing", HOOK_HARMLESS },
	{ "br_nf_local_in", HOOK_HARMLESS },
	{ "br_nf_forward", HOOK_HARMLESS },
	{ "br_nf_forward_ip", HOOK_HARMLESS },
	{ "br_nf_forward_arp", HOOK_HARMLESS },
	{ "br_nf_post_routing", HOOK_HARMLESS },
	{ "ip_sabotage_in", HOOK_HARMLESS },
};

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

struct found_locations {
	struct location_class *classes;
	size_t count;
	__u32 kind;
};

static int add_location(__u64 start, __u64 end, const char *name, void *ctx)
{
	struct found_locations *found = ctx;

	(void)name;
	if (found->count == LOCATION_CLASSES_MAX)
		return 1;
	found->classes[found->count++] = (struct location_class){
		.start = start, .end = end, .kind = found->kind };
	return 0;
}

static int by_start(const void *a, const void *b)
{
	const struct location_class *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

size_t kernel_functions__locations(const struct kallsyms *k, struct location_class *ret_locations)
{
	struct found_locations found = { .classes = ret_locations };
	size_t i;

	for (i = 0; k && i < ARRAY_SIZE(freeing_functions); i++) {
		found.kind = freeing_functions[i].kind;
		kallsyms__range(k, freeing_functions[i].name, add_location, &found);
	}
	qsort(ret_locations, found.count, sizeof(*ret_locations), by_start);
	return found.count;
}

size_t kernel_functions__hooks(const struct kallsyms *k, struct hook_function *ret_hooks)
{
	__u64 addresses[16]; /* suffixes and static namesakes of one function */
	size_t count = 0, found, i, j;

	for (i = 0; k && i < ARRAY_SIZE(hook_functions); i++) {
		found = kallsyms__addresses(k, hook_functions[i].name, addresses,
					    ARRAY_SIZE(addresses));
		for (j = 0; j < found && j < ARRAY_SIZE(addresses); j++) {
			if (count == HOOK_FUNCTIONS_MAX)
				return count;
			ret_hooks[count++] = (struct hook_function){
				.address = addresses[j], .kind = hook_functions[i].kind };
		}
	}
	return count;
}

struct memory_symbols kernel_functions__memory(const struct kallsyms *k)
{
	if (!k)
		return (struct memory_symbols){};
	return (struct memory_symbols){
		.page_offset_base = kallsyms__datum(k, "page_offset_base"),
		.vmemmap_base = kallsyms__datum(k, "vmemmap_base"),
	};
}
