/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The only place that touches the skb, its device and its sockets. What the
 * other stages need it leaves in struct packet, as numbers.
 */
#ifndef DROPWHY_SKB_BPF_H
#define DROPWHY_SKB_BPF_H

#include <bpf/bpf_endian.h>

#include "bpf/kread.bpf.h"
#include "bpf/namespace.bpf.h"
#include "bpf/state.bpf.h"

#define TCP_TIME_WAIT	 6
#define TCP_NEW_SYN_RECV 12
#define SKB_DST_PTRMASK	 (~1UL)
#define DST_METADATA	 0x0080 /* include/net/dst.h */
#define HEADER_UNSET	 0xffff

__inline_always bool is_full_socket(struct sock *sk, const enum reading how)
{
	__u8 state = KREAD_UNSURE(how, sk, __sk_common.skc_state);

	/* the others are smaller than struct sock: there is no cgroup to read */
	return state != TCP_TIME_WAIT && state != TCP_NEW_SYN_RECV;
}

/*
 * What an skb points at, read once and handed on. For each load of a pointer through one that
 * it trusts, as it does a tracepoint's arguments, the verifier searches all of vmlinux's BTF
 * twice (btf_nested_type_is_trusted(), from 6.4): that was a third of the start.
 */
struct skb_ends {
	struct net_device *dev;	/* NULL: none that is believed */
	struct sock *rx_sk;	/* the tracepoint's; NULL: it has none */
	struct net *net;	/* that it died in; NULL: unknown */
};

/* By its sockets. */
__inline_always struct net *sockets_net(struct sk_buff *skb, struct sock *rx_sk,
					const enum reading how)
{
	struct net *net = KREAD_OR_ZERO(how, rx_sk, __sk_common.skc_net.net);
	struct sock *sk;

	if (is_net(net, how))
		return net;
	sk = KREAD_POINTER(how, skb, sk);
	net = KREAD_OR_ZERO(how, sk, __sk_common.skc_net.net);
	return is_net(net, how) ? net : NULL;
}

__inline_always void skb_ends__init(struct skb_ends *ends, struct sk_buff *skb, struct sock *rx_sk,
				    const enum reading how)
{
	struct net_device *dev = KREAD_POINTER(how, skb, dev);

	/* to the verifier, too, something that may be read */
	ends->rx_sk = how == READ_FAULTING ? (void *)in_place((__u64)rx_sk) : rx_sk;
	/* a device is believed if it lies in a namespace: see is_net(). None is as good as what a
	 * read that failed gives, and a plain load through such a device may panic */
	ends->dev = dev;
	ends->net = KREAD_OR_ZERO(how, dev, nd_net.net);
	if (!is_net(ends->net, how)) {
		ends->dev = NULL;
		ends->net = sockets_net(skb, ends->rx_sk, how);
	}
}

/* Where there is conntrack: CONFIG_NF_CONNTRACK. */
__inline_always __u64 skb_nfct(struct sk_buff *skb, const enum reading how)
{
	return bpf_core_field_exists(skb->_nfct) ? KREAD(how, skb, _nfct) : 0;
}

/* The namespace by its route, which is no pointer to the verifier. */
__inline_always struct net *route_net(struct sk_buff *skb, const enum reading how)
{
	struct dst_entry *dst = (void *)(KREAD(how, skb, _skb_refdst) & SKB_DST_PTRMASK);
	struct net *net = dst ? BPF_CORE_READ(dst, dev, nd_net.net) : NULL;

	return is_net(net, READ_PROBED) ? net : NULL;
}

/* What a tunnel leaves to tell where a packet came from lies in the route's place, and is none. */
__inline_always bool has_route(struct sk_buff *skb, const enum reading how)
{
	struct dst_entry *dst = (void *)(KREAD(how, skb, _skb_refdst) & SKB_DST_PTRMASK);

	return dst && !(KREAD_UNSURE(how, dst, flags) & DST_METADATA);
}

__inline_always bool is_loopback_name(const char *name)
{
	return name[0] == 'l' && name[1] == 'o' && !name[2];
}

__inline_always void read_device(struct sk_buff *skb, const struct skb_ends *ends, struct sock *sk,
				 struct scratch *sc, const enum reading how)
{
	struct net_device *dev = ends->dev;
	struct drop_record *rec = &sc->rec;
	int iif = KREAD(how, skb, skb_iif);

	if (dev) {
		rec->ifindex = KREAD_SURE(how, dev, ifindex);
		bpf_probe_read_kernel(rec->iface, sizeof(rec->iface), dev->name);
		sc->packet.loopback = is_loopback_name(rec->iface);
	} else {
		rec->ifindex = iif;
	}
	sc->packet.input = iif != 0;
	sc->packet.routed = has_route(skb, how);
	if (iif && (__u32)iif == rec->ifindex)
		rec->side = SIDE_RX;
	else if (iif ? sc->packet.routed : sk != NULL)
		rec->side = SIDE_TX;
}

/*
 * Where the headers are. mac_header is ~0 and network_header 0 or ~0 until
 * somebody sets them; both are offsets from head.
 */
__inline_always void read_layout(struct sk_buff *skb, struct scratch *sc, const enum reading how)
{
	struct packet *packet = &sc->packet;
	__u64 head = (__u64)KREAD(how, skb, head);
	__u64 data = (__u64)KREAD(how, skb, data);
	__u16 mac = KREAD(how, skb, mac_header), network = KREAD(how, skb, network_header);

	packet->data = data;
	packet->data_end = data + (sc->rec.len_bytes - KREAD(how, skb, data_len));
	packet->nonlinear = KREAD(how, skb, data_len) != 0;
	packet->l2 = mac == HEADER_UNSET ? 0 : head + mac;
	packet->l3 = !network || network == HEADER_UNSET ? 0 : head + network;
	packet->l3_proto = bpf_ntohs(KREAD(how, skb, protocol));
	packet->vlan_tci = KREAD(how, skb, vlan_tci);
	if (bpf_core_field_exists(struct sk_buff___vlan_present, vlan_present))
		packet->vlan_present = BPF_CORE_READ_BITFIELD_PROBED(
			(struct sk_buff___vlan_present *)skb, vlan_present);
	else
		packet->vlan_present = KREAD(how, skb, vlan_proto) != 0;
}

/* By helper everywhere: few drops come here, and see struct skb_ends for what loads cost. */
__inline_always __u64 socket_cgroup(struct sock *sk, const enum reading how)
{
	struct cgroup *cgroup;
	__u64 packed;

	if (!is_full_socket(sk, how))
		return 0;
	if (bpf_core_field_exists(struct sock_cgroup_data, cgroup)) {
		cgroup = BPF_CORE_READ(sk, sk_cgrp_data.cgroup);
	} else {
		packed = BPF_CORE_READ((struct sock___packed_cgroup *)sk, sk_cgrp_data.val);
		if (packed & 1) /* cgroup v1 data, not a pointer */
			return 0;
		cgroup = (void *)(packed & ~3ULL); /* bit 1: no reference is held */
	}
	return cgroup ? BPF_CORE_READ(cgroup, kn, id) : 0;
}

__inline_always void read_socket(struct sock *sk, struct sock *rx_sk, struct scratch *sc,
				 const enum reading how)
{
	struct drop_record *rec = &sc->rec;

	sc->packet.socket_family = KREAD_OR_ZERO(how, sk, __sk_common.skc_family);
	/* up to 6.12 the verifier takes rx_sk for non-NULL and removes the test:
	 * a NULL one then reads as zeros, and a socket without family is none */
	if (rx_sk && KREAD_UNSURE(how, rx_sk, __sk_common.skc_family)) {
		rec->side = SIDE_RX;
		sk = rx_sk;
	} else if (!sk || !sc->packet.socket_family) {
		return;
	}
	rec->flags |= DROP_F_SOCKET;
	rec->cgroup_id = socket_cgroup(sk, how);
}

/*
 * Takes all that will be needed, whatever becomes of the drop: a straight run
 * of loads costs less than it takes the verifier to follow many ways through.
 */
__inline_always void read_skb(struct sk_buff *skb, const struct skb_ends *ends,
			      struct scratch *sc, const enum reading how)
{
	struct packet *packet = &sc->packet;
	struct sock *sk = KREAD_POINTER(how, skb, sk);
	struct net *net = ends->net;

	packet->skb = (__u64)skb;
	packet->nfct = skb_nfct(skb, how);
	sc->rec.len_bytes = KREAD(how, skb, len);
	sc->rec.mark = KREAD(how, skb, mark);
	if (net) {
		packet->net = (__u64)net;
		sc->rec.netns_ino = KREAD_UNSURE(how, net, ns.inum);
	} else {
		net = route_net(skb, how);
		packet->net = (__u64)net;
		sc->rec.netns_ino = net ? BPF_CORE_READ(net, ns.inum) : 0;
	}
	read_device(skb, ends, sk, sc, how);
	read_layout(skb, sc, how);
	read_socket(sk, ends->rx_sk, sc, how);
}

#endif
