/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Any bytes as a DNS message, by UDP and by TCP: reading ends, stays inside,
 * and what it could not read stays empty.
 */
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "user/enrich/dns.h"

#define REQUIRE(condition) do { if (!(condition)) abort(); } while (0)

static void check(enum dns_status status, const struct dns_query *query)
{
	char type[DNS_TYPE_LEN];

	REQUIRE(strnlen(query->name, DNS_NAME_LEN) < DNS_NAME_LEN);
	REQUIRE((status == DNS_READ) == (query->name[0] != '\0'));
	REQUIRE((status == DNS_READ) == (query->type != 0));
	REQUIRE(status != DNS_MALFORMED || (!query->id && !query->response));
	REQUIRE(dns__format_type(query->type, type) < DNS_TYPE_LEN);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct drop_section_dns payload = {};
	struct dns_query query;

	check(dns__parse(data, size, true, &query), &query);
	check(dns__parse(data, size, false, &query), &query);
	payload.length = size < sizeof(payload.payload) ? size : sizeof(payload.payload);
	payload.more = size > sizeof(payload.payload);
	memcpy(payload.payload, data, payload.length);
	check(dns__parse_payload(IPPROTO_TCP, &payload, &query), &query);
	check(dns__parse_payload(IPPROTO_UDP, &payload, &query), &query);
	return 0;
}
