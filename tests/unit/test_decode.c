/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Records, whole and damaged, to struct drop.
 */
#include <criterion/criterion.h>
#include <errno.h>

#include "tests/unit/sample_drop.h"
#include "user/source/decode.h"

/* A record with its sections, as the kernel side lays it out, and room behind it. */
struct record_bytes {
	__u8 bytes[DROP_RECORD_MAX_SIZE + 64];
	size_t size;
};

static struct record_bytes make_record(unsigned int sections)
{
	struct drop drop = sample_syn_dnat(), tunnelled = sample_vxlan(), lost = sample_clash();
	struct record_bytes record = { .size = sizeof(drop.rec) };

	if (sections & DROP_SECTION_CT) {
		memcpy(record.bytes + record.size, &drop.ct, sizeof(drop.ct));
		record.size += sizeof(drop.ct);
	}
	if (sections & DROP_SECTION_INNER) {
		memcpy(record.bytes + record.size, &tunnelled.inner, sizeof(tunnelled.inner));
		record.size += sizeof(tunnelled.inner);
	}
	if (sections & DROP_SECTION_CLASH) {
		memcpy(record.bytes + record.size, &lost.clash, sizeof(lost.clash));
		record.size += sizeof(lost.clash);
	}
	if (sections & DROP_SECTION_DNS) {
		struct drop_section_dns dns = sample_dns().dns_message;

		memcpy(record.bytes + record.size, &dns, sizeof(dns));
		record.size += (offsetof(struct drop_section_dns, payload) + dns.length + 7) / 8 * 8;
	}
	drop.rec.sections = (__u8)sections;
	drop.rec.hdr.size = (__u32)record.size;
	memcpy(record.bytes, &drop.rec, sizeof(drop.rec));
	return record;
}

static int decode(const struct record_bytes *record)
{
	struct drop drop;

	return drop__decode(record->bytes, record->size, &drop);
}

Test(decode, takes_every_combination_of_sections)
{
	unsigned int sections;

	for (sections = 0; sections <= DROP_SECTIONS_ALL; sections++) {
		struct record_bytes record = make_record(sections);
		struct drop drop, ct = sample_syn_dnat(), inner = sample_vxlan();
		struct drop clash = sample_clash(), dns = sample_dns();

		memset(&drop, 0xff, sizeof(drop));
		cr_assert_eq(drop__decode(record.bytes, record.size, &drop), 0);
		cr_expect_eq(drop.rec.sections, sections);
		cr_expect_eq(drop.count, 1);
		cr_expect_eq(drop.bytes, 78);
		cr_expect_null(drop.reason);
		cr_expect_null(drop.pod);
		cr_expect_eq(drop.time.tv_sec, 0);
		if (sections & DROP_SECTION_CT)
			cr_expect(!memcmp(&drop.ct, &ct.ct, sizeof(ct.ct)));
		else
			cr_expect_eq(drop.ct.status, 0);
		if (sections & DROP_SECTION_INNER)
			cr_expect(!memcmp(&drop.inner, &inner.inner, sizeof(inner.inner)));
		else
			cr_expect_eq(drop.inner.vni, 0);
		if (sections & DROP_SECTION_CLASH)
			cr_expect(!memcmp(&drop.clash, &clash.clash, sizeof(clash.clash)));
		else
			cr_expect_eq(drop.clash.status, 0);
		if (sections & DROP_SECTION_DNS)
			cr_expect(!memcmp(&drop.dns_message, &dns.dns_message,
					  sizeof(dns.dns_message)));
		else
			cr_expect_eq(drop.dns_message.length, 0);
	}
}

Test(decode, refuses_every_truncation)
{
	unsigned int sections;

	for (sections = 0; sections <= DROP_SECTIONS_ALL; sections++) {
		struct record_bytes record = make_record(sections);
		size_t size;

		for (size = 0; size < record.size; size++) {
			struct drop drop;
			/* exactly as large, so that a sanitizer sees any byte read too far */
			__u8 *copy = malloc(size ? size : 1);

			cr_assert_not_null(copy);
			memcpy(copy, record.bytes, size);
			cr_expect_eq(drop__decode(copy, size, &drop), -EBADMSG, "%zu bytes", size);
			free(copy);
		}
	}
}

Test(decode, takes_any_alignment)
{
	struct record_bytes record = make_record(DROP_SECTIONS_ALL);
	__u8 shifted[sizeof(record.bytes) + 8];
	size_t shift;

	for (shift = 0; shift < 8; shift++) {
		struct drop drop;

		memcpy(shifted + shift, record.bytes, record.size);
		cr_expect_eq(drop__decode(shifted + shift, record.size, &drop), 0);
		cr_expect_eq(drop.rec.netns_ino, 4026532841U);
	}
}

Test(decode, leaves_what_follows_alone)
{
	struct record_bytes record = make_record(DROP_SECTION_CT);

	record.size += 64;
	cr_expect_eq(decode(&record), 0);
}

Test(decode, takes_evictions)
{
	struct drop sample = sample_eviction(), drop;
	struct record_bytes record = { .size = sizeof(sample.rec) + sizeof(sample.ct) };

	memcpy(record.bytes, &sample.rec, sizeof(sample.rec));
	memcpy(record.bytes + sizeof(sample.rec), &sample.ct, sizeof(sample.ct));
	cr_assert_eq(drop__decode(record.bytes, record.size, &drop), 0);
	cr_expect(drop__is_eviction(&drop));
	cr_expect(!memcmp(&drop.ct, &sample.ct, sizeof(drop.ct)));
	cr_expect_eq(drop.count, 1);
	cr_expect_eq(drop.bytes, 0);
	record = make_record(0);
	cr_assert_eq(drop__decode(record.bytes, record.size, &drop), 0);
	cr_expect_not(drop__is_eviction(&drop));
}

#define RECORD_SIZE  ((__u32)sizeof(struct drop_record))
#define BYTES_BEHIND 48 /* room for more than the record in checks_the_header */

Test(decode, checks_the_header)
{
	static const struct {
		const char *what;
		struct record_header hdr;
		int expected;
	} cases[] = {
		{ "as it should be", { RECORD_DROP, DROP_RECORD_VERSION, RECORD_SIZE }, 0 },
		{ "an eviction", { RECORD_EVICTION, DROP_RECORD_VERSION, RECORD_SIZE }, 0 },
		{ "type 0", { 0, DROP_RECORD_VERSION, RECORD_SIZE }, -ENOMSG },
		{ "next type", { __RECORD_MAX, DROP_RECORD_VERSION, RECORD_SIZE }, -ENOMSG },
		{ "last type", { 0xffff, DROP_RECORD_VERSION, RECORD_SIZE }, -ENOMSG },
		{ "unknown type of another version", { 0xffff, 0xffff, RECORD_SIZE }, -ENOMSG },
		{ "version 0", { RECORD_DROP, 0, RECORD_SIZE }, -EPROTO },
		{ "next version", { RECORD_DROP, DROP_RECORD_VERSION + 1, RECORD_SIZE }, -EPROTO },
		{ "size 0", { RECORD_DROP, DROP_RECORD_VERSION, 0 }, -EBADMSG },
		{ "no room for a header", { RECORD_DROP, DROP_RECORD_VERSION, 4 }, -EBADMSG },
		{ "header alone", { RECORD_DROP, DROP_RECORD_VERSION, 8 }, -EBADMSG },
		{ "record too short", { RECORD_DROP, DROP_RECORD_VERSION, RECORD_SIZE - 8 }, -EBADMSG },
		{ "odd size", { RECORD_DROP, DROP_RECORD_VERSION, RECORD_SIZE + 1 }, -EBADMSG },
		{ "larger than its bytes", { RECORD_DROP, DROP_RECORD_VERSION, RECORD_SIZE + BYTES_BEHIND + 8 }, -EBADMSG },
		{ "size that wraps", { RECORD_DROP, DROP_RECORD_VERSION, 0xfffffff8 }, -EBADMSG },
		{ "unknown type, torn", { 0xffff, 0xffff, RECORD_SIZE + BYTES_BEHIND + 8 }, -EBADMSG },
		{ "section without its bit", { RECORD_DROP, DROP_RECORD_VERSION, RECORD_SIZE + BYTES_BEHIND }, -EBADMSG },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct record_bytes record = make_record(0);

		record.size = RECORD_SIZE + BYTES_BEHIND;
		memcpy(record.bytes, &cases[i].hdr, sizeof(cases[i].hdr));
		cr_expect_eq(decode(&record), cases[i].expected, "%s", cases[i].what);
	}
}

Test(decode, checks_values)
{
	static const struct {
		const char *what;
		size_t offset;
		__u8 value;
		int expected;
	} cases[] = {
#define IN_RECORD(field) offsetof(struct drop_record, field)
#define IN_CT(field)	 (sizeof(struct drop_record) + offsetof(struct drop_section_ct, field))
#define IN_INNER(field)                                                                            \
	(sizeof(struct drop_record) + sizeof(struct drop_section_ct) +                             \
	 offsetof(struct drop_section_inner, field))
#define IN_CLASH(field)                                                                            \
	(sizeof(struct drop_record) + sizeof(struct drop_section_ct) +                             \
	 sizeof(struct drop_section_inner) + offsetof(struct drop_section_ct, field))
#define IN_DNS(field)                                                                              \
	(sizeof(struct drop_record) + 2 * sizeof(struct drop_section_ct) +                         \
	 sizeof(struct drop_section_inner) + offsetof(struct drop_section_dns, field))
		{ "last cause", IN_RECORD(cause), __CAUSE_MAX - 1, 0 },
		{ "cause", IN_RECORD(cause), __CAUSE_MAX, -EINVAL },
		{ "last direct cause", IN_RECORD(cause_direct), __CAUSE_MAX - 1, 0 },
		{ "direct cause", IN_RECORD(cause_direct), __CAUSE_MAX, -EINVAL },
		{ "last ct_state", IN_RECORD(ct_state), __CT_STATE_MAX - 1, 0 },
		{ "ct_state", IN_RECORD(ct_state), __CT_STATE_MAX, -EINVAL },
		{ "side", IN_RECORD(side), __SIDE_MAX, -EINVAL },
		{ "two VLANs", IN_RECORD(vlan_count), 2, 0 },
		{ "three VLANs", IN_RECORD(vlan_count), 3, -EINVAL },
		{ "no IP", IN_RECORD(tuple.ip_version), 0, 0 },
		{ "IP version", IN_RECORD(tuple.ip_version), 5, -EINVAL },
		{ "IP version of orig", IN_CT(orig.ip_version), 5, -EINVAL },
		{ "IP version of reply", IN_CT(reply.ip_version), 255, -EINVAL },
		{ "IP version of inner", IN_INNER(tuple.ip_version), 7, -EINVAL },
		{ "no tunnel", IN_INNER(tunnel), TUNNEL_NONE, -EINVAL },
		{ "unknown tunnel", IN_INNER(tunnel), __TUNNEL_MAX, -EINVAL },
		{ "IP version of the winner", IN_CLASH(orig.ip_version), 5, -EINVAL },
		{ "IP version of its reply", IN_CLASH(reply.ip_version), 1, -EINVAL },
		{ "no IP at the winner", IN_CLASH(orig.ip_version), 0, 0 },
		{ "DNS message goes on", IN_DNS(more), 1, 0 },
		{ "DNS message goes on, and how", IN_DNS(more), 2, -EINVAL },
		{ "longer DNS message, same bytes", IN_DNS(length), 46, -EBADMSG },
		{ "shorter DNS message, same bytes", IN_DNS(length), 30, -EBADMSG },
		{ "DNS message longer than any", IN_DNS(length) + 1, 0x80, -EINVAL },
		{ "no packet", IN_RECORD(count), 0, -EINVAL },
		{ "two packets", IN_RECORD(count), 2, 0 },
		{ "unknown section", IN_RECORD(sections), DROP_SECTIONS_ALL + 1, -EINVAL },
		{ "every bit of sections", IN_RECORD(sections), 0xff, -EINVAL },
		{ "one section alone", IN_RECORD(sections), DROP_SECTION_CT, -EBADMSG },
		{ "one section missing", IN_RECORD(sections),
		  DROP_SECTIONS_ALL & ~DROP_SECTION_DNS, -EBADMSG },
		{ "all missing", IN_RECORD(sections), 0, -EBADMSG },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct record_bytes record = make_record(DROP_SECTIONS_ALL);

		record.bytes[cases[i].offset] = cases[i].value;
		cr_expect_eq(decode(&record), cases[i].expected, "%s", cases[i].what);
	}
}

Test(decode, refuses_an_unterminated_interface_name)
{
	struct record_bytes record = make_record(0);
	size_t offset = offsetof(struct drop_record, iface);

	memset(record.bytes + offset, 'x', DROP_IFACE_LEN);
	cr_expect_eq(decode(&record), -EINVAL);
	record.bytes[offset + DROP_IFACE_LEN - 1] = '\0';
	cr_expect_eq(decode(&record), 0);
}

Test(decode, touches_nothing_on_failure)
{
	struct record_bytes record = make_record(DROP_SECTIONS_ALL);
	struct drop drop, before;

	memset(&before, 0xa5, sizeof(before));
	drop = before;
	record.bytes[offsetof(struct drop_record, cause)] = 0xff;
	cr_expect_eq(drop__decode(record.bytes, record.size, &drop), -EINVAL);
	/* padding, too: NOLINTNEXTLINE(bugprone-*,cert-exp42-c,cert-flp37-c) */
	cr_expect(!memcmp(&drop, &before, sizeof(drop)));
}
