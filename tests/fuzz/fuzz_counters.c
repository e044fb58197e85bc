/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Any text as a file of counters, and as the arguments and configuration of kube-proxy
 * and of those that it is part of.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "user/counters/counter_files.h"
#include "user/doctor/kube_proxy_inside.h"

#define REQUIRE(condition) do { if (!(condition)) abort(); } while (0)

/* The readers change what they read. */
static char *copy_of(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	REQUIRE(text);
	memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rancher_settings settings = {};
	struct kube_proxy proxy = {};
	struct counters counters = {};
	uint8_t kind;
	__u32 entries;
	char *text;

	if (!size)
		return 0;
	kind = *data % 8;
	text = copy_of(data + 1, size - 1);
	switch (kind) {
	case 0:
		counter_files__pairs(text, 1, &counters);
		break;
	case 1:
		counter_files__snmp6(text, 1, &counters);
		break;
	case 2:
		counter_files__softnet(text, &counters);
		break;
	case 3:
		counter_files__neighbours(text, "arp_cache", &counters, &entries);
		break;
	case 4:
		kube_proxy__parse_arguments(text, size - 1, &proxy);
		break;
	case 5:
		kube_proxy__parse_file(text, size - 1, &proxy);
		break;
	case 6:
		rancher_settings__add(text, size - 1, &settings);
		REQUIRE(settings.len <= sizeof(settings.args));
		kube_proxy__parse_arguments(settings.args, settings.len, &proxy);
		break;
	default:
		kube_proxy__parse_config(text, size - 1, &proxy);
		REQUIRE(proxy.max_per_core <= INT32_MAX && proxy.min <= INT32_MAX);
	}
	REQUIRE(strnlen(proxy.config, sizeof(proxy.config)) < sizeof(proxy.config));
	counters__done(&counters);
	free(text);
	return 0;
}
