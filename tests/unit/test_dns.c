/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <string.h>

#include "user/enrich/dns.h"

#define QUERY "\x1a\x2b\x01\0\0\x01\0\0\0\0\0\0"
#define ANSWER "\x1a\x2b\x81\x80\0\x01\0\x01\0\0\0\0"
#define TAIL  "\0\x01\0\x01"

/* exactly as large, so that a sanitizer sees any byte read too far */
static enum dns_status parse(const char *bytes, size_t size, bool whole, struct dns_query *query)
{
	__u8 *copy = malloc(size ? size : 1);
	enum dns_status status;

	cr_assert_not_null(copy);
	memcpy(copy, bytes, size);
	status = dns__parse(copy, size, whole, query);
	free(copy);
	return status;
}

Test(dns, reads_questions)
{
	static const struct {
		const char *bytes;
		size_t size;
		const char *name;
		__u16 type;
		bool response;
	} cases[] = {
#define MESSAGE(text) text, sizeof(text) - 1
		{ MESSAGE(QUERY "\3www\7example\3org\0" TAIL), "www.example.org", 1, false },
		{ MESSAGE(QUERY "\3wWw\0\0\x1c\0\1"), "wWw", 28, false },
		{ MESSAGE(QUERY "\0\0\x02\0\1"), ".", 2, false },
		{ MESSAGE(ANSWER "\3www\0" TAIL "\xc0\x0c\0\1\0\1"), "www", 1, true },
		{ MESSAGE(QUERY "\5a.b\\c\0" TAIL), "a\\.b\\\\c", 1, false },
		{ MESSAGE(QUERY "\3a\0b\0" TAIL), "a\\000b", 1, false },
		{ MESSAGE(QUERY "\4_sip\4_udp\1x\0\0\x21\0\1"), "_sip._udp.x", 33, false },
		{ MESSAGE(QUERY "\3\xff\n\x1b\0" TAIL), "\xff\n\x1b", 1, false },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dns_query query;

		cr_assert_eq(parse(cases[i].bytes, cases[i].size, true, &query), DNS_READ, "%s",
			     cases[i].name);
		cr_expect_str_eq(query.name, cases[i].name);
		cr_expect_eq(query.id, 0x1a2b);
		cr_expect_eq(query.type, cases[i].type);
		cr_expect_eq(query.response, cases[i].response);
	}
}

Test(dns, refuses_what_is_none)
{
	static const struct {
		const char *what;
		const char *bytes;
		size_t size;
	} cases[] = {
		{ "nothing", MESSAGE("") },
		{ "half a header", MESSAGE("\x1a\x2b\x01\0\0\x01") },
		{ "no question in a query", MESSAGE("\x1a\x2b\x01\0\0\0\0\0\0\0\0\0") },
		{ "two questions", MESSAGE("\x1a\x2b\x01\0\0\2\0\0\0\0\0\0\0" TAIL TAIL) },
		{ "unknown opcode", MESSAGE("\x1a\x2b\x79\0\0\1\0\0\0\0\0\0\0" TAIL) },
		{ "reserved bit", MESSAGE("\x1a\x2b\x01\x40\0\1\0\0\0\0\0\0\0" TAIL) },
		{ "pointer to itself", MESSAGE(QUERY "\xc0\x0c" TAIL) },
		{ "pointer to its own label", MESSAGE(QUERY "\1a\xc0\x0c" TAIL) },
		{ "pointer forward", MESSAGE(QUERY "\xc0\x20" TAIL) },
		{ "pointer into the header", MESSAGE(QUERY "\xc0\x04" TAIL) },
		{ "pointer far out", MESSAGE(QUERY "\xff\xff" TAIL) },
		{ "extended label", MESSAGE(QUERY "\x41" "a\0" TAIL) },
		{ "reserved label", MESSAGE(QUERY "\x81" "a\0" TAIL) },
		{ "no type", MESSAGE(QUERY "\1a\0\0\0\0\1") },
		{ "class of mDNS", MESSAGE(QUERY "\1a\0\0\1\x80\1") },
		{ "cut in a label", MESSAGE(QUERY "\5abc") },
		{ "cut before the type", MESSAGE(QUERY "\1a\0\0") },
		{ "a line of HTTP", MESSAGE("GET / HTTP/1.1\r\nHost: a\r\n\r\n") },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dns_query query;

		cr_expect_eq(parse(cases[i].bytes, cases[i].size, true, &query), DNS_MALFORMED,
			     "%s", cases[i].what);
		cr_expect_eq(query.id, 0, "%s", cases[i].what);
		cr_expect_str_eq(query.name, "", "%s", cases[i].what);
	}
}

Test(dns, tells_cut_off_from_malformed)
{
	static const char message[] = QUERY "\3www\7example\3org\0" TAIL;
	struct dns_query query;
	size_t size;

	for (size = 0; size < sizeof(message) - 1; size++) {
		cr_expect_eq(parse(message, size, false, &query), DNS_TRUNCATED, "%zu", size);
		cr_expect_eq(query.id, size < 12 ? 0 : 0x1a2b);
		cr_expect_str_eq(query.name, "");
		cr_expect_eq(parse(message, size, true, &query), DNS_MALFORMED, "%zu", size);
	}
}

Test(dns, header_alone)
{
	struct dns_query query;

	cr_expect_eq(parse(MESSAGE("\x1a\x2b\x81\x81\0\0\0\0\0\0\0\0"), true, &query),
		     DNS_NO_QUESTION);
	cr_expect_eq(query.id, 0x1a2b);
	cr_expect(query.response);
	cr_expect_str_eq(query.name, "");
}

/* The longest name allowed, each byte of which takes four characters; and one byte more. */
Test(dns, longest_name)
{
	char message[12 + 256 + 4 + 1] = QUERY;
	struct dns_query query;
	size_t at = 12, i;

	for (i = 0; i < 4; i++) {
		message[at] = i < 3 ? 63 : 61;
		memset(message + at + 1, 0, message[at]);
		at += 1 + message[at];
	}
	message[at++] = 0;
	cr_assert_eq(at - 12, 255);
	memcpy(message + at, TAIL, 4);
	cr_expect_eq(parse(message, at + 4, true, &query), DNS_READ);
	cr_expect_eq(strlen(query.name), 250 * 4 + 3);
	cr_expect_leq(at + 4 + 2, DROP_DNS_PAYLOAD_BYTES);

	message[12 + 3 * 64] = 62;
	message[at] = 0;
	cr_expect_eq(parse(message, at + 5, true, &query), DNS_MALFORMED);
}

Test(dns, over_tcp)
{
	static const struct {
		const char *what;
		const char *bytes;
		size_t size;
		__u8 more;
		enum dns_status status;
	} cases[] = {
		{ "one message", MESSAGE("\0\x13" QUERY "\1a\0" TAIL), 0, DNS_READ },
		{ "the next one behind it", MESSAGE("\0\x13" QUERY "\1a\0" TAIL "\0\x13"), 0, DNS_READ },
		{ "rest in another segment", MESSAGE("\0\x20" QUERY "\1a\0" TAIL), 0, DNS_READ },
		{ "name in another segment", MESSAGE("\0\x20" QUERY "\1a"), 0, DNS_TRUNCATED },
		{ "length sent before", MESSAGE(QUERY "\1a\0" TAIL), 0, DNS_READ },
		{ "length alone", MESSAGE("\0\x13"), 0, DNS_TRUNCATED },
		{ "nothing to be read", MESSAGE(""), 1, DNS_TRUNCATED },
		{ "length too small", MESSAGE("\0\x0b" QUERY "\1a\0" TAIL), 0, DNS_MALFORMED },
		{ "length ends in the name", MESSAGE("\0\x0e" QUERY "\1a\0" TAIL), 0, DNS_MALFORMED },
		{ "middle of a stream", MESSAGE("\x07" "example\3org\0\0\1\0\1"), 0, DNS_MALFORMED },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct drop_section_dns payload = { .length = cases[i].size, .more = cases[i].more };
		struct dns_query query;

		memcpy(payload.payload, cases[i].bytes, cases[i].size);
		cr_expect_eq(dns__parse_payload(IPPROTO_TCP, &payload, &query), cases[i].status,
			     "%s", cases[i].what);
		cr_expect_str_eq(query.name, cases[i].status == DNS_READ ? "a" : "", "%s",
				 cases[i].what);
	}
}

Test(dns, type_names)
{
	static const struct {
		__u16 type;
		const char *name;
	} cases[] = { { 1, "A" }, { 28, "AAAA" }, { 255, "ANY" }, { 65535, "TYPE65535" }, { 0, "TYPE0" } };
	char text[DNS_TYPE_LEN];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cr_expect_eq(dns__format_type(cases[i].type, text), strlen(cases[i].name));
		cr_expect_str_eq(text, cases[i].name);
	}
}
