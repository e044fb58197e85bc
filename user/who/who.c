/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Names of kinds, addresses from text.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "user/who/who.h"

const char *who_kind__name(unsigned int kind)
{
	static const char *const names[] = {
		[WHO_UNKNOWN] = "",	    [WHO_POD] = "pod",
		[WHO_SERVICE] = "service",  [WHO_NODE] = "node",
		[WHO_CONTAINER] = "container", [WHO_PROCESS] = "process",
		[WHO_EXTERNAL] = "external",
	};

	return kind < __WHO_MAX ? names[kind] : "";
}

static bool is_somebodys_v4(const __u8 *ip)
{
	/* 0/8, 127/8, 169.254/16, 224/3: RFC 6890 */
	return ip[0] && ip[0] != 127 && !(ip[0] == 169 && ip[1] == 254) && ip[0] < 224;
}

static bool is_somebodys_v6(const struct in6_addr *ip)
{
	return !IN6_IS_ADDR_UNSPECIFIED(ip) && !IN6_IS_ADDR_LOOPBACK(ip) &&
	       !IN6_IS_ADDR_MULTICAST(ip) && !IN6_IS_ADDR_LINKLOCAL(ip) &&
	       !IN6_IS_ADDR_V4MAPPED(ip);
}

bool who_address__is_private(__u8 ip_version, const __u8 *ip)
{
	if (ip_version == 6)
		return (ip[0] & 0xfe) == 0xfc;
	return ip_version == 4 &&
	       (ip[0] == 10 || (ip[0] == 172 && (ip[1] & 0xf0) == 16) ||
		(ip[0] == 192 && ip[1] == 168) || (ip[0] == 100 && (ip[1] & 0xc0) == 64));
}

int who_address__parse(const char *text, struct who_address *ret)
{
	struct who_address address = {};
	char plain[INET6_ADDRSTRLEN];
	size_t len = strcspn(text, "/");
	struct in6_addr six;

	if (len >= sizeof(plain))
		return -EINVAL;
	memcpy(plain, text, len);
	plain[len] = '\0';
	if (inet_pton(AF_INET, plain, address.ip) == 1) {
		if (!is_somebodys_v4(address.ip))
			return -EINVAL;
		address.ip_version = 4;
	} else if (inet_pton(AF_INET6, plain, &six) == 1) {
		if (!is_somebodys_v6(&six))
			return -EINVAL;
		memcpy(address.ip, &six, sizeof(address.ip));
		address.ip_version = 6;
	} else {
		return -EINVAL;
	}
	*ret = address;
	return 0;
}
