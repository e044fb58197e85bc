/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Any bytes through decode, the aggregator and every output format. What comes
 * out is checked, too: whole lines, no control characters, readable JSON.
 *
 * The input is taken twice: as it is, and with its header and enumerations put
 * right, so that the formats are reached without a corpus. What follows the
 * record becomes the texts that the enrichers would add.
 */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "user/aggregate/summary.h"
#include "user/enrich/dns.h"
#include "user/sinks/columns.h"
#include "user/sinks/sink.h"
#include "user/source/decode.h"

#define REQUIRE(condition)                                                                         \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

#define TEXT_COUNT 5

static void check_lines(const char *format, const char *text, size_t len)
{
	size_t i;

	REQUIRE(!len || text[len - 1] == '\n');
	for (i = 0; i < len; i++)
		REQUIRE((unsigned char)text[i] >= 0x20 || text[i] == '\n');
	if (strcmp(format, "json"))
		return;
	while (len) {
		const char *end = memchr(text, '\n', len);
		json_t *row;

		REQUIRE(end);
		/* this reader's integers are signed, JSON's are not */
		row = json_loadb(text, (size_t)(end - text),
				 JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, NULL);
		REQUIRE(row);
		json_decref(row);
		len -= (size_t)(end - text) + 1;
		text = end + 1;
	}
}

static void print(const char *format, const struct drop *drop, const struct summary *summary)
{
	struct sink_options options = {};
	char *text = NULL;
	size_t len = 0;
	struct sink *sink;
	FILE *out = open_memstream(&text, &len);

	REQUIRE(out);
	sink = sink__new(format, out, &options);
	REQUIRE(sink);
	REQUIRE(!sink__drop(sink, drop));
	REQUIRE(!sink__summary(sink, summary));
	REQUIRE(!sink__flush(sink));
	sink__free(sink);
	REQUIRE(!fclose(out));
	check_lines(format, text, len);
	free(text);
}

static void use(const struct drop *drop)
{
	static const enum group_key keys[] = { GROUP_POD, GROUP_NETNS, GROUP_REASON,
					       GROUP_CAUSE, GROUP_TUPLE, GROUP_SRC,
					       GROUP_DST, GROUP_IFACE, GROUP_DNS,
					       GROUP_LOCATION };
	const size_t key_count = sizeof(keys) / sizeof(keys[0]);
	struct drop other = *drop;
	struct conntrack_reconciliation ct = {
		.netns_ino = drop->rec.netns_ino,
		.netns_name = drop->netns_name,
		.gone = drop->rec.mark & 1,
		.drop = { drop->rec.len_bytes, drop->rec.tcp_seq, drop->rec.mark },
	};
	struct reason_accounting reason = { .reason = drop->reason, .counts.seen = drop->count };
	struct summary summary = {
		.groups = aggregate__new(keys, key_count, 1),
		.total.seen = drop->count,
		.reasons = &reason,
		.reason_count = 1,
		.conntrack = &ct,
		.conntrack_count = 1,
	};

	REQUIRE(summary.groups);
	aggregate__add(summary.groups, drop);
	other.rec.netns_ino ^= 1;
	aggregate__add(summary.groups, &other);
	aggregate__add(summary.groups, drop);
	REQUIRE(aggregate__evicted(summary.groups) == 2);
	print("text", drop, &summary);
	print("json", drop, &summary);
	print("csv", drop, &summary);
	aggregate__free(summary.groups);
}

/* Makes a record of any bytes that decode must accept. */
static size_t repair(uint8_t *record)
{
	static const __u8 versions[] = { 0, 4, 6 };
	struct drop_record *rec = (struct drop_record *)record;
	size_t size = sizeof(*rec);

	rec->count += !rec->count;
	rec->sections &= DROP_SECTIONS_ALL;
	rec->cause %= __CAUSE_MAX;
	rec->cause_direct %= __CAUSE_MAX;
	rec->ct_state %= __CT_STATE_MAX;
	rec->side %= __SIDE_MAX;
	rec->vlan_count %= 3;
	rec->tuple.ip_version = versions[rec->tuple.ip_version % sizeof(versions)];
	rec->iface[DROP_IFACE_LEN - 1] = '\0';
	if (rec->sections & DROP_SECTION_CT) {
		struct drop_section_ct *ct = (struct drop_section_ct *)(record + size);

		ct->orig.ip_version = ct->reply.ip_version = rec->tuple.ip_version;
		size += sizeof(*ct);
	}
	if (rec->sections & DROP_SECTION_INNER) {
		struct drop_section_inner *inner = (struct drop_section_inner *)(record + size);

		inner->tunnel = inner->tunnel % (__TUNNEL_MAX - 1) + 1;
		inner->tuple.ip_version = inner->tuple.ip_version & 1 ? 4 : 6;
		size += sizeof(*inner);
	}
	if (rec->sections & DROP_SECTION_CLASH) {
		struct drop_section_ct *clash = (struct drop_section_ct *)(record + size);

		clash->orig.ip_version = clash->reply.ip_version =
			clash->orig.ip_version & 1 ? 4 : 6;
		size += sizeof(*clash);
	}
	if (rec->sections & DROP_SECTION_DNS) {
		struct drop_section_dns *dns = (struct drop_section_dns *)(record + size);

		dns->length %= sizeof(dns->payload) + 1;
		dns->more &= 1;
		size += (offsetof(struct drop_section_dns, payload) + dns->length + 7) / 8 * 8;
	}
	rec->hdr = (struct record_header){ rec->hdr.type & 1 ? RECORD_DROP : RECORD_EVICTION,
					   DROP_RECORD_VERSION, (__u32)size };
	return size;
}

/* The rest of the input, cut at its NULs; a missing text stays NULL. */
static void add_texts(struct drop *drop, const char *data, size_t size)
{
	const char **texts[TEXT_COUNT] = { &drop->reason, &drop->symbol, &drop->netns_name,
					   &drop->pod, &drop->pod_namespace };
	size_t i;

	for (i = 0; i < TEXT_COUNT && size; i++) {
		const char *end = memchr(data, '\0', size);

		if (!end)
			break;
		if (end != data)
			*texts[i] = data;
		size -= (size_t)(end - data) + 1;
		data = end + 1;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_Alignas(8) uint8_t record[DROP_RECORD_MAX_SIZE] = {};
	struct dns_query dns;
	struct drop drop;
	size_t used;
	char *rest;

	if (!drop__decode(data, size, &drop))
		use(&drop);

	used = size < sizeof(record) ? size : sizeof(record);
	memcpy(record, data, used);
	REQUIRE(!drop__decode(record, repair(record), &drop));
	size -= used;
	rest = malloc(size + 1);
	REQUIRE(rest);
	memcpy(rest, data + used, size);
	rest[size] = '\0';
	add_texts(&drop, rest, size + 1);
	dns__parse_payload(drop.rec.tuple.l4_proto, &drop.dns_message, &dns);
	drop.dns = dns.has_header ? &dns : NULL;
	drop.dns_malformed = drop.rec.mark & 2;
	drop.time.tv_sec = (time_t)drop.rec.time_ns;
	drop.time.tv_nsec = (long)drop.rec.cgroup_id;
	drop.symbol_offset = drop.rec.location;
	drop.count = drop.rec.mark ? drop.rec.mark : 1;
	use(&drop);
	free(rest);
	return 0;
}
