/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel types that the BPF programs use, and of each only the fields
 * that they use. Offsets come from the running kernel's BTF (CO-RE), so the
 * same header serves x86_64 and arm64 and every kernel version; order and
 * padding here mean nothing. Structures that changed have one "flavour" a
 * form: the name after ___ is ours, the kernel's is what stands before it.
 * tools/check-vmlinux holds this file against a kernel.
 */
#ifndef __VMLINUX_H__ /* libbpf's bpf_tracing.h looks for this name */
#define __VMLINUX_H__

typedef signed char __s8;
typedef unsigned char __u8;
typedef short __s16;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long __s64;
typedef unsigned long long __u64;

typedef __s8 s8;
typedef __u8 u8;
typedef __s16 s16;
typedef __u16 u16;
typedef __s32 s32;
typedef __u32 u32;
typedef __s64 s64;
typedef __u64 u64;

typedef __u16 __be16;
typedef __u32 __be32;
typedef __u64 __be64;
typedef __u32 __wsum;

typedef _Bool bool;
enum { false = 0, true = 1 };

/* uapi/linux/bpf.h: values are ABI */
enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_HASH = 5,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_RINGBUF = 27,
};

enum {
	BPF_ANY = 0,
	BPF_NOEXIST = 1,
};

enum {
	BPF_RB_NO_WAKEUP = 1,
	BPF_RB_FORCE_WAKEUP = 2,
};

enum {
	BPF_RB_AVAIL_DATA = 0,
	BPF_RB_RING_SIZE = 1,
};

enum {
	BPF_F_SYSCTL_BASE_NAME = 1,
};

/* the context of cgroup/sysctl programs */
struct bpf_sysctl {
	__u32 write;
	__u32 file_pos;
};

/* uapi, from 5.19 */
struct bpf_dynptr {
	__u64 opaque[2];
};

#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)

struct list_head {
	struct list_head *next;
};

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	s64 counter;
} atomic64_t;

struct proc_ns_operations;

struct ns_common {
	const struct proc_ns_operations *ops;
	unsigned int inum;
};

struct nf_hook_entry {
	void *hook;
	void *priv;
};

struct nf_hook_entries {
	u16 num_hook_entries;
	struct nf_hook_entry hooks[0];
};

struct netns_nf {
	struct nf_hook_entries *hooks_ipv4[5];
	struct nf_hook_entries *hooks_ipv6[5];
	struct nf_hook_entries *hooks_arp[3];
	struct nf_hook_entries *hooks_bridge[5];
};

struct ctl_table {
	const char *procname;
	void *data;
};

struct ctl_table_header {
	struct ctl_table *ctl_table;
};

struct ip_conntrack_stat {
	unsigned int invalid;
	unsigned int insert_failed;
	unsigned int drop;
	unsigned int chaintoolong;
};

struct netns_ct {
	struct ip_conntrack_stat *stat;
};

/* up to 5.12, before c53bd0e96662 ("netfilter: conntrack: move ct counter to
 * net_generic data") moved both to struct nf_conntrack_net, which is the
 * module's own: its fields come through live_globals */
struct netns_ct___counted {
	atomic_t count;
	struct ctl_table_header *sysctl_header;
};

struct net_generic {
	struct {
		unsigned int len;
	} s;
	void *ptr[0];
};

struct net {
	struct list_head list;
	struct ns_common ns;
	struct netns_nf nf;
	struct netns_ct ct;
	struct net_generic *gen;
	u64 net_cookie;
	u32 hash_mix;
};

/* up to 5.11: 3d368ab87cf6 ("net: initialize net->net_cookie at netns setup") */
struct net___atomic_cookie {
	atomic64_t net_cookie;
};

struct net___counted_ct {
	struct netns_ct___counted ct;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct net_device {
	unsigned int flags;
	int ifindex;
	possible_net_t nd_net;
	struct nf_hook_entries *nf_hooks_ingress;
	struct nf_hook_entries *nf_hooks_egress;
	char name[16];
};

struct kernfs_node {
	u64 id;
};

struct cgroup {
	struct kernfs_node *kn;
};

struct sock_cgroup_data {
	struct cgroup *cgroup;
};

/* up to 5.14: 8520e224f547 ("bpf, cgroups: Fix cgroup v2 fallback on v1/v2 mixed mode") */
struct sock_cgroup_data___packed {
	u64 val;
};

struct sock_common {
	unsigned short skc_family;
	volatile unsigned char skc_state;
	possible_net_t skc_net;
};

struct sock {
	struct sock_common __sk_common;
	struct sock_cgroup_data sk_cgrp_data;
};

struct sock___packed_cgroup {
	struct sock_cgroup_data___packed sk_cgrp_data;
};

struct dst_entry {
	struct net_device *dev;
	short unsigned int flags;
};

struct sk_buff {
	struct net_device *dev;
	struct sock *sk;
	unsigned long _skb_refdst;
	unsigned long _nfct;
	unsigned int len;
	unsigned int data_len;
	int skb_iif;
	__be16 vlan_proto;
	__u16 vlan_tci;
	__u32 mark;
	__u32 secmark;
	__be16 protocol;
	__u16 network_header;
	__u16 mac_header;
	unsigned int tail;	/* offset from head on 64-bit machines */
	unsigned int end;	/* the same */
	unsigned char *head;
	unsigned char *data;
};

struct page {
	unsigned long flags;
};

struct bio_vec {
	struct page *bv_page;
	unsigned int bv_len;
	unsigned int bv_offset;
};

/* from 6.9; before, it was a struct bio_vec */
struct skb_frag {
	unsigned long netmem;
	unsigned int len;
	unsigned int offset;
};

struct skb_shared_info {
	__u8 nr_frags;
	struct bio_vec frags[1];
};

/* up to 6.1: 354259fa73e2 ("net: remove skb->vlan_present") */
struct sk_buff___vlan_present {
	__u8 vlan_present : 1;
};

union nf_inet_addr {
	__u32 all[4];
};

union nf_conntrack_man_proto {
	__be16 all;
};

struct nf_conntrack_man {
	union nf_inet_addr u3;
	union nf_conntrack_man_proto u;
	u16 l3num;
};

struct nf_conntrack_tuple {
	struct nf_conntrack_man src;
	struct {
		union nf_inet_addr u3;
		union {
			__be16 all;
		} u;
		u8 protonum;
		u8 dir;
	} dst;
};

struct nf_conntrack_tuple_hash {
	struct nf_conntrack_tuple tuple;
};

struct nf_conntrack_zone {
	u16 id;
};

struct nf_conn {
	u32 timeout;
	struct nf_conntrack_zone zone;
	struct nf_conntrack_tuple_hash tuplehash[2];
	unsigned long status;
	possible_net_t ct_net;
};

struct nf_hook_state;

struct nsproxy {
	struct net *net_ns;
};

struct mm_struct {
	unsigned long arg_start;
	unsigned long arg_end;
};

struct task_struct {
	struct mm_struct *mm;
	unsigned long nvcsw;
	unsigned long nivcsw;
	int pid;
	int tgid;
	char comm[16];
	struct nsproxy *nsproxy;
};

enum bpf_func_id {
	BPF_FUNC_map_lookup_percpu_elem = 195,
};

struct bpf_array {
	void *pptrs[0];
};

/* x86_64 */
struct pt_regs {
	unsigned long cx;
	unsigned long dx;
	unsigned long si;
	unsigned long di;
	unsigned long ax;
	unsigned long sp;
};

/* arm64 */
struct user_pt_regs {
	__u64 regs[31];
	__u64 sp;
};

/* 5.17 and later: c504e5c2f964 ("net: skb: introduce kfree_skb_reason()"). The
 * values are the running kernel's own and are looked up in its BTF. */
enum skb_drop_reason {
	SKB_NOT_DROPPED_YET = 0,
};

struct trace_event_raw_kfree_skb {
	void *skbaddr;
	void *location;
	enum skb_drop_reason reason;
};

#pragma clang attribute pop

#endif
