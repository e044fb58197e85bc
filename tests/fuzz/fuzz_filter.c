/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Any text as the values of filter options. What is accepted must be what the
 * kernel side can check; what is refused, said in printable words.
 *
 * The input is cut at its NULs; the first byte of each piece picks the option.
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "user/filter_spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition)                                                                         \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

static void check_prefixes(const struct filter_prefixes *set)
{
	__u32 i, k;

	REQUIRE(set->count <= FILTER_VALUES_MAX);
	for (i = 0; i < set->count; i++) {
		const struct filter_prefix *prefix = &set->values[i];

		REQUIRE(prefix->ip_version == 4 || prefix->ip_version == 6);
		for (k = 0; k < 4; k++) {
			__u32 mask = ntohl(prefix->mask_be[k]);

			REQUIRE(!(prefix->addr_be[k] & ~prefix->mask_be[k]));
			/* ones from the left, and none behind a zero */
			REQUIRE(!(~mask & (~mask + 1)));
			REQUIRE(!k || !mask || prefix->mask_be[k - 1] == ~0U);
			REQUIRE(!k || !mask || prefix->ip_version == 6);
		}
	}
}

static void check_ports(const struct filter_ports *set)
{
	__u32 i;

	REQUIRE(set->count <= FILTER_VALUES_MAX);
	for (i = 0; i < set->count; i++)
		REQUIRE(set->values[i].first <= set->values[i].last);
}

static void check_patterns(const struct filter_patterns *patterns)
{
	size_t i;

	REQUIRE(patterns->count <= FILTER_VALUES_MAX);
	for (i = 0; i < patterns->count; i++)
		REQUIRE(*patterns->values[i] && !strchr(patterns->values[i], ','));
}

static void check(const struct filter_spec *spec)
{
	const struct drop_filter *kernel = &spec->kernel;
	enum filter_end end;
	__u32 i;

	for (end = FILTER_EITHER; end < __FILTER_END_MAX; end++) {
		check_prefixes(&kernel->prefixes[end]);
		check_ports(&kernel->ports[end]);
	}
	check_patterns(&spec->pods);
	check_patterns(&spec->namespaces);
	check_patterns(&spec->reasons);
	check_patterns(&spec->ifaces);
	REQUIRE(kernel->netns_count <= FILTER_VALUES_MAX);
	REQUIRE(kernel->l4_proto_count <= FILTER_VALUES_MAX);
	REQUIRE(kernel->l3_proto_count <= FILTER_VALUES_MAX);
	REQUIRE(!(kernel->cause_mask >> __CAUSE_MAX));
	REQUIRE(kernel->iface_count == (spec->iface_pattern ? 0 : spec->ifaces.count));
	for (i = 0; i < kernel->iface_count; i++)
		REQUIRE(!strcmp(kernel->iface[i], spec->ifaces.values[i]));
}

/* UTF-8 may stay as it is; control characters may not. */
static void check_error(const char *error)
{
	size_t i;

	REQUIRE(*error && strnlen(error, FILTER_ERROR_LEN) < FILTER_ERROR_LEN - 1);
	for (i = 0; error[i]; i++)
		REQUIRE((unsigned char)error[i] >= 0x20 && error[i] != 0x7f);
}

static void try_matches(const struct filter_spec *spec)
{
	struct drop drop = { .pod = "pod", .rec.flags = DROP_F_L3 | DROP_F_L4 };

	drop.rec.tuple.ip_version = 4;
	filter_spec__matches(spec, &drop);
	filter_spec__matches_all(spec, &drop);
	drop.rec.tuple.ip_version = 6;
	drop.rec.tuple.l4_proto = 17;
	drop.rec.iface[0] = 'e';
	filter_spec__matches_all(spec, &drop);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct filter_spec spec = {};
	char *text = malloc(size + 1), *at, *end;

	REQUIRE(text);
	memcpy(text, data, size);
	text[size] = '\0';
	end = text + size;
	for (at = text; at < end; at += strlen(at) + 1) {
		enum filter_option option = (unsigned char)*at % __FILTER_OPTION_MAX;
		char error[FILTER_ERROR_LEN] = "";

		/* a wrong value ends the reading, as it ends the program */
		if (*at && filter_spec__add(&spec, option, "/nonexistent", at + 1, error)) {
			check_error(error);
			break;
		}
		check(&spec);
	}
	try_matches(&spec);
	filter_spec__done(&spec);
	free(text);
	return 0;
}
