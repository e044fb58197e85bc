/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * DNS questions to text.
 */
#include <netinet/in.h>
#include <string.h>

#include "user/enrich/dns.h"
#include "user/number.h"

#define NAME_WIRE_MAX	  255 /* RFC 1035 section 2.3.4 */
#define TCP_LENGTH_BYTES  2

/* RFC 1035 section 4.1.1 */
#define FLAG_RESPONSE	0x8000
#define FLAG_RESERVED	0x0040
#define OPCODE(flags)	((flags) >> 11 & 15)

static const struct {
	__u16 type;
	const char *name;
} types[] = {
	{ 1, "A" },	   { 28, "AAAA" },     { 33, "SRV" },	  { 12, "PTR" },
	{ 5, "CNAME" },	   { 2, "NS" },	       { 6, "SOA" },	  { 15, "MX" },
	{ 16, "TXT" },	   { 65, "HTTPS" },    { 64, "SVCB" },	  { 35, "NAPTR" },
	{ 43, "DS" },	   { 48, "DNSKEY" },   { 46, "RRSIG" },	  { 47, "NSEC" },
	{ 50, "NSEC3" },   { 51, "NSEC3PARAM" }, { 52, "TLSA" },  { 257, "CAA" },
	{ 13, "HINFO" },   { 39, "DNAME" },    { 44, "SSHFP" },	  { 99, "SPF" },
	{ 249, "TKEY" },   { 250, "TSIG" },    { 251, "IXFR" },	  { 252, "AXFR" },
	{ 255, "ANY" },	   { 256, "URI" },
};

static __u16 read_u16(const __u8 *at)
{
	return (__u16)(at[0] << 8 | at[1]);
}

/* Appends one label, and the dot before it unless it is the first. */
static char *put_label(const __u8 *label, size_t len, bool first, char *out)
{
	size_t i;

	if (!first)
		*out++ = '.';
	for (i = 0; i < len; i++) {
		if (!label[i]) {
			memcpy(out, "\\000", 4);
			out += 4;
			continue;
		}
		if (label[i] == '.' || label[i] == '\\')
			*out++ = '\\';
		*out++ = (char)label[i];
	}
	return out;
}

/*
 * Reads the name at @offset and says where it ends. A pointer (RFC 1035
 * section 4.1.4) must lead back before everything read so far: so none loops,
 * and none leads into the header.
 */
static enum dns_status read_name(const __u8 *bytes, size_t size, size_t offset, char *out,
				 size_t *ret_end)
{
	size_t at = offset, earliest = offset, end = 0, wire = 0;
	char *text = out;
	__u8 len;

	for (;;) {
		if (at >= size)
			return DNS_TRUNCATED;
		len = bytes[at];
		if ((len & 0xc0) == 0xc0) {
			if (at + 2 > size)
				return DNS_TRUNCATED;
			if (!end)
				end = at + 2;
			at = read_u16(bytes + at) & 0x3fff;
			if (at >= earliest || at < DNS_HEADER_BYTES)
				return DNS_MALFORMED;
			earliest = at;
			continue;
		}
		wire += len + 1;
		if (len & 0xc0 || wire > NAME_WIRE_MAX)
			return DNS_MALFORMED;
		if (!len)
			break;
		if (at + 1 + len > size)
			return DNS_TRUNCATED;
		text = put_label(bytes + at + 1, len, text == out, text);
		at += len + 1;
	}
	if (text == out)
		*text++ = '.';
	*text = '\0';
	*ret_end = end ? end : at + 1;
	return DNS_READ;
}

/* Opcodes that have a question: query, inverse, status, notify, update (RFC 1035, 1996, 2136). */
static bool is_opcode(unsigned int opcode)
{
	return opcode <= 2 || opcode == 4 || opcode == 5;
}

/* IN, CH, HS, NONE, ANY; mDNS's top bit (RFC 6762 section 5.4) is none of unicast DNS. */
static bool is_class(__u16 class)
{
	return class == 1 || class == 3 || class == 4 || class == 254 || class == 255;
}

static enum dns_status read_question(const __u8 *bytes, size_t size, struct dns_query *query)
{
	enum dns_status status;
	size_t end = 0;

	status = read_name(bytes, size, DNS_HEADER_BYTES, query->name, &end);
	if (status != DNS_READ)
		return status;
	if (end + 4 > size)
		return DNS_TRUNCATED;
	query->type = read_u16(bytes + end);
	return query->type && is_class(read_u16(bytes + end + 2)) ? DNS_READ : DNS_MALFORMED;
}

enum dns_status dns__parse(const __u8 *bytes, size_t size, bool whole, struct dns_query *ret_query)
{
	struct dns_query query = {};
	enum dns_status status;
	__u16 flags, questions;

	memset(ret_query, 0, sizeof(*ret_query));
	if (size < DNS_HEADER_BYTES)
		return whole ? DNS_MALFORMED : DNS_TRUNCATED;
	flags = read_u16(bytes + 2);
	questions = read_u16(bytes + 4);
	if (!is_opcode(OPCODE(flags)) || flags & FLAG_RESERVED || questions > 1 ||
	    (!questions && !(flags & FLAG_RESPONSE)))
		return DNS_MALFORMED;
	status = questions ? read_question(bytes, size, &query) : DNS_NO_QUESTION;
	if (status == DNS_TRUNCATED && whole)
		status = DNS_MALFORMED;
	if (status == DNS_MALFORMED)
		return status;
	if (status == DNS_READ)
		*ret_query = query;
	ret_query->has_header = true;
	ret_query->id = read_u16(bytes);
	ret_query->response = flags & FLAG_RESPONSE;
	return status;
}

enum dns_status dns__parse_payload(__u8 l4_proto, const struct drop_section_dns *payload,
				   struct dns_query *ret_query)
{
	const __u8 *bytes = payload->payload;
	size_t size = payload->length, message;
	bool whole = !payload->more;
	enum dns_status status;

	if (l4_proto != IPPROTO_TCP)
		return dns__parse(bytes, size, whole, ret_query);
	memset(ret_query, 0, sizeof(*ret_query));
	if (size < TCP_LENGTH_BYTES)
		return whole ? DNS_MALFORMED : DNS_TRUNCATED;
	message = read_u16(bytes);
	bytes += TCP_LENGTH_BYTES;
	size -= TCP_LENGTH_BYTES;
	if (message < DNS_HEADER_BYTES)
		return DNS_MALFORMED;
	/* the rest of the message may come in other segments, the next one may follow in this */
	status = dns__parse(bytes, message < size ? message : size, message <= size, ret_query);
	/* Some senders write the length by itself. Chance seldom makes a whole question. */
	if (status == DNS_MALFORMED &&
	    dns__parse(payload->payload, payload->length, whole, ret_query) == DNS_READ)
		return DNS_READ;
	if (status == DNS_MALFORMED)
		memset(ret_query, 0, sizeof(*ret_query));
	return status;
}

size_t dns__format_type(__u16 type, char *buf)
{
	size_t i, len;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (types[i].type != type)
			continue;
		len = strlen(types[i].name);
		memcpy(buf, types[i].name, len + 1);
		return len;
	}
	memcpy(buf, "TYPE", 4);
	return 4 + number__decimal(type, buf + 4);
}
