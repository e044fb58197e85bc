/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a DNS message asks for: RFC 1035's header and first question. Pure; any
 * bytes are allowed in, as they come off the network.
 */
#ifndef DROPWHY_DNS_H
#define DROPWHY_DNS_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "bpf/drop_record.h"

/* Longest name as text with its NUL: 255 bytes, each of which may become \DDD. */
#define DNS_NAME_LEN 1024

/* RFC 1035 section 4.1.1 */
#define DNS_HEADER_BYTES 12

/* Longest type name with its NUL: "TYPE65535", or a name of the table. */
#define DNS_TYPE_LEN 16

enum dns_status {
	DNS_READ,		/* all fields are valid */
	DNS_NO_QUESTION,	/* a header alone, as in some answers: name and type are unknown */
	DNS_TRUNCATED,		/* ends before the question does */
	DNS_MALFORMED,		/* contradicts RFC 1035: nothing is valid */
};

struct dns_query {
	char name[DNS_NAME_LEN]; /* "www.example.org", as sent; the root is "."; "" unless DNS_READ */
	__u16 id;
	__u16 type;		/* QTYPE, e.g. 28 for AAAA; 0 unless DNS_READ */
	bool response;
	bool has_header;	/* id and response are valid */
};

/**
 * @brief **dns__parse()** reads a message that begins at @p bytes.
 *
 * In the name a dot or backslash inside of a label is written with a backslash
 * before it and NUL as \000; other bytes stay, whoever prints it escapes it.
 *
 * @param bytes the message, not kept
 * @param size how many bytes of it there are
 * @param whole whether the message ends with them
 * @param ret_query filled as the status tells, the rest zeroed
 */
enum dns_status dns__parse(const __u8 *bytes, size_t size, bool whole,
			   struct dns_query *ret_query);

/**
 * @brief **dns__parse_payload()** reads what a packet carried: over TCP two
 * bytes of length precede a message (RFC 1035 section 4.2.2), and a segment
 * that begins inside of one is DNS_MALFORMED.
 * @param l4_proto IPPROTO_UDP or IPPROTO_TCP
 */
enum dns_status dns__parse_payload(__u8 l4_proto, const struct drop_section_dns *payload,
				   struct dns_query *ret_query);

/**
 * @brief **dns__format_type()** writes "AAAA", or "TYPE1234" (RFC 3597).
 * @param buf DNS_TYPE_LEN bytes; gets a NUL
 * @return length
 */
size_t dns__format_type(__u16 type, char *buf);

#endif
