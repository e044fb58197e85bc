/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Bytes to struct drop. Nothing is believed that was not checked: a record may
 * come from a file that somebody else wrote.
 */
#include <errno.h>
#include <string.h>

#include "user/source/decode.h"

static int check_header(const struct record_header *hdr, size_t size)
{
	if (hdr->size < sizeof(*hdr) || hdr->size > size || hdr->size % 8)
		return -EBADMSG;
	if (!hdr->type || hdr->type >= __RECORD_MAX)
		return -ENOMSG;
	if (hdr->version != DROP_RECORD_VERSION)
		return -EPROTO;
	return 0;
}

static bool tuple_is_sane(const struct flow_tuple *tuple)
{
	return !tuple->ip_version || tuple->ip_version == 4 || tuple->ip_version == 6;
}

static int check_record(const struct drop_record *rec)
{
	if (rec->cause >= __CAUSE_MAX || rec->cause_direct >= __CAUSE_MAX ||
	    rec->ct_state >= __CT_STATE_MAX || rec->side >= __SIDE_MAX)
		return -EINVAL;
	if (!rec->count)
		return -EINVAL;
	if (rec->vlan_count > sizeof(rec->vlan_tci) / sizeof(rec->vlan_tci[0]))
		return -EINVAL;
	if (!memchr(rec->iface, '\0', sizeof(rec->iface)) || !tuple_is_sane(&rec->tuple))
		return -EINVAL;
	if (rec->sections & ~DROP_SECTIONS_ALL)
		return -EINVAL;
	return 0;
}

/* Without DROP_SECTION_DNS, which tells its own size. */
static size_t size_of_sections(__u8 sections)
{
	return (sections & DROP_SECTION_CT ? sizeof(struct drop_section_ct) : 0) +
	       (sections & DROP_SECTION_INNER ? sizeof(struct drop_section_inner) : 0) +
	       (sections & DROP_SECTION_CLASH ? sizeof(struct drop_section_ct) : 0);
}

/* The last section, as long as its payload needs; @size bytes are left for it. */
static int take_dns(struct drop *drop, const __u8 *at, size_t size)
{
	struct drop_section_dns *dns = &drop->dns_message;
	const size_t before = offsetof(struct drop_section_dns, payload);

	if (size < before)
		return -EBADMSG;
	memcpy(dns, at, before);
	if (dns->length > sizeof(dns->payload) || dns->more > 1)
		return -EINVAL;
	if (size != (before + dns->length + 7) / 8 * 8)
		return -EBADMSG;
	memcpy(dns->payload, at + before, dns->length);
	return 0;
}

static int take_sections(struct drop *drop, const __u8 *at, const __u8 *end)
{
	if (drop->rec.sections & DROP_SECTION_CT) {
		memcpy(&drop->ct, at, sizeof(drop->ct));
		at += sizeof(drop->ct);
		if (!tuple_is_sane(&drop->ct.orig) || !tuple_is_sane(&drop->ct.reply))
			return -EINVAL;
	}
	if (drop->rec.sections & DROP_SECTION_INNER) {
		memcpy(&drop->inner, at, sizeof(drop->inner));
		at += sizeof(drop->inner);
		if (drop->inner.tunnel == TUNNEL_NONE || drop->inner.tunnel >= __TUNNEL_MAX ||
		    !tuple_is_sane(&drop->inner.tuple))
			return -EINVAL;
	}
	if (drop->rec.sections & DROP_SECTION_CLASH) {
		memcpy(&drop->clash, at, sizeof(drop->clash));
		at += sizeof(drop->clash);
		if (!tuple_is_sane(&drop->clash.orig) || !tuple_is_sane(&drop->clash.reply))
			return -EINVAL;
	}
	if (drop->rec.sections & DROP_SECTION_DNS)
		return take_dns(drop, at, end - at);
	return 0;
}

int drop__decode(const void *data, size_t size, struct drop *ret_drop)
{
	struct record_header hdr;
	struct drop drop = {};
	int err;

	if (size < sizeof(hdr))
		return -EBADMSG;
	memcpy(&hdr, data, sizeof(hdr));
	err = check_header(&hdr, size);
	if (err)
		return err;
	if (hdr.size < sizeof(drop.rec))
		return -EBADMSG;
	memcpy(&drop.rec, data, sizeof(drop.rec));
	err = check_record(&drop.rec);
	if (err)
		return err;
	size = sizeof(drop.rec) + size_of_sections(drop.rec.sections);
	if (drop.rec.sections & DROP_SECTION_DNS ? hdr.size < size : hdr.size != size)
		return -EBADMSG;
	err = take_sections(&drop, (const __u8 *)data + sizeof(drop.rec),
			    (const __u8 *)data + hdr.size);
	if (err)
		return err;

	drop.count = drop.rec.count;
	drop.bytes = drop.rec.bytes;
	*ret_drop = drop;
	return 0;
}
