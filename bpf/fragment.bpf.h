/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads what an skb holds in its first page fragment, for kernels before 6.12, whose tracing
 * programs have no dynptr of an skb. The page's address follows from where its struct page lies:
 * x86_64 maps all memory in one piece, and all struct pages in another. Goes when 6.6 does.
 */
#ifndef DROPWHY_FRAGMENT_BPF_H
#define DROPWHY_FRAGMENT_BPF_H

#include "bpf/kread.bpf.h"
#include "bpf/state.bpf.h"

#define PAGE_SHIFT_X86 12
#define NETMEM_NET_IOV 1UL /* no struct page, but a device's memory */

struct fragment {
	__u64 page;		/* address of its struct page; 0: it has none */
	__u32 offset;
	__u32 length;
};

__inline_always void fragment__read(struct fragment *fragment, void *at)
{
	if (bpf_core_field_exists(struct skb_frag, netmem)) {
		/* 6.9: 21d2e6737c97 ("net: add netmem to skb_frag_t") */
		struct skb_frag *frag = at;

		fragment->page = BPF_CORE_READ(frag, netmem);
		if (fragment->page & NETMEM_NET_IOV)
			fragment->page = 0;
		fragment->offset = BPF_CORE_READ(frag, offset);
		fragment->length = BPF_CORE_READ(frag, len);
	} else {
		struct bio_vec *frag = at;

		fragment->page = (__u64)BPF_CORE_READ(frag, bv_page);
		fragment->offset = BPF_CORE_READ(frag, bv_offset);
		fragment->length = BPF_CORE_READ(frag, bv_len);
	}
}

/* Where the memory is that a struct page stands for; 0: not known. */
__inline_always __u64 page_address(__u64 page)
{
	const __u64 struct_bytes = bpf_core_type_size(struct page);
	__u64 memory = 0, pages = 0;

	if (bpf_probe_read_kernel(&memory, sizeof(memory), (const void *)page_offset_base_at) ||
	    bpf_probe_read_kernel(&pages, sizeof(pages), (const void *)vmemmap_base_at) ||
	    page < pages || !struct_bytes)
		return 0;
	return memory + ((page - pages) / struct_bytes << PAGE_SHIFT_X86);
}

/*
 * Copies to scratch.message what find_message() found, and sets how much of it that is: nothing
 * if it does not begin in the first fragment.
 */
__stage int copy_fragment(__u32 level)
{
	struct scratch *sc = scratch_at(level);
	struct fragment fragment = {};
	struct skb_shared_info *info;
	struct sk_buff *skb;
	__u64 from, page;
	__u32 length, skip;

	if (!sc)
		return 0;
	length = sc->packet.message_bytes;
	sc->packet.message_bytes = 0;
	from = sc->packet.data + sc->packet.message_at;
	if (!page_offset_base_at || !vmemmap_base_at || from < sc->packet.data_end)
		return 0;
	skb = (void *)sc->packet.skb;
	info = (void *)(BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, end));
	if (!BPF_CORE_READ(info, nr_frags))
		return 0;
	fragment__read(&fragment, (void *)info + bpf_core_field_offset(struct skb_shared_info, frags));
	skip = from - sc->packet.data_end;
	if (!fragment.page || skip >= fragment.length)
		return 0;
	page = page_address(fragment.page);
	if (!page)
		return 0;
	if (length > fragment.length - skip)
		length = fragment.length - skip;
	barrier_var(length); /* checked and used in one register: before 5.12 spills forget bounds */
	if (length <= sizeof(sc->message) &&
	    !bpf_probe_read_kernel(sc->message, length, (const void *)(page + fragment.offset + skip)))
		sc->packet.message_bytes = length;
	return 0;
}

#endif
